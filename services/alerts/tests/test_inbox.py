"""Notices in the application: one for each thing that happened, its ledger, read and unread."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from libs.common.ids import uuid7
from libs.common.testing import eventually
from libs.common.testing.statements import statements
from libs.contracts.auth import SecurityKind, SecurityNoticed, SettingsChanged, UserVerified
from services.alerts.tests.support import queue, rows_of, states, triggered, verify


async def listed(client, **params) -> list[dict]:
    answer = await client.get("/api/notifications/", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def noticed(db, notices, user_id: UUID, clock, event_id: UUID | None = None) -> None:
    event = SecurityNoticed(
        event_id=event_id or uuid7(),
        user_id=user_id,
        kind=SecurityKind.PASSWORD_CHANGED,
        at=clock.now(),
        network="203.0.113.0/24",
        device="Firefox on Linux",
    )
    async with db.transaction() as tx:
        await notices.hear_security(tx, event)


async def test_a_firing_is_a_notice_once_with_the_ledger_of_its_mail(
    client, db, clock, notices, server, sender_to, user_id, published
) -> None:
    await verify(db, notices, user_id)
    event = triggered(clock, user_id)
    await queue(db, notices, event)
    await queue(db, notices, event)
    [item] = await listed(client)
    assert (item["kind"], item["title"], item["link"]) == ("alert", "AAPL is now $232.50", "/stocks/NASDAQ/AAPL")
    assert item["text"] == "Apple Inc. is now $232.50 (above $230.00)"
    assert [(one["channel"], one["status"]) for one in item["deliveries"]] == [("mail", "queued")]
    async with sender_to(server):
        await eventually(states(db, "sent"))
    [item] = await listed(client)
    assert [(one["channel"], one["status"]) for one in item["deliveries"]] == [("mail", "sent")]
    created = [event for event in await published(db) if event.type == "alerts.notice.created.v1"]
    assert [event.data["notice_id"] for event in created] == [item["id"]]


async def test_what_happened_to_the_account_is_a_notice_once(client, db, clock, notices, user_id) -> None:
    event_id = uuid7()
    await noticed(db, notices, user_id, clock, event_id)
    await noticed(db, notices, user_id, clock, event_id)
    greeting = UserVerified(user_id=user_id, email="a@example.com", first_name="A", last_name="T")
    for _ in range(2):
        async with db.transaction() as tx:
            await notices.welcome(tx, greeting)
    assert sorted(item["kind"] for item in await listed(client)) == ["account", "security"]
    assert len(await rows_of(db, "SELECT id FROM deliveries")) == 2
    assert [item["kind"] for item in await listed(client, kind="security")] == ["security"]


async def test_reading_one_and_all_counts_down_and_is_announced(client, db, clock, notices, user_id, published) -> None:
    for _ in range(3):
        await noticed(db, notices, user_id, clock)
        clock.move(timedelta(seconds=1))
    first, *_ = await listed(client)
    for _ in range(2):
        assert (await client.post(f"/api/notifications/{first['id']}/read/")).status_code == 204
    assert (await client.get("/api/notifications/unread/")).json() == {"unread": 2}
    assert first["id"] not in [item["id"] for item in await listed(client, unread="true")]
    once = {"idempotency-key": "read-1"}
    for _ in range(2):
        assert (await client.post("/api/notifications/read-all/", headers=once)).json() == {"read": 2}
    assert (await client.post("/api/notifications/read-all/")).json() == {"read": 0}
    told = [event.data["unread"] for event in await published(db) if event.type == "alerts.notices.read.v1"]
    assert told == [2, 0]


async def test_another_persons_notice_is_not_there(app, client, client_for, db, clock, notices) -> None:
    other = uuid7()
    await noticed(db, notices, other, clock)
    [row] = await rows_of(db, "SELECT id FROM notices")
    assert (await client.post(f"/api/notifications/{row['id']}/read/")).status_code == 404
    assert await listed(client) == []
    assert (await client.post("/api/notifications/read-all/")).json() == {"read": 0}
    async with client_for(app, user=other) as theirs:
        assert (await theirs.get("/api/notifications/unread/")).json() == {"unread": 1}


async def test_the_list_costs_as_many_statements_at_1_as_at_50(client, db, clock, notices, user_id) -> None:
    await noticed(db, notices, user_id, clock)
    with statements() as at_one:
        assert len(await listed(client)) == 1
    for _ in range(49):
        await noticed(db, notices, user_id, clock)
    with statements() as at_fifty:
        assert len(await listed(client)) == 50
    assert len(at_one) == len(at_fifty) > 0


async def test_telling_many_people_takes_as_many_statements_as_telling_one(db, clock, notices) -> None:
    with statements() as at_one:
        await queue(db, notices, triggered(clock, uuid7()))
    with statements() as at_forty:
        await queue(db, notices, *(triggered(clock, uuid7()) for _ in range(40)))
    assert len(at_one) == len(at_forty) > 0


async def test_old_notices_go(client, db, clock, notices, rooms, user_id) -> None:
    await noticed(db, notices, user_id, clock)
    clock.move(timedelta(days=100))
    await noticed(db, notices, user_id, clock)
    assert await rooms.inbox.purge(timedelta(days=99)) == 1
    assert len(await listed(client)) == 1


async def test_mails_switched_off_stand_in_the_ledger_with_the_reason(client, db, clock, notices, user_id) -> None:
    await verify(db, notices, user_id)
    async with db.transaction() as tx:
        event = SettingsChanged(user_id=user_id, locale="en-IN", time_zone="Asia/Kolkata", alert_mails=False)
        await notices.hear_settings(tx, event)
    await queue(db, notices, triggered(clock, user_id))
    [item] = await listed(client)
    [mail] = item["deliveries"]
    assert (mail["status"], mail["reason"]) == ("suppressed", "switched off by you")
