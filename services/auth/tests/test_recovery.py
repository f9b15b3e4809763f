"""A forgotten password, a changed one, and a login that strangers have blocked."""

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
from sqlalchemy import update

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.security.passwords import Passwords
from libs.common.testing.client import ClientFor
from services.auth.accounts.tables import User
from services.auth.tests.conftest import EMAIL, PASSWORD, Mailbox, Person

NEW = "monsoon-lanterns-by-the-river-9"
COOKIE = {"x-token-transport": "cookie", "origin": "http://localhost:8000"}


def token_of(url: str) -> str:
    match = re.search(r"\?token=([A-Za-z0-9_-]+)$", url)
    assert match is not None
    return match[1]


@pytest.fixture
def links(app: FastAPI, mailbox: Mailbox) -> Callable[[str], Any]:
    """Give the tokens of the links that were mailed for a purpose, oldest first."""

    async def of(purpose: str) -> list[str]:
        await app.state.afterwards.drain()
        return [token_of(mail.secret_url) for mail in await mailbox.commands() if mail.purpose == purpose]

    return of


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count every bcrypt, made or checked."""
    counted: list[str] = []
    for name in ("_hash", "_check"):
        real = getattr(Passwords, name)

        def counting(self: Passwords, *args: Any, real: Any = real, name: str = name) -> Any:
            counted.append(name)
            return real(self, *args)

        monkeypatch.setattr(Passwords, name, counting)
    return counted


async def forget(client: httpx.AsyncClient, email: str = EMAIL) -> httpx.Response:
    return await client.post("/api/auth/password/forgot/", json={"email": email})


async def reset(client: httpx.AsyncClient, token: str, password: str = NEW, **options: Any) -> httpx.Response:
    return await client.post("/api/auth/password/reset/", json={"token": token, "password": password}, **options)


class TestForgotten:
    @pytest.fixture(autouse=True)
    async def known(self, person: Person) -> None:
        await person.register_and_verify()

    async def test_a_link_sets_a_new_password_once(self, person: Person, links: Any, bearer: Any) -> None:
        sessions = [await person.tokens() for _ in range(2)]
        assert (await forget(person.client)).status_code == 202
        [token] = await links("password_reset")
        assert (await reset(person.client, token)).status_code == 200
        assert (await person.log_in()).status_code == 401
        assert (await person.log_in(NEW)).status_code == 200
        for one in sessions:
            assert (await person.client.get("/api/users/me/", headers=bearer(one["access_token"]))).status_code == 401
            refreshed = await person.client.post("/api/auth/refresh/", json={"refresh_token": one["refresh_token"]})
            assert refreshed.status_code == 401
        again = await reset(person.client, token, "another-river-runs-here-77")
        assert (again.status_code, again.json()["code"]) == (422, "invalid_token")

    async def test_the_link_leads_to_our_own_page_whatever_the_request_says(self, person: Person, app: FastAPI) -> None:
        await person.client.post(
            "/api/auth/password/forgot/",
            json={"email": EMAIL},
            headers={
                "origin": "https://evil.example",
                "x-forwarded-host": "evil.example",
                "referer": "https://evil.example",
            },
        )
        await app.state.afterwards.drain()
        [mail] = [mail for mail in await person.mailbox.commands() if mail.purpose == "password_reset"]
        assert mail.secret_url.startswith("http://localhost:8000/reset-password?token=")
        assert mail.to == EMAIL

    async def test_one_of_many_who_use_the_link_at_once_succeeds(self, person: Person, links: Any) -> None:
        await forget(person.client)
        [token] = await links("password_reset")
        passwords = [f"{NEW}-{number}" for number in range(12)]
        answers = await asyncio.gather(*(reset(person.client, token, one) for one in passwords))
        assert sorted(answer.status_code for answer in answers) == [200, *[422] * 11]
        [winner] = [one for one, answer in zip(passwords, answers, strict=True) if answer.status_code == 200]
        assert (await person.log_in(winner)).status_code == 200

    async def test_a_weak_password_leaves_the_link_good(self, person: Person, links: Any, hashes: list[str]) -> None:
        await forget(person.client)
        [token] = await links("password_reset")
        hashes.clear()
        weak = await reset(person.client, token, "asha_rao_1")
        assert (weak.status_code, weak.json()["errors"][0]["field"]) == (422, "/password")
        assert hashes == []
        assert (await reset(person.client, token)).status_code == 200
        assert hashes == ["_hash"]

    async def test_a_link_lasts_an_hour(self, person: Person, links: Any, clock: FixedClock) -> None:
        await forget(person.client)
        [token] = await links("password_reset")
        clock.move(timedelta(hours=1))
        assert (await reset(person.client, token)).json()["code"] == "invalid_token"

    async def test_a_reset_voids_every_other_link(self, person: Person, links: Any, app: FastAPI) -> None:
        for _ in range(2):
            await forget(person.client)
            await app.state.afterwards.drain()
        first, second = await links("password_reset")
        assert (await reset(person.client, second)).status_code == 200
        assert (await reset(person.client, first, "another-river-runs-here-77")).json()["code"] == "invalid_token"

    async def test_a_link_is_good_for_its_purpose_alone(self, person: Person, links: Any) -> None:
        await forget(person.client)
        [token] = await links("password_reset")
        for path in ("unblock", "email/confirm", "keep-account", "verify-email"):
            answer = await person.client.post(f"/api/auth/{path}/", json={"token": token})
            assert answer.json()["code"] == "invalid_token", path
        assert (await reset(person.client, token)).status_code == 200

    async def test_five_links_an_hour_are_enough(
        self, person: Person, links: Any, clock: FixedClock, app: FastAPI
    ) -> None:
        for number in range(8):
            await person.client.post(
                "/api/auth/password/forgot/",
                json={"email": EMAIL},
                headers={"x-forwarded-for": f"198.51.{number}.7"},
            )
            await app.state.afterwards.drain()
            clock.move(timedelta(minutes=2))
        assert 1 <= len(await links("password_reset")) <= 5

    async def test_unknown_addresses_are_not_told_from_known_ones(
        self, person: Person, links: Any, hashes: list[str]
    ) -> None:
        known, unknown = await forget(person.client), await forget(person.client, "nobody@example.com")
        assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
        assert set(known.headers) == set(unknown.headers)
        assert hashes == [], "no path hashes"
        assert len(await links("password_reset")) == 1
        bad = [await reset(person.client, token) for token in ("x" * 43, "never-mailed")]
        assert {(answer.status_code, answer.json()["code"]) for answer in bad} == {(422, "invalid_token")}
        assert hashes == [], "a link that is none costs nothing"

    async def test_an_unconfirmed_account_gets_its_confirmation(
        self, person: Person, links: Any, clock: FixedClock
    ) -> None:
        await person.register(email="late@example.com", username=None)
        clock.move(timedelta(minutes=5))
        await forget(person.client, "late@example.com")
        assert await links("password_reset") == []
        mails = [mail.purpose for mail in await person.mailbox.commands() if mail.to == "late@example.com"]
        assert mails == ["verify_email", "verify_email"]

    async def test_who_blocked_the_login_no_longer_does(self, person: Person, links: Any) -> None:
        for _ in range(6):
            answer = await person.log_in("not-the-password")
        assert answer.status_code == 429
        await forget(person.client)
        [token] = await links("password_reset")
        await reset(person.client, token)
        assert (await person.log_in(NEW)).status_code == 200

    async def test_a_locked_account_stays_locked(self, person: Person, links: Any, db: Database) -> None:
        async with db.transaction() as tx:
            await tx.session.execute(update(User).values(status="locked"))
        await forget(person.client)
        [token] = await links("password_reset")
        assert (await reset(person.client, token)).status_code == 200
        assert (await person.log_in(NEW)).status_code == 423

    async def test_a_login_that_was_checked_before_the_reset_opens_nothing(
        self, person: Person, app: FastAPI, links: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The thief's login waits at its end while the owner resets."""
        await forget(person.client)
        [token] = await links("password_reset")
        sessions = app.state.sessions
        real = sessions.lock_user

        async def late(*args: Any) -> Any:
            monkeypatch.setattr(sessions, "lock_user", real)
            assert (await reset(person.client, token)).status_code == 200
            return await real(*args)

        monkeypatch.setattr(sessions, "lock_user", late)
        assert (await person.log_in()).status_code == 401

    async def test_the_owner_is_told(self, person: Person, links: Any, db: Database, published: Any) -> None:
        await forget(person.client)
        [token] = await links("password_reset")
        await reset(person.client, token)
        told = [event.data["kind"] for event in await published(db) if event.type == "auth.security.noticed.v1"]
        assert told == ["password_reset"]
        actions = [e.data["record"]["action"] for e in await published(db) if e.type == "auth.action.recorded.v1"]
        assert actions == ["password.reset"]


