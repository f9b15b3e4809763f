"""Putting load on a server: pinning, waiting, wrk, and what a process has used."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass

import psutil

SERVER_CORE, LOAD_CORE = 0, 1


def pinned(core: int, *command: str) -> list[str]:
    """Write a command that runs on one core only."""
    return ["taskset", "-c", str(core), *command]


def free_port() -> int:
    """Find a loopback port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, seconds: float = 30.0) -> None:
    """Wait until something listens. Raises TimeoutError."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"Nothing listens on port {port}.")


def cpu_seconds(pid: int) -> float:
    """Sum what a process and its children have used of the processor."""
    process = psutil.Process(pid)
    total = 0.0
    for one in (process, *process.children(recursive=True)):
        times = one.cpu_times()
        total += times.user + times.system
    return total


def memory_mb(pid: int) -> float:
    """Sum the resident memory of a process and its children."""
    process = psutil.Process(pid)
    return sum(float(one.memory_info().rss) for one in (process, *process.children(recursive=True))) / 1e6


@dataclass(frozen=True)
class Load:
    """What wrk saw. Times in µs."""

    per_second: float
    requests: int
    p50_us: float
    p99_us: float


def wrk(url: str, *, connections: int, seconds: int, token: str | None = None) -> Load:
    """Load a URL from the load core. Raises RuntimeError when wrk is missing or any answer was not 2xx."""
    if shutil.which("wrk") is None:
        raise RuntimeError("wrk is not installed (Debian: wrk).")
    header = ["-H", f"Authorization: Bearer {token}"] if token else []
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", *header, url]
    out = subprocess.run(pinned(LOAD_CORE, *command), capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        raise RuntimeError(f"Not every request to {url} was answered well:\n{out}")
    latency = {percent: _microseconds(text) for percent, text in re.findall(r"(50|99)%\s+([\d.]+\w+)", out)}
    return Load(
        per_second=float(_found(r"Requests/sec:\s+([\d.]+)", out)),
        requests=int(_found(r"(\d+) requests in", out)),
        p50_us=latency["50"],
        p99_us=latency["99"],
    )


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise RuntimeError(f"wrk printed something unknown:\n{text}")
    return match.group(1)


def _microseconds(text: str) -> float:
    number = float(_found(r"([\d.]+)", text))
    if text.endswith("us"):
        return number
    return number * (1e3 if text.endswith("ms") else 1e6)
