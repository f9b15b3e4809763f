"""Cheap WebSocket readers and a publisher for `bench.fan_out`, in one process on the load core.

Raw sockets and epoll: a WebSocket library would spend more on reading a tick than a server on writing it. Prints START
when measuring begins and then one JSON line.
"""

from __future__ import annotations

import base64
import json
import multiprocessing
import os
import random
import select
import socket
import struct
import sys
import time
from pathlib import Path

import orjson
from redis import Redis

from bench.fan_out import FOLLOWED, INSTRUMENTS
from libs.contracts.market import TICK_FIELD, Tick, encode_ticks, tick_stream

WARM_UP_S = 2.0
STAMP = b'"received_at":"'
BATCHES_PER_SECOND = 200


def instrument(number: int) -> str:
    return f"NSE:BENCH{number}"


def main() -> None:
    kind, port, publish, tokens, readers, ticks, seconds = sys.argv[1:]
    who = json.loads(Path(tokens).read_text())
    draw = random.Random(5)
    poll = select.epoll()
    sockets: dict[int, socket.socket] = {}
    for number in range(int(readers)):
        followed = draw.sample(range(INSTRUMENTS), FOLLOWED)
        path = "/ws" if kind == "ours" else "/sub/" + ",".join(map(str, followed))
        one = connect(int(port), path)
        if kind == "ours":
            send_text(one, {"op": "auth", "token": who[number % len(who)]})
            send_text(one, {"op": "subscribe", "channels": [f"ticks:{instrument(at)}" for at in followed]})
        one.setblocking(False)
        poll.register(one, select.EPOLLIN)
        sockets[one.fileno()] = one
    target = publish_to_stream if kind == "ours" else publish_to_nchan
    publisher = multiprocessing.Process(target=target, args=(publish, int(ticks)), daemon=True)
    publisher.start()
    print(json.dumps(measure(poll, sockets, float(seconds))), flush=True)
    publisher.kill()
    os._exit(0)


def measure(poll: select.epoll, sockets: dict[int, socket.socket], seconds: float) -> dict[str, float]:
    """Read until the time is up. A delivery is a price frame; each read's last one gives a delay."""
    begin = time.monotonic() + WARM_UP_S
    deliveries, delays_ms, measuring = 0, [], False
    while (now := time.monotonic()) < begin + seconds:
        if not measuring and now >= begin:
            measuring, deliveries, delays_ms = True, 0, []
            print("START", flush=True)
        for descriptor, _ in poll.poll(0.05):
            try:
                data = sockets[descriptor].recv(1 << 18)
            except (BlockingIOError, ConnectionError):
                continue
            if not data:
                poll.unregister(descriptor)
                continue
            deliveries += data.count(STAMP)
            at = data.rfind(STAMP) + len(STAMP)
            if at >= len(STAMP) and (end := data.find(b'"', at)) > 0:
                delays_ms.append(time.time() * 1e3 - from_iso_ms(data[at:end]))
    delays_ms.sort()
    return {
        "deliveries": deliveries,
        "rate": deliveries / seconds,
        "p50_ms": delays_ms[len(delays_ms) // 2] if delays_ms else -1,
        "p99_ms": delays_ms[int(len(delays_ms) * 0.99)] if delays_ms else -1,
    }


def from_iso_ms(text: bytes) -> float:
    """Read the time of day of an RFC 3339 UTC instant, on today's date: cheaper than a whole parse."""
    hours, minutes, seconds = text[11:13], text[14:16], text[17:].rstrip(b"Z").split(b"+")[0]
    day = time.time() // 86_400 * 86_400
    return (day + int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * 1e3


def connect(port: int, path: str) -> socket.socket:
    one = socket.create_connection(("127.0.0.1", port), 10)
    key = base64.b64encode(os.urandom(16)).decode()
    one.sendall(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
    )
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = one.recv(4096)
        if not piece:
            raise SystemExit(f"refused: {answer!r}")
        answer += piece
    if not answer.startswith(b"HTTP/1.1 101"):
        raise SystemExit(f"refused: {answer!r}")
    return one


def send_text(one: socket.socket, document: object) -> None:
    body = orjson.dumps(document)
    head = bytes((0x81, 0x80 | len(body))) if len(body) < 126 else b"\x81\xfe" + struct.pack("!H", len(body))
    one.sendall(head + b"\0\0\0\0" + body)


def publish_to_stream(url: str, ticks: int) -> None:
    """Write ticks as the feed does, in batches."""
    redis = Redis.from_url(url)
    per_batch, at, began = ticks // BATCHES_PER_SECOND, 0, time.perf_counter()
    for batch in range(10**9):
        time.sleep(max(0.0, began + batch / BATCHES_PER_SECOND - time.perf_counter()))
        now_ms = time.time_ns() // 1_000_000
        made = []
        for number in range(at, at + per_batch):
            price = 29_314_500 + number % 1_000
            made.append(
                Tick(
                    instrument(number % INSTRUMENTS),
                    price,
                    price,
                    price,
                    now_ms,
                    now_ms,
                    now_ms,
                    False,
                    "bench",
                    None,
                    None,
                )
            )
        at += per_batch
        redis.xadd(tick_stream(0), {TICK_FIELD: encode_ticks(made)}, maxlen=20_000, approximate=True)


def publish_to_nchan(address: str, ticks: int) -> None:
    """Post each tick, in the words of our own frames, over one keep-alive connection; answers are read and dropped."""
    host, _, port = address.partition(":")
    one = socket.create_connection((host, int(port)))
    one.setblocking(False)
    sent, began = 0, time.perf_counter()
    while True:
        due = min(int((time.perf_counter() - began) * ticks), sent + 100)
        out = []
        now = time.time()
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1e3) % 1000:03d}Z"
        for number in range(sent, due):
            body = json.dumps(
                {
                    "ch": f"ticks:{instrument(number % INSTRUMENTS)}",
                    "seq": str(number),
                    "data": {
                        "instrument": instrument(number % INSTRUMENTS),
                        "symbol": f"BENCH{number % INSTRUMENTS}",
                        "price": "2931.45",
                        "previous_close": None,
                        "change_percent": None,
                        "at": at,
                        "received_at": at,
                        "recorded_at": None,
                        "stale": False,
                        "source": "bench",
                    },
                },
                separators=(",", ":"),
            ).encode()
            head = f"POST /pub/{number % INSTRUMENTS} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
            out.append(head.encode() + body)
        sent = max(sent, due)
        if out:
            one.setblocking(True)
            one.sendall(b"".join(out))
            one.setblocking(False)
        try:
            while len(one.recv(1 << 18)) == 1 << 18:
                pass
        except BlockingIOError:
            pass
        time.sleep(0.005)


if __name__ == "__main__":
    main()
