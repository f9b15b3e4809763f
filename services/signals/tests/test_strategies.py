"""Strategies: what is read, kept in versions, copied, shared, and what the plan allows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from libs.common.ids import uuid7
from libs.quant.strategy import Rules
from services.signals.strategies.templates import TEMPLATES
from services.signals.tests.support import entitlements, rows_of

RULES = {
    "interval": "1d",
    "entry": "crossover(sma(20), sma(50))",
    "exit": "crossunder(sma(20), sma(50))",
    "stop": {"percent": 5},
    "size": {"percent": "20"},
    "max_positions": 3,
}
BODY = {"name": "Crossing", "rules": RULES, "instruments": ["AAPL", "nse:reliance", "NASDAQ:AAPL"]}


async def create(client: Any, **members: Any) -> dict[str, Any]:
    answer = await client.post("/api/strategies/", json={**BODY, **members})
    assert answer.status_code == 201, answer.text
    return answer.json()


class TestWriting:
    async def test_it_keeps_the_rules_in_full_and_as_written(self, client, rooms) -> None:
        made = await create(client, about="Two averages.")
        version = made["version"]
        assert version["number"] == 1
        assert version["instruments"] == ["NASDAQ:AAPL", "NSE:RELIANCE"]
        assert version["rules"]["entry"] == "crossover(sma(close, 20), sma(close, 50))"
        assert version["written"]["entry"] == "crossover(sma(20), sma(50))"
        assert version["rules"]["stop"] == {"percent": "5", "atr": None, "period": None}
        assert "Stop loss 5 percent" in version["words"]
        kept = await rooms.strategies.version(version["id"])
        assert Rules.read(kept.document).words() == version["words"]
        assert (await client.get(f"/api/strategies/{made['id']}/")).json() == made
        assert (await client.get("/api/strategies/")).json()["items"] == [made]

    async def test_a_repeated_call_makes_one(self, client) -> None:
        first, again = [
            await client.post("/api/strategies/", json=BODY, headers={"Idempotency-Key": "one"}) for _ in range(2)
        ]
        assert first.content == again.content
        assert len((await client.get("/api/strategies/")).json()["items"]) == 1

    @pytest.mark.parametrize(
        ("change", "field", "code"),
        [
            ({"entry": "sma(20) >"}, "/rules/entry", "syntax"),
            ({"entry": "sma(20)"}, "/rules/entry", "wrong_kind"),
            ({"exit": None, "stop": None}, "/rules/exit", "needs_exit"),
            ({"stop": {"percent": "0"}}, "/rules/stop/percent", "out_of_range"),
            ({"stop": {"percent": "NaN"}}, "/rules/stop/percent", "out_of_range"),
            ({"stop": {"atr": "2"}}, "/rules/stop/period", "required"),
            ({"size": {}}, "/rules/size", "required"),
            ({"entry": 'close > at("NSE:NOBODY", close)'}, "/rules/entry", "symbol_not_found"),
            ({"interval": "2d"}, "/rules/interval", "literal_error"),
            ({"surprise": 1}, "/rules/surprise", "unknown_member"),
        ],
    )
    async def test_what_is_wrong_is_named(self, client, change, field, code) -> None:
        for path, body in (
            ("/api/strategies/", {**BODY, "rules": {**RULES, **change}}),
            ("/api/strategies/check/", {"rules": {**RULES, **change}, "instruments": ["AAPL"]}),
        ):
            answer = await client.post(path, json=body)
            assert answer.status_code == 422, answer.text
            [error] = answer.json()["errors"]
            assert (error["field"], error["code"]) == (field, code)

    async def test_an_instrument_is_named_by_its_place(self, client) -> None:
        answer = await client.post("/api/strategies/", json={**BODY, "instruments": ["AAPL", "NOBODY", "INFY"]})
        assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [
            ("/instruments/1", "symbol_not_found"),
            ("/instruments/2", "symbol_ambiguous"),
        ]

    async def test_a_check_keeps_nothing(self, client) -> None:
        answer = await client.post("/api/strategies/check/", json={"rules": RULES, "instruments": ["AAPL"]})
        checked = answer.json()
        assert checked["history"] == 51
        assert checked["words"].startswith("On daily bars. Buys when the 20-bar average")
        assert (await client.get("/api/strategies/")).json()["items"] == []


class TestVersions:
    async def test_a_change_is_a_new_version_that_says_what_it_changed(self, client) -> None:
        made = await create(client)
        changed = {**RULES, "stop": {"atr": "2", "period": 14}, "side": "long", "max_bars": 10}
        body = {"rules": changed, "instruments": ["NASDAQ:AAPL"], "note": "A stop that breathes."}
        path = f"/api/strategies/{made['id']}/versions/"
        answer = await client.post(path, json=body)
        assert answer.status_code == 201, answer.text
        assert answer.json()["version"]["number"] == 2
        [second, first] = (await client.get(path)).json()["items"]
        assert first == {"version": made["version"], "changes": []}
        assert second["version"]["note"] == "A stop that breathes."
        assert second["changes"] == [
            "Stop loss: 2 times ATR(14); before: 5 percent.",
            "Longest hold: 10 bars; before: no limit.",
            "Removed: NSE:RELIANCE.",
        ]
        assert (await client.get(f"{path}1/")).json() == first
        assert (await client.get(f"{path}3/")).status_code == 404
        same = await client.post(path, json=body)
        assert (same.status_code, same.json()["code"]) == (409, "conflict")

    async def test_a_copy_begins_as_the_version_was(self, client) -> None:
        made = await create(client)
        body = {"rules": {**RULES, "max_bars": 5}, "instruments": ["AAPL"]}
        await client.post(f"/api/strategies/{made['id']}/versions/", json=body)
        copied = (await client.post(f"/api/strategies/{made['id']}/copy/", json={"number": 1})).json()
        assert copied["name"] == "Crossing (copy)"
        assert copied["copied_from"] == made["version"]["id"]
        assert copied["version"]["rules"] == made["version"]["rules"]
        assert copied["version"]["number"] == 1

    async def test_one_that_was_taken_away_is_gone_but_its_version_stays(self, client, rooms) -> None:
        made = await create(client)
        assert (await client.delete(f"/api/strategies/{made['id']}/")).status_code == 204
        assert (await client.get(f"/api/strategies/{made['id']}/")).status_code == 404
        assert (await client.get("/api/strategies/")).json()["items"] == []
        assert (await rooms.strategies.version(made["version"]["id"])).archived

    async def test_a_name_changes_without_a_version(self, client) -> None:
        made = await create(client)
        answer = await client.patch(f"/api/strategies/{made['id']}/", json={"name": "Other"})
        assert (answer.json()["name"], answer.json()["version"]["number"]) == ("Other", 1)


class TestPlans:
    async def test_the_plan_counts_what_is_not_taken_away(self, client, peers, user_id) -> None:
        made = [await create(client, name=f"Number {n}") for n in range(3)]
        refused = await client.post("/api/strategies/", json=BODY)
        assert refused.status_code == 402
        assert (refused.json()["code"], refused.json()["limit"], refused.json()["upgrade_to"]) == (
            "plan_limit",
            3,
            "PRO",
        )
        assert (await client.post(f"/api/strategies/{made[0]['id']}/copy/", json={})).status_code == 402
        await client.delete(f"/api/strategies/{made[0]['id']}/")
        await create(client)
        peers.entitlements[user_id] = entitlements(user_id, version=2, strategies=None)
        await create(client)

    async def test_a_smaller_plan_reads_all_and_changes_the_oldest(self, client, db, rooms, user_id) -> None:
        made = [await create(client, name=f"Number {n}") for n in range(2)]
        async with db.transaction() as tx:
            await rooms.allowances.hear(tx, entitlements(user_id, version=5, strategies=1))
        body = {"rules": {**RULES, "max_bars": 5}, "instruments": ["AAPL"]}
        codes = [(await client.post(f"/api/strategies/{one['id']}/versions/", json=body)).status_code for one in made]
        assert codes == [201, 402]
        assert len((await client.get("/api/strategies/")).json()["items"]) == 2

    async def test_who_has_not_paid_reads(self, client, peers, user_id) -> None:
        peers.entitlements[user_id] = entitlements(user_id, strategies=0)
        assert (await client.post("/api/strategies/", json=BODY)).status_code == 402
        assert (await client.get("/api/strategies/")).status_code == 200


class TestSharing:
    async def test_a_link_shows_its_version_and_may_be_copied(self, app, client, client_for, clock) -> None:
        made = await create(client)
        link = (await client.post(f"/api/strategies/{made['id']}/shares/", json={"days": 7})).json()
        body = {"rules": {**RULES, "max_bars": 5}, "instruments": ["AAPL"]}
        await client.post(f"/api/strategies/{made['id']}/versions/", json=body)
        async with client_for(app, user=uuid7()) as other:
            shown = (await other.post("/api/strategies/shared/", json={"secret": link["secret"]})).json()
            assert (shown["name"], shown["number"], shown["rules"]["max_bars"]) == ("Crossing", 1, None)
            assert not {"id", "user_id", "strategy_id"} & set(shown)
            copied = await other.post("/api/strategies/shared/copy/", json={"secret": link["secret"], "name": "Mine"})
            assert copied.json()["version"]["rules"] == made["version"]["rules"]
            assert (await other.get(f"/api/strategies/{made['id']}/")).status_code == 404
            clock.move(timedelta(days=8))
            ended = await other.post("/api/strategies/shared/", json={"secret": link["secret"]})
            assert ended.status_code == 404

    async def test_it_ends_at_once_and_its_secret_is_not_kept(self, client, db) -> None:
        made = await create(client)
        path = f"/api/strategies/{made['id']}/shares/"
        link = (await client.post(path, json={})).json()
        [row] = await rows_of(db, "SELECT * FROM strategy_shares")
        assert link["secret"].encode() not in row["token_hash"]
        assert (await client.get(path)).json()["items"] == [link["share"]]
        assert (await client.delete(f"{path}{link['share']['id']}/")).status_code == 204
        assert (await client.post("/api/strategies/shared/", json={"secret": link["secret"]})).status_code == 404
        assert (await client.delete(f"{path}{link['share']['id']}/")).status_code == 404


async def test_what_is_somebody_elses_is_not_found(app, client, client_for) -> None:
    made = await create(client)
    path = f"/api/strategies/{made['id']}/"
    async with client_for(app, user=uuid7()) as other:
        calls = [
            other.get(path),
            other.patch(path, json={"name": "Mine"}),
            other.delete(path),
            other.get(f"{path}versions/"),
            other.get(f"{path}versions/1/"),
            other.post(f"{path}versions/", json={"rules": RULES, "instruments": ["AAPL"]}),
            other.post(f"{path}copy/", json={}),
            other.get(f"{path}shares/"),
            other.post(f"{path}shares/", json={}),
            other.delete(f"{path}shares/{uuid7()}/"),
        ]
        assert {(await call).status_code for call in calls} == {404}


async def test_every_template_makes_a_strategy(client, peers, user_id) -> None:
    peers.entitlements[user_id] = entitlements(user_id, strategies=None)
    items = (await client.get("/api/strategies/templates/")).json()["items"]
    assert len(items) == len(TEMPLATES) >= 10
    for item in items:
        rules = dict(item["rules"])
        for name in ("stop", "target", "trailing", "size"):
            rules[name] = rules[name] and {key: value for key, value in rules[name].items() if value is not None}
        made = await create(client, name=item["name"], rules=rules, template=item["key"])
        assert made["version"]["words"] == item["words"]
        assert made["template"] == item["key"]


async def test_a_person_takes_them_along_and_is_forgotten(client, app, client_for, tokens, user_id, db) -> None:
    await create(client)
    token = tokens.service("auth", audience="signals", scope="personal-data")
    async with client_for(app, user=token) as auth:
        exported = (await auth.get(f"/internal/users/{user_id}/export")).json()
        assert [one["name"] for one in exported["strategies"]] == ["Crossing"]
        assert (await auth.post(f"/internal/users/{user_id}/erase")).status_code == 204
        assert (await auth.get(f"/internal/users/{user_id}/export")).json() == {}
    assert await rows_of(db, "SELECT * FROM strategy_versions") == []
