"""Changing roles: at once, or with a second word; never one's own, never the last SUPER_ADMIN away."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.ids import uuid7
from libs.common.security.permissions import Role
from services.auth.tests.staffing import Crowd, Somebody
from services.auth.tests.test_staff import audited, kinds_of


@pytest.fixture
async def admins(crowd: Crowd) -> list[Somebody]:
    """Three SUPER_ADMINs."""
    return [await crowd.one(Role.SUPER_ADMIN) for _ in range(3)]


async def ask(by: Somebody, user_id: UUID, role: str) -> Any:
    return await by.http.patch(f"/api/users/{user_id}/", json={"role": role, "reason": "joins the team"})


async def decide(by: Somebody, change_id: str, word: str = "approve") -> Any:
    return await by.http.post(f"/api/role-changes/{change_id}/{word}/")


async def test_staff_are_made_and_unmade_at_once(
    crowd: Crowd, admins: list[Somebody], db: Database, published: Any, redis: Redis
) -> None:
    person = await crowd.add()
    answer = await ask(admins[0], person.id, "SUPPORT")
    assert (answer.status_code, answer.json()["user"]["role"], answer.json()["waiting"]) == (200, "SUPPORT", None)
    row = await crowd.row(person.id)
    assert (row.role, row.token_version) == ("SUPPORT", 2)
    assert await kinds_of(db, person.id) == ["role_changed"]
    assert (await ask(admins[0], person.id, "USER")).status_code == 200
    assert (await crowd.row(person.id)).token_version == 3
    events = await published(db)
    standings = [event.data["role"] for event in events if event.type == "auth.standing.changed.v1"]
    assert standings == ["SUPPORT", "USER"]
    assert [record["details"] for record in await audited(published, db)] == [
        {"from": "USER", "to": "SUPPORT"},
        {"from": "SUPPORT", "to": "USER"},
    ]


async def test_a_super_admin_is_made_by_two(crowd: Crowd, admins: list[Somebody], db: Database, published: Any) -> None:
    person = await crowd.add()
    answer = await ask(admins[0], person.id, "SUPER_ADMIN")
    assert answer.status_code == 202
    assert (await crowd.row(person.id)).role == "USER"
    change = answer.json()["waiting"]["id"]
    shown = (await admins[1].http.get(f"/api/users/{person.id}/")).json()
    assert shown["waiting_role_change"]["id"] == change
    [listed] = (await admins[1].http.get("/api/role-changes/", params={"state": "waiting"})).json()["items"]
    assert (listed["id"], listed["from_role"], listed["to_role"]) == (change, "USER", "SUPER_ADMIN")

    own = await decide(admins[0], change)
    assert (own.status_code, own.json()["code"]) == (403, "permission_denied")
    done = await decide(admins[1], change)
    assert (done.status_code, done.json()["state"]) == (200, "approved")
    assert (await crowd.row(person.id)).role == "SUPER_ADMIN"
    assert (await decide(admins[2], change)).status_code == 409
    actions = [(record["action"], record["outcome"]) for record in await audited(published, db)]
    assert actions == [
        ("role_change.asked", "done"),
        ("role_change.approved", "denied"),
        ("role.changed", "done"),
        ("role_change.approved", "done"),
        ("role_change.approved", "denied"),
    ]


async def test_a_change_is_refused_or_withdrawn(crowd: Crowd, admins: list[Somebody]) -> None:
    person = await crowd.add()
    for by in (1, 0):
        change = (await ask(admins[0], person.id, "SUPER_ADMIN")).json()["waiting"]["id"]
        assert (await decide(admins[by], change, "refuse")).json()["state"] == "refused"
        assert (await decide(admins[1], change)).status_code == 409
    assert (await crowd.row(person.id)).role == "USER"


async def test_a_change_waits_a_day(crowd: Crowd, admins: list[Somebody], clock: FixedClock) -> None:
    person = await crowd.add()
    change = (await ask(admins[0], person.id, "SUPER_ADMIN")).json()["waiting"]["id"]
    assert (await ask(admins[1], person.id, "SUPER_ADMIN")).status_code == 409, "one waits already"
    clock.move(timedelta(hours=24))
    later = Somebody(admins[1].id, uuid7(), await crowd.client(admins[1].id, Role.SUPER_ADMIN, sid=uuid7()))
    assert (await decide(later, change)).status_code == 409
    [listed] = (await later.http.get("/api/role-changes/")).json()["items"]
    assert listed["state"] == "expired"
    assert (await later.http.get("/api/role-changes/", params={"state": "waiting"})).json()["items"] == []
    assert (await ask(later, person.id, "SUPER_ADMIN")).status_code == 202, "it may be asked for anew"


async def test_nobody_changes_or_decides_on_their_own_role(crowd: Crowd, admins: list[Somebody]) -> None:
    assert (await ask(admins[0], admins[0].id, "USER")).status_code == 403
    change = (await ask(admins[0], admins[1].id, "USER")).json()["waiting"]["id"]
    for word in ("approve", "refuse"):
        answer = await decide(admins[1], change, word)
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert (await decide(admins[2], change)).status_code == 200
    assert (await crowd.row(admins[1].id)).role == "USER"


async def test_the_last_super_admin_stays(crowd: Crowd) -> None:
    """Those who are suspended do not count."""
    one = await crowd.one(Role.SUPER_ADMIN)
    suspended = await crowd.one(Role.SUPER_ADMIN, status="suspended")
    answer = await ask(suspended, one.id, "USER")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert (await crowd.row(one.id)).role == "SUPER_ADMIN"


async def test_what_was_asked_by_somebody_who_fell_is_not_approved(crowd: Crowd, admins: list[Somebody]) -> None:
    person = await crowd.add()
    change = (await ask(admins[0], person.id, "SUPER_ADMIN")).json()["waiting"]["id"]
    fall = (await ask(admins[1], admins[0].id, "USER")).json()["waiting"]["id"]
    assert (await decide(admins[2], fall)).status_code == 200
    assert (await decide(admins[1], change)).status_code == 409
    assert (await crowd.row(person.id)).role == "USER"


@pytest.mark.parametrize("columns", [{"status": "suspended"}, {"status": "locked"}, {"email_verified_at": None}])
async def test_only_a_usable_account_becomes_staff(
    crowd: Crowd, admins: list[Somebody], columns: dict[str, Any]
) -> None:
    person = await crowd.add(**columns)
    assert (await ask(admins[0], person.id, "SALES")).status_code == 409
    assert (await ask(admins[0], person.id, "USER")).status_code == 409, "it is that already"


async def test_an_unknown_person_or_change_is_not_found(admins: list[Somebody]) -> None:
    assert (await ask(admins[0], uuid4(), "SALES")).status_code == 404
    assert (await decide(admins[0], str(uuid4()))).status_code == 404


async def test_changes_of_role_are_for_super_admins(crowd: Crowd, admins: list[Somebody]) -> None:
    person = await crowd.add()
    change = (await ask(admins[0], person.id, "SUPER_ADMIN")).json()["waiting"]["id"]
    for role in (Role.SUPPORT, Role.SALES, Role.USER):
        other = await crowd.one(role)
        assert (await other.http.get("/api/role-changes/")).status_code == 403
        assert (await decide(other, change)).status_code == 403
    assert (await crowd.row(person.id)).role == "USER"


async def test_twenty_approvals_at_once_are_one(
    crowd: Crowd, admins: list[Somebody], db: Database, published: Any
) -> None:
    person = await crowd.add()
    change = (await ask(admins[0], person.id, "SUPER_ADMIN")).json()["waiting"]["id"]
    words = [decide(admins[1 + n % 2], change, "approve" if n % 4 else "refuse") for n in range(20)]
    answers = await asyncio.gather(*words)
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
    row = await crowd.row(person.id)
    assert (row.role, row.token_version) in {("SUPER_ADMIN", 2), ("USER", 1)}
    events = [event for event in await published(db) if event.type == "auth.standing.changed.v1"]
    assert len(events) == row.token_version - 1


async def test_three_who_unmake_each_other_at_once_leave_one(crowd: Crowd, admins: list[Somebody]) -> None:
    a, b, c = admins
    asked = [await ask(by, of.id, "USER") for by, of in ((a, b), (b, c), (c, a))]
    ids = [answer.json()["waiting"]["id"] for answer in asked]
    # Each change is approved by the one whom it is neither by nor about.
    await asyncio.gather(decide(c, ids[0]), decide(a, ids[1]), decide(b, ids[2]))
    roles = [(await crowd.row(one.id)).role for one in admins]
    assert roles.count("SUPER_ADMIN") >= 1


async def test_two_who_ask_for_the_same_at_once_make_one_change(crowd: Crowd, admins: list[Somebody]) -> None:
    person = await crowd.add()
    answers = await asyncio.gather(*(ask(admins[n % 3], person.id, "SUPER_ADMIN") for n in range(9)))
    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 8


async def test_the_last_two_who_leave_at_once_are_one(crowd: Crowd) -> None:
    for _ in range(5):
        pair = [await crowd.one(Role.SUPER_ADMIN) for _ in range(2)]
        answers = await asyncio.gather(*(leave(one) for one in pair))
        assert sorted(answer.status_code for answer in answers) == [202, 409]
        statuses = sorted([(await crowd.row(one.id)).status for one in pair])
        assert statuses == ["active", "closing"]
        await crowd.retire(*(one.id for one in pair))


async def test_of_those_who_leave_while_another_is_unmade_one_stays(crowd: Crowd) -> None:
    for turn in range(5):
        a, b, c = [await crowd.one(Role.SUPER_ADMIN) for _ in range(3)]
        change = (await ask(a, b.id, "USER")).json()["waiting"]["id"]
        deeds = [decide(c, change), leave(a), leave(c)]
        await asyncio.gather(*deeds[turn % 3 :], *deeds[: turn % 3])
        rows = [await crowd.row(one.id) for one in (a, b, c)]
        assert [(row.role, row.status) for row in rows].count(("SUPER_ADMIN", "active")) == 1
        await crowd.retire(a.id, b.id, c.id)


async def leave(somebody: Somebody) -> Any:
    """Ask for one's own account to be deleted."""
    return await somebody.http.request("DELETE", "/api/users/me/", json={})
