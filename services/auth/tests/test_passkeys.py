"""Passkeys: adding them, logging in by them, and what is not accepted."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from libs.common.clock import FixedClock
from libs.common.db import Database
from services.auth.accounts.rules import AccountStatus
from services.auth.accounts.tables import User
from services.auth.passkeys import ceremonies
from services.auth.passkeys.ceremonies import Ceremonies, NotAccepted
from services.auth.passkeys.tables import Passkey
from services.auth.settings import AuthSettings
from services.auth.tests.authenticator import BACKED_UP, BACKUP_ELIGIBLE, USER_PRESENT, USER_VERIFIED, Authenticator
from services.auth.tests.conftest import Person
from services.auth.tests.owner import Owner, become, claims

PASSKEYS = "/api/auth/passkeys/"
LOGIN = "/api/auth/login/passkey/"


@pytest.fixture
def phone() -> Authenticator:
    return Authenticator()


async def options_of(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.post(f"{LOGIN}options/")
    assert answer.status_code == 200
    options: dict[str, Any] = answer.json()["public_key"]
    return options


async def log_in_by(client: httpx.AsyncClient, phone: Authenticator, **options: Any) -> httpx.Response:
    return await client.post(LOGIN, json={"passkey": phone.use(await options_of(client))}, **options)


# adding


async def test_a_passkey_is_added_listed_renamed_and_removed(
    owner: Owner, phone: Authenticator, db: Database, published: Any
) -> None:
    phone.flags |= BACKUP_ELIGIBLE | BACKED_UP
    answer = await owner.add_passkey(phone, "Asha's phone")
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    added = answer.json()
    assert len(added["recovery_codes"]) == 10, "it is the first second factor"
    passkey_id = added["passkey"]["id"]
    [listed] = (await owner.get(PASSKEYS))["items"]
    assert listed == added["passkey"]
    assert (listed["name"], listed["backup_eligible"], listed["backed_up"]) == ("Asha's phone", True, True)
    assert listed["last_used_at"] is None

    renamed = await owner.client.patch(f"{PASSKEYS}{passkey_id}/", json={"name": " My  phone "}, headers=owner.headers)
    assert renamed.json()["name"] == "My phone"
    assert (await owner.client.delete(f"{PASSKEYS}{passkey_id}/", headers=owner.headers)).status_code == 204
    assert (await owner.get(PASSKEYS))["items"] == []
    assert (await owner.get("/api/auth/two-factor/"))["recovery_codes_left"] == 0
    kinds = [event.data["kind"] for event in await published(db) if event.type == "auth.security.noticed.v1"]
    assert kinds == ["passkey_added", "passkey_removed"]


async def test_what_a_page_is_told_to_ask_for(owner: Owner, phone: Authenticator) -> None:
    options = (await owner.post(f"{PASSKEYS}options/")).json()["public_key"]
    assert options["rp"] == {"id": "localhost", "name": "ShareWise"}
    assert options["attestation"] == "none"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert len(base64url_to_bytes(options["challenge"])) == 32
    await owner.add_passkey(phone)
    again = (await owner.post(f"{PASSKEYS}options/")).json()["public_key"]
    assert [one["id"] for one in again["excludeCredentials"]] == [bytes_to_base64url(phone.credential_id)]
    asked = await options_of(owner.client)
    assert (asked["userVerification"], asked["rpId"], asked["allowCredentials"]) == ("required", "localhost", [])


async def test_the_second_passkey_brings_no_codes_and_adding_ends_other_sessions(
    owner: Owner, phone: Authenticator
) -> None:
    other = await owner.person.tokens()
    await owner.add_passkey(phone)
    refused = await owner.client.post("/api/auth/refresh/", json={"refresh_token": other["refresh_token"]})
    assert refused.status_code == 401
    assert (await owner.add_passkey(Authenticator(), "Key")).json()["recovery_codes"] is None
    answer = await owner.client.post("/api/auth/refresh/", json={"refresh_token": owner.tokens["refresh_token"]})
    assert claims(answer.json()["access_token"])["amr"] == ["pwd", "hwk"]


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "http://localhost:9999"},
        {"origin": "https://evil.example"},
        {"rp_id": "evil.example"},
        {"flags": USER_PRESENT},
        {"flags": USER_VERIFIED},
    ],
)
async def test_a_new_passkey_of_elsewhere_or_without_its_owner_is_not_accepted(
    owner: Owner, changes: dict[str, Any]
) -> None:
    answer = await owner.add_passkey(Authenticator(**changes))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "passkey_refused")
    assert (await owner.get(PASSKEYS))["items"] == []


async def test_a_challenge_adds_one_passkey_in_its_own_session_and_in_time(
    owner: Owner, phone: Authenticator, clock: FixedClock
) -> None:
    options = (await owner.post(f"{PASSKEYS}options/")).json()["public_key"]
    body = {"name": "Phone", "credential": phone.create(options)}
    second = Owner(owner.person, clock)
    second.tokens = await owner.person.tokens()
    assert (await second.post(PASSKEYS, body)).json()["code"] == "invalid_token", "another session"
    assert (await owner.post(PASSKEYS, body)).status_code == 422, "and with that it is used up"
    options = (await owner.post(f"{PASSKEYS}options/")).json()["public_key"]
    clock.move(timedelta(minutes=5))
    late = {"name": "Phone", "credential": phone.create(options)}
    assert (await owner.post(PASSKEYS, late)).status_code in {403, 422}
    owner.tokens = await owner.person.tokens()
    assert (await owner.post(PASSKEYS, late)).status_code == 422


async def test_a_credential_belongs_to_one_person(owner: Owner, phone: Authenticator, person: Person) -> None:
    await owner.add_passkey(phone)
    assert (await owner.add_passkey(phone)).status_code == 409
    await person.register_and_verify(email="other@example.com", username="other_one")
    other = Owner(person, owner.clock)
    other.tokens = (await person.log_in(name={"email": "other@example.com"})).json()
    assert (await other.add_passkey(phone)).status_code == 409
    [mine] = (await owner.get(PASSKEYS))["items"]
    for method, body in (("PATCH", {"name": "x"}), ("DELETE", None)):
        answer = await other.client.request(method, f"{PASSKEYS}{mine['id']}/", json=body, headers=other.headers)
        assert answer.status_code == 404
    assert (await other.get(PASSKEYS))["items"] == []


@pytest.mark.parametrize("path", [f"{PASSKEYS}options/", PASSKEYS])
async def test_a_login_of_long_ago_adds_none(owner: Owner, clock: FixedClock, phone: Authenticator, path: str) -> None:
    options = (await owner.post(f"{PASSKEYS}options/")).json()["public_key"]
    clock.move(timedelta(minutes=5, seconds=1))
    answer = await owner.post(path, {"name": "x", "credential": phone.create(options)} if path == PASSKEYS else None)
    assert (answer.status_code, answer.json()["code"]) == (403, "step_up_required")


@pytest.mark.parametrize("name", ["", " ", "<b>", "a\u0000", "x" * 61, 7])
async def test_a_name_is_checked(owner: Owner, phone: Authenticator, name: Any) -> None:
    await owner.add_passkey(phone)
    [mine] = (await owner.get(PASSKEYS))["items"]
    answer = await owner.client.patch(f"{PASSKEYS}{mine['id']}/", json={"name": name}, headers=owner.headers)
    assert answer.status_code == 422
    unknown = await owner.client.patch(f"{PASSKEYS}{uuid4()}/", json={"name": "x"}, headers=owner.headers)
    assert unknown.status_code == 404


# logging in


@pytest.mark.parametrize("counts", [True, False])
async def test_a_passkey_alone_logs_in(owner: Owner, counts: bool) -> None:
    phone = Authenticator(counts=counts)
    await owner.add_passkey(phone)
    for _ in range(2):
        answer = await log_in_by(owner.client, phone)
        assert answer.status_code == 200, answer.text
        assert claims(answer.json()["access_token"])["amr"] == ["hwk"]
    [listed] = (await owner.get(PASSKEYS))["items"]
    assert listed["last_used_at"] is not None


async def test_a_page_that_logs_in_by_passkey_gets_cookies_and_must_be_ours(owner: Owner, phone: Authenticator) -> None:
    await owner.add_passkey(phone)
    page = {"x-token-transport": "cookie", "origin": "http://localhost:8000"}
    answer = await log_in_by(owner.client, phone, headers=page)
    assert answer.status_code == 200
    assert "rt=" in answer.headers["set-cookie"]
    assert (await log_in_by(owner.client, phone, headers={**page, "origin": "https://evil.example"})).status_code == 403


async def test_a_passkey_is_a_second_factor(owner: Owner, phone: Authenticator) -> None:
    await owner.add_passkey(phone)
    first = await owner.begin_login()
    assert first["methods"] == ["passkey", "recovery_code"]
    options = first["passkey"]["public_key"]
    assert [one["id"] for one in options["allowCredentials"]] == [bytes_to_base64url(phone.credential_id)]
    answer = await owner.finish_login(first["challenge"], passkey=phone.use(options, with_handle=False))
    assert answer.status_code == 200, answer.text
    assert claims(answer.json()["access_token"])["amr"] == ["pwd", "hwk"]


async def test_somebody_elses_passkey_is_no_second_factor(owner: Owner, phone: Authenticator, person: Person) -> None:
    await owner.add_passkey(phone)
    await person.register_and_verify(email="other@example.com", username="other_one")
    other, key = Owner(person, owner.clock), Authenticator()
    other.tokens = (await person.log_in(name={"email": "other@example.com"})).json()
    await other.add_passkey(key)
    first = await owner.begin_login()
    answer = await owner.finish_login(first["challenge"], passkey=key.use(first["passkey"]["public_key"]))
    assert answer.status_code == 401


async def test_challenges_of_one_purpose_answer_no_other(owner: Owner, phone: Authenticator) -> None:
    await owner.add_passkey(phone)
    first = await owner.begin_login()
    answer = await owner.client.post(LOGIN, json={"passkey": phone.use(first["passkey"]["public_key"])})
    assert answer.status_code == 401
    assert (
        await owner.finish_login(first["challenge"], passkey=phone.use(await options_of(owner.client)))
    ).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://localhost"},
        {"rp_id": "evil.example"},
        {"flags": USER_PRESENT},
        {"user_handle": uuid4().bytes},
        {"key": Authenticator().key},
        {"credential_id": b"unknown"},
    ],
)
async def test_a_passkey_that_is_not_right_logs_nobody_in(
    owner: Owner, phone: Authenticator, changes: dict[str, Any]
) -> None:
    await owner.add_passkey(phone)
    for name, value in changes.items():
        setattr(phone, name, value)
    answer = await log_in_by(owner.client, phone)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")


async def test_an_answer_counts_once_in_time_and_from_the_client_that_asked(
    owner: Owner, phone: Authenticator, clock: FixedClock
) -> None:
    await owner.add_passkey(phone)
    answer = {"passkey": phone.use(await options_of(owner.client))}
    assert (await owner.client.post(LOGIN, json=answer)).status_code == 200
    assert (await owner.client.post(LOGIN, json=answer)).status_code == 401
    asked = await options_of(owner.client)
    stolen = await owner.client.post(LOGIN, json={"passkey": phone.use(asked)}, headers={"user-agent": "thief"})
    assert stolen.status_code == 401
    asked = await options_of(owner.client)
    clock.move(timedelta(minutes=5))
    assert (await owner.client.post(LOGIN, json={"passkey": phone.use(asked)})).status_code == 401


async def test_of_fifty_uses_of_one_answer_one_succeeds(owner: Owner, phone: Authenticator) -> None:
    await owner.add_passkey(phone)
    answer = {"passkey": phone.use(await options_of(owner.client))}
    answers = await asyncio.gather(*(owner.client.post(LOGIN, json=answer) for _ in range(25)))
    assert [one.status_code for one in answers].count(200) == 1


async def test_a_counter_that_goes_back_is_refused_and_told(
    owner: Owner, phone: Authenticator, db: Database, published: Any
) -> None:
    await owner.add_passkey(phone, "Key")
    copied = copy.copy(phone)
    assert (await log_in_by(owner.client, phone)).status_code == 200
    assert (await log_in_by(owner.client, phone)).status_code == 200
    assert (await log_in_by(owner.client, copied)).status_code == 401
    told = [event.data for event in await published(db) if event.type == "auth.security.noticed.v1"]
    assert [(one["kind"], one["details"]) for one in told][-1] == ("passkey_refused", {"name": "Key"})
    async with db.read() as session:
        assert await session.scalar(select(Passkey.sign_count)) == 2


@pytest.mark.parametrize(("status", "expected"), [(AccountStatus.LOCKED, 423), (AccountStatus.SUSPENDED, 423)])
async def test_a_locked_account_opens_to_no_passkey(
    owner: Owner, phone: Authenticator, db: Database, status: str, expected: int
) -> None:
    await owner.add_passkey(phone)
    async with db.transaction() as tx:
        await tx.session.execute(update(User).values(status=status))
    assert (await log_in_by(owner.client, phone)).status_code == expected


async def test_staff_keep_one_factor(owner: Owner, phone: Authenticator, db: Database) -> None:
    await owner.add_passkey(phone)
    await become(db, "SUPER_ADMIN")
    owner.tokens = (await log_in_by(owner.client, phone)).json()
    [mine] = (await owner.get(PASSKEYS))["items"]
    assert (await owner.client.delete(f"{PASSKEYS}{mine['id']}/", headers=owner.headers)).status_code == 409
    assert len((await owner.get(PASSKEYS))["items"]) == 1
    await owner.add_passkey(Authenticator())
    assert (await owner.client.delete(f"{PASSKEYS}{mine['id']}/", headers=owner.headers)).status_code == 204


# what is malformed


def _flip(raw: str, at: int) -> str:
    data = bytearray(base64url_to_bytes(raw))
    if data:
        data[at % len(data)] ^= 1 << at % 8
    return bytes_to_base64url(bytes(data))


@given(part=st.sampled_from(["clientDataJSON", "attestationObject"]), at=st.integers(0, 4000), cut=st.integers(0, 300))
def test_whatever_is_wrong_with_a_new_passkey_it_is_not_accepted_and_never_a_crash(
    part: str, at: int, cut: int
) -> None:
    made_for, secret = Ceremonies(AuthSettings()), bytes_to_base64url(bytes(32))
    user = {"user": {"id": "AAAA"}, "challenge": secret}
    credential = Authenticator().create(user)
    credential["response"][part] = _flip(credential["response"][part], at)[: -cut or None]
    try:
        ceremonies.challenge_of(credential)
        made = made_for.verify_creation(credential, secret)
    except NotAccepted:
        return
    assert made.public_key, "a change of what is not signed may pass; with attestation none nothing is"


@given(
    part=st.sampled_from(["clientDataJSON", "authenticatorData", "signature"]),
    at=st.integers(0, 4000),
    cut=st.integers(0, 100),
)
def test_no_changed_use_of_a_passkey_is_accepted(part: str, at: int, cut: int) -> None:
    made_for, secret = Ceremonies(AuthSettings()), bytes_to_base64url(bytes(32))
    phone = Authenticator()
    made = made_for.verify_creation(phone.create({"user": {"id": "AAAA"}, "challenge": secret}), secret)
    credential = phone.use({"challenge": secret})
    assert made_for.verify_use(credential, secret, made.public_key).sign_count == 1
    credential["response"][part] = _flip(credential["response"][part], at)[: -cut or None]
    with pytest.raises(NotAccepted):
        ceremonies.challenge_of(credential)
        made_for.verify_use(credential, secret, made.public_key)


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c["response"].update(clientDataJSON="e30"),
        lambda c: c["response"].update(clientDataJSON="bnVsbA"),
        lambda c: c["response"].update(clientDataJSON="A"),
        lambda c: c["response"].update(userHandle="A"),
        lambda c: c.update(rawId="A"),
        lambda c: c.update(id="AAAA"),
        lambda c: c["response"].update(signature=""),
        lambda c: c["response"].update(authenticatorData=""),
    ],
)
async def test_a_malformed_answer_is_refused(
    owner: Owner, phone: Authenticator, change: Callable[[dict[str, Any]], None]
) -> None:
    await owner.add_passkey(phone)
    credential = phone.use(await options_of(owner.client))
    change(credential)
    assert (await owner.client.post(LOGIN, json={"passkey": credential})).status_code == 401


async def test_what_no_browser_sends_is_422(client: httpx.AsyncClient, phone: Authenticator) -> None:
    good = phone.use({"challenge": "AAAA"})
    for bad in (
        {**good, "more": 1},
        {**good, "type": "password"},
        {**good, "id": "!"},
        {**good, "rawId": "x" * 1401},
        {**good, "response": {**good["response"], "signature": 7}},
        {**good, "response": {}},
    ):
        assert (await client.post(LOGIN, json={"passkey": bad})).status_code == 422
