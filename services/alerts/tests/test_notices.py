"""From a firing to the mail: queued once, sent once, tried again, and never a secret left lying."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import pytest

from libs.common.ids import uuid7
from libs.common.testing import eventually
from libs.contracts.auth import UserInfo
from services.alerts.notifications.sender import CLAIM
from services.alerts.tests.mail_server import MailServer
from services.alerts.tests.support import queue, rows_of, states, triggered, verify


async def test_a_firing_becomes_one_mail_with_its_own_message_id(
    db, clock, notices, server, sender_to, user_id, published
) -> None:
    await verify(db, notices, user_id)
    event = triggered(clock, user_id)
    assert await queue(db, notices, event, triggered(clock, user_id, triggered_id=event.triggered_id)) == 1
    assert await queue(db, notices, event) == 0
    async with sender_to(server):
        await eventually(states(db, "sent"))
    [mail] = server.taken
    assert mail["Message-ID"] == f"<{event.triggered_id}@sharewise.local>"
    assert mail["To"] == "trader@example.com"
    assert mail["Subject"] == "🚨 Stock Alert: AAPL"
    body = mail.get_body(("plain",)).get_content()
    assert body.splitlines()[0] == "Apple Inc. is now $232.50 (above $230.00)"
    noticed, told = await published(db)
    assert (noticed.type, told.type) == ("alerts.notice.created.v1", "alerts.notification.sent.v1")
    assert told.data["triggered_id"] == str(event.triggered_id)


async def test_email_sent_shows_in_the_history(
    app, client, db, clock, notices, server, sender_to, user_id, make_alert, make_tick
) -> None:
    from services.alerts.engine.service import Candidate, Firings

    await verify(db, notices, user_id)
    alert = await make_alert(user_id=user_id)
    await Firings(db).fire([Candidate(make_tick("231"), alert.number, alert.version)])
    [row] = await rows_of(db, "SELECT id FROM triggered_alerts")
    await queue(db, notices, triggered(clock, user_id, triggered_id=row["id"]))
    async with sender_to(server):
        await eventually(states(db, "sent"))
    [item] = (await client.get("/api/alerts/triggered/")).json()["items"]
    assert (item["email_sent"], item["email_status"]) == (True, "sent")


class TestRecipients:
    async def test_auth_is_asked_for_whom_nobody_told_us_of(
        self, db, clock, notices, server, sender_to, user_id, peers
    ) -> None:
        peers.people[user_id] = UserInfo(
            user_id=user_id,
            email="asked@example.com",
            first_name="A",
            last_name="T",
            email_verified=True,
            is_active=True,
        )
        await queue(db, notices, triggered(clock, user_id), triggered(clock, user_id))
        async with sender_to(server, lanes=1):
            await eventually(states(db, "sent", "sent"))
        assert [mail["To"] for mail in server.taken] == ["asked@example.com"] * 2
        await queue(db, notices, triggered(clock, user_id))
        async with sender_to(server, lanes=1):
            await eventually(states(db, "sent", "sent", "sent"))
        assert (
            peers.calls.count(f"/internal/users/{user_id}")
            == len([call for call in peers.calls if "users" in call])
            <= 2
        )

    @pytest.mark.parametrize("person", [None, {"email_verified": False}, {"is_active": False}])
    async def test_who_cannot_be_written_to_is_not(
        self, db, clock, notices, server, sender_to, user_id, peers, person
    ) -> None:
        if person is not None:
            values = {"email_verified": True, "is_active": True, **person}
            peers.people[user_id] = UserInfo(
                user_id=user_id, email="no@example.com", first_name="A", last_name="T", **values
            )
        await queue(db, notices, triggered(clock, user_id))
        async with sender_to(server):
            await eventually(states(db, "suppressed"))
        assert server.taken == []

    async def test_auth_away_is_no_verdict(self, db, clock, notices, server, sender_to, user_id, peers) -> None:
        peers.down.add(peers.AUTH)
        await queue(db, notices, triggered(clock, user_id))
        async with sender_to(server):

            async def was_tried() -> bool:
                [row] = await rows_of(db, "SELECT status, reason FROM deliveries")
                return row["status"] == "queued" and row["reason"] is not None

            await eventually(was_tried)
            peers.down.clear()
            await verify(db, notices, user_id)
            clock.move(timedelta(minutes=1))
            await eventually(states(db, "sent"))

    async def test_a_mailbox_that_does_not_exist_is_written_to_once(
        self, db, clock, notices, server, sender_to, user_id, published
    ) -> None:
        server.answers["gone@example.com"] = ["550 5.1.1 no such user"]
        await verify(db, notices, user_id, "gone@example.com")
        await queue(db, notices, triggered(clock, user_id))
        async with sender_to(server):
            await eventually(states(db, "failed"))
            await queue(db, notices, triggered(clock, user_id))
            await eventually(states(db, "failed", "suppressed"))
            assert server.taken == []
            await verify(db, notices, user_id, "new@example.com")
            await queue(db, notices, triggered(clock, user_id))
            await eventually(states(db, "failed", "suppressed", "sent"))
        types = [event.type for event in await published(db)]
        assert types.count("alerts.notification.failed.v1") == 2


class TestRetries:
    async def test_not_now_is_tried_again_by_the_ladder(self, db, clock, notices, server, sender_to, user_id) -> None:
        server.answers["trader@example.com"] = ["451 4.7.1 greylisted"]
        await verify(db, notices, user_id)
        await queue(db, notices, triggered(clock, user_id))
        async with sender_to(server):

            async def was_put_off() -> bool:
                [row] = await rows_of(db, "SELECT attempts, reason FROM deliveries")
                return row["attempts"] == 1 and row["reason"] is not None

            await eventually(was_put_off)
            [row] = await rows_of(db, "SELECT due_at FROM deliveries")
            assert timedelta(seconds=24) <= row["due_at"] - clock.now() <= timedelta(seconds=36)
            assert server.taken == []
            clock.move(timedelta(seconds=40))
            await eventually(states(db, "sent"))

    async def test_an_unknown_outcome_is_sent_again_with_the_same_message_id(
        self, db, clock, notices, server, sender_to, user_id
    ) -> None:
        server.after_data["trader@example.com"] = ["drop"]
        await verify(db, notices, user_id)
        event = triggered(clock, user_id)
        await queue(db, notices, event)
        async with sender_to(server):

            async def was_put_off() -> bool:
                [row] = await rows_of(db, "SELECT reason FROM deliveries")
                return row["reason"] is not None

            await eventually(was_put_off)
            clock.move(timedelta(minutes=1))
            await eventually(states(db, "sent"))
        assert server.ids() == {f"<{event.triggered_id}@sharewise.local>": 2}

    async def test_after_a_day_it_is_given_up_and_said_so(
        self, db, clock, notices, server, sender_to, user_id, published
    ) -> None:
        server.answers["trader@example.com"] = ["451 not now"] * 50
        await verify(db, notices, user_id)
        await queue(db, notices, triggered(clock, user_id))
        clock.move(timedelta(hours=23, minutes=59, seconds=50))
        async with sender_to(server):
            await eventually(states(db, "failed"))
        [row] = await rows_of(db, "SELECT reason FROM deliveries")
        assert "given up after a day" in row["reason"]
        assert (await published(db))[-1].type == "alerts.notification.failed.v1"

    async def test_while_no_server_answers_nothing_counts_as_a_try(
        self, db, clock, notices, sender_to, user_id
    ) -> None:
        server = MailServer()
        async with server.serving():
            port = server.port
        await verify(db, notices, user_id)
        await queue(db, notices, *(triggered(clock, user_id) for _ in range(9)))
        async with sender_to(server, port=port):

            async def met_the_outage() -> bool:
                rows = await rows_of(db, "SELECT reason, attempts FROM deliveries WHERE reason IS NOT NULL")
                return bool(rows) and all(row["attempts"] == 0 for row in rows)

            await eventually(met_the_outage)
            async with server.serving(port=port):

                async def all_sent() -> bool:
                    clock.move(timedelta(seconds=5))
                    return await states(db, *["sent"] * 9)()

                await eventually(all_sent, within=20)
        assert len(server.ids()) == 9


class TestCrashes:
    async def test_a_sender_that_is_told_to_stop_finishes_what_is_in_flight(
        self, db, clock, notices, server, sender_to, user_id
    ) -> None:
        await verify(db, notices, user_id)
        await queue(db, notices, *(triggered(clock, user_id) for _ in range(60)))
        async with sender_to(server, lanes=4):

            async def some_taken() -> bool:
                return len(server.taken) >= 10

            await eventually(some_taken)
        sent = await rows_of(db, "SELECT message_id FROM deliveries WHERE status = 'sent'")
        assert {row["message_id"] for row in sent} == set(server.ids())
        assert 10 <= len(sent) < 60

    async def test_a_killed_sender_loses_nothing_and_doubles_only_what_was_in_flight(
        self, monkeypatch, db, clock, notices, server, sender_to, user_id
    ) -> None:
        await verify(db, notices, user_id)
        monkeypatch.setattr("services.alerts.notifications.sender.FINISH_S", 0)
        await queue(db, notices, *(triggered(clock, user_id) for _ in range(120)))
        for kill_at in (20, 60):
            async with sender_to(server, lanes=4):

                async def enough_taken(count: int = kill_at) -> bool:
                    return len(server.taken) >= count

                await eventually(enough_taken)
            clock.move(CLAIM + timedelta(seconds=1))
        async with sender_to(server, lanes=4):
            await eventually(states(db, *["sent"] * 120), within=20)
        assert len(server.ids()) == 120
        assert len(server.taken) <= 120 + 2 * 4

    async def test_two_senders_share_the_work(self, db, clock, notices, server, sender_to, user_id) -> None:
        await verify(db, notices, user_id)
        await queue(db, notices, *(triggered(clock, user_id) for _ in range(60)))
        async with sender_to(server), sender_to(server):
            await eventually(states(db, *["sent"] * 60), within=20)
        assert set(server.ids().values()) == {1}
        assert len(server.ids()) == 60

    async def test_a_mail_that_crashes_our_code_does_not_stop_the_others(
        self, db, clock, notices, server, sender_to, user_id
    ) -> None:
        await verify(db, notices, user_id)
        await queue(db, notices, triggered(clock, user_id), triggered(clock, user_id))
        await rows_of(
            db, "UPDATE deliveries SET data = '{}' WHERE id = (SELECT min(id::text)::uuid FROM deliveries) RETURNING id"
        )
        async with sender_to(server):
            await eventually(states(db, "queued", "sent"))


async def test_a_person_forgotten_gets_no_mail(
    app, db, clock, notices, server, sender_to, user_id, client_for, tokens
) -> None:
    await verify(db, notices, user_id)
    await queue(db, notices, triggered(clock, user_id))
    async with client_for(app, user=tokens.service("auth", audience="alerts", scope="personal-data")) as auth:
        kept = (await auth.get(f"/internal/users/{user_id}/export")).json()
        assert kept["recipient"]["email"] == "trader@example.com"
        assert [item["status"] for item in kept["deliveries"]] == ["queued"]
        assert (await auth.post(f"/internal/users/{user_id}/erase")).status_code == 204
    assert await rows_of(db, "SELECT id FROM deliveries") == []
    async with sender_to(server):
        mark = triggered(clock, uuid7())
        await queue(db, notices, mark)
        await eventually(states(db, "suppressed"))
    assert server.taken == []


async def test_a_lost_database_forgets_no_mail_that_was_sent(
    db, stores, clock, notices, server, sender_to, user_id
) -> None:
    await verify(db, notices, user_id)
    await queue(db, notices, *(triggered(clock, user_id) for _ in range(80)))
    admin = await asyncpg.connect(stores.admin_dsn)
    try:
        async with sender_to(server, lanes=4):
            for count in (10, 30, 50):

                async def enough_taken(count: int = count) -> bool:
                    return len(server.taken) >= count

                await eventually(enough_taken, within=20)
                await admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'sharewise_alerts'"
                )

            async def all_sent() -> bool:
                clock.move(timedelta(seconds=3))
                sent = await admin.fetchval("SELECT count(*) FROM alerts.deliveries WHERE status = 'sent'")
                return sent == 80

            await eventually(all_sent, within=30)
    finally:
        await admin.close()
    assert len(server.ids()) == 80
    assert len(server.taken) <= 80 + 3 * 4
