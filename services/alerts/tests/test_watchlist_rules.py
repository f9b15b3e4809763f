"""One rule over a watchlist: its alerts come and go with the list, within the plan, and change together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest

from libs.common.http import Http
from libs.common.ids import uuid7
from libs.contracts.market import InstrumentChanged, InstrumentInfo, WatchlistChanged, WatchlistInfo
from libs.contracts.signals import NamedExpression, NamedExpressions
from services.alerts.tests.support import APPLE, create, entitlements, rows_of
from services.alerts.watchlists.service import WatchlistRules
from services.alerts.wiring import Peers, make_alerts, make_watchlist_rules

BODY = {
    "alert_type": "price",
    "rule": {"operator": "change_down_percent", "percent": "5", "base": "previous_close"},
    "frequency": "once_per_day",
    "tags": ["dips"],
}
TCS = InstrumentInfo(instrument="NSE:TCS", exchange="NSE", symbol="TCS", name="TCS Ltd", currency="INR")
PATH = "/api/alerts/watchlist-rules/"


@pytest.fixture
def tech(peers, user_id) -> UUID:
    """A watchlist of the signed-in person with Apple and Reliance in it."""
    peers.instruments["TCS"] = TCS
    watchlist_id = uuid7()
    peers.watchlists[watchlist_id] = WatchlistInfo(
        watchlist_id=watchlist_id, name="Tech", instruments=("NASDAQ:AAPL", "NSE:RELIANCE")
    )
    return watchlist_id


@pytest.fixture
def watchlist_rules(settings, db, peers, tokens) -> WatchlistRules:
    http = Http("alerts", transport=peers.transport(), retries=0)
    found = Peers.of(settings, http, tokens.source("alerts"))
    return make_watchlist_rules(settings, db, found, make_alerts(settings, db, found))


@pytest.fixture
def hear(db, watchlist_rules, user_id, tech) -> Callable[..., Awaitable[None]]:
    """Hear what is in the list now, and let the rules follow."""

    async def note(instruments: Sequence[str], *, deleted: bool = False) -> None:
        async with db.transaction() as tx:
            event = WatchlistChanged(
                user_id=user_id, watchlist_id=tech, instruments=tuple(instruments), deleted=deleted
            )
            await watchlist_rules.hear_watchlist(tx, event)
        await settle_all(watchlist_rules)

    return note


async def settle_all(watchlist_rules: WatchlistRules) -> int:
    due = await watchlist_rules.unsettled()
    for rule_id in due:
        await watchlist_rules.settle(rule_id)
    return len(due)


async def make(client: httpx.AsyncClient, watchlist_id: UUID, **members: Any) -> dict[str, Any]:
    answer = await client.post(PATH, json={"watchlist_id": str(watchlist_id), **BODY, **members})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def alerts_of(client: httpx.AsyncClient, rule: dict[str, Any]) -> dict[str, dict[str, Any]]:
    params = {"watchlist_rule_id": rule["id"], "limit": 200}
    items = (await client.get("/api/alerts/", params=params)).json()["items"]
    return {alert["instrument"]: alert for alert in items}


class TestMaking:
    async def test_each_stock_gets_its_alert(self, client, tech, peers, db, published) -> None:
        peers.instruments["AAPL"] = APPLE.model_copy(update={"price": Decimal("229")})
        rule = await make(client, tech)
        assert (rule["watchlist_name"], rule["status"], rule["alerts"]["active"]) == ("Tech", "active", 2)
        assert rule["summary"] == "is 5 % or more below the previous close"
        alerts = await alerts_of(client, rule)
        assert sorted(alerts) == ["NASDAQ:AAPL", "NSE:RELIANCE"]
        assert {alert["watchlist_rule_id"] for alert in alerts.values()} == {rule["id"]}
        assert alerts["NASDAQ:AAPL"]["tags"] == ["dips"]
        assert [event.type for event in await published(db)] == ["alerts.alert.created.v1"] * 2
        [listed] = (await client.get(PATH)).json()["items"]
        assert listed == rule == (await client.get(f"{PATH}{rule['id']}/")).json()

    async def test_names_of_ones_own_and_strategies_are_taken(self, client, tech, peers, user_id) -> None:
        peers.strategies[user_id, tech] = "Golden cross"
        peers.named[user_id] = NamedExpressions(
            items=(NamedExpression(name="trend", expression="ema(3) - ema(5)"),), may_use=True
        )
        bare = {"alert_type": "expression", "rule": None, "frequency": None, "expression": "trend > 0"}
        rule = await make(client, tech, **bare)
        assert (rule["written"], rule["expression"]) == ("trend > 0", "ema(close, 3) - ema(close, 5) > 0")
        changed = await client.patch(f"{PATH}{rule['id']}/", json={"expression": "trend > 1"})
        assert changed.json()["written"] == "trend > 1"
        assert {alert["written"] for alert in (await alerts_of(client, rule)).values()} == {"trend > 1"}
        unknown = await client.patch(f"{PATH}{rule['id']}/", json={"expression": 'at("NSE:NO", close) > 1'})
        assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (422, "symbol_not_found")
        signal = {"strategy_id": str(tech), "side": None}
        rule = await make(client, tech, alert_type="signal", rule=None, frequency=None, signal=signal)
        assert rule["signal"]["strategy"] == "Golden cross"
        assert "Golden cross" in rule["summary"]

    async def test_a_threshold_is_said_without_a_currency(self, client, tech) -> None:
        plain = {"alert_type": "threshold", "rule": None, "frequency": None, "condition": "above"}
        assert (await make(client, tech, threshold_price="2300", **plain))["summary"] == "at or above 2,300.00"

    async def test_a_list_that_is_not_ones_own_is_not_found(self, client) -> None:
        answer = await client.post(PATH, json={"watchlist_id": str(uuid7()), **BODY})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    async def test_all_or_nothing_by_the_plan(self, client, tech, peers, user_id) -> None:
        peers.entitlements[user_id] = entitlements(user_id, active_alerts=2)
        await create(client)
        answer = await client.post(PATH, json={"watchlist_id": str(tech), **BODY})
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["used"]) == (402, "plan_limit", 1)
        assert (await client.get(PATH)).json()["items"] == []

    async def test_a_key_makes_it_once(self, client, tech, db) -> None:
        body, headers = {"watchlist_id": str(tech), **BODY}, {"idempotency-key": "rule-1"}
        first = await client.post(PATH, json=body, headers=headers)
        again = await client.post(PATH, json=body, headers=headers)
        assert first.content == again.content
        assert len(await rows_of(db, "SELECT id FROM alerts")) == 2

    @pytest.mark.parametrize(
        ("members", "field"),
        [
            ({"rule": None}, "/rule"),
            ({"stock_symbol": "AAPL"}, "/stock_symbol"),
            ({"watchlist_id": "tech"}, "/watchlist_id"),
            ({"message": "{{password}}"}, "/message"),
        ],
    )
    async def test_bad_values_are_named(self, client, tech, members, field) -> None:
        answer = await client.post(PATH, json={"watchlist_id": str(tech), **BODY, **members})
        assert answer.status_code == 422
        assert field in [error["field"] for error in answer.json()["errors"]]

    async def test_what_was_announced_while_market_was_asked_counts(
        self, client, tech, peers, hear, watchlist_rules, monkeypatch
    ) -> None:
        asked = watchlist_rules._watchlist
        app_rules = client._transport.app.state.watchlist_rules  # type: ignore[attr-defined]

        async def slowly(user: Any, watchlist_id: UUID) -> WatchlistInfo:
            info = await asked(user, watchlist_id)
            await hear(["NASDAQ:AAPL"])
            return info

        monkeypatch.setattr(app_rules, "_watchlist", slowly)
        assert sorted(await alerts_of(client, await make(client, tech))) == ["NASDAQ:AAPL"]


class TestMembers:
    async def test_they_come_and_go(self, client, tech, hear, db, published) -> None:
        rule = await make(client, tech)
        before = await alerts_of(client, rule)
        await hear(["NSE:TCS", "NASDAQ:AAPL"])
        after = await alerts_of(client, rule)
        assert sorted(after) == ["NASDAQ:AAPL", "NSE:TCS"]
        assert after["NASDAQ:AAPL"] == before["NASDAQ:AAPL"]
        events = [event.type for event in await published(db)]
        assert events[-2:] == ["alerts.alert.deleted.v1", "alerts.alert.created.v1"]
        await hear(["NSE:TCS", "NASDAQ:AAPL"])
        assert len(await published(db)) == len(events)

    async def test_what_the_plan_does_not_allow_begins_paused(self, client, tech, hear, peers, user_id) -> None:
        peers.entitlements[user_id] = entitlements(user_id, active_alerts=2)
        rule = await make(client, tech)
        await hear(["NASDAQ:AAPL", "NSE:RELIANCE", "NSE:TCS"])
        alerts = await alerts_of(client, rule)
        assert (alerts["NSE:TCS"]["status"], alerts["NSE:TCS"]["status_reason"]) == ("paused", "plan_limit")
        await hear(["NASDAQ:AAPL", "NSE:TCS"])
        answer = await client.patch(f"{PATH}{rule['id']}/", json={"status": "active"})
        assert answer.json()["alerts"]["active"] == 2

    async def test_market_away_makes_them_wait(self, client, tech, hear, peers, watchlist_rules) -> None:
        rule = await make(client, tech)
        peers.down.add(peers.MARKET)
        with pytest.raises(Exception, match="not available"):
            await hear(["NSE:TCS"])
        peers.down.clear()
        await settle_all(watchlist_rules)
        assert sorted(await alerts_of(client, rule)) == ["NSE:TCS"]
        assert await settle_all(watchlist_rules) == 0

    async def test_a_stock_that_nobody_knows_is_passed_over(self, client, tech, hear, watchlist_rules) -> None:
        rule = await make(client, tech)
        await hear(["NASDAQ:AAPL", "NSE:GONE"])
        assert sorted(await alerts_of(client, rule)) == ["NASDAQ:AAPL"]
        assert await settle_all(watchlist_rules) == 0

    async def test_a_renamed_stock_keeps_its_alert(self, client, tech, hear, db, watchlist_rules, clock) -> None:
        rule = await make(client, tech)
        [before] = [alert["id"] for name, alert in (await alerts_of(client, rule)).items() if name == "NSE:RELIANCE"]
        async with db.transaction() as tx:
            event = InstrumentChanged(
                previous="NSE:RELIANCE",
                instrument="NSE:RIL",
                name="RIL",
                valid_from=clock.now().date(),
                reason="renamed",
            )
            await watchlist_rules.hear_renamed(tx, event)
            await (await tx.driver()).execute(
                "UPDATE instruments SET instrument = 'NSE:RIL', symbol = 'RIL' WHERE instrument = 'NSE:RELIANCE'"
            )
        await hear(["NASDAQ:AAPL", "NSE:RIL"])
        assert (await alerts_of(client, rule))["NSE:RIL"]["id"] == before

    async def test_an_expression_names_a_renamed_stock_anew(
        self, client, tech, hear, db, watchlist_rules, clock
    ) -> None:
        text = 'close > at("NASDAQ:AAPL", sma(close, 5))'
        terms = {"alert_type": "expression", "condition": None, "threshold_price": None, "rule": None}
        rule = await make(client, tech, **terms, expression=text)
        event = InstrumentChanged(
            previous="NASDAQ:AAPL",
            instrument="NASDAQ:PEAR",
            name="Pear",
            valid_from=clock.now().date(),
            reason="renamed",
        )
        for _ in range(2):
            async with db.transaction() as tx:
                await watchlist_rules.hear_renamed(tx, event)
        shown = (await client.get(f"{PATH}{rule['id']}/")).json()
        assert shown["expression"] == text.replace("AAPL", "PEAR")

    async def test_a_deleted_list_ends_its_rules(self, client, tech, hear) -> None:
        rule = await make(client, tech)
        await hear([], deleted=True)
        shown = (await client.get(f"{PATH}{rule['id']}/")).json()
        assert (shown["status"], sum(shown["alerts"].values())) == ("ended", 0)
        answer = await client.patch(f"{PATH}{rule['id']}/", json={"status": "active"})
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")

    async def test_a_rule_whose_time_is_over_takes_no_more(self, client, tech, hear, clock) -> None:
        rule = await make(client, tech, expires_at=(clock.now() + timedelta(hours=1)).isoformat())
        clock.move(timedelta(hours=2))
        await hear(["NASDAQ:AAPL", "NSE:RELIANCE", "NSE:TCS"])
        assert sorted(await alerts_of(client, rule)) == ["NASDAQ:AAPL", "NSE:RELIANCE"]


class TestChanging:
    async def test_all_change_together_and_so_do_those_that_come(self, client, tech, hear) -> None:
        rule = await make(client, tech)
        wanted = {"operator": "change_down_percent", "percent": "7", "base": "open"}
        answer = await client.patch(f"{PATH}{rule['id']}/", json={"rule": wanted, "tags": ["deep"]})
        assert (answer.json()["rule"]["percent"], answer.json()["tags"]) == ("7.00", ["deep"])
        await hear(["NASDAQ:AAPL", "NSE:RELIANCE", "NSE:TCS"])
        alerts = (await alerts_of(client, rule)).values()
        assert [(alert["rule"]["percent"], alert["tags"]) for alert in alerts] == [("7.00", ["deep"])] * 3

    async def test_pausing_holds_those_that_come_and_resuming_arms_all_but_what_fired(
        self, client, tech, hear, db
    ) -> None:
        rule = await make(client, tech)
        await rows_of(
            db,
            "UPDATE alerts SET status = 'triggered', status_reason = 'price_reached' WHERE instrument_id ="
            " (SELECT id FROM instruments WHERE instrument = 'NASDAQ:AAPL') RETURNING id",
        )
        path = f"{PATH}{rule['id']}/"
        assert (await client.patch(path, json={"status": "paused"})).json()["alerts"]["paused"] == 1
        await hear(["NASDAQ:AAPL", "NSE:RELIANCE", "NSE:TCS"])
        alerts = await alerts_of(client, rule)
        assert (alerts["NSE:TCS"]["status"], alerts["NSE:TCS"]["status_reason"]) == ("paused", "paused_by_user")
        counts = (await client.patch(path, json={"status": "active"})).json()["alerts"]
        assert (counts["active"], counts["triggered"], counts["paused"]) == (2, 1, 0)

    async def test_a_member_of_another_kind_is_refused(self, client, tech) -> None:
        rule = await make(client, tech)
        answer = await client.patch(f"{PATH}{rule['id']}/", json={"threshold_price": "5"})
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")

    async def test_one_of_its_alerts_goes_with_the_rule_alone(self, client, tech) -> None:
        rule = await make(client, tech)
        alert = (await alerts_of(client, rule))["NASDAQ:AAPL"]
        assert (await client.delete(f"/api/alerts/{alert['id']}/")).status_code == 409
        done = (await client.post("/api/alerts/bulk/", json={"action": "delete", "alerts": [alert["id"]]})).json()
        assert (done["changed"], done["refused"][0]["code"]) == (0, "conflict")
        assert (await client.delete(f"{PATH}{rule['id']}/")).status_code == 204
        assert (await client.get("/api/alerts/")).json()["items"] == []
        assert (await client.get(f"{PATH}{rule['id']}/")).status_code == 404

    async def test_somebody_elses_rule_does_not_exist(self, app, client, client_for, tech) -> None:
        path = f"{PATH}{(await make(client, tech))['id']}/"
        async with client_for(app, user=uuid7()) as other:
            for answer in (
                await other.get(path),
                await other.patch(path, json={"status": "paused"}),
                await other.delete(path),
            ):
                assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
            assert (await other.get(PATH)).json()["items"] == []


async def test_a_persons_rules_are_handed_over_and_forgotten(
    app, client, client_for, tokens, tech, user_id, db
) -> None:
    await make(client, tech)
    async with client_for(app, user=tokens.service("auth", audience="alerts", scope="personal-data")) as auth:
        [kept] = (await auth.get(f"/internal/users/{user_id}/export")).json()["watchlist_rules"]
        assert (kept["watchlist"], kept["alert"]["rule"]["rule"]["percent"]) == ("Tech", "5.00")
        assert (await auth.post(f"/internal/users/{user_id}/erase")).status_code == 204
    for table in ("alerts", "watchlist_rules", "watchlists"):
        assert await rows_of(db, f"SELECT 1 FROM {table}") == []
