"""Results and ex-days that come: who is told, how often, in which words."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from libs.common.ids import uuid7
from libs.contracts.companies import CompanyEventNear
from services.alerts.companies.rules import notice
from services.alerts.companies.service import CompanyDays
from services.alerts.tests.support import rows_of

OTHER = UUID("0198c5a4-0000-7000-8000-0000000000aa")


def near(*people: UUID, **more: object) -> CompanyEventNear:
    told = {
        "event_id": uuid7(),
        "instrument": "NASDAQ:AAPL",
        "name": "Apple Inc.",
        "kind": "dividend",
        "day": date(2026, 11, 24),
        "words": "Dividend 0.26",
        "user_ids": people,
    }
    return CompanyEventNear.model_validate({**told, **more})


def test_the_notice_says_what_is_on_which_day_and_from_where_it_was_moved():
    plain = notice(near(OTHER))
    assert (plain.title, plain.link) == ("AAPL: ex-dividend on 24 November 2026", "/stocks/NASDAQ/AAPL")
    assert plain.text == "Apple Inc.: Dividend 0.26."
    moved = notice(near(OTHER, kind="results", previous_day=date(2026, 11, 20)))
    assert moved.title == "AAPL: results on 24 November 2026"
    assert moved.text.endswith("It was on 20 November 2026 before.")
    assert notice(near(OTHER, kind="party")).title == "AAPL: an event on 24 November 2026"


async def test_who_follows_the_company_is_told_once(client, db, notices, user_id):
    made = await client.post(
        "/api/alerts/",
        json={"stock_symbol": "AAPL", "alert_type": "threshold", "condition": "above", "threshold_price": "999.00"},
    )
    assert made.status_code == 201, made.text
    days = CompanyDays(notices)
    event = near(OTHER)
    for part in (event, event, event.model_copy(update={"user_ids": (OTHER, user_id)})):
        async with db.transaction() as tx:
            await days.hear(tx, part)
    rows = await rows_of(db, "SELECT user_id, kind FROM notices")
    assert sorted((row["user_id"], row["kind"]) for row in rows) == sorted([(user_id, "company"), (OTHER, "company")])
    (item,) = (await client.get("/api/notifications/", params={"kind": "company"})).json()["items"]
    assert item["title"] == "AAPL: ex-dividend on 24 November 2026"


async def test_mails_about_days_of_companies_are_for_who_asks_for_them(client, db, notices, user_id):
    days = CompanyDays(notices)
    async with db.transaction() as tx:
        await days.hear(tx, near(user_id))
    assert [row["status"] for row in await rows_of(db, "SELECT status FROM deliveries")] == ["suppressed"]
    chosen = {"wishes": {"company": {"mail": "on"}}}
    answer = await client.patch("/api/notification-preferences/", json=chosen)
    assert answer.status_code == 200, answer.text
    async with db.transaction() as tx:
        await days.hear(tx, near(user_id))
    rows = await rows_of(db, "SELECT status, purpose FROM deliveries ORDER BY created_at, id")
    assert [(row["status"], row["purpose"]) for row in rows] == [
        ("suppressed", "company_day"),
        ("queued", "company_day"),
    ]
