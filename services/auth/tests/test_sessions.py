"""Staying in and going out: rotation, reuse, cookies, revocation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.testing.client import ClientFor
from libs.common.testing.plugin import SettingsFactory
from libs.common.testing.waiting import eventually
from services.auth.accounts.rules import AccountStatus
from services.auth.accounts.tables import User
from services.auth.app import build_app
from services.auth.sessions.rules import (
    RefreshOutcome,
    RefreshState,
    judge_refresh,
    read_refresh_token,
    write_refresh_token,
)
from services.auth.sessions.tables import RefreshToken, UserSession
from services.auth.settings import AuthSettings
from services.auth.tests.conftest import EMAIL, PASSWORD, Person

Bearer = Callable[[str], dict[str, str]]
PAGE = {"x-token-transport": "cookie", "origin": "http://localhost:8000"}
THIEF = {"x-forwarded-for": "203.0.113.9", "user-agent": "thief"}


@pytest.fixture
async def signed_in(person: Person) -> dict[str, Any]:
    await person.register_and_verify()
    return await person.tokens()


async def refresh(client: httpx.AsyncClient, token: str, **headers: str) -> httpx.Response:
    return await client.post("/api/auth/refresh/", json={"refresh_token": token}, headers=headers)


async def test_a_refresh_gives_a_new_pair(client: httpx.AsyncClient, signed_in: dict[str, Any], bearer: Bearer) -> None:
    answer = await refresh(client, signed_in["refresh_token"])
    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == set(signed_in)
    assert body["refresh_token"] != signed_in["refresh_token"]
    assert body["access_token"] != signed_in["access_token"]
    assert answer.headers["cache-control"] == "no-store"
    assert (await client.get("/api/users/me/", headers=bearer(body["access_token"]))).status_code == 200


async def test_only_the_hash_of_a_refresh_token_is_stored(db: Database, signed_in: dict[str, Any]) -> None:
    secret = signed_in["refresh_token"].partition(".")[2]
    async with db.read() as session:
        [token] = await session.scalars(select(RefreshToken))
    assert secret not in repr(vars(token))
    assert len(token.secret_hash) == 32


@pytest.mark.parametrize("first", ["thief", "victim"])
async def test_a_stolen_token_ends_the_family_whoever_is_first(
    client: httpx.AsyncClient, signed_in: dict[str, Any], bearer: Bearer, first: str, db: Database, published: Any
) -> None:
    stolen = signed_in["refresh_token"]
    order: list[dict[str, str]] = [THIEF, {}] if first == "thief" else [{}, THIEF]
    won = await refresh(client, stolen, **order[0])
    lost = await refresh(client, stolen, **order[1])
    assert (won.status_code, lost.status_code) == (200, 401)
    for pair in (signed_in, won.json()):
        assert (await refresh(client, pair["refresh_token"])).status_code == 401
        await eventually(lambda pair=pair: is_refused(client, bearer(pair["access_token"])), within=1.0)
    assert [event.data["reason"] for event in await published(db) if "revoked" in event.type] == ["reuse_detected"]


async def test_two_tabs_that_wake_together_get_the_same_successor(
    client: httpx.AsyncClient, signed_in: dict[str, Any], db: Database, bearer: Bearer
) -> None:
    answers = await asyncio.gather(*(refresh(client, signed_in["refresh_token"]) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    async with db.read() as session:
        assert await session.scalar(select(func.count()).select_from(RefreshToken)) == 2
    assert (await client.get("/api/users/me/", headers=bearer(answers[7].json()["access_token"]))).status_code == 200


async def test_fifty_thieves_at_once_get_one_successor_and_end_it(
    client: httpx.AsyncClient, signed_in: dict[str, Any], db: Database
) -> None:
    answers = await asyncio.gather(
        *(refresh(client, signed_in["refresh_token"], **{"user-agent": f"thief {n}"}) for n in range(50))
    )
    assert [answer.status_code for answer in answers].count(200) == 1
    async with db.read() as session:
        [held] = await session.scalars(select(UserSession))
        assert await session.scalar(select(func.count()).select_from(RefreshToken)) == 2
    assert held.revoked_reason == "reuse_detected"


async def test_the_grace_is_ten_seconds_and_one_generation(
    client: httpx.AsyncClient, signed_in: dict[str, Any], clock: FixedClock
) -> None:
    second = (await refresh(client, signed_in["refresh_token"])).json()["refresh_token"]
    clock.move(timedelta(seconds=10))
    assert (await refresh(client, signed_in["refresh_token"])).json()["refresh_token"] == second
    clock.move(timedelta(milliseconds=1))
    assert (await refresh(client, signed_in["refresh_token"])).status_code == 401
    assert (await refresh(client, second)).status_code == 401


async def test_a_session_ends_after_seven_quiet_days(
    client: httpx.AsyncClient, signed_in: dict[str, Any], clock: FixedClock
) -> None:
    clock.move(timedelta(days=7) - timedelta(seconds=1))
    second = await refresh(client, signed_in["refresh_token"])
    assert second.status_code == 200
    clock.move(timedelta(days=7))
    assert (await refresh(client, second.json()["refresh_token"])).status_code == 401


async def test_a_session_ends_after_thirty_days_in_any_case(
    client: httpx.AsyncClient, signed_in: dict[str, Any], clock: FixedClock, bearer: Bearer
) -> None:
    token = signed_in["refresh_token"]
    for _ in range(5):
        clock.move(timedelta(days=6) - timedelta(minutes=2))
        body = (await refresh(client, token)).json()
        token = body["refresh_token"]
    assert body["expires_in"] == 600, "an access token does not outlive its session"
    clock.move(timedelta(minutes=10))
    assert (await refresh(client, token)).status_code == 401


async def test_an_access_token_lasts_an_hour(
    client: httpx.AsyncClient, signed_in: dict[str, Any], clock: FixedClock, bearer: Bearer
) -> None:
    headers = bearer(signed_in["access_token"])
    clock.move(timedelta(minutes=60, seconds=30))
    assert (await client.get("/api/users/me/", headers=headers)).status_code == 401
    assert (await refresh(client, signed_in["refresh_token"])).status_code == 200


NO_TOKENS = [
    "",
    "x",
    "rt_",
    "rt_00000000000000000000000000000000." + "A" * 43,
    "rt_' OR 1=1." + "A" * 43,
    "a" * 200,
    "eyJhbGciOiJub25lIn0.e30.",
]


@pytest.mark.parametrize("token", NO_TOKENS)
async def test_what_is_no_refresh_token_is_refused(client: httpx.AsyncClient, token: str) -> None:
    answer = await refresh(client, token)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


async def test_a_wrong_secret_ends_nothing(client: httpx.AsyncClient, signed_in: dict[str, Any]) -> None:
    token_id = signed_in["refresh_token"].partition(".")[0]
    assert (await refresh(client, f"{token_id}.{'A' * 43}")).status_code == 401
    assert (await refresh(client, signed_in["refresh_token"])).status_code == 200


async def test_an_access_token_is_no_refresh_token(client: httpx.AsyncClient, signed_in: dict[str, Any]) -> None:
    assert (await refresh(client, signed_in["access_token"][:200])).status_code == 401


@pytest.mark.parametrize("body", [None, {}, {"refresh_token": 7}, {"refresh_token": "x" * 300}, {"token": "x"}, []])
async def test_a_bad_refresh_is_a_clear_422(client: httpx.AsyncClient, body: Any) -> None:
    answer = (
        await client.post("/api/auth/refresh/", json=body)
        if body is not None
        else await client.post("/api/auth/refresh/")
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


async def test_a_locked_account_is_not_refreshed(
    client: httpx.AsyncClient, signed_in: dict[str, Any], db: Database
) -> None:
    async with db.transaction() as tx:
        await tx.session.execute(update(User).values(status=AccountStatus.SUSPENDED))
    assert (await refresh(client, signed_in["refresh_token"])).status_code == 401


async def test_a_browser_never_sees_its_refresh_token(person: Person) -> None:
    await person.register_and_verify()
    answer = await person.log_in(headers=PAGE)
    assert "refresh_token" not in answer.json()
    cookie = cookies_of(answer)["rt"]
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("strict", "/", "")

    refreshed = await person.client.post("/api/auth/refresh/", headers=PAGE)
    assert refreshed.status_code == 200, refreshed.text
    assert "refresh_token" not in refreshed.json()
    assert cookies_of(refreshed)["rt"].value != cookie.value
    assert (await person.client.post("/api/auth/refresh/", headers=PAGE)).status_code == 200


async def test_on_https_the_cookie_is_bound_to_the_host(
    service_settings: SettingsFactory, db: Database, clock: FixedClock, client_for: ClientFor, person: Person
) -> None:
    await person.register_and_verify()
    settings = service_settings(AuthSettings, password_cost=4, public_url="https://sharewise.example")
    page = {**PAGE, "origin": "https://sharewise.example"}
    async with client_for(build_app(settings, db=db, clock=clock), base_url="https://sharewise.example") as client:
        answer = await client.post("/api/auth/login/", json={"email": EMAIL, "password": PASSWORD}, headers=page)
        cookie = cookies_of(answer)["__Host-rt"]
        assert cookie["secure"]
        assert cookie["path"] == "/"
        assert (await client.post("/api/auth/refresh/", headers=page)).status_code == 200


@pytest.mark.parametrize(
    "origin", [None, "null", "https://evil.example", "http://localhost:8000.evil.example", "http://localhost:9999"]
)
async def test_a_cookie_is_of_no_use_to_another_page(person: Person, origin: str | None) -> None:
    await person.register_and_verify()
    await person.log_in(headers=PAGE)
    headers = {"x-token-transport": "cookie"} | ({} if origin is None else {"origin": origin})
    for path in ("/api/auth/refresh/", "/api/auth/logout/"):
        answer = await person.client.post(path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert (await person.log_in(headers=headers)).status_code == 403, "nobody is logged in to somebody else's account"
    assert (await person.client.post("/api/auth/refresh/", headers=PAGE)).status_code == 200


async def test_without_the_header_a_cookie_is_not_read(person: Person) -> None:
    await person.register_and_verify()
    await person.log_in(headers=PAGE)
    assert (await person.client.post("/api/auth/refresh/", headers={"origin": PAGE["origin"]})).status_code == 422


async def test_after_going_out_nothing_works(client: httpx.AsyncClient, person: Person, bearer: Bearer) -> None:
    await person.register_and_verify()
    for how in ("body", "cookie", "access token"):
        answer = await person.log_in(headers=PAGE if how == "cookie" else {})
        pair = answer.json()
        if how == "body":
            out = await client.post("/api/auth/logout/", json={"refresh_token": pair["refresh_token"]})
        elif how == "cookie":
            out = await client.post("/api/auth/logout/", headers=PAGE)
            assert cookies_of(out)["rt"].value == ""
        else:
            out = await client.post("/api/auth/logout/", headers=bearer(pair["access_token"]))
        assert out.status_code == 204
        await eventually(lambda pair=pair: is_refused(client, bearer(pair["access_token"])), within=1.0)
        if "refresh_token" in pair:
            assert (await refresh(client, pair["refresh_token"])).status_code == 401
        assert (await client.post("/api/auth/refresh/", headers=PAGE)).status_code == 401


async def test_going_out_twice_is_going_out_once(
    client: httpx.AsyncClient, signed_in: dict[str, Any], db: Database, published: Any
) -> None:
    for _ in range(3):
        answer = await client.post("/api/auth/logout/", json={"refresh_token": signed_in["refresh_token"]})
        assert answer.status_code == 204
    assert [event.type for event in await published(db)].count("auth.session.revoked.v1") == 1
    assert (await client.post("/api/auth/logout/")).status_code == 204


async def test_ones_own_sessions_are_listed_and_ended(person: Person, bearer: Bearer) -> None:
    await person.register_and_verify()
    first, second = await person.tokens(), await person.tokens()
    headers = bearer(second["access_token"])
    listed = (await person.client.get("/api/auth/sessions/", headers=headers)).json()
    assert [one["current"] for one in listed["items"]] == [True, False]
    assert listed["next_cursor"] is None
    other = listed["items"][1]["id"]
    assert (await person.client.delete(f"/api/auth/sessions/{other}/", headers=headers)).status_code == 204
    assert (await person.client.delete(f"/api/auth/sessions/{other}/", headers=headers)).status_code == 404
    await eventually(lambda: is_refused(person.client, bearer(first["access_token"])), within=1.0)
    assert (await person.client.get("/api/users/me/", headers=headers)).status_code == 200


async def test_all_other_sessions_end_at_once(person: Person, bearer: Bearer) -> None:
    await person.register_and_verify()
    pairs = [await person.tokens() for _ in range(3)]
    headers = bearer(pairs[-1]["access_token"])
    assert (await person.client.delete("/api/auth/sessions/", headers=headers)).status_code == 204
    assert len((await person.client.get("/api/auth/sessions/", headers=headers)).json()["items"]) == 1
    for pair in pairs[:-1]:
        assert (await refresh(person.client, pair["refresh_token"])).status_code == 401


async def test_somebody_elses_session_is_not_found(person: Person, bearer: Bearer) -> None:
    await person.register_and_verify()
    mine = (await person.tokens())["access_token"]
    foreign = (await person.client.get("/api/auth/sessions/", headers=bearer(mine))).json()["items"][0]["id"]
    await person.register_and_verify(email="other@example.com", username="other")
    other = (await person.log_in(name={"email": "other@example.com"})).json()["access_token"]
    known = await person.client.delete(f"/api/auth/sessions/{foreign}/", headers=bearer(other))
    unknown = await person.client.delete(f"/api/auth/sessions/{uuid4()}/", headers=bearer(other))
    assert known.status_code == unknown.status_code == 404
    assert known.json()["detail"] == unknown.json()["detail"]
    assert (await person.client.get("/api/users/me/", headers=bearer(mine))).status_code == 200


async def test_the_eleventh_session_ends_the_oldest(person: Person, clock: FixedClock, bearer: Bearer) -> None:
    await person.register_and_verify()
    pairs = []
    for _ in range(11):
        pairs.append(await person.tokens())
        clock.move(timedelta(seconds=1))
    assert (await refresh(person.client, pairs[0]["refresh_token"])).status_code == 401
    assert (await refresh(person.client, pairs[1]["refresh_token"])).status_code == 200
    await eventually(lambda: is_refused(person.client, bearer(pairs[0]["access_token"])), within=1.0)


async def test_another_process_hears_of_it_within_a_second(
    person: Person,
    app: FastAPI,
    settings: AuthSettings,
    db: Database,
    clock: FixedClock,
    client_for: ClientFor,
    bearer: Bearer,
) -> None:
    await person.register_and_verify()
    pair = await person.tokens()
    async with client_for(build_app(settings, db=db, clock=clock)) as elsewhere:
        headers = bearer(pair["access_token"])
        assert (await elsewhere.get("/api/users/me/", headers=headers)).status_code == 200
        await person.client.post("/api/auth/logout/", json={"refresh_token": pair["refresh_token"]})
        await eventually(lambda: is_refused(elsewhere, headers), within=1.0)


NOW = datetime(2026, 1, 15, 20, 0, tzinfo=UTC)


@given(
    used_ago=st.none() | st.integers(0, 20),
    same_client=st.booleans(),
    expires_in=st.integers(-20, 20),
    ends_in=st.integers(-20, 20),
    revoked=st.booleans(),
)
def test_a_used_token_passes_in_the_grace_time_of_its_own_client_only(
    used_ago: int | None, same_client: bool, expires_in: int, ends_in: int, revoked: bool
) -> None:
    state = RefreshState(
        expires_at=NOW + timedelta(seconds=expires_in),
        used_at=None if used_ago is None else NOW - timedelta(seconds=used_ago),
        used_by=None if used_ago is None else b"client",
        session_ends_at=NOW + timedelta(seconds=ends_in),
        session_revoked=revoked,
    )
    outcome = judge_refresh(state, b"client" if same_client else b"other", NOW, grace=timedelta(seconds=10))
    if revoked or ends_in <= 0:
        assert outcome is RefreshOutcome.ENDED
    elif used_ago is None:
        assert outcome is (RefreshOutcome.ROTATE if expires_in > 0 else RefreshOutcome.ENDED)
    elif same_client and used_ago <= 10:
        assert outcome is RefreshOutcome.SAME_SUCCESSOR
    else:
        assert outcome is RefreshOutcome.REUSED


def test_a_refresh_token_is_read_as_it_was_written() -> None:
    token_id = uuid4()
    assert read_refresh_token(write_refresh_token(token_id, "A" * 43)) == (token_id, "A" * 43)


async def is_refused(client: httpx.AsyncClient, headers: dict[str, str]) -> bool:
    return (await client.get("/api/users/me/", headers=headers)).status_code == 401


def cookies_of(answer: httpx.Response) -> SimpleCookie:
    cookies = SimpleCookie()
    for header in answer.headers.get_list("set-cookie"):
        cookies.load(header)
    return cookies
