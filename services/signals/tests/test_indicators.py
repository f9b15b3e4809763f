"""Custom indicators: named by who has the plan, used by name, never in a circle."""

from __future__ import annotations

from typing import Any

import pytest

from libs.common.ids import uuid7
from libs.quant.expr import FUNCTIONS, SERIES
from services.signals.tests.support import entitlements
from services.signals.tests.test_strategies import BODY, RULES

PATH = "/api/indicators/custom/"


@pytest.fixture
def elite(peers, user_id) -> None:
    peers.entitlements[user_id] = entitlements(user_id, custom_indicators=True, strategies=None, upgrade_to=None)


async def name(client: Any, name: str, expression: str) -> dict[str, Any]:
    answer = await client.post(PATH, json={"name": name, "expression": expression})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_name_may_stand_in_other_names_and_in_strategies(client, elite) -> None:
    trend = await name(client, "trend", "ema(20) - ema(50)")
    assert (trend["kind"], trend["meaning"]) == ("number", "ema(close, 20) - ema(close, 50)")
    strong = await name(client, "strong", "trend > 0 and rsi(14) > 55")
    assert strong["meaning"] == "ema(close, 20) - ema(close, 50) > 0 and rsi(close, 14) > 55"
    made = await client.post("/api/strategies/", json={**BODY, "rules": {**RULES, "entry": "strong"}})
    version = made.json()["version"]
    assert (version["written"]["entry"], version["rules"]["entry"]) == ("strong", strong["meaning"])
    changed = await client.patch(f"{PATH}{trend['id']}/", json={"expression": "close - sma(10)"})
    assert changed.json()["meaning"] == "close - sma(close, 10)"
    later = (await client.get(f"/api/strategies/{made.json()['id']}/")).json()["version"]
    assert later == version  # what was saved keeps its meaning


async def test_circles_and_what_breaks_others_are_refused(client, elite) -> None:
    first = await name(client, "first", "close + 1")
    await name(client, "second", "first * 2")
    circle = await client.patch(f"{PATH}{first['id']}/", json={"expression": "second - 1"})
    assert circle.json()["errors"][0]["code"] == "cycle"
    broken = await client.patch(f"{PATH}{first['id']}/", json={"expression": "close > 1"})
    assert broken.status_code == 422
    kept = await client.delete(f"{PATH}{first['id']}/")
    assert (kept.status_code, "`second`" in kept.json()["detail"]) == (409, True)
    again = await client.post(PATH, json={"name": "first", "expression": "close"})
    assert again.status_code == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "rsi", "expression": "close"}, "/name"),
        ({"name": "Mine", "expression": "close"}, "/name"),
        ({"name": "mine", "expression": "mine + 1"}, "/expression"),
        ({"name": "mine", "expression": "close +"}, "/expression"),
        ({"name": "mine", "expression": "1 + 2"}, "/expression"),
    ],
)
async def test_what_is_wrong_is_named(client, elite, body, field) -> None:
    answer = await client.post(PATH, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_they_belong_to_a_plan(client, elite, db, rooms, user_id) -> None:
    made = await name(client, "trend", "ema(20) - ema(50)")
    async with db.transaction() as tx:
        await rooms.allowances.hear(tx, entitlements(user_id, version=9))
    rules = {**RULES, "entry": "trend > 0"}
    calls = [
        client.post(PATH, json={"name": "other", "expression": "close"}),
        client.patch(f"{PATH}{made['id']}/", json={"about": "x"}),
        client.post("/api/strategies/", json={**BODY, "rules": rules}),
    ]
    for call in calls:
        answer = await call
        assert (answer.status_code, answer.json()["code"]) == (402, "plan_feature")
    assert [one["name"] for one in (await client.get(PATH)).json()["items"]] == ["trend"]
    assert (await client.delete(f"{PATH}{made['id']}/")).status_code == 204


async def test_nobody_sees_anothers(app, client, elite, client_for, peers) -> None:
    made = await name(client, "trend", "ema(20) - ema(50)")
    stranger = uuid7()
    peers.entitlements[stranger] = entitlements(stranger, custom_indicators=True)
    async with client_for(app, user=stranger) as other:
        assert (await other.get(PATH)).json()["items"] == []
        assert (await other.patch(f"{PATH}{made['id']}/", json={"about": "x"})).status_code == 404
        assert (await other.delete(f"{PATH}{made['id']}/")).status_code == 404


async def test_an_expression_is_read_into_the_parts_that_a_builder_shows(client, elite) -> None:
    await name(client, "trend", "ema(20) - ema(50)")
    answer = await client.post("/api/indicators/read/", json={"expression": 'trend > 0 and at("1d", rsi(14)) < 30'})
    read = answer.json()
    first, second = read["root"]["parts"]
    assert (read["kind"], read["root"]["name"], first["name"]) == ("boolean", "and", ">")
    assert read["canonical"].startswith("ema(close, 20) - ema(close, 50) > 0 and")
    assert (first["parts"][0]["type"], first["parts"][0]["kind"]) == ("name", "number")
    other = second["parts"][0]
    assert (other["type"], other["instrument"], other["interval"]) == ("at", None, "1d")
    assert [one["name"] for one in other["parts"][0]["parts"]] == ["close", "14"]


async def test_a_mistake_is_answered_with_its_column(client) -> None:
    answer = await client.post("/api/indicators/read/", json={"expression": "close > sma(200) and rsi(2) <"})
    assert (answer.status_code, answer.json()["column"]) == (422, 30)
    assert answer.json()["errors"][0] == {
        "field": "/expression",
        "code": "syntax",
        "message": "A number is missing after `<`. (column 30)",
    }
    for expression in ("", "x" * 2_001):
        assert (await client.post("/api/indicators/read/", json={"expression": expression})).status_code == 422


async def test_the_language_names_all_that_it_has(client) -> None:
    language = (await client.get("/api/indicators/language/")).json()
    functions = {one["name"]: one for one in language["functions"]}
    assert functions.keys() == FUNCTIONS.keys()
    assert functions["rsi"]["signature"] == "rsi(source = close, period = 14)"
    assert functions["rsi"]["parameters"][1] == {"name": "period", "kind": "period", "default": "14", "least": 2}
    assert [one["name"] for one in language["series"]] == list(SERIES)


async def test_alerts_asks_what_names_stand_for_and_what_strategies_are_called(
    app, client, client_for, tokens, elite, user_id, peers
) -> None:
    await name(client, "trend", "ema(20) - ema(50)")
    made = (await client.post("/api/strategies/", json=BODY)).json()
    alerts = tokens.service("alerts", audience="signals", scope="strategies:read")
    async with client_for(app, user=alerts) as service:
        asked = (await service.get(f"/internal/users/{user_id}/indicators")).json()
        assert asked == {"items": [{"name": "trend", "expression": "ema(20) - ema(50)"}], "may_use": True}
        peers.down.add(peers.BILLING)
        nobody = (await service.get(f"/internal/users/{uuid7()}/indicators")).json()
        assert nobody == {"items": [], "may_use": False}, "nobody has to be asked about a plan that is not needed"
        path = f"/strategies/{made['id']}"
        called = await service.get(f"/internal/users/{user_id}{path}")
        assert called.json() == {"strategy_id": made["id"], "name": BODY["name"]}
        assert (await service.get(f"/internal/users/{uuid7()}{path}")).status_code == 404
