"""The sweep: every active alert against the newest price, with the mission's words in the log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from structlog.testing import capture_logs

from libs.common.http import Http
from libs.common.http.service_client import ServiceClient
from libs.contracts.market import InstrumentInfo
from services.alerts.definitions import tables as definitions
from services.alerts.engine.service import Firings
from services.alerts.engine.sweep import Sweep, Swept, newest_tick
from services.alerts.engine.tasks import EngineJobs
from services.alerts.tests.support import APPLE, RELIANCE, triggered_rows


def priced(info: InstrumentInfo, price: str, at: datetime, **members: Any) -> InstrumentInfo:
    """The instrument with a newest price of that instant."""
    values = {"price": Decimal(price), "at": at, "received_at": at, "source": "test", **members}
    return info.model_copy(update=values)


@pytest.fixture
async def sweep(settings, db, peers, tokens) -> AsyncIterator[Sweep]:
    http = Http("test", transport=peers.transport(), retries=0)
    yield Sweep(db, ServiceClient(http, settings.market_url, "market", tokens.source("alerts")), Firings(db), chunk=3)
    await http.aclose()


async def test_fires_what_is_true_now_and_says_so_in_the_missions_words(sweep, db, clock, peers, make_alert) -> None:
    peers.instruments["AAPL"] = priced(APPLE, "232.50", clock.now() - timedelta(hours=1))
    peers.instruments["RELIANCE"] = priced(RELIANCE, "2900", clock.now())
    fires = [await make_alert("above", "230.00"), await make_alert("below", "3000.00", of=RELIANCE)]
    for number in range(13):
        await make_alert("above", f"{240 + number}.00")
    with capture_logs() as logs:
        assert await sweep.run() == Swept(evaluated=15, triggered=2, without_price=0)
    words = [log["event"] for log in logs]
    assert "Evaluated 15 alerts, triggered 2" in words
    assert "Triggered alert for AAPL: $232.50" in words
    assert "Triggered alert for RELIANCE: ₹2,900.00" in words
    [summary] = [log for log in logs if log.get("action") == "alerts_swept"]
    assert (summary["evaluated"], summary["triggered"]) == (15, 2)
    assert {row["alert_id"] for row in await triggered_rows(db)} == {alert.id for alert in fires}


async def test_a_second_sweep_finds_nothing_more(sweep, clock, peers, make_alert) -> None:
    peers.instruments["AAPL"] = priced(APPLE, "232.50", clock.now())
    for _ in range(7):
        await make_alert("above", "230.00")
    assert await sweep.run() == Swept(7, 7, 0)
    assert await sweep.run() == Swept(0, 0, 0)


async def test_a_price_that_was_stale_on_arrival_fires_nothing(sweep, clock, peers, make_alert) -> None:
    peers.instruments["AAPL"] = priced(APPLE, "232.50", clock.now(), stale=True)
    await make_alert("above", "230.00")
    assert await sweep.run() == Swept(0, 0, 1)


async def test_a_fresh_price_fires_however_late_the_sweep_comes(sweep, db, clock, peers, make_alert) -> None:
    at = clock.now()
    peers.instruments["AAPL"] = priced(APPLE, "232.50", at)
    await make_alert("above", "230.00")
    clock.move(timedelta(days=2))
    assert (await sweep.run()).triggered == 1
    [row] = await triggered_rows(db)
    assert row["reached_at"] == at


async def test_an_extreme_counts_only_when_its_span_began_after_arming(sweep, clock, peers, make_alert) -> None:
    start, at = clock.now() - timedelta(minutes=30), clock.now()
    peers.instruments["AAPL"] = priced(APPLE, "229", at, high=Decimal("231"), low=Decimal("228"), span_start=start)
    await make_alert("above", "230.00", armed_at=start + timedelta(seconds=1))
    assert await sweep.run() == Swept(1, 0, 0)
    await make_alert("above", "230.00", armed_at=start - timedelta(seconds=1))
    assert await sweep.run() == Swept(2, 1, 0)


async def test_a_snoozed_alert_is_left_until_its_snooze_is_over(sweep, db, clock, peers, make_alert) -> None:
    peers.instruments["AAPL"] = priced(APPLE, "232.50", clock.now())
    alert = await make_alert("above", "230.00")
    until = clock.now() + timedelta(minutes=10)
    async with db.transaction() as tx:
        await definitions.store(tx.session, replace(alert, snoozed_until=until))
    assert await sweep.run() == Swept(1, 0, 0)
    clock.move(timedelta(minutes=10))
    assert await sweep.run() == Swept(1, 1, 0)


async def test_without_alerts_there_is_nothing_to_ask(sweep, peers) -> None:
    assert await sweep.run() == Swept(0, 0, 0)
    assert peers.calls == []


async def test_an_instrument_without_a_price_waits(sweep, make_alert) -> None:
    await make_alert("above", "230.00")
    assert await sweep.run() == Swept(0, 0, 1)


async def test_market_away_is_told_and_left_for_the_next_time(sweep, peers, make_alert) -> None:
    await make_alert("above", "230.00")
    peers.down.add(peers.MARKET)
    with capture_logs() as logs:
        await EngineJobs(sweep).sweep_alerts(None)
    assert [log["event"] for log in logs if log["log_level"] == "warning"][-1] == "sweep_skipped"


def test_a_newest_price_becomes_a_tick(clock) -> None:
    now = clock.now()
    assert newest_tick(APPLE) is None
    tick = newest_tick(priced(APPLE, "232.5", now))
    assert tick is not None
    assert (tick.price_e4, tick.low_e4, tick.high_e4) == (2_325_000,) * 3
    assert tick.span_start_ms == tick.at_ms == clock.now_ms()
