"""A server process of ours: its folder, its lock, its log, its end with us."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from libs.common.stores.accounts import StoreFailed, account_for, as_account, make_dir, reachable_dir

_PR_SET_PDEATHSIG = 1


class Server(ABC):
    """A server process of ours: its folder, its lock, its log, its end with us."""

    name = "server"
    stop_signal = signal.SIGTERM

    def __init__(self, data_dir: Path, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """data_dir: kept between starts. port: 0 takes a free one at start."""
        self._account = account_for(data_dir)
        self.data_dir = reachable_dir(data_dir.absolute(), self._account)
        self.host = host
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process's id. Raises StoreFailed while none runs."""
        if self._process is None:
            raise StoreFailed(f"{self.name} is not running.")
        return self._process.pid

    @property
    def log_path(self) -> Path:
        return self.data_dir / f"{self.name}.log"

    def start(self, *, timeout_s: float = 30.0) -> None:
        """Start the server and wait until it serves. Raises StoreFailed; call it from the main thread."""
        make_dir(self.data_dir, self._account)
        self._take_lock()
        try:
            self._stop_stale()
            self.port = self.port or _free_port(self.host)
            _refuse_taken_port(self.name, self.host, self.port)
            self._prepare()
            with self.log_path.open("ab") as log:
                self._process = self._spawn(self._command(), log)
            self._wait_until_ready(timeout_s)
        except BaseException:
            self.stop()
            raise

    def stop(self, *, timeout_s: float = 10.0) -> None:
        """Stop the server, at last by force. Does nothing when it is not running."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(self.stop_signal)
            try:
                process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def poll(self) -> int | None:
        """Give the exit code of a server that has ended; None while it runs."""
        return None if self._process is None else self._process.poll()

    @abstractmethod
    def _command(self) -> list[str]:
        """The command line that serves in the foreground."""

    def _prepare(self) -> None:  # noqa: B027  most have nothing to make
        """Make what the server needs before its first start."""

    @abstractmethod
    def _pid_file(self) -> Path:
        """Where the server writes its id."""

    @abstractmethod
    def _is_ready(self) -> bool:
        """Say whether it serves."""

    def _take_lock(self) -> None:
        lock = (self.data_dir / f"{self.name}.lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise StoreFailed(f"Another copy already runs {self.name} on {self.data_dir}.") from error
        self._lock = lock

    def _stop_stale(self) -> None:
        """Stop a server that outlived its launcher. We hold the folder's lock, so whatever runs there is nobody's."""
        try:
            pid = int(self._pid_file().read_text().split()[0])
            # Its working folder tells that it is ours; the number may be another process's by now.
            working_dir = Path(f"/proc/{pid}/cwd").readlink()
        except (OSError, ValueError, IndexError):
            return
        if not working_dir.is_relative_to(self.data_dir):
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, self.stop_signal)
        if not _eventually(lambda: has_ended(pid), 10.0):
            raise StoreFailed(f"An old {self.name} (pid {pid}) does not stop.")

    def _spawn(self, command: Sequence[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
        stop_signal = self.stop_signal
        return subprocess.Popen(  # noqa: S603
            command,
            cwd=self.data_dir,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Its own session: a ctrl-C in the terminal is for the launcher, which stops us in order.
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(stop_signal),
            env=_clean_environment(),
            **as_account(self._account),
        )

    def _run(self, command: Sequence[str]) -> None:
        result = subprocess.run(  # noqa: S603
            command, cwd=self.data_dir, capture_output=True, env=_clean_environment(), **as_account(self._account)
        )
        if result.returncode != 0:
            raise StoreFailed(f"{Path(command[0]).name} failed: {result.stderr.decode(errors='replace').strip()}")

    def _wait_until_ready(self, timeout_s: float) -> None:
        def settled() -> bool:
            return self.poll() is not None or self._is_ready()

        if not _eventually(settled, timeout_s) or self.poll() is not None:
            end = self.log_path.read_bytes()[-2000:].decode(errors="replace")
            raise StoreFailed(f"{self.name} did not start on {self.host}:{self.port}.\n{end}")


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _refuse_taken_port(name: str, host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StoreFailed(f"Port {port} for {name} is taken: stop what uses it, or choose another port.") from error


def has_ended(pid: int) -> bool:
    try:
        # After the name in brackets comes the state; Z has ended and waits for its parent to take note.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def die_with_parent(signal_number: int) -> None:
    """Ask the kernel to send this process a signal when the thread that made it ends (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal_number)


def _clean_environment() -> dict[str, str]:
    """Keep PG* and locale variables of the user from changing what a server does."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _eventually(claim: Callable[[], bool], timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
