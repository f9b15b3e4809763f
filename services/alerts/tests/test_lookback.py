"""Preview, explain and timeline: the same steps as live, over recorded bars."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from libs.common.clock import to_ms
from libs.common.ids import uuid7
from libs.common.testing import eventually
from libs.contracts.market import Candle
from services.alerts.tests.support import create, triggered_rows
from services.alerts.tests.test_condition_engine import price_alert

CLOSES = ["228", "229", "231", "229", "229.5", "232", "230.5"]


def bars(start: Any, *, minutes: int = 1) -> list[Candle]:
    made, previous = [], Decimal("228")
    for number, text in enumerate(CLOSES):
        close = Decimal(text)
        made.append(
            Candle(
                at=start + timedelta(minutes=number * minutes),
                open=previous,
                high=max(previous, close),
                low=min(previous, close),
                close=close,
            )
        )
        previous = close
    return made


@pytest.fixture
def recorded(peers, clock) -> Any:
    start = clock.now().replace(second=0, microsecond=0) - timedelta(minutes=10)
    peers.candles["NASDAQ:AAPL", "1m"] = bars(start)
    return start


class TestPreview:
    async def test_it_marks_each_time_the_condition_would_have_fired(self, client, recorded, db) -> None:
        body = {
            "stock_symbol": "AAPL",
            "alert_type": "price",
            "rule": {"operator": "crossing_up", "value": "230"},
            "frequency": "every_time",
            "days": 1,
        }
        answer = await client.post("/api/alerts/preview/", json=body)
        assert answer.status_code == 200, answer.text
        preview = answer.json()
        assert preview["interval"] == "1m"
        assert preview["fired"] == 2
        fired = [mark for mark in preview["marks"] if mark["edge"] == "fired"]
        assert [mark["price"] for mark in fired] == ["231.00", "232.00"]
        assert {mark["threshold_price"] for mark in fired} == {"230.00"}
        assert len(preview["closes"]) == len(CLOSES)
        assert (await client.get("/api/alerts/")).json()["items"] == []

    async def test_a_plain_threshold_counts_what_only_reaches_it(self, client, recorded) -> None:
        body = {"stock_symbol": "AAPL", "condition": "above", "threshold_price": "231", "days": 1}
        preview = (await client.post("/api/alerts/preview/", json=body)).json()
        assert [mark["price"] for mark in preview["marks"] if mark["edge"] == "fired"] == ["231.00", "232.00"]

    async def test_without_recorded_prices_it_says_so(self, client) -> None:
        body = {"stock_symbol": "AAPL", "condition": "above", "threshold_price": "231"}
        preview = (await client.post("/api/alerts/preview/", json=body)).json()
        assert (preview["interval"], preview["bars"], preview["marks"]) == (None, 0, [])

    async def test_a_bad_rule_and_a_market_that_is_away_are_said(self, client, peers) -> None:
        assert (await client.post("/api/alerts/preview/", json={"stock_symbol": "AAPL"})).status_code == 422
        peers.down.add(peers.MARKET)
        body = {"stock_symbol": "AAPL", "condition": "above", "threshold_price": "231"}
        assert (await client.post("/api/alerts/preview/", json=body)).status_code == 503


class TestExplain:
    async def test_it_says_what_the_price_was_and_what_kept_it(self, client, peers, clock) -> None:
        alert = await price_alert(
            client, {"operator": "greater", "value": "230"}, frequency="every_time", rearm_band="5"
        )
        start = clock.now().replace(second=0, microsecond=0) + timedelta(minutes=1)
        peers.candles["NASDAQ:AAPL", "1m"] = bars(start)

        async def at(minute: float) -> dict[str, Any]:
            when = (start + timedelta(minutes=minute)).isoformat()
            answer = await client.get(f"/api/alerts/{alert['id']}/explain/", params={"at": when})
            assert answer.status_code == 200, answer.text
            return answer.json()

        clock.move(timedelta(minutes=20))
        low = await at(1.5)
        assert low["price"] == "229.00"
        assert "does not meet" in low["words"]
        met = await at(2.5)
        assert (met["price"], met["threshold_price"]) == ("231.00", "230.00")
        kept = await at(5.5)
        assert kept["gate"] == "not_rearmed"
        assert "had not gone back" in kept["words"]
        early = await client.get(f"/api/alerts/{alert['id']}/explain/", params={"at": "2020-01-01T00:00:00Z"})
        assert early.json()["words"] == "The alert did not exist yet."
        for never in ("9999-12-31T23:59:59Z", "4291-11-05T04:26:16-08:37"):
            answer = await client.get(f"/api/alerts/{alert['id']}/explain/", params={"at": never})
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "/query/at")

    async def test_somebody_elses_alert_is_not_found(self, app, client, client_for) -> None:
        alert = await create(client)
        async with client_for(app, user=uuid7()) as other:
            for path in ("explain/?at=2026-01-01T00:00:00Z", "timeline/"):
                assert (await other.get(f"/api/alerts/{alert['id']}/{path}")).status_code == 404


async def test_the_timeline_tells_what_happened(client, db, clock, make_tick, send_ticks, engine_of) -> None:
    alert = await price_alert(
        client, {"operator": "greater", "value": "230"}, frequency="every_time", message="over {{threshold}}"
    )
    clock.move(timedelta(seconds=1))
    async with engine_of():
        await send_ticks(make_tick("231.00", at_ms=to_ms(clock.now() + timedelta(seconds=1))))

        async def fired() -> bool:
            return len(await triggered_rows(db)) == 1

        await eventually(fired)
    clock.move(timedelta(minutes=1))
    await client.patch(f"/api/alerts/{alert['id']}/", json={"status": "paused"})
    items = (await client.get(f"/api/alerts/{alert['id']}/timeline/")).json()["items"]
    assert [item["kind"] for item in items] == ["paused", "fired", "created"]
    assert (items[1]["price"], items[1]["words"]) == ("231.00", "over 230.00")
