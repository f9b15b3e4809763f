"""What an API key costs at the door, beside an access token: the same call, the same gateway, in turns.

Warm: a key and a token that were seen before. Cold: each call with a key, or a token, that is new, so that a key is
shown to auth and the token that it gives checked, and a token checked. Auth is stood in for, on the load core, by a
server that gives tokens made beforehand: what auth does for an exchange (three statements, a signature) is not in it.
`python -m bench.key_swap [--seconds N] [--keys N]`
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import psutil

from bench.load import LOAD_CORE, Load, cpu_seconds, free_port, wrk
from bench.our_gateway import our_gateway, stand_in
from bench.report import Report, finish
from libs.common.ids import uuid7
from libs.common.security.api_keys import ApiKey, KeyKind
from libs.common.stores import EmbeddedValkey
from libs.common.testing.folders import open_folder
from libs.common.testing.tokens import Tokens
from libs.contracts.auth import KeyToken

PATH = "/api/stocks/AAPL/"
CONNECTIONS = 32
COLD_CONNECTIONS = 4
TURNS = 3


class Auth:
    """Gives each key a token of its own, made beforehand, and what else the gateway asks of auth."""

    def __init__(self, tokens: Tokens, count: int) -> None:
        self._answers = {
            "/api/auth/.well-known/jwks.json": json.dumps({"keys": [tokens.key.public_jwk()]}),
            "/internal/token": '{"access_token":"bench","expires_in":300,"scope":"internal"}',
        }
        self._given = [
            KeyToken(
                access_token=tokens.user(tier="ELITE", scope="market:read", client_id=str(uuid7())),
                expires_in=3_000,
                key_id=uuid7(),
                networks=("127.0.0.0/8",),
                calls_per_minute=3_000,
            ).model_dump_json()
            for _ in range(count)
        ]
        self.exchanges = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                length = head.partition("content-length: ")[2].partition("\r\n")[0]
                await reader.readexactly(int(length or 0))
                body = self._answer(head.split(" ", 2)[1]).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
                    % (len(body), body)
                )
        writer.close()

    def _answer(self, path: str) -> str:
        if path != "/internal/keys/exchange":
            return self._answers[path]
        self.exchanges += 1
        return self._given[self.exchanges - 1]


async def call_once_each(port: int, credentials: Sequence[str]) -> list[float]:
    """Call once with each credential over a few connections; give how long each call took, in µs."""
    waiting, took_us = list(credentials), []

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while waiting:
            request = f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {waiting.pop()}\r\n\r\n"
            began = time.perf_counter()
            writer.write(request.encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
            took_us.append((time.perf_counter() - began) * 1e6)
            if " 200 " not in head.partition("\r\n")[0]:
                raise RuntimeError(f"The gateway answered {head.partition(chr(13))[0]}.")
        writer.close()

    await asyncio.gather(*(one() for _ in range(COLD_CONNECTIONS)))
    return took_us


async def cold(port: int, pid: int, what: str, credentials: Sequence[str], report: Report) -> float:
    """Measure calls with credentials that are new. Returns how many were served a second."""
    cpu, began = cpu_seconds(pid), time.perf_counter()
    took_us = await call_once_each(port, credentials)
    rate = len(credentials) / (time.perf_counter() - began)
    each = (cpu_seconds(pid) - cpu) / len(credentials) * 1e6
    report.note(
        f"cold, {what}: {rate:7,.0f} calls/s, p50 {statistics.median(took_us):6.0f} µs, {each:4.0f} µs of CPU each"
    )
    return rate


async def warm(port: int, pid: int, credentials: dict[str, str], report: Report, seconds: int) -> dict[str, float]:
    """Measure calls with credentials seen before, in turns. Returns how many were served a second of each kind."""
    loads: dict[str, list[tuple[Load, float]]] = {what: [] for what in credentials}
    url = f"http://127.0.0.1:{port}{PATH}"
    for turn in range(TURNS + 1):
        for what, credential in credentials.items():
            cpu = cpu_seconds(pid)
            load = await asyncio.to_thread(
                wrk, url, connections=CONNECTIONS, seconds=seconds if turn else 1, token=credential
            )
            if turn:  # the first one warms up
                loads[what].append((load, (cpu_seconds(pid) - cpu) / load.requests * 1e6))
    rates = {}
    for what, seen in loads.items():
        rates[what] = statistics.median(load.per_second for load, _ in seen)
        p50_us = statistics.median(load.p50_us for load, _ in seen)
        each = statistics.median(cpu for _, cpu in seen)
        report.note(
            f"warm, {what}: {rates[what]:7,.0f} calls/s, p50 {p50_us:6.0f} µs of {CONNECTIONS} at once,"
            f" {each:4.0f} µs of CPU each"
        )
    return rates


async def run(folder: Path, stack: ExitStack, report: Report, seconds: int, count: int) -> None:
    tokens = Tokens()
    store = EmbeddedValkey(folder / "valkey", durable=False)
    store.start()
    stack.callback(store.stop)
    psutil.Process(store.pid).cpu_affinity([LOAD_CORE])
    psutil.Process().cpu_affinity([LOAD_CORE])
    services = stack.enter_context(stand_in(folder, tokens))
    auth, auth_port = Auth(tokens, count + 1), free_port()
    server = await asyncio.start_server(auth.serve, "127.0.0.1", auth_port)
    gateway = our_gateway(folder, services_port=services, auth_port=auth_port, redis_url=store.url)
    port, pid = await asyncio.to_thread(stack.enter_context, gateway)
    keys = [ApiKey.generate(KeyKind.LIVE).text for _ in range(count)]
    new = [tokens.user(tier="ELITE", ttl=timedelta(minutes=50)) for _ in range(count)]
    half = count // 2
    rates: dict[str, list[float]] = {"key": [], "token": []}
    for part in (slice(0, half), slice(half, count)):  # in turns, so that neither has the quieter moment
        rates["token"].append(await cold(port, pid, "token", new[part], report))
        rates["key"].append(await cold(port, pid, "key  ", keys[part], report))
    assert auth.exchanges == count, "each key was shown to auth, once"
    seen = await warm(port, pid, {"token": new[0], "key  ": keys[0]}, report, seconds)
    server.close()
    report.at_least("warm: calls/s with a key, of those with a token", seen["key  "] / seen["token"], 0.9)
    report.at_least(
        "cold: calls/s with a key, of those with a token",
        statistics.mean(rates["key"]) / statistics.mean(rates["token"]),
        0.2,
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=4)
    arguments.add_argument("--keys", type=int, default=2_000)
    options = arguments.parse_args()
    report = Report(f"an API key at the door, beside an access token; {options.keys:,} new ones of each")
    with ExitStack() as stack:
        folder = stack.enter_context(open_folder("bench"))
        asyncio.run(run(folder, stack, report, options.seconds, options.keys))
    finish(report)


if __name__ == "__main__":
    main()
