"""A confirmed split moves thresholds, tells it in each alert's timeline, and is taken back exactly."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.ids import uuid7
from libs.contracts.market import PriceGapped, SplitConfirmed, SplitUndone
from services.alerts.splits import service
from services.alerts.splits.rules import scaled
from services.alerts.splits.service import Splits
from services.alerts.tests.support import create, rows_of
from services.alerts.tests.test_condition_engine import price_alert


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
