"""What operators do from the command line, and the demo staff that only a development platform has."""

from __future__ import annotations

from typing import Any

import httpx
import pyotp
import pytest
from fastapi import FastAPI
from redis.asyncio import Redis
from sqlalchemy import select

from deploy.local import banner
from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.errors import Conflict, NotFound
from libs.common.security.permissions import Role
from libs.common.testing.client import ClientFor
from libs.common.testing.plugin import SettingsFactory
from services.auth.accounts.tables import User
from services.auth.app import build_app
from services.auth.demo import STAFF, TRADER
from services.auth.limits.service import Limiter
from services.auth.links.service import Links
from services.auth.mails.service import MailBox
from services.auth.operators.service import Operators
from services.auth.revocations.service import Revocations
from services.auth.security_log.service import SecurityLog
from services.auth.settings import AuthSettings
from services.auth.standing.service import Standings
from services.auth.tests.conftest import EMAIL, PASSWORD, Person
from services.auth.tests.staffing import Crowd
from services.auth.tests.test_staff import audited, kinds_of
from services.auth.wiring import make_cipher, make_passwords


@pytest.fixture
def operators(db: Database, redis: Redis, clock: FixedClock, settings: AuthSettings) -> Operators:
    cipher = make_cipher(settings)
    return Operators(
        db,
        make_passwords(settings),
        Links(MailBox(cipher, clock, lambda _key: None), clock, settings),
        Limiter(redis, settings),
        Standings(Revocations(db, redis, clock), clock),
        SecurityLog(db, clock),
        clock,
        settings,
    )


async def test_the_first_super_admin_sets_the_password_by_a_link(
    operators: Operators, client: httpx.AsyncClient, db: Database, published: Any
) -> None:
    appointed = await operators.create_super_admin("boss@example.com")
    assert appointed.link is not None
    address, _, token = appointed.link.partition("?token=")
    assert address.endswith("/reset-password")
    body = {"token": token, "password": PASSWORD}
    for status in (200, 422):
        assert (await client.post("/api/auth/password/reset/", json=body)).status_code == status, "once"
    login = await client.post("/api/auth/login/", json={"email": "boss@example.com", "password": PASSWORD})
    assert login.status_code == 200, login.text
    assert login.json()["user"]["role"] == "SUPER_ADMIN"
    record, *_ = await audited(published, db)
    assert (record["action"], record["actor_id"], record["details"]["to"]) == ("role.changed", None, "SUPER_ADMIN")
    assert PASSWORD not in repr(appointed)


async def test_a_second_one_is_refused_without_a_reason(
    operators: Operators, crowd: Crowd, db: Database, published: Any
) -> None:
    await crowd.add(role=Role.SUPER_ADMIN)
    with pytest.raises(Conflict, match="two of them"):
        await operators.create_super_admin("other@example.com")
    async with db.read() as session:
        assert (await session.scalars(select(User).where(User.email_key == "other@example.com"))).first() is None
    await operators.create_super_admin("other@example.com", "all phones are lost")
    [record] = await audited(published, db)
    assert record["reason"] == "all phones are lost"


async def test_one_who_is_suspended_does_not_count(operators: Operators, crowd: Crowd) -> None:
    await crowd.add(role=Role.SUPER_ADMIN, status="suspended")
    assert (await operators.create_super_admin("other@example.com")).user.role == "SUPER_ADMIN"


async def test_an_account_that_is_there_keeps_its_password(operators: Operators, person: Person, db: Database) -> None:
    await person.register_and_verify()
    appointed = await operators.create_super_admin(EMAIL.upper())
    assert appointed.link is None
    assert appointed.user.token_version == 2, "tokens of the old role are void"
    assert await kinds_of(db, appointed.user.id) == ["role_changed"]
    assert (await person.log_in()).status_code == 200


@pytest.mark.parametrize("columns", [{"status": "suspended"}, {"email_verified_at": None}])
async def test_an_account_that_is_closed_is_not_raised(
    operators: Operators, crowd: Crowd, columns: dict[str, Any]
) -> None:
    await crowd.add(email="shut@example.com", **columns)
    with pytest.raises(Conflict, match="not confirmed or not active"):
        await operators.create_super_admin("shut@example.com")


async def test_unlocking(operators: Operators, crowd: Crowd, db: Database, published: Any) -> None:
    locked = await crowd.add(email="locked@example.com", status="locked")
    assert (await operators.unlock("Locked@example.com")).status == "active"
    assert await kinds_of(db, locked.id) == ["unlocked"]
    [record] = await audited(published, db)
    assert (record["action"], record["actor_id"]) == ("account.unlocked", None)
    await crowd.add(email="bad@example.com", status="suspended")
    with pytest.raises(Conflict):
        await operators.unlock("bad@example.com")
    with pytest.raises(NotFound):
        await operators.unlock("nobody@example.com")


async def test_staff_are_listed(operators: Operators, crowd: Crowd) -> None:
    for role in Role:
        await crowd.add(role=role)
    assert {user.role for user in await operators.list_staff()} == set(Role) - {Role.USER}


async def test_demo_staff_log_in_with_their_known_apps(
    service_settings: SettingsFactory, db: Database, clock: FixedClock, client_for: ClientFor
) -> None:
    settings = service_settings(AuthSettings, password_cost=4, environment="development")
    app = build_app(settings, db=db, clock=clock)
    async with client_for(app) as client:
        for demo in STAFF:
            login = await client.post("/api/auth/login/", json={"email": demo.email, "password": demo.password})
            body = login.json()
            assert body["two_factor_required"], login.text
            assert demo.totp_secret is not None
            code = pyotp.TOTP(demo.totp_secret).at(clock.now())
            done = await client.post("/api/auth/login/two-factor/", json={"challenge": body["challenge"], "code": code})
            assert done.status_code == 200, done.text
            headers = {"authorization": f"Bearer {done.json()['access_token']}"}
            assert (await client.get("/api/users/", headers=headers)).status_code == 200


async def test_no_other_platform_has_demo_people(app: FastAPI, client: httpx.AsyncClient, db: Database) -> None:
    emails = [demo.email for demo in (TRADER, *STAFF)]
    async with db.read() as session:
        assert (await session.scalars(select(User.email).where(User.email.in_(emails)))).all() == []


def test_the_banner_names_the_demo_people_that_are_made() -> None:
    assert (TRADER.email, TRADER.password) == (banner.DEMO_EMAIL, banner.DEMO_PASSWORD)
    assert [(demo.email, demo.password, demo.totp_secret) for demo in STAFF] == list(banner.DEMO_STAFF)
