"""Taking one's data away, and having it deleted: from every service, also when some do not answer."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.http import Http, ServiceClient
from libs.common.security.tokens import Purpose
from services.auth.accounts.tables import User
from services.auth.personal_data.rules import KEPT, SERVICES, still_to_answer, wait_before_try, without_withheld
from services.auth.personal_data.service import Erasing, Gathering
from services.auth.personal_data.tables import DataExport, Erasure
from services.auth.settings import AuthSettings
from services.auth.tests.conftest import EMAIL, PASSWORD, Mailbox, Person
from services.auth.wiring import make_cipher

EXPORT = "/api/users/me/export/"
PORTS = {8001: "auth", 8002: "market", 8003: "alerts", 8004: "signals", 8005: "broker", 8006: "billing"}


@dataclass
class Peers:
    """The services, in process. Auth is the app itself; `down` do not answer."""

    app: FastAPI
    down: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        name = PORTS[request.url.port or 0]
        self.asked.append(f"{name} {request.url.path.rsplit('/', 1)[1]}")
        if name in self.down:
            raise httpx.ConnectError("down", request=request)
        if name == "auth":
            return await httpx.ASGITransport(app=self.app).handle_async_request(request)
        if request.method == "POST":
            return httpx.Response(204)
        kept = {"alerts": [{"symbol": "AAPL"}], "aml_cases": ["secret"], "kyc": {"aml_score": 9, "state": "draft"}}
        return httpx.Response(200, json=kept if name == "broker" else {"kept_by": name})


class OwnTokens:
    """Service tokens of auth, signed by the app."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def token_for(self, audience: str) -> str:
        claims = {"sub": "service:auth", "scope": "personal-data"}
        token, _ = await self._app.state.keyring.sign(
            claims, purpose=Purpose.SERVICE, ttl=timedelta(minutes=5), audience=audience
        )
        return str(token)

    def forget(self, audience: str) -> None:
        """Nothing is kept."""


@pytest.fixture
def peers(app: FastAPI) -> Peers:
    return Peers(app)


@pytest_asyncio.fixture
async def clients(peers: Peers, app: FastAPI, settings: AuthSettings, person: Person) -> dict[str, ServiceClient]:
    """What the worker asks the services with. `person` opens the app, which signs by the clock of the test."""
    http = Http("test", transport=httpx.MockTransport(peers.answer), retries=0)
    source = OwnTokens(app)
    return {name: ServiceClient(http, getattr(settings, f"{name}_url"), name, source) for name in SERVICES}


@pytest.fixture
def gathering(db: Database, settings: AuthSettings, clock: FixedClock, clients: Any) -> Gathering:
    return Gathering(db, make_cipher(settings), clients, clock, settings)


@pytest.fixture
def erasing(db: Database, clock: FixedClock, clients: Any) -> Erasing:
    return Erasing(db, clients, clock)


@pytest_asyncio.fixture
async def headers(person: Person, bearer: Callable[[str], dict[str, str]]) -> dict[str, str]:
    await person.register_and_verify()
    return bearer((await person.tokens())["access_token"])


async def close(person: Person, headers: Any, password: str | None = PASSWORD) -> httpx.Response:
    body = None if password is None else {"password": password}
    return await person.client.request("DELETE", "/api/users/me/", json=body, headers=headers)


async def cancel_token(mailbox: Mailbox) -> str:
    [mail] = [mail for mail in await mailbox.commands() if mail.purpose == "account_closing"]
    match = re.search(r"/keep-account\?token=([A-Za-z0-9_-]+)$", mail.secret_url)
    assert match is not None
    return match[1]