class TestChanged:
    @pytest_asyncio.fixture
    async def headers(self, person: Person, bearer: Any) -> dict[str, str]:
        await person.register_and_verify()
        found: dict[str, str] = bearer((await person.tokens())["access_token"])
        return found

    async def change(
        self, person: Person, headers: Any, current: str = PASSWORD, password: str = NEW
    ) -> httpx.Response:
        body = {"current_password": current, "password": password}
        return await person.client.post("/api/auth/password/change/", json=body, headers=headers)

    async def test_the_other_sessions_end_and_this_one_stays(self, person: Person, headers: Any, bearer: Any) -> None:
        other = bearer((await person.tokens())["access_token"])
        assert (await self.change(person, headers)).status_code == 204
        assert (await person.client.get("/api/users/me/", headers=headers)).status_code == 200
        assert (await person.client.get("/api/users/me/", headers=other)).status_code == 401
        assert (await person.log_in()).status_code == 401
        assert (await person.log_in(NEW)).status_code == 200

    async def test_it_costs_a_check_and_a_hash(self, person: Person, headers: Any, hashes: list[str]) -> None:
        assert (await self.change(person, headers, current="wrong-one")).status_code == 422
        assert hashes == ["_check"]
        assert (await self.change(person, headers)).status_code == 204
        assert hashes == ["_check", "_check", "_hash"]

    @pytest.mark.parametrize(
        ("current", "password", "field", "code"),
        [
            ("wrong-one", NEW, "/current_password", "password_wrong"),
            (PASSWORD, PASSWORD, "/password", "password_same"),
            (PASSWORD, "sharewise-asha", "/password", "password_too_easy"),
            (PASSWORD, "short", "/password", "too_short"),
        ],
    )
    async def test_what_is_wrong_is_told_at_its_field(
        self, person: Person, headers: Any, current: str, password: str, field: str, code: str
    ) -> None:
        answer = await self.change(person, headers, current, password)
        assert answer.status_code == 422
        assert (answer.json()["errors"][0]["field"], answer.json()["errors"][0]["code"]) == (field, code)

    async def test_it_needs_a_recent_login(self, person: Person, headers: Any, clock: FixedClock) -> None:
        clock.move(timedelta(minutes=6))
        answer = await self.change(person, headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "step_up_required")

    async def test_nobody_tries_passwords_at_an_open_session(self, person: Person, headers: Any) -> None:
        answers = [(await self.change(person, headers, f"guess-{n}")).status_code for n in range(7)]
        assert answers == [422] * 5 + [429] * 2

    async def test_of_two_changes_at_once_one_counts(self, person: Person, headers: Any) -> None:
        passwords = [NEW, "another-river-runs-here-77"]
        answers = await asyncio.gather(*(self.change(person, headers, password=one) for one in passwords))
        assert sorted(answer.status_code for answer in answers) == [204, 422]


