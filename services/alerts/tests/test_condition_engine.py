"""Alerts with conditions from the call to what is told: stored, evaluated by the engine, once, across restarts."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest

from libs.common.clock import to_ms
from libs.common.events.relay import Relay
from libs.common.http import Http, ServiceClient
from libs.common.testing import eventually
from libs.contracts.market import Candle, tick_stream
from services.alerts.conditions.codec import state_of
from services.alerts.conditions.room import Change, Room
from services.alerts.conditions.rules import Frequency, Operator, Rule, Terms
from services.alerts.conditions.service import Changes
from services.alerts.conditions.track import Watched
from services.alerts.engine.runner import Engine
from services.alerts.tests.support import APPLE, create, rows_of, running, triggered_rows

CROSSING = {"operator": "crossing_up", "value": "230"}


async def price_alert(client: Any, rule: dict[str, Any] = CROSSING, **members: Any) -> dict[str, Any]:
    body = {"stock_symbol": "AAPL", "alert_type": "price", "rule": rule, **members}
    answer = await client.post("/api/alerts/", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def told(db: Any, *wanted: tuple[str, str]) -> Any:
    async def claim() -> bool:
        rows = await triggered_rows(db)
        return [(row["edge"], str(row["price"])) for row in rows] == list(wanted)

    return claim


@pytest.fixture
def later(make_tick, clock) -> Any:
    def make(price: str, seconds: float) -> Any:
        return make_tick(price, at_ms=to_ms(clock.now() + timedelta(seconds=seconds)))

    return make


class TestCalls:
    async def test_a_rule_is_stored_said_and_shown(self, client) -> None:
        alert = await price_alert(
            client,
            {"operator": "moving_down_percent", "percent": 2.5, "window_s": 3600},
            frequency="every_time",
            cool_down_s=900,
            market_hours_only=True,
            tags=["swing", "swing"],
            message="{{ticker}} at {{close}}",
            channels=["mail", "telegram"],
        )
        assert alert["words"] == (
            "Tell me every time when AAPL on NASDAQ falls by 2.5 % within 1 hour, at most every 15 minutes, "
            "in market hours only."
        )
        assert alert["condition"] is None
        assert alert["threshold_price"] is None
        assert alert["terms"]["frequency"] == "every_time"
        assert alert["tags"] == ["swing"]
        assert (await client.get(f"/api/alerts/{alert['id']}/")).json() == {
            name: value for name, value in alert.items() if name != "already_true"
        }
        listed = (await client.get("/api/alerts/?alert_type=price&tag=swing")).json()["items"]
        assert [item["id"] for item in listed] == [alert["id"]]
        assert (await client.get("/api/alerts/?tag=none")).json()["items"] == []

    @pytest.mark.parametrize(
        ("members", "field"),
        [
            ({"rule": None}, "/rule"),
            ({"rule": {"operator": "crossing"}}, "/rule"),
            ({"rule": {"operator": "crossing", "value": "230", "low": "1"}}, "/rule"),
            ({"rule": {"operator": "inside_channel", "low": "5", "high": "5"}}, "/rule"),
            ({"rule": {"operator": "moving_up", "amount": "5", "window_s": 59}}, "/rule/window_s"),
            ({"rule": {"operator": "change_down_percent", "percent": "100", "base": "open"}}, "/rule"),
            ({"threshold_price": "230"}, "/threshold_price"),
            ({"message": "{{password}}"}, "/message"),
            ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
            ({"tags": ["x"] * 11}, "/tags"),
            ({"channels": ["pigeon"]}, "/channels/0"),
            ({"rule": {"operator": "outside_channel", "low": "5", "high": "7"}, "rearm_band": "2"}, "/rearm_band"),
            ({"alert_type": "threshold"}, "/condition"),
        ],
    )
    async def test_what_makes_no_sense_is_refused_where_it_stands(self, client, members, field) -> None:
        body = {"stock_symbol": "AAPL", "alert_type": "price", "rule": CROSSING, **members}
        answer = await client.post("/api/alerts/", json=body)
        assert answer.status_code == 422, answer.text
        assert field in [error["field"] for error in answer.json()["errors"]]

    async def test_another_rule_arms_anew_and_a_note_does_not(self, client, db) -> None:
        alert = await price_alert(client)
        noted = await client.patch(f"/api/alerts/{alert['id']}/", json={"note": "look", "snoozed_until": None})
        assert noted.status_code == 200, noted.text
        [row] = await rows_of(db, "SELECT version FROM alerts")
        assert row["version"] == 1
        changed = await client.patch(f"/api/alerts/{alert['id']}/", json={"rearm_band": "1.50"})
        assert changed.json()["terms"]["rearm_band"] == "1.50"
        assert changed.json()["rule"]["value"] == "230.00"
        [row] = await rows_of(db, "SELECT version FROM alerts")
        assert row["version"] == 2
        refused = await client.patch(f"/api/alerts/{alert['id']}/", json={"threshold_price": "1"})
        assert refused.status_code == 409

    async def test_what_has_run_out_of_time_expires(self, client, app, clock) -> None:
        until = (clock.now() + timedelta(minutes=1)).isoformat()
        alert = await price_alert(client, expires_at=until)
        plain = await create(client, expires_at=until)
        clock.move(timedelta(minutes=2))
        assert await app.state.alerts.expire_due() == 2
        for each in (alert, plain):
            shown = (await client.get(f"/api/alerts/{each['id']}/")).json()
            assert (shown["status"], shown["status_reason"]) == ("expired", "time_run_out")


class TestEngine:
    async def test_a_crossing_fires_once_with_its_message(
        self, client, db, redis, peers, later, send_ticks, engine_of, published
    ) -> None:
        peers.instruments["AAPL"] = APPLE.model_copy(update={"price": Decimal("229.00")})
        async with engine_of():
            alert = await price_alert(client, message="{{ticker}} {{close}} over {{threshold}}", channels=["mail"])
            async with running(Relay(db, redis).run()):
                await send_ticks(later("231.00", 1), later("229.00", 2), later("231.00", 3))
                await eventually(told(db, ("fired", "231.0000")))
        shown = (await client.get(f"/api/alerts/{alert['id']}/")).json()
        assert shown["status"] == "triggered"
        [row] = (await client.get("/api/alerts/triggered/")).json()["items"]
        assert row["message"] == "AAPL 231.00 over 230.00"
        assert row["words"] == "Tell me once when AAPL on NASDAQ crosses $230.00 from below."
        assert (row["condition"], row["threshold_price"]) == ("above", "230.00")

    async def test_pairs_survive_a_restart_between_them(self, client, db, later, send_ticks, engine_of) -> None:
        await price_alert(
            client,
            {"operator": "greater", "value": "230"},
            frequency="every_time",
            rearm_band="2",
            tell_cleared=True,
            message="{{ticker}} is above",
        )
        async with engine_of():
            await send_ticks(later("231.00", 1))
            await eventually(told(db, ("fired", "231.0000")))
        async with engine_of():
            await send_ticks(later("229.00", 2), later("231.50", 3))  # not back by two
            await send_ticks(later("228.00", 4))
            await eventually(told(db, ("fired", "231.0000"), ("cleared", "228.0000")))
        async with engine_of():
            await send_ticks(later("232.00", 5))
            await eventually(told(db, ("fired", "231.0000"), ("cleared", "228.0000"), ("fired", "232.0000")))
        listed = (await client.get("/api/alerts/triggered/")).json()["items"]
        assert [item["price"] for item in listed] == ["232.00", "231.00"]
        # The owner's text speaks of the firing, so it does not go out with the price that went back.
        assert [row["message"] for row in await triggered_rows(db)] == ["AAPL is above", None, "AAPL is above"]

    @pytest.mark.parametrize(
        "rule",
        [
            CROSSING,
            {"operator": "crossing", "value": "230"},
            {"operator": "greater", "value": "230"},
            {"operator": "entering_channel", "low": "230", "high": "240"},
            {"operator": "inside_channel", "low": "230", "high": "240"},
            {"operator": "moving_up", "amount": "2", "window_s": 3600},
        ],
        ids=lambda rule: rule["operator"],
    )
    async def test_what_lost_prices_brought_about_is_told_at_the_next_one_so_no_sweep_looks_at_conditions(
        self, client, db, redis, peers, later, send_ticks, engine_of, rule
    ) -> None:
        peers.instruments["AAPL"] = APPLE.model_copy(update={"price": Decimal("229.00")})
        await price_alert(client, rule)
        async with engine_of():
            await send_ticks(later("229.00", 1))

            async def marked() -> bool:
                return bool(await rows_of(db, "SELECT FROM tick_positions WHERE stream LIKE 'market.%'"))

            await eventually(marked)
        await send_ticks(later("231.00", 2))
        await redis.delete(tick_stream(0))
        async with engine_of():
            await send_ticks(later("232.00", 3))
            await eventually(told(db, ("fired", "232.0000")))

    async def test_two_engines_tell_each_change_once(self, client, db, later, send_ticks, engine_of) -> None:
        await price_alert(client, {"operator": "crossing", "value": "230"}, frequency="every_time")
        async with engine_of(), engine_of(ready=False):
            prices = ["229.00", "231.00", "229.00", "231.00"]
            await send_ticks(*(later(price, seconds) for seconds, price in enumerate(prices, 1)))
            wanted = [("fired", "231.0000"), ("fired", "229.0000"), ("fired", "231.0000")]
            await eventually(told(db, *wanted))
        async with engine_of():  # reads the last seconds again
            await send_ticks(later("229.50", 9))
            await eventually(told(db, *wanted, ("fired", "229.5000")))

    async def test_what_another_engine_has_stored_just_so_does_not_undo_what_follows(
        self, client, db, later, send_ticks, engine_of
    ) -> None:
        await price_alert(client, {"operator": "crossing", "value": "230"}, frequency="every_time")
        [row] = await rows_of(db, "SELECT number, version, state::text FROM alerts")
        told_here: list[Change] = []
        room = Room(told_here.append)
        watched = Watched(
            row["number"],
            row["version"],
            Rule(Operator.CROSSING, value_e4=2_300_000),
            Terms(Frequency.EVERY_TIME),
            state_of(orjson.loads(row["state"])),
        )
        room.load([("NASDAQ:AAPL", watched)], {})
        room.see([later(price, seconds) for seconds, price in enumerate(("229", "231", "229", "231"), 1)])
        first, second, third = told_here
        changes = Changes(db)
        assert (await changes.store([first, second])).taken == 2
        slower = await changes.store([first, second, third])
        assert (slower.taken, slower.otherwise) == (1, [])
        other = third._replace(seq=2, price_e4=third.price_e4 + 1)
        assert [alert.watched.seq for alert in (await changes.store([other])).otherwise] == [3]
        assert [str(row["price"]) for row in await triggered_rows(db)] == ["231.0000", "229.0000", "231.0000"]

    async def test_a_change_on_the_day_counts_from_markets_open_where_the_day_began_before(
        self, client, db, redis, settings, peers, tokens, clock, later, send_ticks
    ) -> None:
        day, yesterday = (
            Candle(at=clock.now() - timedelta(hours=hours), open=opened, high=300, low=100, close=close, complete=done)
            for hours, opened, close, done in (
                (1, Decimal(200), Decimal(215), False),
                (25, Decimal(180), Decimal(190), True),
            )
        )
        peers.candles["NASDAQ:AAPL", "1d"] = [yesterday, day]
        http = Http("engine", transport=peers.transport(), retries=0)
        market = ServiceClient(http, settings.market_url, "market", tokens.source("alerts"))
        engine = Engine(db, redis, partitions=1, chunk=64, market=market)
        async with running(engine.run()), running(Relay(db, redis).run()):
            await price_alert(client, {"operator": "change_up_percent", "percent": "10", "base": "open"})
            await price_alert(client, {"operator": "change_up_percent", "percent": "20", "base": "previous_close"})
            await eventually(_holds(engine, 2))
            await send_ticks(later("219.00", 1), later("220.00", 2), later("228.00", 3))
            await eventually(told(db, ("fired", "220.0000"), ("fired", "228.0000")))
        await http.aclose()

    async def test_an_edit_and_a_deletion_are_heard(self, client, db, redis, later, send_ticks, engine_of) -> None:
        async with engine_of() as engine, running(Relay(db, redis).run()):
            alert = await price_alert(client, {"operator": "greater", "value": "230"}, frequency="every_time")
            await eventually(_holds(engine, 1))
            await client.patch(f"/api/alerts/{alert['id']}/", json={"rule": {"operator": "less", "value": "200"}})
            await client.delete(f"/api/alerts/{alert['id']}/")
            await eventually(_holds(engine, 0))
            await send_ticks(later("250.00", 1), later("100.00", 2))
            await asyncio.sleep(0)
        assert await triggered_rows(db) == []


def _holds(engine: Any, count: int) -> Any:
    async def claim() -> bool:
        return engine.watched == count

    return claim
