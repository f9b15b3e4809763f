"""What the tests of alerts share: instruments, helpers, and the services that alerts asks, in process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.ids import uuid7
from libs.common.testing.peers import Peers, found
from libs.contracts.alerts import AlertTriggered, Condition
from libs.contracts.auth import UserInfo, UserVerified
from libs.contracts.billing import Entitlements, Limits, SubscriptionState, Tier
from libs.contracts.market import Candle, Candles, InstrumentInfo, NewestPrices, Sessions, WatchlistInfo
from libs.contracts.news import Headline, Headlines
from libs.contracts.signals import NamedExpressions, StrategyInfo
from services.alerts.notifications.service import Notices

APPLE = InstrumentInfo(instrument="NASDAQ:AAPL", exchange="NASDAQ", symbol="AAPL", name="Apple Inc.", currency="USD")
RELIANCE = InstrumentInfo(
    instrument="NSE:RELIANCE", exchange="NSE", symbol="RELIANCE", name="Reliance Industries Ltd", currency="INR"
)


@contextlib.asynccontextmanager
async def running(work: Any) -> AsyncIterator[None]:
    """Run a coroutine beside the block and end it after; its failure fails the test."""
    task = asyncio.ensure_future(work)
    try:
        yield
        if task.done():
            task.result()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def rows_of(db: Database, query: str, *arguments: Any) -> list[Any]:
    """Read rows by plain SQL."""
    async with db.transaction() as tx:
        return list(await (await tx.driver()).fetch(query, *arguments))


async def triggered_rows(db: Database) -> list[Any]:
    """Read what has fired, in the order of firing."""
    return await rows_of(db, "SELECT * FROM triggered_alerts ORDER BY triggered_at, id")


BODY = {"stock_symbol": "AAPL", "alert_type": "threshold", "condition": "above", "threshold_price": 230.00}


async def create(client: httpx.AsyncClient, **members: Any) -> dict[str, Any]:
    answer = await client.post("/api/alerts/", json={**BODY, **members})
    assert answer.status_code == 201, answer.text
    return answer.json()


def entitlements(
    user_id: UUID, *, active_alerts: int | None, version: int = 1, upgrade_to: Tier | None = Tier.PRO
) -> Entitlements:
    """What billing says of a user."""
    limits = Limits(
        active_alerts=active_alerts,
        signals_per_day=10,
        strategies=3,
        ai_studio_minutes_per_month=0,
        custom_indicators=False,
        live_trading=False,
        api_keys=1,
        api_calls_per_minute=60,
        socket_symbols=50,
        socket_ticks_per_second=4,
        channels=("in_app", "mail"),
    )
    return Entitlements(
        user_id=user_id,
        tier=Tier.BASIC,
        state=SubscriptionState.TRIAL,
        limits=limits,
        upgrade_to=upgrade_to,
        version=version,
    )


@dataclass
class FakePeers(Peers):
    """Answers as market, billing and auth do on their internal routes. `down` names those that do not answer."""

    instruments: dict[str, InstrumentInfo] = field(default_factory=lambda: {"AAPL": APPLE, "RELIANCE": RELIANCE})
    entitlements: dict[UUID, Entitlements] = field(default_factory=dict)
    people: dict[UUID, UserInfo] = field(default_factory=dict)
    candles: dict[tuple[str, str], list[Candle]] = field(default_factory=dict)
    """Recorded bars by instrument and interval, oldest first."""
    watchlists: dict[UUID, WatchlistInfo] = field(default_factory=dict)
    sessions: dict[str, Sessions] = field(default_factory=dict)
    """Calendars by exchange."""
    headlines: dict[str, list[Headline]] = field(default_factory=dict)
    """Headlines by instrument, in the order in which they came."""
    default_limit: int | None = 50
    strategies: dict[tuple[UUID, UUID], str] = field(default_factory=dict)
    """Names of strategies, by their owner and their id."""
    named: dict[UUID, NamedExpressions] = field(default_factory=dict)
    """Custom indicators, by their owner."""

    MARKET, BILLING, AUTH, SIGNALS = 8002, 8006, 8001, 8004

    def answer(self, request: httpx.Request) -> httpx.Response:
        path, port = request.url.path, request.url.port
        last = path.rsplit("/", 1)[1]
        match port:
            case self.MARKET if path == "/internal/prices":
                wanted = httpx.Response(200, content=request.content).json()["instruments"]
                known = {info.instrument: info for info in self.instruments.values()}
                items = tuple(known[name] for name in wanted if name in known and known[name].price is not None)
                return found(NewestPrices(items=items))
            case self.MARKET if path.startswith("/internal/candles/"):
                asked = request.url.params
                kept = self.candles.get((last, asked["interval"]), [])
                since = datetime.fromisoformat(asked["from"]) if "from" in asked else None
                until = datetime.fromisoformat(asked["to"]) if "to" in asked else None
                items = [
                    bar for bar in kept if (since is None or bar.at >= since) and (until is None or bar.at < until)
                ]
                limit = int(asked["limit"])
                items = items[-limit:] if since is None else items[:limit]
                return found(Candles(instrument=last, interval=asked["interval"], items=tuple(items)))
            case self.MARKET if path.startswith("/internal/watchlists/"):
                assert request.headers["x-on-behalf-of"]
                return found(self.watchlists.get(UUID(last)))
            case self.MARKET if path.startswith("/internal/sessions/"):
                return found(self.sessions.get(last))
            case self.MARKET if path.startswith("/internal/news/"):
                limit = int(request.url.params["limit"])
                return found(Headlines(instrument=last, items=tuple(self.headlines.get(last, [])[-limit:])))
            case self.MARKET:
                known = {**self.instruments, **{info.instrument: info for info in self.instruments.values()}}
                if last == "INFY":
                    choices = ["NSE:INFY", "NYSE:INFY"]
                    return httpx.Response(409, json={"code": "symbol_ambiguous", "choices": choices})
                return found(known.get(last), code="symbol_not_found")
            case self.SIGNALS if last == "indicators":
                owner = UUID(path.split("/")[3])
                return found(self.named.get(owner, NamedExpressions(items=(), may_use=False)))
            case self.SIGNALS:
                owner, name = UUID(path.split("/")[3]), self.strategies.get((UUID(path.split("/")[3]), UUID(last)))
                return found(None if name is None else StrategyInfo(strategy_id=UUID(last), name=name))
            case self.BILLING:
                user_id = UUID(last)
                return found(
                    self.entitlements.get(user_id) or entitlements(user_id, active_alerts=self.default_limit, version=0)
                )
            case _:
                return found(self.people.get(UUID(last)))


def triggered(clock: FixedClock, user_id: UUID, **members: Any) -> AlertTriggered:
    values: dict[str, Any] = {
        "triggered_id": uuid7(),
        "alert_id": uuid7(),
        "user_id": user_id,
        "instrument": "NASDAQ:AAPL",
        "symbol": "AAPL",
        "name": "Apple Inc.",
        "currency": "USD",
        "condition": Condition.ABOVE,
        "threshold_price": Decimal("230.00"),
        "price": Decimal("232.50"),
        "reached_at": clock.now(),
        "triggered_at": clock.now(),
    }
    return AlertTriggered(**{**values, **members})


async def verify(db: Database, notices: Notices, user_id: UUID, email: str = "trader@example.com") -> None:
    async with db.transaction() as tx:
        event = UserVerified(user_id=user_id, email=email, first_name="A", last_name="Trader")
        await notices.hear_verified(tx, event)


async def queue(db: Database, notices: Notices, *events: AlertTriggered) -> int:
    async with db.transaction() as tx:
        return await notices.queue_for(tx, events)


def states_in_turn(db: Database, where: str, *wanted: str) -> Callable[[], Any]:
    """Claim that the deliveries of which `where` (SQL of ours) holds have these states, oldest first."""

    async def claim() -> bool:
        rows = await rows_of(db, f"SELECT status FROM deliveries WHERE {where} ORDER BY created_at, id")
        return [row["status"] for row in rows] == list(wanted)

    return claim


def states(db: Database, *wanted: str) -> Callable[[], Any]:
    async def claim() -> bool:
        found = await rows_of(db, "SELECT status FROM deliveries")
        return sorted(row["status"] for row in found) == sorted(wanted)

    return claim