class TestBlocked:
    @pytest.fixture(autouse=True)
    async def known(self, person: Person) -> None:
        await person.register_and_verify()

    async def block(self, client: httpx.AsyncClient, **headers: str) -> None:
        for _ in range(6):
            body = {"email": EMAIL, "password": "not-the-password"}
            answer = await client.post("/api/auth/login/", json=body, headers=headers)
        assert answer.status_code == 429

    async def test_the_owner_gets_one_mail_an_hour(
        self, person: Person, links: Any, clock: FixedClock, app: FastAPI
    ) -> None:
        for number in range(4):
            await self.block(person.client, **{"x-forwarded-for": f"203.0.{number}.9"})
            await app.state.afterwards.drain()
        assert len(await links("login_unblock")) == 1
        clock.move(timedelta(minutes=61))
        await self.block(person.client, **{"x-forwarded-for": "203.0.77.9"})
        assert len(await links("login_unblock")) == 2

    async def test_many_refused_tries_at_once_make_one_mail(self, person: Person, links: Any) -> None:
        await self.block(person.client)
        body = {"email": EMAIL, "password": "not-the-password"}
        await asyncio.gather(*(person.client.post("/api/auth/login/", json=body) for _ in range(10)))
        assert len(await links("login_unblock")) == 1

    async def test_strangers_learn_nothing_of_it(self, person: Person, links: Any) -> None:
        await self.block(person.client)
        known = await person.log_in("not-the-password")
        for _ in range(6):
            unknown = await person.log_in("not-the-password", name={"email": "nobody@example.com"})
        hidden = {"request_id", "retry_after"}
        same = [{k: v for k, v in one.json().items() if k not in hidden} for one in (known, unknown)]
        assert same[0] == same[1]
        assert known.status_code == unknown.status_code == 429
        assert set(known.headers) == set(unknown.headers)
        assert len(await links("login_unblock")) == 1

    async def test_the_link_lets_its_owner_in_from_the_same_network(
        self, person: Person, app: FastAPI, client_for: ClientFor, links: Any
    ) -> None:
        """A stranger behind the same address goes on trying, and stays out."""
        async with client_for(app) as stranger:
            await self.block(stranger)
            [token] = await links("login_unblock")
            opened = await person.client.post("/api/auth/unblock/", json={"token": token}, headers=COOKIE)
            assert opened.status_code == 200
            assert "device" in person.client.cookies
            for _ in range(6):
                await stranger.post("/api/auth/login/", json={"email": EMAIL, "password": "not-the-password"})
            assert (await person.log_in(headers=COOKIE)).status_code == 200
            refused = await stranger.post("/api/auth/login/", json={"email": EMAIL, "password": PASSWORD})
            assert refused.status_code == 429

    async def test_a_link_works_once_and_opens_no_session(self, person: Person, links: Any) -> None:
        await self.block(person.client)
        [token] = await links("login_unblock")
        answers = await asyncio.gather(
            *(person.client.post("/api/auth/unblock/", json={"token": token}) for _ in range(8))
        )
        assert sorted(answer.status_code for answer in answers) == [200, *[422] * 7]
        assert all("token" not in answer.text.replace("invalid_token", "") for answer in answers)
        assert (await person.client.get("/api/users/me/")).status_code == 401
        assert (await person.log_in()).status_code == 200

    async def test_a_page_of_others_cannot_set_our_cookie(self, person: Person, links: Any) -> None:
        await self.block(person.client)
        [token] = await links("login_unblock")
        headers = {"x-token-transport": "cookie", "origin": "https://evil.example"}
        refused = await person.client.post("/api/auth/unblock/", json={"token": token}, headers=headers)
        assert refused.status_code == 403
        assert (await person.client.post("/api/auth/unblock/", json={"token": token})).status_code == 200
