"""A TwelveData of our own: a real HTTP server that answers as their documents say, and misbehaves when told to.

Written from the reference (OpenAPI document, client package 1.4.0), checked by the official client reading it. Run it
by hand:

    python services/market/tests/twelvedata_server.py 18440
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

KEY = "test-key"
ALL_SYMBOLS = {
    "AAPL": "227.25",
    "MSFT": "417.10",
    "TSLA": "346.00",
    "GOOGL": "165.20",
    "IBM": "225.80",
    "NVDA": "141.95",
}
TWO_DAYS = [
    {"datetime": day, "open": opened, "high": high, "low": low, "close": close, "volume": volume}
    for day, opened, high, low, close, volume in (
        ("2026-11-20", "228.00", "230.10", "226.50", "227.25", "41234567"),
        ("2026-11-19", "225.00", "228.00", "224.10", "226.80", "39000000"),
    )
]
_PER_SYMBOL = {"/quote", "/price", "/eod", "/time_series", "/exchange_rate", "/earliest_timestamp"}


class SystemTime:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class TwelveData:
    """What the server holds and how it behaves. Change it at any time.

    prices: last price by symbol as asked (`AAPL`, `SBIN:NSE`). errors: code and message by symbol. whole_errors:
    answers to come in place of the next calls, each (code, message). errors_as_200: send errors with status 200.
    slow_s: seconds before each answer. cut_off: how many of the next answers break off in the middle.
    """

    clock: Any = field(default_factory=SystemTime)
    prices: dict[str, str] = field(default_factory=lambda: dict(ALL_SYMBOLS))
    quote_fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    bars: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    errors: dict[str, tuple[int, str]] = field(default_factory=dict)
    whole_errors: list[tuple[int, str]] = field(default_factory=list)
    errors_as_200: bool = True
    per_minute: int = 8
    per_day: int = 800
    max_symbols: int = 120
    last_quote_at: int = 1_795_208_340
    slow_s: float = 0
    cut_off: int = 0
    calls: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    keys_by: Counter[str] = field(default_factory=Counter)
    url: str = ""
    _used: Counter[str] = field(default_factory=Counter)

    def symbols_asked(self, path: str = "/quote") -> list[str]:
        """List the symbols of all calls of a path, in order."""
        return [symbol for called, query in self.calls if called == path for symbol in query["symbol"].split(",")]

    async def answer(self, request: Request) -> Response:
        if self.slow_s:
            await asyncio.sleep(self.slow_s)
        query = {name.lower(): value for name, value in request.query_params.items()}
        path = request.url.path
        self.calls.append((path, query))
        body, extra = self._batch(await request.json()) if path == "/batch" else self._reply(path, query, request)
        status = 200
        if body.__class__ is dict and body.get("status") == "error" and not self.errors_as_200:
            status = body["code"]
        headers = {**self._credit_headers(), **extra}
        text = json.dumps(body).encode()
        if self.cut_off > 0:
            self.cut_off -= 1
            headers["content-length"] = str(len(text))
            return StreamingResponse(_half(text), headers=headers, media_type="application/json")
        return Response(text, status_code=status, headers=headers, media_type="application/json")

    def _reply(self, path: str, query: dict[str, str], request: Request | None) -> tuple[Any, dict[str, str]]:
        if not self._knows_the_key(query, request):
            return _error(401, "**apikey** parameter is incorrect or not specified."), {}
        if path == "/technical_indicators":
            return {"data": {"sma": {"enable": True, "full_name": "Simple Moving Average"}}, "status": "ok"}, {}
        if self.whole_errors:
            return _error(*self.whole_errors.pop(0)), {}
        symbols = query.get("symbol", "").split(",") if path in _PER_SYMBOL else ["1"]
        if len(symbols) > self.max_symbols:
            return _error(414, "The parameter **symbol** is too long."), {}
        limited = self._spend(len(symbols))
        if limited is not None:
            return limited, {}
        if path not in _PER_SYMBOL:
            return self._other(path), {}
        parts = {symbol: self._part(path, symbol, query) for symbol in symbols}
        if len(parts) == 1:
            return next(iter(parts.values())), {}
        return parts, {"Is_batch": "true"}

    def _part(self, path: str, symbol: str, query: dict[str, str]) -> dict[str, Any]:
        if symbol in self.errors:
            return _error(*self.errors[symbol])
        if symbol not in self.prices:
            return _error(404, f"**symbol** or **figi** parameter is missing or invalid: {symbol}")
        match path:
            case "/price":
                return {"price": self.prices[symbol]}
            case "/quote":
                return self._quote(symbol)
            case "/time_series":
                return self._series(symbol, query)
            case "/earliest_timestamp":
                return {"datetime": "1980-12-12", "unix_time": 345_479_400}
            case "/exchange_rate":
                return {"symbol": symbol, "rate": float(self.prices[symbol]), "timestamp": self.last_quote_at}
            case _:
                quote = self._quote(symbol)
                return {
                    name: quote[name] for name in ("symbol", "exchange", "mic_code", "currency", "datetime", "close")
                }

    def _quote(self, symbol: str) -> dict[str, Any]:
        bare, _, exchange = symbol.partition(":")
        indian = exchange in {"NSE", "BSE"}
        close = self.prices[symbol]
        return {
            "symbol": bare,
            "name": f"{bare} Inc.",
            "exchange": exchange or "NASDAQ",
            "mic_code": {"NSE": "XNSE", "BSE": "XBOM"}.get(exchange, "XNGS"),
            "currency": "INR" if indian else "USD",
            "datetime": "2026-11-20",
            "timestamp": self.last_quote_at - 23_340,
            "last_quote_at": self.last_quote_at,
            "open": "228.00",
            "high": "230.10",
            "low": "226.50",
            "close": close,
            "volume": "41234567",
            "previous_close": "226.80",
            "change": "0.45",
            "percent_change": "0.19841",
            "average_volume": "50123456",
            "is_market_open": False,
            "fifty_two_week": {"low": "164.08", "high": "260.10", "range": "164.08 - 260.10"},
            **self.quote_fields.get(symbol, {}),
        }

    def _series(self, symbol: str, query: dict[str, str]) -> dict[str, Any]:
        bare, _, exchange = symbol.partition(":")
        interval = query.get("interval", "")
        if interval not in {"1min", "5min", "15min", "1h", "1day"}:
            return _error(400, f"Invalid **interval** provided: {interval}.")
        values = self.bars.get(symbol, TWO_DAYS)
        ordered = sorted(values, key=lambda value: value["datetime"], reverse=query.get("order", "desc") == "desc")
        meta = {
            "symbol": bare, "interval": interval, "currency": "USD", "exchange_timezone": "America/New_York",
            "exchange": exchange or "NASDAQ", "mic_code": "XNGS", "type": "Common Stock",
        }  # fmt: skip
        return {"meta": meta, "values": ordered[: int(query.get("outputsize", "30"))], "status": "ok"}

    def _other(self, path: str) -> Any:
        match path:
            case "/api_usage":
                return {
                    "timestamp": f"{self.clock.now():%Y-%m-%d %H:%M:%S}",
                    "current_usage": self._used[self._minute()],
                    "plan_limit": self.per_minute,
                    "daily_usage": self._used[self._day()],
                    "plan_daily_limit": self.per_day,
                    "plan_category": "basic",
                }
            case "/market_state":
                nasdaq = {"name": "NASDAQ", "code": "XNAS", "country": "United States", "is_market_open": False}
                return [{**nasdaq, "time_after_open": "00:00:00", "time_to_open": "09:09:44"}]
            case "/symbol_search" | "/stocks":
                share = {"exchange": "NASDAQ", "mic_code": "XNGS", "country": "United States", "currency": "USD"}
                return {"data": [{"symbol": symbol, **share} for symbol in self.prices], "status": "ok"}
            case _:
                return _error(404, f"There is no endpoint {path}.")

    def _batch(self, asked: dict[str, dict[str, str]]) -> tuple[Any, dict[str, str]]:
        data = {}
        for name, request in asked.items():
            parts = urlsplit(request["url"])
            body, _ = self._reply(parts.path, dict(parse_qsl(parts.query)), None)
            status = "error" if isinstance(body, dict) and body.get("status") == "error" else "success"
            data[name] = {"response": body, "status": status}
        return {"code": 200, "status": "success", "data": data}, {}

    def _knows_the_key(self, query: dict[str, str], request: Request | None) -> bool:
        header = "" if request is None else request.headers.get("authorization", "")
        self.keys_by["header" if header else "query"] += 1
        return KEY in (query.get("apikey"), header.removeprefix("apikey "))

    def _spend(self, credits: int) -> dict[str, Any] | None:
        """Count credits, or give the 429. An answer of 429 costs nothing."""
        minute, day = self._minute(), self._day()
        if self._used[day] + credits > self.per_day:
            return _out_of_credits(self._used[day] + credits, self.per_day, "for the day. Wait for the next day")
        if self._used[minute] + credits > self.per_minute:
            used = self._used[minute] + credits
            return _out_of_credits(used, self.per_minute, "for the current minute. Wait for the next minute")
        self._used[minute] += credits
        self._used[day] += credits
        return None

    def _credit_headers(self) -> dict[str, str]:
        used = self._used[self._minute()]
        return {"api-credits-used": str(used), "api-credits-left": str(max(0, self.per_minute - used))}

    def _minute(self) -> str:
        return f"{self.clock.now():%Y-%m-%d %H:%M}"

    def _day(self) -> str:
        return f"{self.clock.now():%Y-%m-%d}"

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self.answer, methods=["GET", "POST"])])


def _error(code: int, message: str) -> dict[str, Any]:
    return {"code": code, "message": message, "status": "error"}


def _out_of_credits(used: int, limit: int, span: str) -> dict[str, Any]:
    span, _, advice = span.partition(". ")
    return _error(
        429,
        f"You have run out of API credits {span}. {used} API credits were used, with the current limit being {limit}. "
        f"{advice} or consider switching to a higher tier plan at https://twelvedata.com/pricing",
    )


async def _half(text: bytes) -> AsyncIterator[bytes]:
    yield text[: len(text) // 2]
    raise ConnectionAbortedError("told to break off")


@contextlib.asynccontextmanager
async def serving(behaviour: TwelveData) -> AsyncIterator[TwelveData]:
    """Serve on a free port of this machine."""
    with _listening() as listener:
        config = uvicorn.Config(behaviour.app(), log_config=None, lifespan="off", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
        task = asyncio.create_task(server.serve(sockets=[listener]))
        behaviour.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            yield behaviour
        finally:
            server.should_exit = True
            await task


@contextlib.contextmanager
def _listening() -> Iterator[socket.socket]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener


if __name__ == "__main__":
    uvicorn.run(TwelveData(per_minute=10_000, per_day=10_000_000).app(), port=int(sys.argv[1]))
