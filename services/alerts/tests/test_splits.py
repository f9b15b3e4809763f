"""A confirmed split moves thresholds, tells it in each alert's timeline, and is taken back exactly."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.events.envelope import ENTRY_FIELD, Envelope
from libs.common.events.relay import Relay
from libs.common.http import Http, ServiceClient
from libs.common.ids import uuid7
from libs.common.testing import eventually
from libs.contracts.market import CandleClosed, PriceGapped, SplitConfirmed, SplitUndone
from services.alerts.engine.runner import Engine
from services.alerts.splits import service
from services.alerts.splits.rules import scaled
from services.alerts.splits.service import Splits
from services.alerts.tests.support import create, rows_of, running, triggered_rows
from services.alerts.tests.test_condition_engine import price_alert
from services.alerts.tests.test_expressions import MINUTE, candle, expression_alert


@pytest.fixture
def split(clock):
    return {
        "split_id": uuid7(), "instrument": "NASDAQ:AAPL", "ex_date": (clock.now() + timedelta(days=1)).date(),
        "old_shares": 1, "new_shares": 4,
    }  # fmt: skip


async def thresholds(client):
    items = (await client.get("/api/alerts/")).json()["items"]
    return {item["id"]: (item["threshold_price"], item["status"]) for item in items}


async def test_thresholds_move_and_go_back_unless_their_owner_chose_another(
    app, client, db, clock, split, published, monkeypatch
):
    monkeypatch.setattr(service, "_BATCH", 2)
    plain, changed, waiting, paused = [await create(client, threshold_price="230.10") for _ in range(4)]
    elsewhere = await create(client, stock_symbol="RELIANCE")
    await client.patch(f"/api/alerts/{paused['id']}/", json={"status": "paused"})
    clock.move(timedelta(days=2))
    new = await create(client, threshold_price="60.00")
    gap = PriceGapped(
        instrument="NASDAQ:AAPL", previous_price=Decimal(230), price=Decimal(57), at=clock.now(), source="test",
        reason="unexplained",
    )  # fmt: skip
    async with db.transaction() as tx:
        await app.state.alerts.hear_gap(tx, gap, clock.now() - timedelta(days=1))
    async with db.transaction() as tx:
        assert await Splits().hear_confirmed(tx, SplitConfirmed(**split)) == 3
    shown = await thresholds(client)
    for alert in (plain, changed, waiting):
        assert shown[alert["id"]] == ("57.525", "active")
    assert shown[paused["id"]] == ("230.10", "paused")
    assert shown[new["id"]] == ("60.00", "active"), "it was made at the new level"
    assert shown[elsewhere["id"]][1] == "active"
    told = [event.data for event in await published(db) if event.type == "alerts.alert.updated.v1"][-3:]
    assert {(data["previous"]["threshold_price"], data["alert"]["threshold_price"]) for data in told} == {
        ("230.10", "57.525")
    }
    rows = await rows_of(db, "SELECT details FROM alert_events WHERE details ? 'split_id'")
    assert {row["details"]["split"] for row in rows} == {"1:4"}

    await client.patch(f"/api/alerts/{changed['id']}/", json={"threshold_price": "58.00"})
    async with db.transaction() as tx:
        assert await Splits().hear_undone(tx, SplitUndone(**split)) == 2
    shown = await thresholds(client)
    assert (shown[plain["id"]], shown[changed["id"]]) == (("230.10", "active"), ("58.00", "active"))


async def test_the_prices_of_rules_move_and_their_percents_do_not(client, db, clock, split):
    channel = {"operator": "inside_channel", "low": "200", "high": "240"}
    made = [
        await price_alert(client, channel, rearm_band="2"),
        await price_alert(client, {"operator": "moving_up", "amount": "6", "window_s": 600}),
        await price_alert(client, {"operator": "moving_up_percent", "percent": "5", "window_s": 600}),
        await price_alert(client, {"operator": "inside_channel", "low": "0.0001", "high": "0.0002"}),
    ]
    before = {one["id"]: one for one in (await client.get("/api/alerts/")).json()["items"]}
    async with db.transaction() as tx:
        assert await Splits().hear_confirmed(tx, SplitConfirmed(**split)) == 2
    after = {one["id"]: one for one in (await client.get("/api/alerts/")).json()["items"]}
    wide, move, percent, narrow = (after[one["id"]] for one in made)
    assert (wide["rule"]["low"], wide["rule"]["high"], wide["terms"]["rearm_band"]) == ("50.00", "60.00", "0.50")
    assert (move["rule"]["amount"], move["rule"]["window_s"]) == ("1.50", 600)
    assert (percent, narrow) == (before[percent["id"]], before[narrow["id"]])
    assert "$50.00" in wide["words"]
    async with db.transaction() as tx:
        assert await Splits().hear_undone(tx, SplitUndone(**split)) == 2
    back = {one["id"]: one for one in (await client.get("/api/alerts/")).json()["items"]}
    assert {key: one["rule"] for key, one in back.items()} == {key: one["rule"] for key, one in before.items()}


async def test_a_split_of_what_nobody_watches_is_nothing(db, app, split):
    async with db.transaction() as tx:
        assert await Splits().hear_confirmed(tx, SplitConfirmed(**split)) == 0
        assert await Splits().hear_undone(tx, SplitUndone(**split)) == 0


@given(threshold=st.decimals("0.0001", "999999", places=4), old=st.integers(1, 10_000), new=st.integers(1, 10_000))
def test_a_scaled_threshold_is_a_price(threshold, old, new):
    to = scaled(threshold, old, new)
    assert to > 0
    assert -to.as_tuple().exponent <= 4
    assert abs(to * new - threshold * old) <= Decimal("0.0001") * new


class TestExpressions:
    """Numbers that an expression compares with prices move; where nobody can say which those are, its owner decides."""

    async def test_they_move_wherever_the_stock_is_named_and_go_back(self, client, db, clock, split):
        texts = ["close > 230", "crossover(close, sma(close, 3))", "round(close) > 230"]
        mine = [(await expression_alert(client, expression=text))["id"] for text in texts]
        text = 'close > 2900 and at("NASDAQ:AAPL", close) > 230'
        other = (await expression_alert(client, expression=text, stock_symbol="RELIANCE"))["id"]
        apart = (await expression_alert(client, expression="close > 230", stock_symbol="RELIANCE"))["id"]
        clock.move(timedelta(days=2))
        new = (await expression_alert(client, expression="close < 60"))["id"]
        before = await expressions(client)
        async with db.transaction() as tx:
            assert await Splits().hear_confirmed(tx, SplitConfirmed(**split)) == 2
        after = await expressions(client)
        assert after[mine[0]] == ("close > 57.5", "active", "armed")
        assert after[mine[2]] == ("round(close) > 230", "needs_review", "split")
        assert after[other][0] == 'close > 2900 and at("NASDAQ:AAPL", close) > 57.5'
        assert (after[new], after[apart], after[mine[1]]) == (before[new], before[apart], before[mine[1]])
        async with db.transaction() as tx:
            await Splits().hear_undone(tx, SplitUndone(**split))
        assert await expressions(client) == before

    async def test_the_bars_of_before_the_split_are_forgotten(
        self, client, db, redis, peers, settings, tokens, clock, split
    ):
        """With bars of before in an average, both would fire of which one does."""
        start = clock.now().replace(second=0, microsecond=0) + MINUTE
        history = peers.candles["NASDAQ:AAPL", "1m"] = [candle(start, number - 8, "400") for number in range(8)]
        for text in ("close < sma(close, 3)", "close < sma(close, 3) - 8"):
            await expression_alert(client, expression=text)
        http = Http("engine", transport=peers.transport(), retries=0)
        market = ServiceClient(http, settings.market_url, "market", tokens.source("alerts"))
        engine = Engine(db, redis, partitions=1, chunk=64, market=market)
        async with running(engine.run()), running(Relay(db, redis).run()):
            await eventually(versions_in(engine, 1, 1))
            history[:] = [candle(start, number - 8, "100") for number in range(8)]
            async with db.transaction() as tx:
                assert await Splits().hear_confirmed(tx, SplitConfirmed(**split)) == 1
            await eventually(versions_in(engine, 2, 2))
            bar = candle(start, 1, "99")
            event = CandleClosed(
                instrument="NASDAQ:AAPL", interval="1m", closed_at=bar.at + MINUTE,
                **bar.model_dump(exclude={"complete"}),
            )  # fmt: skip
            told = Envelope(
                uuid7(), event.type, "market", clock.now(), event.instrument, 1, event.model_dump(mode="json")
            )
            await redis.xadd("market.events", {ENTRY_FIELD: told.to_json()})

            async def is_told() -> bool:
                return len(await triggered_rows(db)) > 0

            await eventually(is_told)
        [row] = await triggered_rows(db)
        assert "minus" not in row["words"]
        await http.aclose()


def versions_in(engine: Engine, *wanted: int) -> Any:
    """Claim that these versions of alerts with expressions are evaluated."""

    async def claim() -> bool:
        books = [book for share in engine._shares.values() for book in share.conditions._books.values()]
        groups = [group for book in books for group in book._groups.values()]
        return [one.version for group in groups for alerts in group._alerts.values() for one in alerts.values()] == [
            *wanted
        ]

    return claim


async def expressions(client: Any) -> dict[str, tuple[str, str, str]]:
    items = (await client.get("/api/alerts/")).json()["items"]
    return {item["id"]: (item["expression"], item["status"], item["status_reason"]) for item in items}
