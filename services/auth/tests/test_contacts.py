"""Another address, which both sides confirm, and a number that is confirmed by code."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.http import Http
from libs.common.ids import uuid7
from libs.contracts.auth import MailCommand
from services.auth.app import build_app
from services.auth.contacts.rules import hash_code, is_complete, shown_email, write_code
from services.auth.settings import AuthSettings
from services.auth.tests.conftest import EMAIL, PASSWORD, Mailbox, Person

NEW_EMAIL = "asha@home.example.org"
PHONE = "+919876543210"


@pytest_asyncio.fixture
async def headers(person: Person, bearer: Callable[[str], dict[str, str]]) -> dict[str, str]:
    await person.register_and_verify()
    return bearer((await person.tokens())["access_token"])


@pytest.fixture
def mails(mailbox: Mailbox) -> Callable[..., Any]:
    async def of(purpose: str) -> list[MailCommand]:
        return [mail for mail in await mailbox.commands() if mail.purpose == purpose]

    return of


def token_of(mail: MailCommand) -> str:
    match = re.search(r"/confirm-email\?token=([A-Za-z0-9_-]+)$", mail.secret_url)
    assert match is not None
    return match[1]


async def ask(person: Person, headers: Any, email: str = NEW_EMAIL) -> httpx.Response:
    return await person.client.post("/api/users/me/email/", json={"email": email}, headers=headers)


async def confirm(person: Person, mail: MailCommand) -> httpx.Response:
    return await person.client.post("/api/auth/email/confirm/", json={"token": token_of(mail)})


class TestAddress:
    @pytest.mark.parametrize("first", ["new", "old"])
    async def test_it_changes_when_both_have_confirmed(
        self, person: Person, headers: Any, mails: Any, db: Database, published: Any, first: str
    ) -> None:
        assert (await ask(person, headers)).status_code == 202
        [new], [old] = await mails("email_change_new"), await mails("email_change_old")
        assert (new.to, old.to, old.details) == (NEW_EMAIL, EMAIL, {"email": NEW_EMAIL})
        one, other = (new, old) if first == "new" else (old, new)
        half = (await confirm(person, one)).json()
        assert half == {"changed": False, "waits_for": "old" if first == "new" else "new"}
        assert (await person.log_in()).status_code == 200
        assert (await confirm(person, other)).json() == {"changed": True, "waits_for": ""}
        assert (await person.log_in()).status_code == 401
        assert (await person.log_in(name={"email": NEW_EMAIL})).status_code == 200
        events = {event.type: event.data for event in await published(db)}
        assert events["auth.profile.changed.v1"]["email"] == NEW_EMAIL
        assert events["auth.security.noticed.v1"]["kind"] == "email_changed"
        assert NEW_EMAIL not in str(events["auth.security.noticed.v1"])

    async def test_both_sides_at_once_change_it_once(
        self, person: Person, headers: Any, mails: Any, db: Database, published: Any
    ) -> None:
        await ask(person, headers)
        [new], [old] = await mails("email_change_new"), await mails("email_change_old")
        answers = await asyncio.gather(*(confirm(person, mail) for mail in (new, old) for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [200, 200, *[422] * 8]
        assert [answer.json().get("changed") for answer in answers if answer.status_code == 200].count(True) == 1
        assert [event.type for event in await published(db)].count("auth.profile.changed.v1") == 1

    async def test_a_taken_address_is_not_told(
        self, person: Person, headers: Any, mails: Any, clock: FixedClock
    ) -> None:
        await person.register_and_verify(email="taken@example.com", username=None)
        taken = await ask(person, headers, "taken@example.com")
        [old] = await mails("email_change_old")
        assert (await confirm(person, old)).json() == {"changed": False, "waits_for": "new"}
        clock.move(timedelta(minutes=2))
        free = await ask(person, headers)
        assert (taken.status_code, set(taken.json())) == (free.status_code, set(free.json()))
        assert [mail.to for mail in await mails("email_change_new")] == [NEW_EMAIL]
        assert [mail.to for mail in await mails("account_exists")] == ["taken@example.com"]

    async def test_an_address_that_somebody_else_confirms_in_between_stays_theirs(
        self, person: Person, headers: Any, mails: Any
    ) -> None:
        await ask(person, headers)
        await person.register_and_verify(email=NEW_EMAIL, username=None)
        [new], [old] = await mails("email_change_new"), await mails("email_change_old")
        assert (await confirm(person, new)).status_code == 200
        answer = await confirm(person, old)
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
        assert (await person.log_in()).status_code == 200

    async def test_a_registration_that_nobody_confirmed_holds_no_address(
        self, person: Person, headers: Any, mails: Any
    ) -> None:
        await person.register(email=NEW_EMAIL, username=None)
        await ask(person, headers)
        [new], [old] = await mails("email_change_new"), await mails("email_change_old")
        await confirm(person, new)
        assert (await confirm(person, old)).json()["changed"] is True

    async def test_a_new_wish_voids_the_old_one_and_waits_a_little(
        self, person: Person, headers: Any, mails: Any, clock: FixedClock
    ) -> None:
        await ask(person, headers)
        soon = await ask(person, headers, "third@example.com")
        assert (soon.status_code, soon.json()["code"]) == (429, "too_many_requests")
        clock.move(timedelta(seconds=61))
        assert (await ask(person, headers, "third@example.com")).status_code == 202
        first, second = await mails("email_change_new")
        assert (await confirm(person, first)).json()["code"] == "invalid_token"
        assert (await confirm(person, second)).status_code == 200

    async def test_it_can_be_withdrawn_and_ends_after_a_day(
        self, person: Person, headers: Any, mails: Any, clock: FixedClock
    ) -> None:
        await ask(person, headers)
        shown = (await person.client.get("/api/users/me/email/", headers=headers)).json()["pending"]
        assert (shown["email"], shown["new_confirmed"]) == (NEW_EMAIL, False)
        assert (await person.client.delete("/api/users/me/email/", headers=headers)).status_code == 204
        assert (await person.client.get("/api/users/me/email/", headers=headers)).json() == {"pending": None}
        [new] = await mails("email_change_new")
        assert (await confirm(person, new)).json()["code"] == "invalid_token"
        clock.move(timedelta(minutes=2))
        await ask(person, headers)
        clock.move(timedelta(hours=24))
        for mail in (await mails("email_change_new"))[-1:] + (await mails("email_change_old"))[-1:]:
            assert (await confirm(person, mail)).json()["code"] == "invalid_token"

    async def test_a_new_password_ends_a_change_that_a_thief_began(
        self, person: Person, headers: Any, mails: Any
    ) -> None:
        await ask(person, headers)
        body = {"current_password": PASSWORD, "password": "monsoon-lanterns-by-the-river-9"}
        assert (await person.client.post("/api/auth/password/change/", json=body, headers=headers)).status_code == 204
        for mail in [*await mails("email_change_new"), *await mails("email_change_old")]:
            assert (await confirm(person, mail)).json()["code"] == "invalid_token"

    async def test_it_needs_a_recent_login_and_another_address(
        self, person: Person, headers: Any, clock: FixedClock
    ) -> None:
        assert (await ask(person, headers, EMAIL.upper())).json()["errors"][0]["code"] == "email_same"
        clock.move(timedelta(minutes=6))
        assert (await ask(person, headers)).json()["code"] == "step_up_required"


class Alerts:
    """What alerts answers when auth asks whether short messages are sent."""

    def __init__(self) -> None:
        self.are_sent: bool | None = True
        """None while alerts is away."""
        self.asked = 0

    async def answer(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/internal/short-messages"
        self.asked += 1
        if self.are_sent is None:
            raise httpx.ConnectError("down", request=request)
        return httpx.Response(200, json={"are_sent": self.are_sent})


class TestNoProvider:
    @pytest.fixture
    def alerts(self) -> Alerts:
        return Alerts()

    @pytest.fixture
    def app(self, settings: AuthSettings, db: Database, clock: FixedClock, alerts: Alerts) -> FastAPI:
        http = Http("auth", transport=httpx.MockTransport(alerts.answer), retries=0)
        return build_app(settings, db=db, clock=clock, http=http)

    async def test_nobody_is_told_to_wait_for_a_code_that_never_comes(
        self, person: Person, headers: Any, mails: Any, alerts: Alerts, clock: FixedClock
    ) -> None:
        alerts.are_sent = False
        answer = await person.client.post("/api/users/me/phone/", json={"phone": PHONE}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
        assert "No text messages" in answer.json()["detail"]
        shown = await person.client.get("/api/users/me/phone/", headers=headers)
        assert shown.json() == {"can_confirm": False}
        assert await mails("phone_code") == []
        assert alerts.asked == 1, "the answer is kept for a minute"
        alerts.are_sent = True
        clock.move(timedelta(seconds=61))
        assert (await person.client.get("/api/users/me/phone/", headers=headers)).json() == {"can_confirm": True}

    async def test_while_alerts_is_away_the_code_waits_as_every_mail_does(
        self, person: Person, headers: Any, mails: Any, alerts: Alerts
    ) -> None:
        alerts.are_sent = None
        answer = await person.client.post("/api/users/me/phone/", json={"phone": PHONE}, headers=headers)
        assert answer.status_code == 202
        assert len(await mails("phone_code")) == 1


class TestNumber:
    async def send(self, person: Person, headers: Any, phone: str = PHONE) -> httpx.Response:
        return await person.client.post("/api/users/me/phone/", json={"phone": phone}, headers=headers)

    async def confirm(self, person: Person, headers: Any, code: str) -> httpx.Response:
        return await person.client.post("/api/users/me/phone/confirm/", json={"code": code}, headers=headers)

    async def test_a_code_confirms_it_once(self, person: Person, headers: Any, mails: Any) -> None:
        assert (await self.send(person, headers)).status_code == 202
        [command] = await mails("phone_code")
        assert (command.to, command.secret_url) == (PHONE, "")
        assert re.fullmatch(r"\d{6}", command.code)
        answers = await asyncio.gather(*(self.confirm(person, headers, command.code) for _ in range(4)))
        assert [answer.status_code for answer in answers].count(200) == 1
        me = (await person.client.get("/api/users/me/", headers=headers)).json()
        assert (me["phone"], me["phone_confirmed"]) == (PHONE, True)

    async def test_five_wrong_tries_void_it_also_at_once(self, person: Person, headers: Any, mails: Any) -> None:
        await self.send(person, headers)
        [command] = await mails("phone_code")
        wrong = [f"{(int(command.code) + n) % 1_000_000:06d}" for n in range(1, 9)]
        answers = await asyncio.gather(*(self.confirm(person, headers, one) for one in wrong))
        assert {answer.status_code for answer in answers} == {422}
        assert (await self.confirm(person, headers, command.code)).json()["errors"][0]["code"] == "code_wrong"

    async def test_it_lasts_ten_minutes_and_a_new_one_voids_it(
        self, person: Person, headers: Any, mails: Any, clock: FixedClock
    ) -> None:
        await self.send(person, headers)
        assert (await self.send(person, headers)).status_code == 429
        clock.move(timedelta(seconds=61))
        assert (await self.send(person, headers)).status_code == 202
        first, second = await mails("phone_code")
        if first.code != second.code:
            assert (await self.confirm(person, headers, first.code)).status_code == 422
        clock.move(timedelta(minutes=10))
        assert (await self.confirm(person, headers, second.code)).status_code == 422

    async def test_a_number_is_shared_until_one_confirms_it(
        self, person: Person, headers: Any, mails: Any, bearer: Any, clock: FixedClock
    ) -> None:
        await self.send(person, headers)
        await person.register_and_verify(email="other@example.com", username=None, phone=PHONE)
        login = await person.log_in(name={"email": "other@example.com"})
        other = bearer(login.json()["access_token"])
        assert (await self.send(person, other)).status_code == 202
        mine, theirs = await mails("phone_code")
        codes = [(headers, mine.code), (other, theirs.code)]
        answers = await asyncio.gather(*(self.confirm(person, who, code) for who, code in codes))
        assert sorted(answer.status_code for answer in answers) == [200, 409]

    async def test_codes_for_a_day_are_counted(
        self, person: Person, headers: Any, clock: FixedClock, bearer: Any
    ) -> None:
        statuses = []
        for _ in range(12):
            clock.move(timedelta(minutes=2))
            fresh = bearer((await person.tokens())["access_token"])
            statuses.append((await self.send(person, fresh)).status_code)
        assert statuses.count(202) <= 10
        assert statuses[-1] == 429

    async def test_a_confirmed_number_does_not_change_by_the_profile(
        self, person: Person, headers: Any, mails: Any
    ) -> None:
        await self.send(person, headers)
        [command] = await mails("phone_code")
        await self.confirm(person, headers, command.code)
        for phone in ("", "+919999999999"):
            answer = await person.client.patch("/api/users/me/", json={"phone": phone}, headers=headers)
            assert answer.status_code == 409
        assert (await person.client.delete("/api/users/me/phone/", headers=headers)).status_code == 204
        me = (await person.client.get("/api/users/me/", headers=headers)).json()
        assert (me["phone"], me["phone_confirmed"]) == (None, False)

    @pytest.mark.parametrize("phone", ["", "+91", "12345", "+91123", "+91abc"])
    async def test_what_is_no_number_is_refused(self, person: Person, headers: Any, phone: str) -> None:
        answer = await self.send(person, headers, phone)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "/phone")

    @pytest.mark.parametrize("code", ["", "12345", "1234567", 123456, None])
    async def test_what_is_no_code_is_refused(self, person: Person, headers: Any, code: Any) -> None:
        assert (await self.confirm(person, headers, code)).status_code == 422


def test_a_code_is_hashed_with_a_key_for_its_person_and_number() -> None:
    user = uuid7()
    hashed = hash_code(b"key", user, PHONE, "123456")
    others = [(b"other", user, PHONE), (b"key", uuid7(), PHONE), (b"key", user, "+911")]
    assert all(hash_code(key, who, phone, "123456") != hashed for key, who, phone in others)
    assert write_code(7) == "000007"


def test_a_change_needs_both(clock: FixedClock) -> None:
    now = clock.now()
    assert is_complete(now, now)
    assert not is_complete(now, None)
    assert not is_complete(None, now)
    assert shown_email("asha@example.com") == "a***@example.com"
