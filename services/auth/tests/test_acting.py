"""Acting as another person: who may, what it opens, how it ends, and that it is never unseen."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.ids import uuid7
from libs.common.security.permissions import Role
from libs.common.testing.waiting import eventually
from services.auth.acting.tables import ActingSession
from services.auth.tests.staffing import Crowd, Somebody
from services.auth.tests.test_staff import audited, kinds_of

ME = "/api/users/me/"
CONSENT = "/api/users/me/support-access/"


@pytest.fixture
async def admin(crowd: Crowd) -> Somebody:
    return await crowd.one(Role.SUPER_ADMIN)


@pytest.fixture
async def support(crowd: Crowd) -> Somebody:
    return await crowd.one(Role.SUPPORT)


@pytest.fixture
async def trader(crowd: Crowd) -> Somebody:
    return await crowd.one(tier="PRO")


async def act(by: Somebody, user_id: UUID, reason: str = "sees no prices") -> httpx.Response:
    return await by.http.post("/api/role-testing/", json={"user_id": str(user_id), "reason": reason})


def headers(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return {"authorization": f"Bearer {answer.json()['access_token']}"}


async def is_refused(client: httpx.AsyncClient, acting: dict[str, str]) -> bool:
    return (await client.get(ME, headers=acting)).status_code == 401


async def test_a_super_admin_sees_what_a_person_sees(
    client: httpx.AsyncClient, admin: Somebody, trader: Somebody, clock: FixedClock
) -> None:
    answer = await act(admin, trader.id)
    body = answer.json()
    assert (body["expires_in"], body["user"]["id"], body["user"]["tier"]) == (900, str(trader.id), "PRO")
    assert "refresh_token" not in body
    assert answer.headers["cache-control"] == "no-store"
    acting = headers(answer)
    assert (await client.get(ME, headers=acting)).json()["id"] == str(trader.id)
    mine = (await client.get("/api/users/me/permissions/", headers=acting)).json()
    assert (mine["acting_by"], mine["role"], mine["tier"]) == (str(admin.id), "USER", "PRO")
    assert "alerts:read" in mine["permissions"]
    assert not {"orders:read", "orders:write", "users:act_as"} & set(mine["permissions"])
    assert (await admin.http.get(ME)).json()["id"] == str(admin.id), "one's own session is as it was"
    clock.move(timedelta(minutes=15, seconds=30))
    assert await is_refused(client, acting)


async def test_it_only_looks(client: httpx.AsyncClient, admin: Somebody, trader: Somebody) -> None:
    acting = headers(await act(admin, trader.id))
    for method, path in (("PATCH", ME), ("DELETE", "/api/auth/sessions/"), ("POST", "/api/auth/logout/")):
        refused = await client.request(method, path, headers=acting)
        assert (refused.status_code, refused.json()["code"]) == (403, "acting_as"), path
    for path in ("/api/users/me/security-log/", "/api/auth/sessions/", CONSENT):
        refused = await client.get(path, headers=acting)
        assert (refused.status_code, refused.json()["code"]) == (403, "acting_as"), path


async def test_there_is_no_acting_within_acting(
    client: httpx.AsyncClient, admin: Somebody, crowd: Crowd, trader: Somebody
) -> None:
    support = await crowd.add(role=Role.SUPPORT)
    acting = headers(await act(admin, support.id))
    assert (await client.get("/api/users/", headers=acting)).status_code == 200, "staff pages can be tested too"
    body = {"user_id": str(trader.id), "reason": "further on"}
    nested = await client.post("/api/role-testing/", json=body, headers=acting)
    assert (nested.status_code, nested.json()["code"]) == (403, "acting_as")
    left = await client.delete("/api/role-testing/", headers=acting)
    assert (left.status_code, left.json()["code"]) == (403, "acting_as")


async def test_the_person_sees_it_and_both_are_recorded(
    admin: Somebody, trader: Somebody, db: Database, published: Any
) -> None:
    await act(admin, trader.id, "sees no prices")
    assert (await admin.http.delete("/api/role-testing/")).status_code == 204
    ended, started = (await trader.http.get("/api/users/me/security-log/")).json()["items"]
    assert (started["kind"], started["by_staff"], started["network"]) == ("acting_started", True, "")
    assert (started["details"]["by"], started["details"]["reason"]) == ("SUPER_ADMIN", "sees no prices")
    assert ended["kind"] == "acting_ended"
    mails = [event.data["kind"] for event in await published(db) if event.type == "auth.security.noticed.v1"]
    assert mails == ["acting_started"]
    records = await audited(published, db)
    assert [(one["action"], one["actor_id"], one["object_id"]) for one in records] == [
        ("acting.started", str(admin.id), str(trader.id)),
        ("acting.ended", str(admin.id), str(trader.id)),
    ]


async def test_leaving_ends_the_token_at_once(client: httpx.AsyncClient, admin: Somebody, trader: Somebody) -> None:
    acting = headers(await act(admin, trader.id))
    assert not await is_refused(client, acting)
    for _ in "ab":
        assert (await admin.http.delete("/api/role-testing/")).status_code == 204
    await eventually(lambda: is_refused(client, acting), within=1.0)


async def test_a_second_place_ends_the_first(
    client: httpx.AsyncClient, admin: Somebody, trader: Somebody, crowd: Crowd
) -> None:
    first = headers(await act(admin, trader.id))
    second = headers(await act(admin, (await crowd.add()).id))
    await eventually(lambda: is_refused(client, first), within=1.0)
    assert not await is_refused(client, second)


async def test_ten_starts_at_once_leave_one_open(admin: Somebody, crowd: Crowd, db: Database) -> None:
    people = [await crowd.add() for _ in range(10)]
    answers = await asyncio.gather(*(act(admin, person.id) for person in people))
    assert {answer.status_code for answer in answers} == {200}
    async with db.read() as session:
        rows = (await session.scalars(select(ActingSession))).all()
    assert len(rows) == 10
    assert len([row for row in rows if row.ended_at is None]) == 1


@pytest.mark.parametrize("how", ["demotion", "log out", "session ended"])
async def test_it_ends_with_the_login_that_it_was_asked_from(
    client: httpx.AsyncClient, crowd: Crowd, admin: Somebody, trader: Somebody, how: str
) -> None:
    support = await crowd.one(Role.SUPPORT)
    await trader.http.put(CONSENT, json={"hours": 1})
    acting = headers(await act(support, trader.id))
    assert not await is_refused(client, acting)
    if how == "demotion":
        change = {"role": "USER", "reason": "left the team"}
        assert (await admin.http.patch(f"/api/users/{support.id}/", json=change)).status_code == 200
    else:
        await crowd.open_session(support)
        if how == "log out":
            assert (await support.http.post("/api/auth/logout/")).status_code == 204
        else:
            assert (await admin.http.delete(f"/api/users/{support.id}/sessions/{support.sid}/")).status_code == 204
    await eventually(lambda: is_refused(client, acting), within=1.0)
    assert not await is_refused(trader.http, {}), "the person goes on"


async def test_it_ends_when_the_person_becomes_another(
    client: httpx.AsyncClient, admin: Somebody, trader: Somebody
) -> None:
    acting = headers(await act(admin, trader.id))
    change = {"role": "SALES", "reason": "joined the team"}
    assert (await admin.http.patch(f"/api/users/{trader.id}/", json=change)).status_code == 200
    await eventually(lambda: is_refused(client, acting), within=1.0)


class TestWhoMay:
    async def test_nobody_as_a_super_admin_or_themselves(self, admin: Somebody, crowd: Crowd) -> None:
        other = await crowd.add(role=Role.SUPER_ADMIN)
        for user_id in (other.id, admin.id):
            answer = await act(admin, user_id)
            assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")

    async def test_the_support_only_by_consent(
        self, support: Somebody, trader: Somebody, clock: FixedClock, crowd: Crowd
    ) -> None:
        refused = await act(support, trader.id)
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
        given = await trader.http.put(CONSENT, json={"hours": 2})
        assert (await trader.http.get(CONSENT)).json() == given.json() != {"until": None}
        assert (await act(support, trader.id)).status_code == 200
        clock.move(timedelta(hours=2))
        later = Somebody(support.id, uuid7(), await crowd.client(support.id, Role.SUPPORT, sid=uuid7()))
        assert (await act(later, trader.id)).status_code == 403
        fresh = await crowd.client(trader.id, Role.USER, sid=uuid7())
        assert (await fresh.get(CONSENT)).json() == {"until": None}

    async def test_withdrawing_puts_the_support_out(
        self, client: httpx.AsyncClient, support: Somebody, admin: Somebody, trader: Somebody, db: Database
    ) -> None:
        await trader.http.put(CONSENT, json={"hours": 2})
        by_consent, by_role = headers(await act(support, trader.id)), headers(await act(admin, trader.id))
        for _ in "ab":
            assert (await trader.http.delete(CONSENT)).status_code == 204
        await eventually(lambda: is_refused(client, by_consent), within=1.0)
        assert not await is_refused(client, by_role), "a SUPER_ADMIN does not look by consent"
        assert (await act(support, trader.id)).status_code == 403
        kinds = await kinds_of(db, trader.id)
        assert kinds == [
            "support_access_given",
            "acting_started",
            "acting_started",
            "acting_ended",
            "support_access_withdrawn",
        ]

    async def test_staff_are_not_there_for_the_support(
        self, support: Somebody, crowd: Crowd, db: Database, published: Any
    ) -> None:
        for user_id in [(await crowd.add(role=role)).id for role in (Role.SALES, Role.SUPPORT, Role.SUPER_ADMIN)]:
            known, unknown = await act(support, user_id), await act(support, uuid4())
            assert known.status_code == unknown.status_code == 404
            assert known.json()["detail"] == unknown.json()["detail"]
        outcomes = {(one["action"], one["outcome"]) for one in await audited(published, db)}
        assert outcomes == {("acting.started", "denied")}

    @pytest.mark.parametrize("columns", [{"status": "suspended"}, {"status": "locked"}, {"email_verified_at": None}])
    async def test_nobody_as_an_account_that_is_closed(
        self, admin: Somebody, crowd: Crowd, columns: dict[str, Any]
    ) -> None:
        person = await crowd.add(**columns)
        assert (await act(admin, person.id)).status_code == 409

    @pytest.mark.parametrize("role", [Role.USER, Role.SALES])
    async def test_no_other_role(self, crowd: Crowd, trader: Somebody, role: Role) -> None:
        assert (await act(await crowd.one(role), trader.id)).status_code == 403

    async def test_only_with_a_second_factor_given_lately(
        self, crowd: Crowd, admin: Somebody, trader: Somebody, clock: FixedClock
    ) -> None:
        body = {"user_id": str(trader.id), "reason": "sees no prices"}
        weak = await crowd.client(admin.id, Role.SUPER_ADMIN, sid=admin.sid, amr=("pwd",))
        assert (await weak.post("/api/role-testing/", json=body)).json()["code"] == "second_factor_required"
        clock.move(timedelta(minutes=6))
        assert (await admin.http.post("/api/role-testing/", json=body)).json()["code"] == "step_up_required"

    @pytest.mark.parametrize("reason", ["", "  ", "x", "x" * 501])
    async def test_only_with_a_reason(self, admin: Somebody, trader: Somebody, reason: str) -> None:
        assert (await act(admin, trader.id, reason)).status_code == 422


@pytest.mark.parametrize("hours", [0, -1, 169, "x", None])
async def test_a_consent_is_for_a_week_at_most(trader: Somebody, hours: Any) -> None:
    assert (await trader.http.put(CONSENT, json={"hours": hours})).status_code == 422
