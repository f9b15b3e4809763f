"""Mails about a person's account: the greeting, what happened to its safety, links and codes with a secret."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import ValidationError

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.http import Http
from libs.common.ids import uuid7
from libs.common.testing import eventually
from libs.contracts.auth import (
    MailCommand,
    ProfileChanged,
    SecurityKind,
    SecurityNoticed,
    SettingsChanged,
    UserInfo,
    UserVerified,
)
from services.alerts.channels.port import NotSent, Refused, Sms
from services.alerts.channels.sms import HttpSms, NoSms, SmsOptions
from services.alerts.notifications.letters import Letters
from services.alerts.notifications.rules import Purpose
from services.alerts.notifications.service import Notices
from services.alerts.notifications.tasks import NoticeHandlers
from services.alerts.notifications.words import LINKS, SAFETY, filled
from services.alerts.settings import AlertsSettings
from services.alerts.tests.support import queue, rows_of, states, triggered, verify
from services.alerts.wiring import Rooms

LETTERS = Letters("https://app.example.com")
SAFARI = "Safari on iPhone"


def noticed(
    clock: FixedClock, user_id: UUID, kind: SecurityKind = SecurityKind.PASSWORD_CHANGED, **members: Any
) -> Any:
    values: dict[str, Any] = {
        "event_id": uuid7(),
        "user_id": user_id,
        "kind": kind,
        "at": clock.now(),
        "network": "203.0.113.0/24",
        "device": SAFARI,
    }
    return SecurityNoticed(**{**values, **members})


async def hear(db: Database, hear: Callable[..., Any], event: Any) -> None:
    async with db.transaction() as tx:
        await hear(tx, event)


class TestNotices:
    async def test_each_event_is_one_mail_in_plain_words(
        self, db, clock, notices: Notices, server, sender_to, user_id
    ) -> None:
        await verify(db, notices, user_id)
        event = noticed(clock, user_id)
        for _ in range(3):
            await hear(db, notices.hear_security, event)
        async with sender_to(server):
            await eventually(states(db, "sent"))
        [mail] = server.taken
        assert mail["Subject"] == "Your password was changed"
        body = mail.get_body(("plain",)).get_content()
        assert SAFARI in body
        assert "203.0.113.0/24" in body
        assert "http://localhost:8000/forgot-password" in body
        assert "cannot be switched off" in body
        assert "IST" in body

    async def test_they_are_mailed_also_to_who_wants_no_alerts_by_mail(
        self, db, clock, notices: Notices, server, sender_to, user_id
    ) -> None:
        await verify(db, notices, user_id)
        wish = SettingsChanged(user_id=user_id, locale="en-IN", time_zone="America/New_York", alert_mails=False)
        await hear(db, notices.hear_settings, wish)
        await queue(db, notices, triggered(clock, user_id))
        await hear(db, notices.hear_security, noticed(clock, user_id))
        async with sender_to(server):
            await eventually(states(db, "sent", "suppressed"))
        [mail] = server.taken
        assert mail["Subject"] == "Your password was changed"
        assert "EST" in mail.get_body(("plain",)).get_content(), "in the zone that the person chose"

    async def test_a_changed_address_is_written_to(
        self, db, clock, notices: Notices, server, sender_to, user_id
    ) -> None:
        await verify(db, notices, user_id)
        wish = SettingsChanged(user_id=user_id, locale="en-IN", time_zone="UTC", alert_mails=True)
        await hear(db, notices.hear_settings, wish)
        changed = ProfileChanged(user_id=user_id, email="new@example.com", first_name="B", last_name="T")
        await hear(db, notices.hear_profile, changed)
        await hear(db, notices.hear_security, noticed(clock, user_id))
        async with sender_to(server):
            await eventually(states(db, "sent"))
        assert server.taken[0]["To"] == "new@example.com"
        [row] = await rows_of(db, "SELECT time_zone FROM recipients")
        assert row["time_zone"] == "UTC", "a new address keeps the wishes"

    async def test_whom_we_have_not_heard_of_is_asked_of_auth_with_the_wishes(
        self, db, clock, notices: Notices, peers, server, sender_to, user_id
    ) -> None:
        peers.people[user_id] = UserInfo(
            user_id=user_id,
            email="late@example.com",
            first_name="L",
            last_name="T",
            email_verified=True,
            is_active=True,
            time_zone="UTC",
            alert_mails=False,
        )
        await queue(db, notices, triggered(clock, user_id))
        async with sender_to(server):
            await eventually(states(db, "suppressed"))
        assert server.taken == []

    async def test_a_person_is_greeted_once(
        self, db, notices: Notices, rooms: Rooms, server, sender_to, user_id
    ) -> None:
        handlers = NoticeHandlers(notices, rooms.webhooks)
        event = UserVerified(user_id=user_id, email="trader@example.com", first_name="Asha", last_name="Rao")
        for _ in range(2):
            async with db.transaction() as tx:
                await handlers.user_verified(tx, event, None)
        async with sender_to(server):
            await eventually(states(db, "sent"))
        [mail] = server.taken
        assert mail["Subject"] == "Welcome to ShareWise"
        assert "http://localhost:8000/login" in mail.get_body(("plain",)).get_content()


class TestWords:
    @pytest.mark.parametrize("kind", SecurityKind)
    def test_every_kind_has_words_without_gaps(self, kind: SecurityKind, clock: FixedClock) -> None:
        event = noticed(clock, uuid7(), kind, details={"from": "a***@x.in", "to": "b***@y.in", "phone": "…3210"})
        letter = LETTERS.security(event, first_name="Asha", time_zone="Asia/Kolkata")
        assert SAFETY[kind].subject == letter.subject
        assert not {"{", "}", "None"} & set(letter.text.split())
        assert "forgot-password" in letter.text or not SAFETY[kind].was_it_you

    @pytest.mark.parametrize("purpose", LINKS)
    def test_every_link_stands_in_text_and_html_and_leads_where_it_says(self, purpose: Purpose) -> None:
        url = "https://app.example.com/page?token=s3cret"
        letter = LETTERS.with_secret(
            purpose,
            name="<b>Asha</b>",
            secret_url=url,
            details={"email": "x@example.com", "network": "n", "device": SAFARI, "due": "1 May 2027"},
        )
        assert url in letter.text
        assert url in letter.html
        assert "<b>Asha</b>" not in letter.html
        assert "{" not in letter.text

    def test_a_word_that_is_missing_leaves_a_gap_and_no_brace(self) -> None:
        assert filled("{a}-{b}", {"a": "{b}"}) == "{b}-"


CODE = MailCommand(
    key="phone_code-1",
    user_id=uuid7(),
    to="+919876543210",
    name="Asha",
    purpose="phone_code",
    code="123456",
    details={"minutes": "10"},
)


class TestCodes:
    async def test_in_development_a_short_message_is_a_mail_in_the_sink(
        self, db, notices: Notices, server, sender_to
    ) -> None:
        await notices.take_command(CODE)
        [before] = await rows_of(db, "SELECT * FROM deliveries")
        assert before["channel"] == "sms"
        assert "123456" not in str(dict(before))
        async with sender_to(server):
            await eventually(states(db, "sent"))
        [mail] = server.taken
        assert (mail["To"], mail["Subject"]) == ("919876543210@sms.sharewise.local", "SMS to +919876543210")
        assert mail.get_body(("plain",)).get_content().startswith("123456 is your ShareWise code.")

    async def test_a_code_that_is_too_old_is_not_sent(self, db, clock, notices: Notices, server, sender_to) -> None:
        await notices.take_command(CODE)
        clock.move(timedelta(minutes=11))
        async with sender_to(server):
            await eventually(states(db, "suppressed"))
        assert server.taken == []


class TestProvider:
    SMS = Sms("+919876543210", '123456 is "yours"', template_id="1107", sender="SHRWSE")

    def channel(self, answer: Callable[[httpx.Request], httpx.Response], **options: Any) -> HttpSms:
        values: dict[str, Any] = {
            "url": "https://sms.example/send",
            "encoding": "json",
            "headers": {"authkey": "k3y"},
            "body": {"mobiles": "{digits}", "message": "{text}", "DLT_TE_ID": "{template}", "sender": "{sender}"},
            "sender": "OTHERS",
            "entity": "1201",
        }
        http = Http("sms", transport=httpx.MockTransport(answer), retries=2)
        return HttpSms(http, SmsOptions(**{**values, **options}))

    async def test_it_is_told_by_settings(self) -> None:
        seen: list[httpx.Request] = []

        def answer(request: httpx.Request) -> httpx.Response:
            seen.append(request)
            return httpx.Response(200, json={})

        await self.channel(answer).send(self.SMS)
        body = {"To": "{to}", "Body": "{text}"}
        await self.channel(answer, encoding="form", body=body).send(self.SMS)
        as_json, as_form = seen
        assert httpx.Response(200, content=as_json.content).json() == {
            "mobiles": "919876543210",
            "message": '123456 is "yours"',
            "DLT_TE_ID": "1107",
            "sender": "SHRWSE",
        }
        assert as_json.headers["authkey"] == "k3y"
        assert b"To=%2B919876543210" in as_form.content

    async def test_what_they_refuse_or_leave_unanswered_is_not_repeated(self) -> None:
        calls: list[str] = []

        def refuse(request: httpx.Request) -> httpx.Response:
            calls.append("refused")
            return httpx.Response(400, json={"code": 21211})

        def vanish(request: httpx.Request) -> httpx.Response:
            calls.append("vanished")
            raise httpx.ReadTimeout("gone", request=request)

        for answer in (refuse, vanish):
            with pytest.raises(Refused):
                await self.channel(answer).send(self.SMS)
        assert calls == ["refused", "vanished"]
        with pytest.raises(Refused):
            await NoSms().send(self.SMS)

    async def test_a_provider_that_cannot_be_reached_holds_no_mails_up(self) -> None:
        def away(request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("away", request=request)

        with pytest.raises(NotSent) as failure:
            await self.channel(away).send(self.SMS)
        assert failure.value.channel_down is False

    @pytest.mark.parametrize("values", [{"sms_provider": "http"}, {"sms_provider": "http", "sms_url": "http://x"}])
    def test_a_provider_without_an_address_stops_the_start(self, values: dict[str, Any]) -> None:
        with pytest.raises(ValidationError, match="sms_url"):
            AlertsSettings(**values)
