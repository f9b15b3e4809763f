"""What staff see of people and do with their accounts; and what they may not."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from sqlalchemy import select

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.ids import uuid7
from libs.common.security.permissions import Role
from libs.common.security.revocation import SNAPSHOT_KEY
from libs.common.testing.statements import statements
from services.auth.accounts.rules import AccountStatus
from services.auth.security_log.tables import SecurityEventRow
from services.auth.sessions.tables import UserSession
from services.auth.staff.rules import MOVES, check_status_change
from services.auth.tests.conftest import EMAIL, PASSWORD, Mailbox, Person
from services.auth.tests.staffing import Crowd, Somebody

WHY = {"reason": "asked by phone"}


@pytest.fixture
async def admin(crowd: Crowd) -> Somebody:
    return await crowd.one(Role.SUPER_ADMIN)


@pytest.fixture
async def support(crowd: Crowd) -> Somebody:
    return await crowd.one(Role.SUPPORT)


async def kinds_of(db: Database, somebody: Any) -> list[str]:
    """Give what a person's security log says, oldest first."""
    async with db.read() as session:
        query = select(SecurityEventRow).where(SecurityEventRow.user_id == somebody).order_by(SecurityEventRow.id)
        return [row.kind for row in await session.scalars(query)]


async def audited(published: Any, db: Database) -> list[dict[str, Any]]:
    """What was recorded besides the logins that the test itself needed."""
    records = [event.data["record"] for event in await published(db) if event.type == "auth.action.recorded.v1"]
    return [record for record in records if record["action"] != "session.opened"]


async def found(somebody: Somebody, **query: Any) -> list[str]:
    answer = await somebody.http.get("/api/users/", params=query)
    assert answer.status_code == 200, answer.text
    return [item["email"] for item in answer.json()["items"]]


class TestFinding:
    async def test_by_name_address_username_and_phone(self, crowd: Crowd, admin: Somebody) -> None:
        await crowd.add(email="Asha.Rao@example.com", first_name="Asha", last_name="Rao", phone="+919812345678")
        await crowd.add(email="ravi@example.org", first_name="Ravi", last_name="Rao", username="ravi_r")
        for search in ("asha", "ASHA rao", "rao asha", "9812345678", "asha.rao@", "Rao@EXAMPLE.com"):
            assert await found(admin, search=search) == ["Asha.Rao@example.com"], search
        assert await found(admin, search="ravi_") == ["ravi@example.org"]
        assert await found(admin, search="rao") == ["ravi@example.org", "Asha.Rao@example.com"]

    @pytest.mark.parametrize("search", ["%", "_%", "\\", "' OR 1=1 --", "no such person", "a" * 100])
    async def test_what_is_a_sign_to_a_database_is_none_here(self, admin: Somebody, search: str) -> None:
        assert await found(admin, search=search) == []

    async def test_filters_narrow_together(self, crowd: Crowd, admin: Somebody) -> None:
        await crowd.add(email="a@example.com", tier="PRO")
        await crowd.add(email="b@example.com", tier="PRO", status="suspended")
        await crowd.add(email="c@example.com", email_verified_at=None)
        await crowd.add(email="d@example.com", role="SALES")
        assert await found(admin, tier="PRO") == ["b@example.com", "a@example.com"]
        assert await found(admin, tier="PRO", status="active") == ["a@example.com"]
        assert await found(admin, verified=False) == ["c@example.com"]
        assert await found(admin, role="SALES") == ["d@example.com"]

    async def test_pages_hold_everybody_once(self, crowd: Crowd, admin: Somebody) -> None:
        for _ in range(7):
            await crowd.add()
        seen: list[str] = []
        cursor: str | None = None
        while True:
            params = {"limit": 3} | ({} if cursor is None else {"cursor": cursor})
            page = (await admin.http.get("/api/users/", params=params)).json()
            seen += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == 8

    async def test_a_cursor_belongs_to_its_search(self, crowd: Crowd, admin: Somebody) -> None:
        for _ in range(3):
            await crowd.add(tier="PRO")
        cursor = (await admin.http.get("/api/users/", params={"limit": 1, "tier": "PRO"})).json()["next_cursor"]
        answer = await admin.http.get("/api/users/", params={"limit": 1, "tier": "ELITE", "cursor": cursor})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")

    @pytest.mark.parametrize(
        "query", [{"role": "ADMIN"}, {"tier": "GOLD"}, {"status": "x"}, {"search": "a" * 101}, {"limit": 0}]
    )
    async def test_a_bad_question_is_a_clear_422(self, admin: Somebody, query: dict[str, Any]) -> None:
        assert (await admin.http.get("/api/users/", params=query)).status_code == 422

    async def test_one_page_costs_the_same_for_one_and_for_many(self, crowd: Crowd, admin: Somebody) -> None:
        async def cost() -> int:
            with statements() as sent:
                await admin.http.get("/api/users/", params={"search": "person"})
            return len(sent)

        at_one = await cost()
        for _ in range(20):
            await crowd.add()
        assert await cost() == at_one > 0

    async def test_nothing_secret_is_shown(self, crowd: Crowd, admin: Somebody) -> None:
        person = await crowd.add()
        for path in ("/api/users/", f"/api/users/{person.id}/"):
            text = (await admin.http.get(path)).text
            assert not re.search(r"password_hash|secret|token|pepper", text)


