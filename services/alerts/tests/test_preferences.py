"""How people want to be told: what counts by default, quiet hours, digests, and leaving by one click."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from libs.common.ids import uuid7
from libs.common.testing import eventually
from services.alerts.notifications.digests import Digests
from services.alerts.notifications.rules import Channel, DeliveryStatus, Kind
from services.alerts.notifications.unsubscribe import Unsubscribe
from services.alerts.preferences.rules import Person, Preferences, Wish, decide, next_at, quiet_until
from services.alerts.tests.support import queue, rows_of, states, triggered, verify

PATH = "/api/notification-preferences/"
NIGHT = Preferences(quiet_from=22 * 60, quiet_to=7 * 60)
INDIA = "Asia/Kolkata"


def person(preferences: Preferences = NIGHT, **members) -> Person:
    values = {"zone": INDIA, "plan_channels": set(Channel), "reachable": {Channel.PUSH: [uuid7()]}}
    return Person(preferences, **{**values, **members})


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 20, hour, minute, tzinfo=ZoneInfo(INDIA)).astimezone(UTC)


class TestRules:
    @pytest.mark.parametrize(("now", "until"), [(at(21, 59), None), (at(7), None), (at(3), at(7))])
    def test_quiet_hours_go_past_midnight(self, now, until) -> None:
        assert quiet_until(now, zone=INDIA, of=NIGHT) == until
        assert quiet_until(at(22), zone=INDIA, of=NIGHT) == at(7) + timedelta(days=1)

    def test_what_is_noisy_waits_and_the_safety_of_the_account_does_not(self) -> None:
        assert [(one.channel, one.due_at) for one in decide(Kind.ALERT, person(), None, at(3))] == [
            (Channel.MAIL, at(7)),
            (Channel.PUSH, at(7)),
        ]
        assert {one.due_at for one in decide(Kind.SECURITY, person(), None, at(3))} == {None}

    def test_a_digest_waits_for_its_hour(self) -> None:
        chosen = Preferences({Kind.ALERT: {Channel.MAIL: Wish.DIGEST}}, digest_at=18 * 60)
        [mail, _] = decide(Kind.ALERT, person(chosen), None, at(12))
        assert (mail.status, mail.due_at) == (DeliveryStatus.COLLECTED, at(18))

    def test_channels_named_for_one_notice_replace_the_preferences(self) -> None:
        decisions = decide(Kind.ALERT, person(Preferences()), ["push"], at(12))
        assert [(one.channel, one.status) for one in decisions] == [
            (Channel.MAIL, DeliveryStatus.SUPPRESSED),
            (Channel.PUSH, DeliveryStatus.QUEUED),
        ]

    def test_a_channel_beyond_the_plan_stands_in_the_ledger_unsent(self) -> None:
        [_, push] = decide(Kind.ALERT, person(Preferences(), plan_channels={"mail"}), None, at(12))
        assert (push.status, push.reason) == (DeliveryStatus.SUPPRESSED, "not part of your plan")

    @given(
        hours=st.floats(0, 50_000),
        zone=st.sampled_from(["Asia/Kolkata", "America/New_York", "Europe/London", "Pacific/Chatham"]),
        begin=st.integers(0, 1439),
        end=st.integers(0, 1439),
    )
    def test_quiet_hours_end_within_a_day_and_at_their_end_there(self, hours, zone, begin, end) -> None:
        now = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
        until = quiet_until(now, zone=zone, of=Preferences(quiet_from=begin, quiet_to=end))
        if until is not None:
            # A day on which clocks change has an hour more.
            assert timedelta(0) < until - now <= timedelta(hours=25)
            assert quiet_until(until, zone=zone, of=Preferences(quiet_from=begin, quiet_to=end)) in (
                None,
                next_at(until, zone=zone, minutes=end),
            )


class TestApi:
    async def test_what_counts_is_shown_and_changed(self, client, peers, user_id) -> None:
        shown = (await client.get(PATH)).json()
        alert = {cell["channel"]: cell["wish"] for cell in shown["kinds"][0]["channels"]}
        assert alert == {"in_app": "on", "mail": "on", "slack": "on"}
        assert (shown["quiet_hours"], shown["digest_at"], shown["time_zone"]) == (None, "18:00", "Asia/Kolkata")
        body = {
            "wishes": {"alert": {"mail": "digest"}},
            "quiet_hours": {"begins": "22:00", "ends": "07:00"},
            "digest_at": "08:30",
        }
        changed = (await client.patch(PATH, json=body)).json()
        assert changed["kinds"][0]["channels"][1]["wish"] == "digest"
        assert (changed["quiet_hours"], changed["digest_at"]) == ({"begins": "22:00", "ends": "07:00"}, "08:30")
        assert (await client.patch(PATH, json={"quiet_hours": None})).json()["quiet_hours"] is None
        assert (await client.get(PATH)).json()["digest_at"] == "08:30"

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"wishes": {"security": {"mail": "off"}}},
            {"wishes": {"alert": {"in_app": "off"}}},
            {"wishes": {"alert": {"push": "digest"}}},
            {"wishes": {"alert": {"webhook": "on"}}},
            {"wishes": {"else": {"mail": "on"}}},
            {"quiet_hours": {"begins": "24:00", "ends": "07:00"}},
            {"digest_at": "8"},
            {"more": 1},
        ],
    )
    async def test_what_cannot_be_chosen_is_refused(self, client, body) -> None:
        assert (await client.patch(PATH, json=body)).status_code == 422

    async def test_a_channel_beyond_the_plan_is_402(self, client) -> None:
        answer = await client.patch(PATH, json={"wishes": {"alert": {"sms": "on"}}})
        assert (answer.status_code, answer.json()["code"]) == (402, "plan_feature")


async def test_a_digest_is_one_mail_of_what_waited(
    client, db, clock, notices, server, sender_to, user_id, settings, rooms
) -> None:
    await verify(db, notices, user_id)
    await client.patch(PATH, json={"wishes": {"alert": {"mail": "digest"}}})
    for price in ("231.00", "232.00"):
        await queue(db, notices, triggered(clock, user_id, price=price))
    digests = Digests(db, rooms.inbox, message_domain=settings.message_domain)
    assert await digests.gather() == 0
    clock.move(timedelta(days=1))
    assert (await digests.gather(), await digests.gather()) == (1, 0)
    async with sender_to(server):
        await eventually(states(db, "digested", "digested", "sent"))
    [mail] = server.taken
    assert mail["Subject"] == "Your digest: 2 notices"
    words = mail.get_body(("plain",)).get_content()
    assert "AAPL is now $231.00" in words
    assert "AAPL is now $232.00" in words
    shown = (await client.get("/api/notifications/")).json()["items"]
    assert [one["deliveries"][0]["status"] for one in shown] == ["digested"] * 2


async def test_more_than_the_hours_share_stays_in_the_application(db, clock, notices, rooms, user_id) -> None:
    await rows_of(
        db,
        """INSERT INTO addresses (id, user_id, channel, label, status, created_at) VALUES
           ($1, $2, 'slack', 'a', 'active', now()) RETURNING id""",
        uuid7(),
        user_id,
    )
    await rows_of(
        db,
        """INSERT INTO allowances (user_id, tier, channels, version, heard_at) VALUES
           ($1, 'PRO', '{mail,slack}', 1, now()) RETURNING user_id""",
        user_id,
    )
    await queue(db, notices, *(triggered(clock, user_id) for _ in range(62)))
    found = await rows_of(
        db, "SELECT status, count(*) AS n FROM deliveries WHERE channel = 'slack' GROUP BY status ORDER BY status"
    )
    assert [(row["status"], row["n"]) for row in found] == [("queued", 60), ("suppressed", 2)]


class TestLeaving:
    async def test_one_click_stops_the_mails_without_a_login(
        self, app, client, client_for, db, clock, notices, server, sender_to, user_id
    ) -> None:
        await verify(db, notices, user_id)
        await queue(db, notices, triggered(clock, user_id))
        async with sender_to(server):
            await eventually(states(db, "sent"))
        [mail] = server.taken
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        url = mail["List-Unsubscribe"].strip("<>")
        async with client_for(app) as nobody:
            page = await nobody.get(url)
            assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
            await queue(db, notices, triggered(clock, user_id))
            assert len(await rows_of(db, "SELECT id FROM deliveries WHERE status = 'queued'")) == 1
            for _ in range(2):
                done = await nobody.post(url, data={"List-Unsubscribe": "One-Click"})
                assert done.status_code == 200
            assert (await nobody.post(url, files={"List-Unsubscribe": (None, "One-Click")})).status_code == 200
        await queue(db, notices, triggered(clock, user_id))
        [row] = await rows_of(db, "SELECT reason FROM deliveries WHERE status = 'suppressed'")
        assert row["reason"] == "switched off by you"

    async def test_a_token_that_we_did_not_write_is_404(self, app, client_for, user_id) -> None:
        written = Unsubscribe(SecretStr("other"), "").url(user_id, Kind.ALERT)
        assert written is not None
        async with client_for(app) as nobody:
            for token in ("x", "A" * 44, written.split("/")[-2]):
                assert (await nobody.post(f"/api/unsubscribe/{token}/")).status_code == 404

    @given(st.uuids(), st.sampled_from([Kind.ALERT, Kind.ACCOUNT]))
    def test_what_was_written_is_read(self, user_id: UUID, kind: Kind) -> None:
        unsubscribes = Unsubscribe(SecretStr("s"), "https://app.example.in")
        url = unsubscribes.url(user_id, kind)
        assert url is not None
        assert unsubscribes.read(url.split("/")[-2]) == (user_id, kind)
        assert unsubscribes.url(user_id, Kind.SECURITY) is None