class TestExport:
    async def test_it_gathers_every_service_and_is_fetched_for_a_day(
        self, person: Person, headers: Any, gathering: Gathering, clock: FixedClock, db: Database, bearer: Any
    ) -> None:
        assert (await person.client.get(EXPORT, headers=headers)).json()["state"] == "none"
        begun = await person.client.post(EXPORT, headers=headers)
        assert (begun.status_code, begun.headers["location"]) == (202, EXPORT)
        assert (await person.client.get(f"{EXPORT}file/", headers=headers)).status_code == 404
        assert await gathering.make_due() == 1
        assert (await person.client.get(EXPORT, headers=headers)).json()["state"] == "ready"
        fetched = await person.client.get(f"{EXPORT}file/", headers=headers)
        assert "attachment" in fetched.headers["content-disposition"]
        assert fetched.headers["cache-control"] == "no-store"
        file = fetched.json()
        assert set(file["data"]) == set(SERVICES)
        assert file["data"]["auth"]["account"]["email"] == EMAIL
        assert file["data"]["market"] == {"kept_by": "market"}
        assert "aml" not in fetched.text
        assert file["data"]["broker"]["kyc"] == {"state": "draft"}
        assert "hash" not in fetched.text
        async with db.read() as session:
            stored = await session.scalar(select(DataExport.content))
        assert EMAIL not in str(stored), "it lies encrypted"
        clock.move(timedelta(hours=24))
        fresh = bearer((await person.tokens())["access_token"])
        assert (await person.client.get(f"{EXPORT}file/", headers=fresh)).status_code == 404
        await gathering.drop_ended()
        async with db.read() as session:
            assert await session.scalar(select(func.count()).select_from(DataExport)) == 0

    async def test_a_service_that_does_not_answer_is_waited_for_and_then_named(
        self, person: Person, headers: Any, gathering: Gathering, peers: Peers, clock: FixedClock, bearer: Any
    ) -> None:
        peers.down = {"signals", "billing"}
        await person.client.post(EXPORT, headers=headers)
        assert await gathering.make_due() == 0
        peers.down = {"billing"}
        for _ in range(30):
            clock.move(timedelta(seconds=31))
            if await gathering.make_due():
                break
        fresh = bearer((await person.tokens())["access_token"])
        shown = (await person.client.get(EXPORT, headers=fresh)).json()
        assert (shown["state"], shown["missing"]) == ("ready", ["billing"])
        file = (await person.client.get(f"{EXPORT}file/", headers=fresh)).json()
        assert "signals" in file["data"]
        assert set(file["missing"]) == {"billing"}

    async def test_one_is_made_at_a_time_however_many_ask(
        self, person: Person, headers: Any, gathering: Gathering, peers: Peers
    ) -> None:
        answers = await asyncio.gather(*(person.client.post(EXPORT, headers=headers) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [202, *[409] * 7]
        made = await asyncio.gather(*(gathering.make_due() for _ in range(3)))
        assert sum(made) == 1
        assert peers.asked.count("market export") == 1
        assert (await person.client.post(EXPORT, headers=headers)).status_code == 202

    async def test_it_is_for_its_person_alone(
        self, person: Person, headers: Any, gathering: Gathering, bearer: Any, clock: FixedClock
    ) -> None:
        await person.client.post(EXPORT, headers=headers)
        await gathering.make_due()
        await person.register_and_verify(email="other@example.com", username=None)
        other = bearer((await person.log_in(name={"email": "other@example.com"})).json()["access_token"])
        assert (await person.client.get(f"{EXPORT}file/", headers=other)).status_code == 404
        clock.move(timedelta(minutes=6))
        assert (await person.client.get(f"{EXPORT}file/", headers=headers)).json()["code"] == "step_up_required"
        assert (await person.client.post(EXPORT, headers=headers)).json()["code"] == "step_up_required"

    @given(
        st.recursive(
            st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["aml_cases", "AML", "a", "b"]), inner, max_size=3)
            ),
            max_leaves=15,
        )
    )
    def test_case_data_leaves_the_house_at_no_depth(self, handed: Any) -> None:
        assert '"aml' not in json.dumps(without_withheld(handed)).lower()


