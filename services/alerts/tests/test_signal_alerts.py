"""Alerts that wait for signals, and expressions with names of one's own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from libs.common.ids import uuid7
from libs.contracts.alerts import AlertTriggered
from libs.contracts.signals import NamedExpression, NamedExpressions, SignalClosed, SignalCreated
from services.alerts.notifications.letters import Letters
from services.alerts.signals.service import SignalAlerts
from services.alerts.tests.support import create, rows_of, triggered_rows
from services.alerts.tests.test_expressions import expression_alert
from services.alerts.tests.test_signal_notices import WARNING, told

STRATEGY = uuid7()


@pytest.fixture
def named(peers, user_id) -> None:
    peers.strategies[user_id, STRATEGY] = "Golden cross"
    items = (
        NamedExpression(name="trend", expression="ema(close, 3) - ema(close, 5)"),
        NamedExpression(name="strong", expression="trend > 0"),
    )
    peers.named[user_id] = NamedExpressions(items=items, may_use=True)


async def signal_alert(client: Any, *, strategy_id: Any = None, side: Any = None, **members: Any) -> dict[str, Any]:
    signal = {"strategy_id": None if strategy_id is None else str(strategy_id), "side": side}
    body = {"stock_symbol": "AAPL", "alert_type": "signal", "signal": signal, **members}
    answer = await client.post("/api/alerts/", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def hear(db, clock, user_id) -> Any:
    async def take(*, ended: bool = False, tells: bool = True, of: Any = None, **signal: Any) -> int:
        values = {**told(clock, of or user_id, strategy_id=STRATEGY, **signal), "tells": tells}
        event = SignalClosed.model_validate(values) if ended else SignalCreated.model_validate(values)
        async with db.transaction() as tx:
            return await SignalAlerts().hear(tx, event, clock.now())

    return take


class TestWishes:
    async def test_it_is_said_with_the_strategys_name(self, client, named) -> None:
        alert = await signal_alert(client, strategy_id=STRATEGY, side="long", frequency="every_time", cool_down_s=60)
        assert alert["words"] == (
            "Tell me every time when Golden cross gives a buy signal on AAPL on NASDAQ, at most every 1 minute."
        )
        assert alert["summary"] == "a buy signal of Golden cross"
        assert alert["signal"] == {"strategy_id": str(STRATEGY), "strategy": "Golden cross", "side": "long"}
        any_one = await signal_alert(client)
        assert any_one["words"] == "Tell me once when a strategy that I follow gives a signal on AAPL on NASDAQ."
        body = {"stock_symbol": "AAPL", "alert_type": "signal", "signal": {}}
        preview = (await client.post("/api/alerts/preview/", json=body)).json()
        assert (preview["words"], preview["marks"], preview["interval"]) == (any_one["words"], [], None)

    @pytest.mark.parametrize(
        ("members", "field"),
        [
            ({"signal": {"strategy_id": str(uuid7())}}, "/signal/strategy_id"),
            ({"signal": {"side": "up"}}, "/signal/side"),
            ({"signal": None}, "/signal"),
            ({"rearm_band": "1"}, "/rearm_band"),
            ({"frequency": "once_per_bar_close"}, "/frequency"),
            ({"rule": {"operator": "greater", "value": "1"}}, "/rule"),
        ],
    )
    async def test_what_makes_no_sense_is_refused_where_it_stands(self, client, members, field) -> None:
        body = {"stock_symbol": "AAPL", "alert_type": "signal", "signal": {}, **members}
        answer = await client.post("/api/alerts/", json=body)
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.json()["errors"]] == [field]

    async def test_it_can_be_changed_and_the_other_kinds_cannot_be_made_one(self, client, named) -> None:
        alert = await signal_alert(client)
        path = f"/api/alerts/{alert['id']}/"
        changed = await client.patch(path, json={"signal": {"strategy_id": str(STRATEGY)}, "cool_down_s": 60})
        assert changed.json()["summary"] == "a signal of Golden cross"
        assert (await client.patch(path, json={"rule": {"operator": "greater", "value": "1"}})).status_code == 409
        plain = await create(client)
        assert (await client.patch(f"/api/alerts/{plain['id']}/", json={"signal": {}})).status_code == 409

    async def test_signals_away_is_said(self, client, peers) -> None:
        peers.down.add(peers.SIGNALS)
        body = {"stock_symbol": "AAPL", "alert_type": "signal", "signal": {"strategy_id": str(STRATEGY)}}
        assert (await client.post("/api/alerts/", json=body)).status_code == 503


class TestTelling:
    async def test_each_alert_is_told_of_what_it_waits_for(
        self, app, client, client_for, db, hear, named, published
    ) -> None:
        once = await signal_alert(client, strategy_id=STRATEGY, side="long", message="{{strategy.order.action}} now")
        each = await signal_alert(client, frequency="every_time", tell_cleared=True)
        await signal_alert(client, side="short")
        await signal_alert(client, stock_symbol="RELIANCE")
        async with client_for(app, user=uuid7()) as other:
            await signal_alert(other)
        assert await hear() == 2
        assert await hear(tells=False) == 0
        assert await hear(of=uuid7()) == 0
        assert await hear(ended=True, status="stopped", exit_price="218.10") == 1
        rows = await triggered_rows(db)
        assert [(str(row["alert_id"]), row["edge"]) for row in rows] == [
            (once["id"], "fired"), (each["id"], "fired"), (each["id"], "cleared"),
        ]  # fmt: skip
        assert rows[0]["message"].startswith("buy now Entry near $230.00")
        assert all(row["message"].endswith(WARNING) for row in rows)
        shown = (await client.get(f"/api/alerts/{once['id']}/")).json()
        assert (shown["status"], shown["is_active"]) == ("triggered", False)
        events = [event.data for event in await published(db) if event.type == "alerts.alert.triggered.v1"]
        assert [event["headline"] for event in events][-1] == "AAPL: the signal of Golden cross was stopped"
        assert {event["stays_active"] for event in events} == {True, False}

    async def test_a_snooze_a_cool_down_and_what_was_told_before_are_kept(self, client, db, clock, hear) -> None:
        alert = await signal_alert(client, frequency="every_time", cool_down_s=3600)
        clock.move(timedelta(minutes=-1))
        assert await hear() == 0, "told before it was armed"
        clock.move(timedelta(minutes=2))
        assert await hear() == 1
        assert await hear() == 0, "it cools down"
        clock.move(timedelta(hours=2))
        until = (clock.now() + timedelta(hours=1)).isoformat()
        await client.patch(f"/api/alerts/{alert['id']}/", json={"snoozed_until": until})
        assert await hear() == 0
        clock.move(timedelta(hours=1))
        assert await hear() == 1
        at = clock.now().isoformat()
        why = (await client.get(f"/api/alerts/{alert['id']}/explain/", params={"at": at})).json()
        assert "Golden cross" in why["words"]
        clock.move(timedelta(minutes=5))
        why = await client.get(f"/api/alerts/{alert['id']}/explain/", params={"at": clock.now().isoformat()})
        assert why.json()["words"].startswith("Nothing was told")

    async def test_the_engine_and_a_gap_leave_it_alone(self, client, db, engine_of, app, clock) -> None:
        await signal_alert(client)
        async with engine_of() as engine:
            assert (engine.watched, engine.indexed) == (0, 0)
        rows = await rows_of(db, "SELECT status FROM alerts")
        assert [row["status"] for row in rows] == ["active"]

    async def test_the_mail_says_the_signal_in_place_of_the_price(self, client, db, hear, published) -> None:
        await signal_alert(client)
        await hear()
        [event] = [one for one in await published(db) if one.type == AlertTriggered.type]
        letter = Letters("http://localhost:8000").alert_triggered(
            AlertTriggered.model_validate(event.data), first_name="Ann", time_zone="UTC"
        )
        assert "AAPL: buy signal of Golden cross" in letter.html
        assert WARNING in letter.html
        assert WARNING in letter.text


class TestNames:
    async def test_a_name_is_written_out_once_and_for_all(self, client, named, peers, user_id) -> None:
        alert = await expression_alert(client, expression="strong and  close > 10")
        assert alert["expression"] == "ema(close, 3) - ema(close, 5) > 0 and close > 10"
        assert alert["written"] == "strong and close > 10"
        assert alert["summary"].startswith("strong and close > 10 (that is: (the 3-bar exponential average")
        peers.named[user_id] = NamedExpressions(items=(), may_use=True)
        path = f"/api/alerts/{alert['id']}/"
        same = (await client.patch(path, json={"expression": alert["expression"], "note": "look"})).json()
        assert (same["written"], same["armed_at"]) == (alert["written"], alert["armed_at"])
        other = (await client.patch(path, json={"expression": "close > 11"})).json()
        assert (other["written"], other["summary"]) == (None, "the close is above 11")

    async def test_what_is_no_name_of_ones_own_is_refused(self, client, named, peers, user_id) -> None:
        async def refused(text: str) -> tuple[int, str, str]:
            body = {"stock_symbol": "AAPL", "alert_type": "expression", "expression": text}
            answer = await client.post("/api/alerts/", json=body)
            error = answer.json().get("errors", [{"field": "", "code": ""}])[0]
            return answer.status_code, error["field"], error["code"]

        assert await refused("nothing > 2") == (422, "/expression", "expression_unknown_name")
        assert await refused("strong and nothing > 2") == (422, "/expression", "expression_unknown_name")
        assert await refused("trend") == (422, "/expression", "expression_wrong_kind")
        peers.named[user_id] = peers.named[user_id].model_copy(update={"may_use": False})
        assert (await refused("strong"))[0] == 402
        body = {"watchlist_id": str(uuid7()), "alert_type": "expression", "expression": "strong"}
        assert (await client.post("/api/alerts/watchlist-rules/", json=body)).status_code == 402

    async def test_files_take_them_and_ask_once_for_each(self, client, named, peers, user_id) -> None:
        lines = [f"AAPL,,strong and close > {price},," for price in range(1, 21)]
        lines += [f"AAPL,signal,,{STRATEGY},{side}" for side in ("", "long", "short")]
        lines += [f"AAPL,signal,,{uuid7()},", "AAPL,,weak > 1,,", 'AAPL,,"at(""NSE:NOWHERE"", close) > 1",,']
        file = "\n".join(["symbol,alert_type,expression,strategy_id,side", *lines])
        found = (await client.post("/api/alerts/import/check/", json={"file": file})).json()
        bad = [(line["line"], error["column"], error["code"]) for line in found["lines"] for error in line["errors"]]
        assert bad == [
            (25, "strategy_id", "unknown_strategy"),
            (26, "expression", "expression_unknown_name"),
            (27, "expression", "symbol_not_found"),
        ]
        assert (found["new"], peers.calls.count(f"/internal/users/{user_id}/indicators")) == (23, 1)
        assert peers.calls.count(f"/internal/users/{user_id}/strategies/{STRATEGY}") == 1
        made = await client.post("/api/alerts/import/", json={"file": file, "digest": found["digest"]})
        assert made.json()["created"] == 23
        first = (await client.get(f"/api/alerts/{made.json()['alerts'][0]}/")).json()
        assert (first["written"], first["expression"]) == (
            "strong and close > 1",
            "ema(close, 3) - ema(close, 5) > 0 and close > 1",
        )
        again = (await client.post("/api/alerts/import/check/", json={"file": file})).json()
        assert (again["new"], again["exists"], again["bad"]) == (0, 23, 3)
        exported = (await client.get("/api/alerts/export/")).text
        back = (await client.post("/api/alerts/import/check/", json={"file": exported})).json()
        assert (back["new"], back["exists"], back["bad"]) == (0, 23, 0)
        peers.named[user_id] = peers.named[user_id].model_copy(update={"may_use": False})
        refused = (await client.post("/api/alerts/import/check/", json={"file": file})).json()["lines"][0]["errors"]
        assert [(error["column"], error["code"]) for error in refused] == [("expression", "plan_feature")]
