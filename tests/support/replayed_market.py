"""Market as a signals worker sees it, over HTTP and its stream; recorded candles close when a test says so."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from redis.asyncio import Redis

from libs.common.clock import SystemClock
from libs.common.events.envelope import ENTRY_FIELD, Envelope, stream_of
from libs.common.hours import Hours
from libs.common.ids import uuid7
from libs.contracts.market import Candle, CandleClosed, InstrumentInfo
from services.signals.history import as_bars
from services.signals.tests.support import FakePeers


@dataclass(frozen=True)
class Recording:
    """Candles of an interval by instrument, oldest first: those that are past when the replay begins, and the rest."""

    interval: str
    past: Mapping[str, Sequence[Candle]]
    live: Mapping[str, Sequence[Candle]]

    @property
    def names(self) -> list[str]:
        return list(self.live)

    def steps(self) -> list[tuple[int, list[tuple[str, Candle]]]]:
        """Lay out what closes, by the time of its close in market time."""
        found: dict[int, list[tuple[str, Candle]]] = {}
        for name, candles in self.live.items():
            closes = as_bars(candles, self.interval, Hours(name.partition(":")[0])).closes_ms.tolist()
            for candle, closes_ms in zip(candles, closes, strict=True):
                found.setdefault(closes_ms, []).append((name, candle))
        return sorted(found.items())


class ReplayedMarket:
    """Shows what has closed, and tells of each candle on market's stream as market's relay does."""

    def __init__(self, recording: Recording, redis: Redis) -> None:
        self.recording = recording
        self.peers = FakePeers()
        self.asked = 0
        """How often it was asked over HTTP."""
        self._redis = redis
        self._told: dict[str, int] = {}
        for name, candles in recording.past.items():
            exchange, _, symbol = name.partition(":")
            self.peers.candles[name, recording.interval] = list(candles)
            self.peers.instruments[symbol] = InstrumentInfo(
                instrument=name, exchange=exchange, symbol=symbol, name=symbol, currency="INR"
            )

    async def close(self, candles: Sequence[tuple[str, Candle]]) -> None:
        """Show candles and tell of them, all at once."""
        now = SystemClock().now()
        async with self._redis.pipeline(transaction=False) as pipe:
            for name, candle in candles:
                self.peers.candles[name, self.recording.interval].append(candle)
                self._told[name] = self._told.get(name, 0) + 1
                event = CandleClosed(
                    instrument=name, interval=self.recording.interval, at=candle.at, closed_at=now, open=candle.open,
                    high=candle.high, low=candle.low, close=candle.close, volume=candle.volume,
                )  # fmt: skip
                envelope = Envelope(
                    uuid7(), event.type, "market", now, name, self._told[name], event.model_dump(mode="json")
                )
                pipe.xadd(stream_of("market"), {ENTRY_FIELD: envelope.to_json()})
            await pipe.execute()

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[dict[str, str]]:
        """Serve market, billing and auth's tokens on a free port. Gives the settings that name them."""
        with _listening() as listener:
            config = uvicorn.Config(
                self._app, interface="asgi3", log_config=None, lifespan="off", timeout_graceful_shutdown=1
            )
            server = uvicorn.Server(config)
            server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
            task = asyncio.create_task(server.serve(sockets=[listener]))
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            try:
                yield {
                    "SHAREWISE_AUTH_URL": url,
                    "SHAREWISE_MARKET_URL": f"{url}/{FakePeers.MARKET}",
                    "SHAREWISE_BILLING_URL": f"{url}/{FakePeers.BILLING}",
                }
            finally:
                server.should_exit = True
                await task

    async def _app(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.asked += 1
        if scope["path"] == "/internal/token":
            answer = httpx.Response(200, json={"access_token": "test", "expires_in": 300, "scope": "internal"})
        else:
            port, _, path = scope["path"].lstrip("/").partition("/")
            url = f"http://peers:{port}/{path}?{scope['query_string'].decode()}"
            answer = self.peers.answer(httpx.Request(scope["method"], url))
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer.content)).encode())]
        await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": answer.content})


@contextlib.contextmanager
def _listening() -> Iterator[socket.socket]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener
