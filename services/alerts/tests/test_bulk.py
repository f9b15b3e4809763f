"""Many alerts at once: a file is looked at before it is taken in, one comes out, and actions on picked ones."""

from __future__ import annotations

import asyncio
import csv
import io
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.common.errors import InvalidInput
from libs.common.ids import uuid7
from libs.common.testing.statements import statements
from services.alerts.bulk import sheets
from services.alerts.bulk.forms import row_of
from services.alerts.bulk.rules import Row
from services.alerts.tests.support import create, entitlements, rows_of

FILE = """symbol,condition,threshold_price,operator,percent,window_s,frequency,expression,tags,note
AAPL,above,230,,,,,,swing;tech,first
NSE:RELIANCE,,,moving_down_percent,2.5,3600,every_time,,,
AAPL,,,,,,,close > sma(20),,
"""


async def check(client: httpx.AsyncClient, file: str) -> dict[str, Any]:
    answer = await client.post("/api/alerts/import/check/", json={"file": file})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def take_in(client: httpx.AsyncClient, file: str, digest: str | None = None, **headers: str) -> httpx.Response:
    digest = digest or (await check(client, file))["digest"]
    return await client.post("/api/alerts/import/", json={"file": file, "digest": digest}, headers=headers)


async def act(client: httpx.AsyncClient, action: str, ids: list[str], **members: Any) -> dict[str, Any]:
    answer = await client.post("/api/alerts/bulk/", json={"action": action, "alerts": ids, **members})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def listed(client: httpx.AsyncClient, **params: str) -> list[dict[str, Any]]:
    return (await client.get("/api/alerts/", params={"limit": "200", **params})).json()["items"]


class TestImport:
    async def test_it_is_shown_before_it_is_done(self, client, db) -> None:
        found = await check(client, FILE)
        assert (found["new"], found["exists"], found["bad"], found["active"], found["room"]) == (3, 0, 0, 3, 50)
        assert [line["words"] for line in found["lines"]] == [
            "Tell me once when AAPL on NASDAQ trades at or above $230.00.",
            "Tell me every time when RELIANCE on NSE falls by 2.5 % within 1 hour.",
            "Tell me once when on 1-minute bars of AAPL on NASDAQ: the close is above the 20-bar average of the close.",
        ]
        assert await rows_of(db, "SELECT id FROM alerts") == []
        answer = await take_in(client, FILE, found["digest"])
        assert (answer.status_code, answer.json()["created"]) == (201, 3)
        alerts = (await listed(client))[::-1]
        assert sorted(alert["alert_type"] for alert in alerts) == ["expression", "price", "threshold"]
        [first] = [alert for alert in alerts if alert["alert_type"] == "threshold"]
        assert (first["tags"], first["note"]) == (["swing", "tech"], "first")

    async def test_a_second_time_it_does_nothing(self, client, db) -> None:
        assert (await take_in(client, FILE)).status_code == 201
        found = await check(client, FILE)
        assert (found["new"], found["exists"]) == (0, 3)
        again = await take_in(client, FILE, found["digest"])
        assert (again.status_code, again.json()["created"]) == (201, 0)
        assert len(await rows_of(db, "SELECT id FROM alerts")) == 3

    async def test_bad_lines_are_named_by_column_and_left_out(self, client) -> None:
        file = (
            "ticker;condition;price;channels;status\r\n"
            "NOPE;above;1;;\r\n"
            "AAPL;at;-1;;\r\n"
            "INFY;above;3;pigeon;\r\n"
            "AAPL;above;230;mail;paused\r\n"
            "AAPL;above;231;;on\r\n"
        )
        found = await check(client, file)
        assert [(line["line"], line["state"], line["paused"]) for line in found["lines"]] == [
            (2, "bad", False),
            (3, "bad", False),
            (4, "bad", False),
            (5, "new", True),
            (6, "bad", False),
        ]
        columns = [[error["column"] for error in line["errors"]] for line in found["lines"]]
        assert columns == [["symbol"], ["condition", "threshold_price"], ["channels"], [], ["status"]]
        assert (await take_in(client, file)).json()["created"] == 1
        [alert] = await listed(client)
        assert (alert["status"], alert["status_reason"], alert["channels"]) == ("paused", "paused_by_user", ["mail"])

    @pytest.mark.parametrize(
        ("file", "code"),
        [
            ("condition,threshold_price\nabove,1\n", "no_symbol"),
            ("symbol,colour\nAAPL,red\n", "unknown_column"),
            ("symbol,ticker\nAAPL,AAPL\n", "column_twice"),
            ("symbol,condition,threshold_price\n", "empty"),
            ("symbol\n" + "AAPL\n" * (sheets.MOST_ROWS + 1), "too_many_rows"),
        ],
    )
    async def test_what_is_no_table_of_alerts_is_refused(self, client, file, code) -> None:
        answer = await client.post("/api/alerts/import/check/", json={"file": file})
        [error] = answer.json()["errors"]
        assert (answer.status_code, error["field"], error["code"]) == (422, "/file", code)

    async def test_what_was_not_shown_is_not_done(self, client, db) -> None:
        digest = (await check(client, FILE))["digest"]
        await create(client)  # the first line exists by now
        for answer in (await take_in(client, FILE, digest), await take_in(client, FILE, "0" * 32)):
            assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
        assert len(await rows_of(db, "SELECT id FROM alerts")) == 1

    async def test_beyond_the_plan_nothing_is_done_and_paused_ones_do_not_count(self, client, peers, user_id) -> None:
        peers.entitlements[user_id] = entitlements(user_id, active_alerts=2)
        assert (await check(client, FILE))["room"] == 2
        answer = await take_in(client, FILE)
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["limit"], problem["used"]) == (402, "plan_limit", 2, 0)
        assert await listed(client) == []
        lines = FILE.strip().splitlines()
        paused = "\n".join([lines[0] + ",status", lines[1], lines[2] + ",active", lines[3] + ",paused"])
        assert (await take_in(client, paused)).json()["created"] == 3

    async def test_together_with_other_calls_it_never_exceeds_the_plan(self, client, peers, user_id, db) -> None:
        peers.entitlements[user_id] = entitlements(user_id, active_alerts=4)
        digest = (await check(client, FILE))["digest"]
        one = {"stock_symbol": "RELIANCE", "condition": "above", "threshold_price": 1}
        answers = await asyncio.gather(
            take_in(client, FILE, digest), *(client.post("/api/alerts/", json=one) for _ in range(6))
        )
        assert {answer.status_code for answer in answers} <= {201, 402}
        [counted] = await rows_of(db, "SELECT count(*) AS active FROM alerts WHERE status = 'active'")
        assert counted["active"] == 4

    async def test_a_key_makes_it_once(self, client, db) -> None:
        digest = (await check(client, FILE))["digest"]
        first = await take_in(client, FILE, digest, **{"idempotency-key": "one"})
        again = await take_in(client, FILE, digest, **{"idempotency-key": "one"})
        assert first.content == again.content
        assert again.headers["idempotent-replayed"] == "true"
        assert len(await rows_of(db, "SELECT id FROM alerts")) == 3

    async def test_each_symbol_is_asked_once_and_market_away_is_503(self, client, peers) -> None:
        file = "symbol,condition,threshold_price\n" + "".join(f"AAPL,above,{price}\n" for price in range(1, 41))
        assert (await take_in(client, file)).json()["created"] == 40
        assert peers.calls.count("/internal/instruments/AAPL") == 1
        peers.down.add(peers.MARKET)
        answer = await client.post("/api/alerts/import/check/", json={"file": file.replace("AAPL", "RELIANCE")})
        assert (answer.status_code, answer.json()["code"]) == (503, "upstream_unavailable")


CELLS = st.dictionaries(
    st.sampled_from([*sheets.COLUMNS, *sheets.SHOWN]),
    st.one_of(
        st.text(max_size=30),
        st.sampled_from(["AAPL", "above", "230", "yes", "price", "crossing", "1d", "2999-01-01T00:00:00Z", "paused"]),
    ),
    min_size=1,
)


@settings(deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=4))
def test_whatever_a_file_says_its_lines_are_read_or_named(lines: list[dict[str, str]]) -> None:
    out = io.StringIO()
    writer = csv.DictWriter(out, ["symbol", *sorted({name for cells in lines for name in cells} - {"symbol"})])
    writer.writeheader()
    writer.writerows(lines)
    now = datetime(2026, 11, 22, tzinfo=UTC)
    rows: list[Row] = []
    with suppress(InvalidInput):  # a file of empty lines
        rows = [row_of(line, now) for line in sheets.read(out.getvalue())]
    assert all((row.draft is None) == bool(row.errors) for row in rows)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_what_is_no_file_is_refused_as_such(text: str) -> None:
    with suppress(InvalidInput):
        sheets.read(text)


class TestExport:
    async def test_what_comes_out_can_go_in_again(self, app, client, client_for, clock) -> None:
        await take_in(client, FILE)
        await create(
            client,
            stock_symbol="RELIANCE",
            alert_type="price",
            condition=None,
            threshold_price=None,
            rule={"operator": "greater", "value": "2900"},
            frequency="every_time",
            rearm_band="5",
            tell_cleared=True,
            note='=HYPERLINK("x")',
            message="{{ticker}},\n{{close}}",
            channels=["mail", "in_app"],
            expires_at=(clock.now() + timedelta(days=9)).isoformat(),
        )
        answer = await client.get("/api/alerts/export/")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["content-disposition"].startswith('attachment; filename="sharewise-alerts-20')
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert rows[-1]["note"] == '\'=HYPERLINK("x")'  # no formula for a spreadsheet
        async with client_for(app, user=uuid7()) as other:
            found = await check(other, answer.text)
            assert (found["new"], found["bad"]) == (4, 0)
            assert (await take_in(other, answer.text)).json()["created"] == 4
            copied = (await other.get("/api/alerts/export/")).text
        own = {"id", "created_at", "triggered_at"}

        def told(text: str) -> list[dict[str, str]]:
            return [{k: v for k, v in row.items() if k not in own} for row in csv.DictReader(io.StringIO(text))]

        assert told(copied) == told(answer.text)

    async def test_only_what_is_asked_for(self, client) -> None:
        await create(client, tags=["swing"])
        await create(client, stock_symbol="RELIANCE")
        rows = list(csv.DictReader(io.StringIO((await client.get("/api/alerts/export/?tag=swing")).text)))
        assert [row["symbol"] for row in rows] == ["NASDAQ:AAPL"]

    async def test_thousands_come_in_pieces(self, client, db, user_id) -> None:
        await create(client)
        await rows_of(
            db,
            """INSERT INTO alerts (id, version, user_id, instrument_id, alert_type, condition, threshold_price, status,
                                   status_reason, created_at, updated_at, armed_at)
               SELECT gen_random_uuid(), 1, user_id, instrument_id, alert_type, condition, n, status, status_reason,
                      created_at, updated_at, armed_at FROM alerts, generate_series(1, 2500) n RETURNING id""",
        )
        with statements() as asked:
            text = (await client.get("/api/alerts/export/")).text
        assert text.count("\r\n") == 2502
        assert len(asked) <= 12


