"""What a plan allows, and what waits for a person's word."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from libs.contracts.market import PriceGapped
from services.alerts.tests.support import BODY, create, entitlements, rows_of


class TestPlanLimit:
    async def test_one_more_than_the_plan_allows_is_refused_with_the_way_up(self, client, peers, user_id) -> None:
        peers.entitlements[user_id] = entitlements(user_id, active_alerts=2)
        await create(client)
        await create(client)
        answer = await client.post("/api/alerts/", json=BODY)
        assert answer.status_code == 402
        problem = answer.json()
        assert (problem["code"], problem["limit"], problem["used"], problem["upgrade_to"]) == (
            "plan_limit",
            2,
            2,
            "PRO",
        )

    async def test_parallel_creates_never_exceed_it(self, client, peers, user_id, db) -> None:
        peers.entitlements[user_id] = entitlements(user_id, active_alerts=3)
        answers = await asyncio.gather(*(client.post("/api/alerts/", json=BODY) for _ in range(12)))
        assert sorted(answer.status_code for answer in answers) == [201] * 3 + [402] * 9
        assert len(await rows_of(db, "SELECT id FROM alerts")) == 3

    async def test_no_limit_is_no_limit(self, client, peers, user_id) -> None:
        peers.entitlements[user_id] = entitlements(user_id, active_alerts=None, upgrade_to=None)
        for _ in range(3):
            await create(client)

    async def test_billing_is_asked_once_and_then_only_at_a_refusal(self, client, peers, user_id) -> None:
        peers.entitlements[user_id] = entitlements(user_id, active_alerts=2)
        path = f"/internal/entitlements/{user_id}"
        await create(client)
        await create(client)
        assert peers.calls.count(path) == 1
        assert (await client.post("/api/alerts/", json=BODY)).status_code == 402
        assert peers.calls.count(path) == 2

    async def test_an_upgrade_whose_news_is_still_on_its_way_counts(self, client, peers, user_id) -> None:
        peers.entitlements[user_id] = entitlements(user_id, active_alerts=1)
        await create(client)
        peers.entitlements[user_id] = entitlements(user_id, active_alerts=5, version=2)
        await create(client)

    async def test_billing_away_refuses_only_whom_we_do_not_know(self, client, peers, user_id) -> None:
        peers.down.add(peers.BILLING)
        answer = await client.post("/api/alerts/", json=BODY)
        assert (answer.status_code, answer.json()["code"]) == (503, "upstream_unavailable")
        peers.down.clear()
        peers.entitlements[user_id] = entitlements(user_id, active_alerts=2)
        await create(client)
        peers.down.add(peers.BILLING)
        await create(client)
        assert (await client.post("/api/alerts/", json=BODY)).status_code == 402

    async def test_paused_alerts_do_not_count_and_come_back_only_within_it(self, client, peers, user_id) -> None:
        peers.entitlements[user_id] = entitlements(user_id, active_alerts=1)
        first = await create(client)
        path = f"/api/alerts/{first['id']}/"
        assert (await client.patch(path, json={"status": "paused"})).json()["status_reason"] == "paused_by_user"
        await create(client)
        answer = await client.patch(path, json={"status": "active"})
        assert (answer.status_code, answer.json()["code"]) == (402, "plan_limit")

    async def test_a_smaller_plan_pauses_the_newest_and_says_why(
        self, app, client, db, user_id, clock, published
    ) -> None:
        made = []
        for _ in range(4):
            made.append(await create(client))
            clock.move(timedelta(seconds=1))
        async with db.transaction() as tx:
            await app.state.alerts.hear_entitlements(tx, entitlements(user_id, active_alerts=2, version=9))
        answer = await client.get("/api/alerts/")
        assert [item["status_reason"] for item in answer.json()["items"]] == ["plan_limit"] * 2 + ["armed"] * 2
        updates = [event for event in await published(db) if event.type == "alerts.alert.updated.v1"]
        assert {event.data["alert"]["alert_id"] for event in updates} == {made[2]["id"], made[3]["id"]}
        assert all(event.data["previous"]["status"] == "active" for event in updates)

    async def test_older_news_of_a_plan_changes_nothing(self, app, client, db, user_id) -> None:
        alerts = app.state.alerts
        async with db.transaction() as tx:
            await alerts.hear_entitlements(tx, entitlements(user_id, active_alerts=2, version=5))
        async with db.transaction() as tx:
            await alerts.hear_entitlements(tx, entitlements(user_id, active_alerts=0, version=4))
        await create(client)


class TestReview:
    def gap(self, clock, reason: str = "unexplained") -> PriceGapped:
        return PriceGapped(
            instrument="NASDAQ:AAPL",
            previous_price=Decimal(230),
            price=Decimal(115),
            at=clock.now(),
            source="test",
            reason=reason,
        )

    @pytest.mark.parametrize(
        ("reason", "told"), [("unexplained", "price_gap"), ("replay_restarted", "replay_restarted")]
    )
    async def test_a_step_that_is_no_move_puts_alerts_to_review(
        self, app, client, db, clock, published, monkeypatch, reason, told
    ) -> None:
        monkeypatch.setattr("services.alerts.definitions.service.REVIEW_BATCH", 2)
        waiting = [await create(client) for _ in range(5)]
        elsewhere = await create(client, stock_symbol="RELIANCE")
        announced_at = clock.now()
        clock.move(timedelta(seconds=1))
        later = await create(client)
        async with db.transaction() as tx:
            await app.state.alerts.hear_gap(tx, self.gap(clock, reason), announced_at)
        shown = {item["id"]: item for item in (await client.get("/api/alerts/")).json()["items"]}
        assert {shown[alert["id"]]["status"] for alert in waiting} == {"needs_review"}
        assert {shown[alert["id"]]["status_reason"] for alert in waiting} == {told}
        assert shown[elsewhere["id"]]["status"] == shown[later["id"]]["status"] == "active"
        updates = [event.data for event in await published(db) if event.type == "alerts.alert.updated.v1"]
        assert len(updates) == 5
        assert {(data["previous"]["status"], data["previous"]["version"]) for data in updates} == {("active", 1)}
        assert {(data["alert"]["status"], data["alert"]["version"]) for data in updates} == {("needs_review", 2)}
        again = await client.patch(f"/api/alerts/{waiting[0]['id']}/", json={"status": "active"})
        assert again.json()["status"] == "active"

    async def test_a_gap_of_what_nobody_watches_is_nothing(self, app, client, db, clock) -> None:
        async with db.transaction() as tx:
            await app.state.alerts.hear_gap(tx, self.gap(clock), clock.now())
