"""The routes of alerts, on a real database, with market and billing in process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from libs.common.ids import uuid7
from libs.contracts.alerts import AlertStatus
from libs.contracts.market import PriceGapped
from services.alerts.definitions import tables as definitions
from services.alerts.tests.support import APPLE, entitlements, rows_of

BODY = {"stock_symbol": "AAPL", "alert_type": "threshold", "condition": "above", "threshold_price": 230.00}


async def create(client: httpx.AsyncClient, **members: Any) -> dict[str, Any]:
    answer = await client.post("/api/alerts/", json={**BODY, **members})
    assert answer.status_code == 201, answer.text
    return answer.json()


@contextlib.contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the SQL of the block."""
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


class TestCreate:
    async def test_the_missions_body_makes_an_active_alert(self, client, db, clock, user_id, published) -> None:
        answer = await client.post(
            "/api/alerts/",
            content=b'{"stock_symbol":"AAPL","alert_type":"threshold","condition":"above","threshold_price":230.10}',
            headers={"content-type": "application/json"},
        )
        assert answer.status_code == 201
        alert = answer.json()
        now = clock.now().isoformat().replace("+00:00", "Z")
        assert alert == {
            "id": alert["id"],
            "instrument": "NASDAQ:AAPL",
            "stock_symbol": "AAPL",
            "exchange": "NASDAQ",
            "name": "Apple Inc.",
            "currency": "USD",
            "alert_type": "threshold",
            "condition": "above",
            "threshold_price": "230.10",
            "status": "active",
            "status_reason": "armed",
            "is_active": True,
            "note": None,
            "created_at": now,
            "updated_at": now,
            "armed_at": now,
            "triggered_at": None,
            "already_true": None,
        }
        [created] = await published(db)
        assert created.type == "alerts.alert.created.v1"
        assert created.subject == str(user_id)
        state = created.data["alert"]
        assert (state["alert_id"], state["version"], state["threshold_price"]) == (alert["id"], 1, "230.10")

    @pytest.mark.parametrize("threshold", [230, 230.1, "230", "230.1000", "0.0001", "99999999999999.9999"])
    async def test_a_price_is_a_number_or_a_string(self, client, threshold) -> None:
        alert = await create(client, threshold_price=threshold)
        assert Decimal(alert["threshold_price"]) == Decimal(str(threshold))

    @pytest.mark.parametrize(
        ("members", "field"),
        [
            ({"threshold_price": 0}, "/threshold_price"),
            ({"threshold_price": -1}, "/threshold_price"),
            ({"threshold_price": "1.00001"}, "/threshold_price"),
            ({"threshold_price": "1e400"}, "/threshold_price"),
            ({"threshold_price": "NaN"}, "/threshold_price"),
            ({"threshold_price": "100000000000000"}, "/threshold_price"),
            ({"threshold_price": True}, "/threshold_price"),
            ({"threshold_price": None}, "/threshold_price"),
            ({"threshold_price": []}, "/threshold_price"),
            ({"condition": "at"}, "/condition"),
            ({"condition": None}, "/condition"),
            ({"alert_type": "percent"}, "/alert_type"),
            ({"stock_symbol": ""}, "/stock_symbol"),
            ({"stock_symbol": "A B"}, "/stock_symbol"),
            ({"stock_symbol": "N:" + "A" * 50}, "/stock_symbol"),
            ({"stock_symbol": 5}, "/stock_symbol"),
            ({"stock_symbol": "../users"}, "/stock_symbol"),
            ({"note": "x" * 201}, "/note"),
            ({"treshold": 1}, "/treshold"),
        ],
    )
    async def test_bad_values_are_named(self, client, members, field) -> None:
        answer = await client.post("/api/alerts/", json={**BODY, **members})
        assert answer.status_code == 422, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert problem["code"] == "validation_failed"
        assert field in [error["field"] for error in problem["errors"]]

    @pytest.mark.parametrize("raw", [b"NaN", b"Infinity", b"-Infinity", b"1e400", b"230.00001"])
    async def test_numbers_that_are_none_are_refused(self, client, raw) -> None:
        body = b'{"stock_symbol": "AAPL", "condition": "above", "threshold_price": ' + raw + b"}"
        answer = await client.post("/api/alerts/", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 422, answer.text

    async def test_an_unknown_symbol_is_a_bad_field(self, client) -> None:
        answer = await client.post("/api/alerts/", json={**BODY, "stock_symbol": "NOPE"})
        assert answer.status_code == 422
        [error] = answer.json()["errors"]
        assert (error["field"], error["code"]) == ("/stock_symbol", "symbol_not_found")

    async def test_a_symbol_of_several_exchanges_names_them(self, client) -> None:
        answer = await client.post("/api/alerts/", json={**BODY, "stock_symbol": "INFY"})
        assert answer.status_code == 422
        problem = answer.json()
        assert problem["errors"][0]["code"] == "symbol_ambiguous"
        assert problem["choices"] == ["NSE:INFY", "NYSE:INFY"]

    @pytest.mark.parametrize("symbol", ["aapl", " AAPL ", "NASDAQ:AAPL", "nasdaq:aapl"])
    async def test_a_symbol_may_be_written_as_people_do(self, client, symbol) -> None:
        assert (await create(client, stock_symbol=symbol))["instrument"] == "NASDAQ:AAPL"

    @pytest.mark.parametrize(
        ("price", "stale", "hint"), [("231", False, True), ("229", False, False), ("231", True, None)]
    )
    async def test_says_when_it_is_already_true(self, client, peers, price, stale, hint) -> None:
        peers.instruments["AAPL"] = APPLE.model_copy(update={"price": Decimal(price), "stale": stale})
        assert (await create(client))["already_true"] is hint

    async def test_market_away_is_503_with_the_time_to_retry(self, client, peers) -> None:
        peers.down.add(peers.MARKET)
        answer = await client.post("/api/alerts/", json=BODY)
        assert (answer.status_code, answer.json()["code"]) == (503, "upstream_unavailable")
        assert int(answer.headers["retry-after"]) >= 1

    async def test_nobody_creates_without_signing_in(self, app, client_for) -> None:
        async with client_for(app) as nobody:
            assert (await nobody.post("/api/alerts/", json=BODY)).status_code == 401

    async def test_the_same_key_makes_one_alert_and_gives_the_same_bytes(self, client, db) -> None:
        headers = {"idempotency-key": "create-once"}
        first = await client.post("/api/alerts/", json=BODY, headers=headers)
        again = await client.post("/api/alerts/", json=BODY, headers=headers)
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.content == again.content
        assert again.headers["idempotent-replayed"] == "true"
        other = await client.post("/api/alerts/", json={**BODY, "threshold_price": 1}, headers=headers)
        assert other.json()["code"] == "idempotency_key_reused"
        assert len(await rows_of(db, "SELECT id FROM alerts")) == 1


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


class TestChange:
    async def test_another_threshold_arms_anew_and_tells_both_states(self, client, db, clock, published) -> None:
        alert = await create(client)
        clock.move(timedelta(minutes=1))
        answer = await client.patch(f"/api/alerts/{alert['id']}/", json={"threshold_price": "235.50", "note": "higher"})
        assert answer.status_code == 200
        after = answer.json()
        assert (after["threshold_price"], after["note"]) == ("235.50", "higher")
        assert after["armed_at"] > alert["armed_at"]
        event = (await published(db))[-1]
        assert event.type == "alerts.alert.updated.v1"
        assert (event.data["previous"]["version"], event.data["alert"]["version"]) == (1, 2)
        assert event.data["previous"]["threshold_price"] == "230.00"

    async def test_nothing_changed_announces_nothing(self, client, db, published) -> None:
        alert = await create(client)
        answer = await client.patch(f"/api/alerts/{alert['id']}/", json={"threshold_price": "230.00"})
        assert answer.status_code == 200
        assert len(await published(db)) == 1

    async def test_pause_and_activate(self, client) -> None:
        path = f"/api/alerts/{(await create(client))['id']}/"
        paused = (await client.patch(path, json={"status": "paused"})).json()
        assert (paused["status"], paused["is_active"]) == ("paused", False)
        active = (await client.patch(path, json={"status": "active"})).json()
        assert (active["status"], active["is_active"], active["status_reason"]) == ("active", True, "armed")

    async def test_a_fired_alert_cannot_be_paused(self, client, db) -> None:
        alert = await create(client)
        await rows_of(db, "UPDATE alerts SET status = 'triggered', status_reason = 'price_reached' RETURNING id")
        answer = await client.patch(f"/api/alerts/{alert['id']}/", json={"status": "paused"})
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")

    @pytest.mark.parametrize("body", [{"status": "triggered"}, {"threshold_price": "-1"}, {"is_active": False}, []])
    async def test_bad_values_are_refused(self, client, body) -> None:
        alert = await create(client)
        assert (await client.patch(f"/api/alerts/{alert['id']}/", json=body)).status_code == 422


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


class TestOwnership:
    async def test_someone_elses_alert_does_not_exist(self, app, client, client_for, db) -> None:
        alert = await create(client)
        async with client_for(app, user=uuid7()) as other:
            path = f"/api/alerts/{alert['id']}/"
            for answer in (
                await other.get(path),
                await other.patch(path, json={"status": "paused"}),
                await other.delete(path),
            ):
                assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
            assert (await other.get("/api/alerts/")).json()["items"] == []
        assert [row["status"] for row in await rows_of(db, "SELECT status FROM alerts")] == ["active"]

    async def test_an_id_that_is_none_is_refused(self, client) -> None:
        assert (await client.get("/api/alerts/7/")).status_code == 422
        assert (await client.get(f"/api/alerts/{uuid7()}/")).status_code == 404

    async def test_delete_is_for_good_and_tells_the_engine(self, client, db, published) -> None:
        alert = await create(client)
        path = f"/api/alerts/{alert['id']}/"
        answer = await client.delete(path)
        assert (answer.status_code, answer.content) == (204, b"")
        assert (await client.get(path)).status_code == 404
        assert (await client.delete(path)).status_code == 404
        event = (await published(db))[-1]
        assert (event.type, event.data["alert"]["alert_id"]) == ("alerts.alert.deleted.v1", alert["id"])


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
    from services.alerts.engine.service import Candidate, Firings

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


class TestPersonalData:
    async def test_everything_is_handed_over_and_everything_is_forgotten(
        self, app, client, client_for, tokens, db, user_id, published
    ) -> None:
        await create(client, note="mine")
        async with client_for(app, user=tokens.service("auth", audience="alerts", scope="personal-data")) as auth:
            kept = (await auth.get(f"/internal/users/{user_id}/export")).json()
            assert [alert["note"] for alert in kept["alerts"]] == ["mine"]
            for _ in range(2):
                assert (await auth.post(f"/internal/users/{user_id}/erase")).status_code == 204
            assert (await auth.get(f"/internal/users/{user_id}/export")).json() == {}
        assert (await published(db))[-1].type == "alerts.alert.deleted.v1"
        assert await rows_of(db, "SELECT user_id FROM allowances") == []

    async def test_is_for_auth_alone(self, app, client, client_for, tokens, user_id) -> None:
        async with client_for(app, user=tokens.service("market", audience="alerts", scope="personal-data")) as market:
            assert (await market.get(f"/internal/users/{user_id}/export")).status_code == 403
        assert (await client.get(f"/internal/users/{user_id}/export")).status_code == 403


async def test_the_database_refuses_what_the_code_should_have(db, make_alert) -> None:
    alert = await make_alert()
    assert isinstance(alert.id, UUID)
    assert alert.status is AlertStatus.ACTIVE
    for column, value in (("status", "done"), ("condition", "at"), ("version", 0), ("threshold_price", 0)):
        with pytest.raises(Exception, match="ck_alerts_"):
            await rows_of(db, f"UPDATE alerts SET {column} = $1 RETURNING id", value)
    async with db.read() as session:
        assert (await definitions.get_for(session, alert.user_id, alert.id)) == alert