class TestDeletion:
    async def test_the_account_ends_at_once_and_is_gone_after_the_grace_time(
        self,
        person: Person,
        headers: Any,
        erasing: Erasing,
        peers: Peers,
        clock: FixedClock,
        db: Database,
        published: Any,
        app: FastAPI,
    ) -> None:
        answer = await close(person, headers)
        assert answer.status_code == 202, answer.text
        assert len(answer.json()["kept"]) == len(KEPT)
        assert (await person.client.get("/api/users/me/", headers=headers)).status_code == 401
        locked = await person.log_in()
        assert (locked.status_code, locked.json()["code"]) == (423, "account_locked")
        assert "deleted" in locked.json()["detail"]
        clock.move(timedelta(days=6, hours=23))
        assert await erasing.erase_due() == 0
        assert peers.asked == []
        clock.move(timedelta(hours=2))
        assert await erasing.erase_due() == 1
        assert peers.asked[-1] == "auth erase", "auth is the last"
        assert sorted(peers.asked) == sorted(f"{name} erase" for name in SERVICES)
        assert (await person.log_in()).status_code == 401
        assert [event.type for event in await published(db)].count("auth.user.erased.v1") == 1
        assert await erasing.erase_due() == 0
        async with db.read() as session:
            names = await session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'auth'"))
            tables = [name for name in names if name not in {"outbox", "alembic_version"}]
            rows = [str(row) for name in tables for row in await session.scalars(text(f"SELECT t::text FROM {name} t"))]
        assert EMAIL not in "\n".join(rows)
        assert "asha" not in "\n".join(rows).lower()

    async def test_it_goes_on_until_every_service_has_answered(
        self, person: Person, headers: Any, erasing: Erasing, peers: Peers, clock: FixedClock, db: Database
    ) -> None:
        await close(person, headers)
        clock.move(timedelta(days=8))
        peers.down = {"broker", "alerts"}
        assert await erasing.erase_due() == 0
        assert await erasing.erase_due() == 0, "not again at once"
        async with db.read() as session:
            erasure = (await session.scalars(select(Erasure))).one()
            assert set(erasure.answered) == {"market", "signals", "billing"}
            assert await session.scalar(select(func.count()).select_from(User)) == 1, "auth waits for the others"
        peers.asked.clear()
        peers.down = {"auth"}
        clock.move(timedelta(minutes=1))
        assert await erasing.erase_due() == 0
        assert sorted(peers.asked) == ["alerts erase", "auth erase", "broker erase"]
        peers.down = set()
        clock.move(timedelta(hours=1))
        assert await erasing.erase_due() == 1

    async def test_two_who_ask_at_once_end_it_once(
        self, person: Person, headers: Any, erasing: Erasing, mailbox: Mailbox, clock: FixedClock, peers: Peers
    ) -> None:
        answers = await asyncio.gather(*(close(person, headers) for _ in range(4)))
        assert {answer.status_code for answer in answers} <= {202, 401}
        assert len({answer.text for answer in answers if answer.status_code == 202}) == 1
        await cancel_token(mailbox)
        clock.move(timedelta(days=8))
        done = await asyncio.gather(*(erasing.erase_due() for _ in range(4)))
        assert sum(done) == 1
        assert peers.asked.count("market erase") == 1

    async def test_the_mailed_link_takes_it_back_until_it_begins(
        self, person: Person, headers: Any, erasing: Erasing, mailbox: Mailbox, clock: FixedClock, peers: Peers
    ) -> None:
        await close(person, headers)
        token = await cancel_token(mailbox)
        kept = await asyncio.gather(
            *(person.client.post("/api/auth/keep-account/", json={"token": token}) for _ in range(5))
        )
        assert sorted(answer.status_code for answer in kept) == [200, *[422] * 4]
        assert (await person.log_in()).status_code == 200
        clock.move(timedelta(days=9))
        assert await erasing.erase_due() == 0
        assert peers.asked == []

    async def test_once_it_has_begun_there_is_no_way_back(
        self,
        person: Person,
        headers: Any,
        erasing: Erasing,
        mailbox: Mailbox,
        clock: FixedClock,
        peers: Peers,
        db: Database,
    ) -> None:
        await close(person, headers)
        token = await cancel_token(mailbox)
        async with db.transaction() as tx:
            await tx.session.execute(
                text("UPDATE erasures SET due_at = :now, next_try_at = :now"), {"now": clock.now()}
            )
        peers.down = {"broker"}
        await erasing.erase_due()
        answer = await person.client.post("/api/auth/keep-account/", json={"token": token})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_token")
        assert (await person.log_in()).status_code == 423

    async def test_an_export_that_runs_while_the_account_goes_is_dropped(
        self, person: Person, headers: Any, gathering: Gathering, db: Database
    ) -> None:
        await person.client.post(EXPORT, headers=headers)
        async with db.read() as session:
            export = (await session.scalars(select(DataExport))).one()
        await close(person, headers)
        assert await gathering._make(export) is False
        assert await gathering.make_due() == 0
        async with db.read() as session:
            assert await session.scalar(select(func.count()).select_from(DataExport)) == 0

    @pytest.mark.parametrize("password", ["wrong-one", None])
    async def test_it_needs_the_password(
        self, person: Person, headers: Any, password: str | None, db: Database
    ) -> None:
        answer = await close(person, headers, password)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "/password")
        assert (await person.client.get("/api/users/me/", headers=headers)).status_code == 200

    async def test_a_second_factor_stands_for_the_password(
        self, person: Person, headers: Any, app: FastAPI, clock: FixedClock
    ) -> None:
        user_id = UUID((await person.client.get("/api/users/me/", headers=headers)).json()["id"])
        held = (await app.state.sessions.list_open(user_id))[0]
        user = await app.state.accounts.get(user_id)
        held.amr = ["pwd", "otp"]
        token, _ = await app.state.sessions._grants.access_token(user, held)
        assert (await close(person, {"authorization": f"Bearer {token}"}, None)).status_code == 202

    async def test_it_needs_a_recent_login_and_is_explained(
        self, person: Person, headers: Any, clock: FixedClock
    ) -> None:
        shown = (await person.client.get("/api/users/me/erasure/", headers=headers)).json()
        assert shown["grace_days"] == 7
        assert {"what", "law", "until"} == set(shown["kept"][0])
        clock.move(timedelta(minutes=6))
        assert (await close(person, headers)).json()["code"] == "step_up_required"


@given(st.sets(st.sampled_from(SERVICES)))
def test_auth_is_asked_when_all_others_have_answered(answered: set[str]) -> None:
    missing = still_to_answer(answered)
    assert not answered & set(missing)
    assert ("auth" in missing) == (answered == set(SERVICES) - {"auth"})


def test_tries_come_further_apart_up_to_an_hour() -> None:
    waits = [wait_before_try(number) for number in range(1, 40)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(seconds=30), timedelta(hours=1))
