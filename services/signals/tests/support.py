"""What the tests of signals share: bars, entitlements, and the services that signals asks, in process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx

from libs.common.clock import to_ms
from libs.common.db import Database
from libs.common.testing.peers import Peers, found
from libs.contracts.billing import Entitlements, Limits, SubscriptionState, Tier
from libs.contracts.market import (
    Candle,
    CandleColumns,
    Candles,
    DividendOfShare,
    DividendsOfInstrument,
    InstrumentInfo,
    ManyCandles,
    RecordedInstruments,
    Sessions,
    SplitOfShares,
    SplitsOfInstrument,
)
from libs.contracts.news import Headline, Headlines, ManyHeadlines

APPLE = InstrumentInfo(instrument="NASDAQ:AAPL", exchange="NASDAQ", symbol="AAPL", name="Apple Inc.", currency="USD")
RELIANCE = InstrumentInfo(
    instrument="NSE:RELIANCE", exchange="NSE", symbol="RELIANCE", name="Reliance Industries Ltd", currency="INR"
)
FIRST_DAY = datetime(2026, 1, 5, 14, 30, tzinfo=UTC)
"""A Monday, at New York's open."""


async def rows_of(db: Database, query: str, *arguments: Any) -> list[Any]:
    """Read rows by plain SQL."""
    async with db.transaction() as tx:
        return list(await (await tx.driver()).fetch(query, *arguments))


def entitlements(user_id: UUID, *, version: int = 1, upgrade_to: Tier | None = Tier.PRO, **limits: Any) -> Entitlements:
    """What billing says of a user: BASIC, unless limits are named to differ."""
    given: dict[str, Any] = {
        "active_alerts": 50,
        "signals_per_day": 10,
        "strategies": 3,
        "ai_studio_minutes_per_month": 0,
        "custom_indicators": False,
        "live_trading": False,
        "api_keys": 1,
        "api_calls_per_minute": 60,
        "socket_symbols": 50,
        "socket_ticks_per_second": 4,
        "channels": ("in_app", "mail"),
    }
    return Entitlements(
        user_id=user_id,
        tier=Tier.BASIC,
        state=SubscriptionState.TRIAL,
        limits=Limits(**{**given, **limits}),
        upgrade_to=upgrade_to,
        version=version,
    )


def daily(closes: Sequence[str], *, start: datetime = FIRST_DAY, volume: int = 1_000) -> list[Candle]:
    """Make daily candles of weekdays that close so; each opens at the last close, its shadows are a hundredth long."""
    made, at, last = list[Candle](), start, Decimal(closes[0])
    for text in closes:
        close = Decimal(text)
        high, low = max(last, close) * Decimal("1.01"), min(last, close) * Decimal("0.99")
        made.append(Candle(at=at, open=last, high=high, low=low, close=close, volume=volume))
        last, at = close, at + timedelta(days=3 if at.weekday() == 4 else 1)
    return made


@dataclass
class FakePeers(Peers):
    """Answers as market and billing do on their internal routes. `down` names those that do not answer."""

    instruments: dict[str, InstrumentInfo] = field(default_factory=lambda: {"AAPL": APPLE, "RELIANCE": RELIANCE})
    entitlements: dict[UUID, Entitlements] = field(default_factory=dict)
    candles: dict[tuple[str, str], list[Candle]] = field(default_factory=dict)
    """Recorded bars by instrument and interval, oldest first."""
    sessions: dict[str, Sessions] = field(default_factory=dict)
    """Calendars by exchange."""
    splits: dict[str, list[SplitOfShares]] = field(default_factory=dict)
    """Splits by instrument, oldest first."""
    dividends: dict[str, list[DividendOfShare]] = field(default_factory=dict)
    """Dividends by instrument, oldest first."""
    headlines: dict[str, list[Headline]] = field(default_factory=dict)
    """Headlines by instrument, in the order in which they came."""

    MARKET, BILLING = 8002, 8006

    def answer(self, request: httpx.Request) -> httpx.Response:
        path, port = request.url.path, request.url.port
        last = path.rsplit("/", 1)[1]
        match port:
            case self.MARKET if path == "/internal/candles":
                asked = request.url.params
                names = sorted(name for name, interval in self.candles if interval == asked["interval"])
                kept = [name for name in names if name.startswith(asked.get("exchange", ""))]
                return found(RecordedInstruments(instruments=tuple(kept)))
            case self.MARKET if path == "/internal/candle-columns":
                return self._columns(request.url.params)
            case self.MARKET if path.startswith("/internal/candles/"):
                return self._candles(last, request.url.params)
            case self.MARKET if path.startswith("/internal/splits/"):
                return found(SplitsOfInstrument(instrument=last, items=tuple(self.splits.get(last, []))))
            case self.MARKET if path.startswith("/internal/dividends/"):
                return found(DividendsOfInstrument(instrument=last, items=tuple(self.dividends.get(last, []))))
            case self.MARKET if path.startswith("/internal/sessions/"):
                return found(self.sessions.get(last))
            case self.MARKET if path == "/internal/news":
                return self._news(request.url.params)
            case self.MARKET if path.startswith("/internal/news/"):
                limit = int(request.url.params["limit"])
                return found(Headlines(instrument=last, items=tuple(self.headlines.get(last, [])[-limit:])))
            case self.MARKET:
                known = {**self.instruments, **{info.instrument: info for info in self.instruments.values()}}
                if last == "INFY":
                    choices = ["NSE:INFY", "NYSE:INFY"]
                    return httpx.Response(409, json={"code": "symbol_ambiguous", "choices": choices})
                return found(known.get(last), code="symbol_not_found")
            case _:
                return found(self.entitlements.get(UUID(last)) or entitlements(UUID(last), version=0))

    def _news(self, asked: httpx.QueryParams) -> httpx.Response:
        until = datetime.fromisoformat(asked["to"]) if "to" in asked else None
        items = {
            name: tuple(one for one in self.headlines.get(name, []) if until is None or one.received_at < until)
            for name in asked["instruments"].split(",")
        }
        return found(ManyHeadlines(items={name: told[-int(asked["limit"]) :] for name, told in items.items() if told}))

    def _columns(self, asked: httpx.QueryParams) -> httpx.Response:
        items: dict[str, CandleColumns] = {}
        for name in asked["instruments"].split(","):
            # One more than is wanted, in case the newest is still running.
            newest = self._candles(name, asked.set("limit", int(asked["limit"]) + 1)).json()["items"]
            told = [one for one in newest if one["complete"]][-int(asked["limit"]) :]
            if told:
                prices = {
                    f"{column}_e4": tuple(int(Decimal(one[column]) * 10_000) for one in told)
                    for column in ("open", "high", "low", "close")
                }
                at_ms = tuple(to_ms(datetime.fromisoformat(one["at"])) for one in told)
                volume = tuple(one["volume"] for one in told)
                items[name] = CandleColumns(instrument=name, at_ms=at_ms, volume=volume, **prices)
        return found(ManyCandles(items=items))

    def _candles(self, instrument: str, asked: httpx.QueryParams) -> httpx.Response:
        kept = self.candles.get((instrument, asked["interval"]), [])
        since = datetime.fromisoformat(asked["from"]) if "from" in asked else None
        until = datetime.fromisoformat(asked["to"]) if "to" in asked else None
        inside = [bar for bar in kept if (since is None or bar.at >= since) and (until is None or bar.at < until)]
        limit = int(asked["limit"])
        items = inside[-limit:] if since is None else inside[:limit]
        more = len(items) < len(inside)
        return found(Candles(instrument=instrument, interval=asked["interval"], items=tuple(items), more=more))