class TestWhoMaySee:
    async def test_the_support_sees_no_staff(self, crowd: Crowd, support: Somebody, admin: Somebody) -> None:
        sales = await crowd.add(role="SALES")
        person = await crowd.add(email="only@example.com")
        assert await found(support) == ["only@example.com"]
        assert await found(support, role="SUPER_ADMIN") == []
        assert (await support.http.get(f"/api/users/{person.id}/")).status_code == 200
        for staff_id in (sales.id, admin.id, support.id):
            assert (await support.http.get(f"/api/users/{staff_id}/")).status_code == 404

    @pytest.mark.parametrize("role", [Role.USER, Role.SALES])
    async def test_others_see_nobody(self, crowd: Crowd, role: Role) -> None:
        somebody = await crowd.one(role)
        answer = await somebody.http.get("/api/users/")
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")

    async def test_a_password_alone_is_not_enough(self, crowd: Crowd, admin: Somebody) -> None:
        client = await crowd.client(admin.id, Role.SUPER_ADMIN, sid=admin.sid, amr=("pwd",))
        answer = await client.get("/api/users/")
        assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_required")

    async def test_a_denial_is_recorded(self, crowd: Crowd, db: Database, published: Any) -> None:
        somebody = await crowd.one(Role.SALES)
        await somebody.http.get("/api/users/")
        [record] = await audited(published, db)
        assert (record["action"], record["outcome"], record["actor_id"]) == (
            "users:read.used",
            "denied",
            str(somebody.id),
        )
        assert record["object_id"] == "GET /api/users/"

    async def test_staff_work_needs_a_recent_login(self, crowd: Crowd, admin: Somebody, clock: FixedClock) -> None:
        person = await crowd.add()
        clock.move(timedelta(minutes=5, seconds=1))
        answer = await admin.http.post(f"/api/users/{person.id}/unlock/", json=WHY)
        assert (answer.status_code, answer.json()["code"]) == (403, "step_up_required")
        assert (await admin.http.get(f"/api/users/{person.id}/")).status_code == 200


