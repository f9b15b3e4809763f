"""The routes of alerts, on a real database, with market and billing in process."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from libs.common.ids import uuid7
from libs.contracts.alerts import AlertStatus
from services.alerts.definitions import tables as definitions
from services.alerts.tests.support import APPLE, BODY, create, rows_of


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
            "rule": None,
            "expression": None,
            "written": None,
            "signal": None,
            "terms": None,
            "words": "Tell me once when AAPL on NASDAQ trades at or above $230.10.",
            "summary": "at or above $230.10",
            "tags": [],
            "message": None,
            "channels": None,
            "expires_at": None,
            "snoozed_until": None,
            "watchlist_rule_id": None,
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
