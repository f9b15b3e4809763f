"""Mails a second over kept connections, against a connection for each mail, to the same server at the same time.

The peer is aiosmtplib's own way to send one mail: connect, greet, hand over, leave. The server is a sink on the load
core that answers at once, or each time so late as one across the internet does: there a mail waits for answers, not
for either side's work. TLS is not in it; with it a connection of one's own costs two more answers and a key exchange.
`python -m bench.mails [--mails N]`
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import aiosmtplib

from bench.load import LOAD_CORE, free_port
from bench.report import Report, finish
from services.alerts.channels.mail.message import compose
from services.alerts.channels.mail.smtp import SmtpChannel, SmtpOptions
from services.alerts.channels.port import Mail, Picture

TURNS = 3
FAR_S = 0.01
SENDER, TO = "ShareWise <alerts@example.com>", "trader@example.com"
MAIL = Mail(
    TO,
    "🚨 Stock Alert: AAPL",
    "Apple Inc. is now $232.50 (above $230.00)\n" * 10,
    "<p>Apple Inc. is now $232.50</p>\n" * 100,
    "<0@example.com>",
    "0",
    "https://example.com/u/x",
    (Picture("chart.0@example.com", bytes(range(256)) * 40),),
)


def serve(port: int, late_s: float) -> None:
    """Take mails for ever, and answer each command so late."""
    os.sched_setaffinity(0, {LOAD_CORE})

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(line: bytes) -> None:
            await asyncio.sleep(late_s)
            writer.write(line + b"\r\n")

        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            await say(b"220 sink")
            while line := await reader.readline():
                command = line[:4].upper()
                if command == b"DATA":
                    await say(b"354 go on")
                    await reader.readuntil(b"\r\n.\r\n")
                await say(b"221 bye" if command == b"QUIT" else b"250 OK")
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(take, "127.0.0.1", port, limit=1024 * 1024)
        await server.serve_forever()

    asyncio.run(run())


@contextlib.contextmanager
def sink(late_s: float) -> Iterator[int]:
    """Run the server beside the block; give its port."""
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(port, late_s), daemon=True)
    process.start()
    try:
        yield port
    finally:
        process.terminate()
        process.join()


def options(port: int, connections: int) -> SmtpOptions:
    return SmtpOptions("127.0.0.1", port, "none", SENDER, SENDER, connections=connections)


async def rate(send: Callable[[Mail], Awaitable[object]], mails: int, at_once: int) -> float:
    """Send mails, so many at once. Returns mails a second."""
    waiting = [replace(MAIL, message_id=f"<{number}@example.com>") for number in range(mails)]

    async def lane() -> None:
        while waiting:
            await send(waiting.pop())

    began = time.perf_counter()
    await asyncio.gather(*(lane() for _ in range(at_once)))
    return mails / (time.perf_counter() - began)


async def compare(report: Report, where: str, port: int, *, mails: int, at_once: int, goal: float) -> None:
    """Send the same mails both ways in turns, and compare the best of each."""
    channel = SmtpChannel(options(port, at_once), now=lambda: datetime.now(UTC))

    async def alone(mail: Mail) -> None:
        raw = compose(mail, sender=SENDER, reply_to=SENDER, now=datetime.now(UTC))
        await aiosmtplib.send(
            raw, sender="alerts@example.com", recipients=[TO], hostname="127.0.0.1", port=port, start_tls=False
        )

    kept, single = [], []
    for _ in range(TURNS):
        kept.append(await rate(channel.send, mails, at_once))
        single.append(await rate(alone, mails, at_once))
    await channel.aclose()
    name = f"{where}, {at_once} at once"
    report.note(f"{name}: kept connections {max(kept):,.0f} mails/s, one for each mail {max(single):,.0f} mails/s")
    report.at_least(f"kept connections against one for each mail, {name}", max(kept) / max(single), goal)


async def reachable(port: int) -> None:
    """Wait until the server takes connections."""
    for _ in range(200):
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    raise SystemExit("The mail sink did not start.")


async def measure(report: Report, mails: int) -> None:
    for where, late_s, goal in (("a server at hand", 0.0, 1.5), ("a server 10 ms away", FAR_S, 1.5)):
        with sink(late_s) as port:
            await reachable(port)
            for at_once in (1, 8):
                count = mails if late_s == 0.0 else max(mails * at_once // 40, 20)
                await compare(report, where, port, mails=count, at_once=at_once, goal=goal)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--mails", type=int, default=2_000)
    wanted = arguments.parse_args()
    report = Report("mails over kept connections")
    asyncio.run(measure(report, wanted.mails))
    finish(report)


if __name__ == "__main__":
    main()