class TestStatus:
    async def test_suspending_ends_everything_at_once(
        self, person: Person, admin: Somebody, db: Database, published: Any, redis: Redis, bearer: Any
    ) -> None:
        await person.register_and_verify()
        pair = await person.tokens()
        who = pair["user"]["id"]
        answer = await admin.http.patch(f"/api/users/{who}/", json={"status": "suspended", **WHY})
        assert answer.status_code == 200, answer.text
        assert answer.json()["user"]["status"] == "suspended"
        assert f"user:{who}".encode() in await redis.hkeys(SNAPSHOT_KEY), "told with the answer"
        refreshed = await person.client.post("/api/auth/refresh/", json={"refresh_token": pair["refresh_token"]})
        assert refreshed.status_code == 401
        assert (await person.log_in()).status_code == 423
        assert await kinds_of(db, who) == ["status_changed"]
        events = await published(db)
        [standing] = [event.data for event in events if event.type == "auth.standing.changed.v1"]
        assert standing["status"] == "suspended"
        [record] = await audited(published, db)
        assert (record["action"], record["reason"]) == ("status.changed", "asked by phone")

        back = await admin.http.patch(f"/api/users/{who}/", json={"status": "active", **WHY})
        assert back.status_code == 200
        refreshed = await person.client.post("/api/auth/refresh/", json={"refresh_token": pair["refresh_token"]})
        assert refreshed.status_code == 401, "what was ended stays ended"
        assert (await person.log_in()).status_code == 200

    def test_every_move_is_in_the_table(self) -> None:
        assert set(MOVES) == set(AccountStatus)
        for now, allowed in MOVES.items():
            for to in AccountStatus:
                if to in allowed:
                    check_status_change(uuid7(), uuid7(), role="USER", status=now, to=to)
                else:
                    with pytest.raises(Exception, match="cannot become"):
                        check_status_change(uuid7(), uuid7(), role="USER", status=now, to=to)

    async def test_nobody_changes_their_own(self, crowd: Crowd, admin: Somebody) -> None:
        answer = await admin.http.patch(f"/api/users/{admin.id}/", json={"status": "locked", **WHY})
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")

    async def test_a_super_admin_is_not_suspended_by_one(self, crowd: Crowd, admin: Somebody) -> None:
        other = await crowd.add(role="SUPER_ADMIN")
        answer = await admin.http.patch(f"/api/users/{other.id}/", json={"status": "suspended", **WHY})
        assert answer.status_code == 409
        assert (await crowd.row(other.id)).status == "active"

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"status": "suspended"},
            {"reason": "because"},
            {"status": "suspended", "reason": "  "},
            {"status": "suspended", "reason": "x" * 501},
            {"status": "suspended", "role": "SALES", "reason": "both"},
            {"status": "dead", "reason": "because"},
            {"status": "locked", "reason": "because", "tier": "ELITE"},
            {"role": "ROOT", "reason": "because"},
        ],
    )
    async def test_a_bad_change_is_a_clear_422(self, crowd: Crowd, admin: Somebody, body: dict[str, Any]) -> None:
        person = await crowd.add()
        answer = await admin.http.patch(f"/api/users/{person.id}/", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


class TestHelping:
    async def test_the_support_unlocks_and_forgets_the_tries(
        self, person: Person, support: Somebody, crowd: Crowd, db: Database, published: Any
    ) -> None:
        await person.register_and_verify()
        who = (await person.tokens())["user"]["id"]
        statuses = [(await person.log_in("wrong")).status_code for _ in range(6)]
        assert statuses[-1] == 429
        async with db.transaction() as tx:
            (await tx.session.get(type(await crowd.row(who)), who)).status = "locked"
        answer = await support.http.post(f"/api/users/{who}/unlock/", json=WHY)
        assert (answer.status_code, answer.json()["status"]) == (200, "active")
        assert (await person.log_in(PASSWORD, name={"email": EMAIL})).status_code == 200
        assert "unlocked" in await kinds_of(db, who)
        [record] = await audited(published, db)
        assert (record["action"], record["actor_role"]) == ("account.unlocked", "SUPPORT")

    async def test_a_suspended_account_is_not_unlocked(self, crowd: Crowd, support: Somebody) -> None:
        person = await crowd.add(status="suspended")
        assert (await support.http.post(f"/api/users/{person.id}/unlock/", json=WHY)).status_code == 409

    async def test_a_repeated_unlock_happens_once(self, crowd: Crowd, support: Somebody, db: Database) -> None:
        person = await crowd.add(status="locked")
        key = {"Idempotency-Key": "unlock-1"}
        answers = [await support.http.post(f"/api/users/{person.id}/unlock/", json=WHY, headers=key) for _ in "ab"]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[1].headers["Idempotent-Replayed"] == "true"
        assert await kinds_of(db, person.id) == ["unlocked"]

    async def test_a_forced_reset_ends_all_and_mails_a_link(
        self, person: Person, support: Somebody, db: Database, mailbox: Mailbox, published: Any
    ) -> None:
        await person.register_and_verify()
        pair = await person.tokens()
        who = pair["user"]["id"]
        answer = await support.http.post(f"/api/users/{who}/force-password-reset/", json=WHY)
        assert answer.status_code == 200, answer.text
        body = {"refresh_token": pair["refresh_token"]}
        assert (await person.client.post("/api/auth/refresh/", json=body)).status_code == 401
        assert (await person.log_in()).status_code == 401, "the old password opens nothing"
        [mail] = [mail for mail in await mailbox.commands() if mail.purpose == "password_reset"]
        token = mail.secret_url.partition("?token=")[2]
        new = {"token": token, "password": "another-kite-over-nashik-17"}
        assert (await person.client.post("/api/auth/password/reset/", json=new)).status_code == 200
        assert (await person.log_in(new["password"])).status_code == 200
        assert "password_reset_forced" in await kinds_of(db, who)
        assert "password.reset_forced" in [one["action"] for one in await audited(published, db)]

    async def test_ending_one_session_and_all(self, person: Person, support: Somebody, db: Database) -> None:
        await person.register_and_verify()
        pairs = [await person.tokens() for _ in range(3)]
        who = pairs[0]["user"]["id"]
        shown = (await support.http.get(f"/api/users/{who}/")).json()["sessions"]
        assert len(shown) == 3
        one = f"/api/users/{who}/sessions/{shown[0]['id']}/"
        assert (await support.http.delete(one)).status_code == 204
        assert (await support.http.delete(one)).status_code == 404
        assert (await support.http.delete(f"/api/users/{who}/sessions/")).status_code == 204
        for pair in pairs:
            body = {"refresh_token": pair["refresh_token"]}
            assert (await person.client.post("/api/auth/refresh/", json=body)).status_code == 401
        async with db.read() as session:
            reasons = {held.revoked_reason for held in await session.scalars(select(UserSession))}
        assert reasons == {"revoked_by_staff"}

    async def test_a_session_of_another_person_is_not_found(
        self, person: Person, crowd: Crowd, support: Somebody, db: Database
    ) -> None:
        await person.register_and_verify()
        who = (await person.tokens())["user"]["id"]
        [held] = (await support.http.get(f"/api/users/{who}/")).json()["sessions"]
        stranger = await crowd.add()
        answer = await support.http.delete(f"/api/users/{stranger.id}/sessions/{held['id']}/")
        assert answer.status_code == 404
        assert len((await support.http.get(f"/api/users/{who}/")).json()["sessions"]) == 1

    async def test_staff_accounts_are_not_there_for_the_support(
        self, crowd: Crowd, support: Somebody, db: Database, published: Any
    ) -> None:
        for role in (Role.SALES, Role.SUPPORT, Role.SUPER_ADMIN):
            colleague = await crowd.add(role=role, status="locked")
            known = await support.http.post(f"/api/users/{colleague.id}/unlock/", json=WHY)
            unknown = await support.http.post(f"/api/users/{uuid4()}/unlock/", json=WHY)
            assert known.status_code == unknown.status_code == 404
            assert known.json()["detail"] == unknown.json()["detail"]
            assert (await support.http.delete(f"/api/users/{colleague.id}/sessions/")).status_code == 404
            assert (await crowd.row(colleague.id)).status == "locked"
        outcomes = {(record["action"], record["outcome"]) for record in await audited(published, db)}
        assert outcomes == {("account.unlocked", "denied"), ("sessions.ended", "denied")}

    async def test_the_support_changes_no_status(self, crowd: Crowd, support: Somebody) -> None:
        person = await crowd.add()
        for change in ({"status": "suspended"}, {"role": "SALES"}):
            answer = await support.http.patch(f"/api/users/{person.id}/", json={**change, **WHY})
            assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


async def test_roles_and_permissions_are_told(crowd: Crowd, support: Somebody) -> None:
    roles = {role["name"]: role for role in (await support.http.get("/api/roles/")).json()["items"]}
    assert set(roles) == set(Role)
    assert roles["SUPPORT"]["is_staff"]
    assert roles["SUPPORT"]["needs_second_factor"]
    assert "users:read" in roles["SUPPORT"]["permissions"]
    assert "users:read" not in roles["SUPPORT"]["scopes"]

    mine = (await support.http.get("/api/users/me/permissions/")).json()
    assert (mine["role"], mine["second_factor_needed"], mine["second_factor_given"]) == ("SUPPORT", True, True)
    assert {"users:read", "users:act_as", "alerts:write"} <= set(mine["permissions"])
    by_password = await crowd.client(support.id, Role.SUPPORT, sid=support.sid, amr=("pwd",))
    weak = (await by_password.get("/api/users/me/permissions/")).json()
    assert "users:read" not in weak["permissions"]
    assert "alerts:write" in weak["permissions"]