class TestActions:
    async def test_pausing_and_resuming(self, client, db, published) -> None:
        ids = [(await create(client, threshold_price=price))["id"] for price in (1, 2, 3)]
        assert await act(client, "pause", ids[:2]) == {"changed": 2, "unchanged": 0, "refused": [], "next_after": None}
        assert {alert["id"] for alert in await listed(client, status="paused")} == set(ids[:2])
        assert (await act(client, "resume", ids))["changed"] == 2
        events = [event.type for event in await published(db)]
        assert events.count("alerts.alert.updated.v1") == 4

    async def test_tags_are_added_removed_listed_and_searched_by(self, client) -> None:
        ids = [(await create(client, threshold_price=price, tags=["a"]))["id"] for price in (1, 2)]
        assert (await act(client, "add_tags", ids[:1], tags=["b", "a", "c"]))["changed"] == 1
        tags = (await client.get("/api/alerts/tags/")).json()["items"]
        assert tags == [{"tag": "a", "alerts": 2}, {"tag": "b", "alerts": 1}, {"tag": "c", "alerts": 1}]
        assert (await act(client, "remove_tags", ids, tags=["a"]))["changed"] == 2
        assert [alert["tags"] for alert in await listed(client, tag="b")] == [["b", "c"]]
        many = [f"t{number}" for number in range(9)]
        [refused] = (await act(client, "add_tags", ids[:1], tags=many))["refused"]
        assert (refused["alert_id"], refused["code"]) == (ids[0], "conflict")

    async def test_snoozing_and_extending(self, client, clock) -> None:
        rule = {"operator": "greater", "value": "230"}
        price = await create(client, alert_type="price", condition=None, threshold_price=None, rule=rule)
        plain = await create(client)
        until = (clock.now() + timedelta(hours=2)).isoformat()
        done = await act(client, "snooze", [price["id"], plain["id"]], until=until)
        assert (done["changed"], done["refused"]) == (2, [])
        assert {alert["snoozed_until"] for alert in await listed(client)} == {until.replace("+00:00", "Z")}
        assert (await act(client, "extend", [plain["id"]], until=until))["changed"] == 1
        assert (await act(client, "snooze", [price["id"]], until=None))["changed"] == 1
        past = {"action": "snooze", "alerts": [price["id"]], "until": clock.now().isoformat()}
        assert (await client.post("/api/alerts/bulk/", json=past)).status_code == 422

    async def test_deleting(self, client, db, published) -> None:
        ids = [(await create(client, threshold_price=price))["id"] for price in (1, 2)]
        assert (await act(client, "delete", ids))["changed"] == 2
        assert await listed(client) == []
        assert [event.type for event in await published(db)][-2:] == ["alerts.alert.deleted.v1"] * 2

    async def test_all_that_match_are_acted_on_in_pieces(self, app, client, client_for, db, user_id) -> None:
        await create(client, tags=["keep"])
        kept = await create(client, stock_symbol="RELIANCE")
        async with client_for(app, user=uuid7()) as other:
            await create(other)
        await rows_of(
            db,
            """INSERT INTO alerts (id, version, user_id, instrument_id, alert_type, condition, threshold_price, status,
                                   status_reason, created_at, updated_at, armed_at)
               SELECT gen_random_uuid(), 1, user_id, instrument_id, alert_type, condition, n, status, status_reason,
                      created_at, updated_at, armed_at FROM alerts, generate_series(1, 700) n
               WHERE tags = ARRAY['keep'] RETURNING id""",
        )
        done, after = [], None
        while not done or after is not None:
            body = {"action": "add_tags", "tags": ["all"], "matching": {"text": "aapl"}, "after": after}
            answer = (await client.post("/api/alerts/bulk/", json=body)).json()
            done.append(answer["changed"])
            after = answer["next_after"]
        assert done == [500, 201]
        body = {"action": "delete", "matching": {"tag": "all", "status": "active"}}
        assert [(await client.post("/api/alerts/bulk/", json=body)).json()["changed"] for _ in range(3)] == [
            500,
            201,
            0,
        ]
        assert [alert["id"] for alert in await listed(client)] == [kept["id"]]
        assert len(await rows_of(db, "SELECT id FROM alerts")) == 2

    async def test_what_cannot_be_done_is_told_and_the_rest_is_done(self, client, db) -> None:
        ids = [(await create(client, threshold_price=price))["id"] for price in (1, 2)]
        await rows_of(
            db, "UPDATE alerts SET status = 'triggered', status_reason = 'price_reached' WHERE id = $1", ids[0]
        )
        done = await act(client, "pause", ids)
        assert (done["changed"], [(one["alert_id"], one["code"]) for one in done["refused"]]) == (
            1,
            [(ids[0], "conflict")],
        )

    async def test_somebody_elses_alert_does_not_exist(self, app, client, client_for) -> None:
        own, theirs = await create(client), None
        async with client_for(app, user=uuid7()) as other:
            theirs = await create(other)
            done = await act(client, "delete", [own["id"], theirs["id"]])
            assert (done["changed"], [(one["alert_id"], one["code"]) for one in done["refused"]]) == (
                1,
                [(theirs["id"], "not_found")],
            )
            assert len(await listed(other)) == 1

    async def test_resuming_beyond_the_plan_does_nothing(self, client, peers, user_id) -> None:
        peers.entitlements[user_id] = entitlements(user_id, active_alerts=3)
        ids = [(await create(client, threshold_price=price))["id"] for price in (1, 2, 3)]
        await act(client, "pause", ids)
        await create(client, threshold_price=4)
        answer = await client.post("/api/alerts/bulk/", json={"action": "resume", "alerts": ids})
        problem = answer.json()
        assert (answer.status_code, problem["limit"], problem["used"]) == (402, 3, 1)
        assert len(await listed(client, status="paused")) == 3
        assert (await act(client, "resume", ids[:2]))["changed"] == 2

    @pytest.mark.parametrize(
        "body",
        [
            {"action": "pause", "alerts": []},
            {"action": "burn", "alerts": [str(uuid7())]},
            {"action": "add_tags", "alerts": [str(uuid7())]},
            {"action": "pause", "alerts": [str(uuid7())], "tags": ["a"]},
            {"action": "pause", "alerts": [str(uuid7())], "until": "2027-01-01T00:00:00Z"},
            {"action": "pause", "alerts": ["7"]},
            {"action": "pause"},
            {"action": "pause", "alerts": [str(uuid7())], "matching": {}},
            {"action": "pause", "alerts": [str(uuid7())], "after": str(uuid7())},
            {"action": "pause", "matching": {"symbol": "AAPL"}},
            {"action": "pause", "alerts": [str(uuid7()) for _ in range(501)]},
        ],
    )
    async def test_bad_orders_are_refused(self, client, body) -> None:
        assert (await client.post("/api/alerts/bulk/", json=body)).status_code == 422

    async def test_a_key_makes_it_once(self, client) -> None:
        ids = [(await create(client))["id"]]
        body, headers = {"action": "delete", "alerts": ids}, {"idempotency-key": "bulk-1"}
        first = await client.post("/api/alerts/bulk/", json=body, headers=headers)
        again = await client.post("/api/alerts/bulk/", json=body, headers=headers)
        assert first.content == again.content
        assert again.json()["changed"] == 1


async def test_a_list_is_searched_by_name_symbol_and_note(client) -> None:
    apple = await create(client, note="Earnings_100%")
    reliance = await create(client, stock_symbol="RELIANCE")
    for text, wanted in (("reliance ind", reliance), ("aap", apple), ("s_100%", apple)):
        assert [alert["id"] for alert in await listed(client, text=text)] == [wanted["id"]]
    assert await listed(client, text="_") == [alert for alert in await listed(client) if alert["id"] == apple["id"]]
    assert (await client.get("/api/alerts/", params={"text": "x" * 51})).status_code == 422
