"""TwelveData's WebSocket: trades of what was subscribed, with a heartbeat every ten seconds. It replays nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import orjson
from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

from libs.common.clock import Clock
from libs.common.instruments import Instrument
from libs.common.logging import get_logger
from services.market.providers.port import AuthFailed, ProviderError, Quote, Transient
from services.market.providers.twelvedata import translate

log = get_logger(__name__)

_HEARTBEAT_S = 10.0
_OPEN_S = 10.0
_MAX_MESSAGE_BYTES = 1 << 20
_MAX_WAITING = 10_000


class TwelveDataStream:
    """One connection of one account. silence_s: a connection over which nothing comes for so long is broken."""

    name = "twelvedata_stream"
    feed = "twelvedata"

    def __init__(
        self,
        url: str,
        key: SecretStr,
        clock: Clock,
        *,
        max_lag: timedelta,
        silence_s: float,
        heartbeat_s: float = _HEARTBEAT_S,
    ) -> None:
        self._url = url
        self._key = key
        self._clock = clock
        self.max_lag = max_lag
        self._silence_s = silence_s
        self._heartbeat_s = heartbeat_s

    @asynccontextmanager
    async def connect(self, instruments: Sequence[Instrument]) -> AsyncIterator[TwelveDataConnection]:
        """Connect and subscribe. Raises AuthFailed for a refused key, Transient for the rest."""
        url = f"{self._url}?{urlencode({'apikey': self._key.get_secret_value()})}"
        try:
            # No proxy from the environment, and their own heartbeat instead of pings.
            socket = await connect(
                url, open_timeout=_OPEN_S, close_timeout=1, ping_interval=None, max_size=_MAX_MESSAGE_BYTES, proxy=None
            )
        except InvalidStatus as error:
            status = error.response.status_code
            kind = AuthFailed if status in (401, 403) else Transient
            raise kind(f"The connection was refused with {status}.") from error
        except (OSError, TimeoutError, WebSocketException) as error:
            # Not its text: that may hold the address, and the address the key.
            raise Transient(f"The connection could not be opened ({type(error).__name__}).") from None
        connection = TwelveDataConnection(socket, instruments, self._clock, self._silence_s, self._heartbeat_s)
        try:
            await connection.subscribe()
            yield connection
        finally:
            await connection.aclose()


class TwelveDataConnection:
    """An open connection. Prices wait in a queue of bounded length; where nobody takes them, the oldest go."""

    def __init__(
        self,
        socket: ClientConnection,
        instruments: Sequence[Instrument],
        clock: Clock,
        silence_s: float,
        heartbeat_s: float,
    ) -> None:
        self._socket = socket
        self._by_symbol = {translate.symbol_of(one): one for one in instruments}
        self._clock = clock
        self._silence_s = silence_s
        self._heartbeat_s = heartbeat_s
        self._waiting: list[Quote] = []
        self._places: dict[Instrument, tuple[object, int]] = {}
        self._broken: ProviderError | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._ended = asyncio.Event()

    async def subscribe(self) -> None:
        """Ask for the prices, and begin to read. Raises Transient."""
        symbols = [translate.stream_symbol_of(one) for one in self._by_symbol.values()]
        await self._send({"action": "subscribe", "params": {"symbols": symbols}})
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._beat())]

    async def gather(self, seconds: float) -> Sequence[Quote]:
        """Give what came within so long. Raises ProviderError once the connection is broken and all was given."""
        if not self._ended.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), seconds)
        came, self._waiting = self._waiting, []
        if not came and self._broken is not None:
            raise self._broken
        return came

    async def aclose(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._socket.close()

    async def _read(self) -> None:
        try:
            while True:
                async with asyncio.timeout(self._silence_s):
                    message = await self._socket.recv()
                self._take(message)
        except TimeoutError:
            self._end(Transient(f"Nothing came for {self._silence_s:g} s."))
        except (WebSocketException, OSError) as error:
            self._end(Transient(f"The connection ended ({type(error).__name__})."))
        except ProviderError as error:
            self._end(error)

    async def _beat(self) -> None:
        try:
            while True:
                await asyncio.sleep(self._heartbeat_s)
                await self._send({"action": "heartbeat"})
        except ProviderError as error:
            self._end(error)

    async def _send(self, message: Mapping[str, Any]) -> None:
        try:
            await self._socket.send(orjson.dumps(message).decode())
        except (WebSocketException, OSError) as error:
            raise Transient(f"The connection ended ({type(error).__name__}).") from error

    def _take(self, message: str | bytes) -> None:
        try:
            body = orjson.loads(message)
        except orjson.JSONDecodeError:
            body = None
        if not isinstance(body, dict):
            log.warning("twelvedata_stream_unreadable", chars=len(message))
            return
        match body.get("event"):
            case "price":
                self._take_price(body)
            case "subscribe-status":
                translate.check_subscribed(body)
                fails = translate.refused_symbols(body)
                if fails:
                    log.warning("twelvedata_stream_refused", symbols=fails)

    def _take_price(self, body: Mapping[str, Any]) -> None:
        instrument = translate.instrument_of(body, self._by_symbol)
        if instrument is None:
            return
        seconds = body.get("timestamp")
        before, place = self._places.get(instrument, (None, -1))
        place = place + 1 if seconds == before else 0
        self._places[instrument] = (seconds, place)
        try:
            self._waiting.append(translate.trade_of(body, instrument, self._clock.now_ms(), place=place))
        except ProviderError as error:
            log.warning("twelvedata_stream_price_refused", instrument=str(instrument), reason=error.reason)
        if len(self._waiting) > _MAX_WAITING:
            del self._waiting[: _MAX_WAITING // 2]

    def _end(self, why: ProviderError) -> None:
        if self._broken is None:
            self._broken = why
        self._ended.set()
