"""Lists: pages, filters, and what they cost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from libs.common.testing.statements import statements
from services.alerts.engine.service import Candidate, Firings
from services.alerts.tests.support import create, rows_of


class TestLists:
    async def test_pages_go_through_everything_once_newest_first(self, client, clock) -> None:
        made = []
        for _ in range(7):
            made.append((await create(client))["id"])
            clock.move(timedelta(seconds=1))
        seen, cursor = [], None
        while True:
            params = {"limit": 3} if cursor is None else {"limit": 3, "cursor": cursor}
            page = (await client.get("/api/alerts/", params=params)).json()
            seen += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == made[::-1]

    async def test_filters_by_status_and_symbol(self, client) -> None:
        apple = await create(client)
        reliance = await create(client, stock_symbol="RELIANCE", threshold_price="2900")
        await client.patch(f"/api/alerts/{apple['id']}/", json={"status": "paused"})

        async def ids(**params: str) -> list[str]:
            return [item["id"] for item in (await client.get("/api/alerts/", params=params)).json()["items"]]

        assert await ids(status="paused") == [apple["id"]]
        assert await ids(symbol="reliance") == [reliance["id"]]
        assert await ids(symbol="NSE:RELIANCE", status="active") == [reliance["id"]]
        assert await ids(symbol="TCS") == []

    @pytest.mark.parametrize(
        "params", [{"status": "done"}, {"limit": "0"}, {"limit": "201"}, {"cursor": "x"}, {"symbol": "!"}]
    )
    async def test_bad_queries_are_refused(self, client, params) -> None:
        assert (await client.get("/api/alerts/", params=params)).status_code == 422

    @pytest.mark.parametrize("path", ["/api/alerts/", "/api/alerts/triggered/"])
    async def test_a_list_costs_as_many_statements_at_1_row_as_at_100(
        self, client, db, user_id, make_alert, path
    ) -> None:
        async def fire_one() -> None:
            alert = await make_alert(user_id=user_id)
            await rows_of(
                db,
                """INSERT INTO triggered_alerts SELECT gen_random_uuid(), id, version, user_id, 'NASDAQ:AAPL', 'NASDAQ',
                   'AAPL', 'Apple Inc.', 'USD', condition, threshold_price, 231, now(), now(), NULL FROM alerts
                   WHERE id = $1 RETURNING id""",
                alert.id,
            )

        await fire_one()
        with statements() as at_one:
            assert len((await client.get(path, params={"limit": 200})).json()["items"]) == 1
        for _ in range(99):
            await fire_one()
        with statements() as at_hundred:
            assert len((await client.get(path, params={"limit": 200})).json()["items"]) == 100
        assert len(at_one) == len(at_hundred) > 0


async def test_what_fired_is_listed_with_the_state_of_its_mail(client, db, user_id, make_alert, make_tick) -> None:
    alert = await make_alert("above", "230.00", user_id=user_id)
    await Firings(db).fire([Candidate(make_tick("232.50", recorded_ms=1_755_000_000_000), alert.number, alert.version)])
    [item] = (await client.get("/api/alerts/triggered/")).json()["items"]
    assert (item["alert_id"], item["symbol"], item["price"], item["threshold_price"]) == (
        str(alert.id),
        "AAPL",
        "232.50",
        "230.00",
    )
    assert (item["email_sent"], item["email_status"]) == (False, "queued")
    assert item["recorded_at"] == "2025-08-12T12:00:00Z"
    shown = (await client.get(f"/api/alerts/{alert.id}/")).json()
    assert (shown["status"], shown["status_reason"], shown["is_active"]) == ("triggered", "price_reached", False)
