"""Registering, confirming, one's own account."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.ids import uuid7
from libs.common.security.tokens import Purpose
from services.auth.tests.conftest import EMAIL, PASSWORD, REGISTRATION, Mailbox, Person

OTHER_PASSWORD = "another-river-runs-here-77"


async def test_a_person_registers_confirms_and_logs_in(
    person: Person, mailbox: Mailbox, db: Database, published: Any, bearer: Any
) -> None:
    assert (await person.register()).status_code == 202
    [mail] = await mailbox.commands()
    assert (mail.to, mail.purpose, mail.name) == (EMAIL, "verify_email", "Asha")
    assert mail.secret_url.startswith("http://localhost:8000/verify-email?token=")

    answer = await person.client.post("/api/auth/verify-email/", json={"token": await mailbox.last_token()})
    assert answer.json() == {"email_verified": True, "email": EMAIL, "username": "asha_rao", "username_taken": False}

    body = await person.tokens()
    assert (body["token_type"], body["expires_in"]) == ("bearer", 3600)
    assert set(body["user"]) == {
        "id",
        "email",
        "username",
        "first_name",
        "last_name",
        "role",
        "tier",
        "email_verified",
        "second_factor_setup_required",
        "idle_minutes",
        "terms_acceptance_required",
        "first_steps_due",
    }
    me = await person.client.get("/api/users/me/", headers=bearer(body["access_token"]))
    assert (me.status_code, me.json()["phone"]) == (200, "+919812345678")
    events = await published(db)
    assert [event.type for event in events] == [
        "auth.user.registered.v1",
        "auth.user.verified.v1",
        "auth.settings.changed.v1",
        "auth.action.recorded.v1",
    ]
    assert events[-1].data["record"]["action"] == "session.opened"
    assert events[1].data == {
        "user_id": body["user"]["id"],
        "email": EMAIL,
        "first_name": "Asha",
        "last_name": "Rao",
    }


async def test_a_known_address_is_not_told_from_an_unknown_one(person: Person, mailbox: Mailbox) -> None:
    unknown = await person.register()
    unconfirmed = await person.register()
    token = await mailbox.last_token()
    await person.client.post("/api/auth/verify-email/", json={"token": token})
    known = await person.register(password=OTHER_PASSWORD)
    assert {answer.status_code for answer in (unknown, unconfirmed, known)} == {202}
    assert unknown.content == unconfirmed.content == known.content
    assert set(unknown.headers) == set(known.headers)
    assert [mail.purpose for mail in await mailbox.commands()].count("account_exists") == 1


async def test_a_known_address_keeps_its_password(person: Person) -> None:
    await person.register_and_verify()
    await person.register(password=OTHER_PASSWORD, first_name="Mallory")
    assert (await person.log_in(OTHER_PASSWORD)).status_code == 401
    assert (await person.tokens())["user"]["first_name"] == "Asha"


async def test_the_hint_that_an_account_exists_is_mailed_once_an_hour(person: Person, mailbox: Mailbox) -> None:
    await person.register_and_verify()
    for _ in range(3):
        await person.register()
    assert [mail.purpose for mail in await mailbox.commands()].count("account_exists") == 1


async def test_each_link_confirms_the_registration_it_was_mailed_for(
    person: Person, mailbox: Mailbox, clock: FixedClock
) -> None:
    """Somebody else registers the address in between: the owner's own link still sets the owner's password."""
    await person.register()
    owners = await mailbox.last_token()
    clock.move(timedelta(seconds=1))
    await person.register(password=OTHER_PASSWORD, username="mallory", first_name="Mallory")
    answer = await person.client.post("/api/auth/verify-email/", json={"token": owners})
    assert answer.json()["username"] == "asha_rao"
    assert (await person.log_in(OTHER_PASSWORD)).status_code == 401
    assert (await person.log_in(PASSWORD)).status_code == 200


async def test_confirming_voids_every_other_link(person: Person, mailbox: Mailbox, clock: FixedClock) -> None:
    await person.register()
    first = await mailbox.last_token()
    clock.move(timedelta(seconds=1))
    await person.register(password=OTHER_PASSWORD)
    second = await mailbox.last_token()
    assert first != second
    assert (await person.client.post("/api/auth/verify-email/", json={"token": first})).status_code == 200
    answer = await person.client.post("/api/auth/verify-email/", json={"token": second})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_token")


async def test_a_link_works_once_however_many_try_at_once(person: Person, mailbox: Mailbox) -> None:
    await person.register()
    token = await mailbox.last_token()
    answers = await asyncio.gather(
        *(person.client.post("/api/auth/verify-email/", json={"token": token}) for _ in range(20))
    )
    assert sorted(answer.status_code for answer in answers) == [200, *[422] * 19]


async def test_a_link_lasts_a_day(person: Person, mailbox: Mailbox, clock: FixedClock) -> None:
    await person.register()
    token = await mailbox.last_token()
    clock.move(timedelta(hours=24))
    answer = await person.client.post("/api/auth/verify-email/", json={"token": token})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_token")


async def test_a_new_link_can_be_asked_for(person: Person, mailbox: Mailbox, clock: FixedClock) -> None:
    await person.register()
    clock.move(timedelta(hours=25))
    answer = await person.client.post("/api/auth/verify-email/resend/", json={"email": EMAIL.upper()})
    assert answer.status_code == 202
    token = await mailbox.last_token()
    assert (await person.client.post("/api/auth/verify-email/", json={"token": token})).status_code == 200
    assert (await person.log_in()).status_code == 200


async def test_asking_for_a_link_tells_nothing(person: Person, mailbox: Mailbox) -> None:
    await person.register_and_verify()
    before = await mailbox.commands()
    known = await person.client.post("/api/auth/verify-email/resend/", json={"email": EMAIL})
    unknown = await person.client.post("/api/auth/verify-email/resend/", json={"email": "nobody@example.com"})
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert await mailbox.commands() == before


async def test_nobody_fills_a_strangers_mailbox(person: Person, mailbox: Mailbox, clock: FixedClock) -> None:
    for number in range(8):
        # From many networks, so that no limit by address helps.
        await person.client.post(
            "/api/auth/register/", json=REGISTRATION, headers={"x-forwarded-for": f"198.51.{number}.7"}
        )
    assert len(await mailbox.commands()) <= 5


async def test_a_taken_username_is_told_after_the_address_is_confirmed(person: Person, mailbox: Mailbox) -> None:
    await person.register_and_verify()
    answer = await person.register(email="other@example.com", first_name="Óscar", last_name="de la Peña")
    assert answer.status_code == 202
    token = await mailbox.last_token("other@example.com")
    confirmed = (await person.client.post("/api/auth/verify-email/", json={"token": token})).json()
    assert confirmed["username_taken"] is True
    assert confirmed["username"].startswith("oscar_de_la_pena_")


async def test_a_username_is_made_for_who_asks_for_none(person: Person, mailbox: Mailbox) -> None:
    await person.register(username=None)
    token = await mailbox.last_token()
    confirmed = (await person.client.post("/api/auth/verify-email/", json={"token": token})).json()
    assert confirmed["username_taken"] is False
    assert confirmed["username"][:9] == "asha_rao_"
    assert confirmed["username"][9:].isdigit()


async def test_two_who_want_one_username_at_once_get_two(person: Person, mailbox: Mailbox) -> None:
    emails = [f"p{number}@example.com" for number in range(6)]
    for email in emails:
        await person.register(email=email, username="wanted_by_all")
    tokens = [await mailbox.last_token(email) for email in emails]
    answers = await asyncio.gather(
        *(person.client.post("/api/auth/verify-email/", json={"token": token}) for token in tokens)
    )
    names = [answer.json()["username"] for answer in answers]
    assert len(set(names)) == 6
    assert names.count("wanted_by_all") == 1


@pytest.mark.parametrize(
    "password", ["password123", "sharewise2026", "asha@example.com", "asha_rao!!", "aaaaaaaaaaaa", "asharao1"]
)
async def test_a_password_that_is_easy_to_guess_is_refused(person: Person, password: str) -> None:
    answer = await person.register(password=password)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "/password"
    assert password not in answer.text


BAD: dict[str, dict[str, Any]] = {
    "no address": {"email": "asha"},
    "address of nowhere": {"email": "asha@localhost"},
    "address with a break": {"email": "asha@example.com\nbcc: all@example.com"},
    "address too long": {"email": "a" * 250 + "@example.com"},
    "address a number": {"email": 7},
    "username short": {"username": "ab"},
    "username with signs": {"username": "asha rao"},
    "username an address": {"username": "asha@example.com"},
    "password short": {"password": "short7!"},
    "password long": {"password": "x" * 129},
    "password a number": {"password": 12345678},
    "name missing": {"first_name": ""},
    "name with a break": {"first_name": "Asha\u2028Rao\u0007"},
    "name with mark-up": {"first_name": "<b>Asha</b>"},
    "name too long": {"first_name": "x" * 81},
    "phone without country": {"phone": "9812345678"},
    "phone nonsense": {"phone": "+91abc"},
    "terms refused": {"accept_terms": False},
    "terms a text": {"accept_terms": "maybe"},
    "a role": {"role": "ADMIN"},
    "a tier": {"tier": "ELITE"},
    "verified": {"email_verified": True},
    "an id": {"id": "01a1ffec-ea2e-717b-a6b4-0c430e770a8a"},
}


@pytest.mark.parametrize("changes", BAD.values(), ids=BAD.keys())
async def test_a_bad_registration_names_its_member(person: Person, mailbox: Mailbox, changes: dict[str, Any]) -> None:
    answer = await person.register(**changes)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == f"/{next(iter(changes))}"
    assert await mailbox.commands() == []


@pytest.mark.parametrize("email", ["Asha@Example.com", " asha@example.com ", "ASHA@EXAMPLE.COM"])
async def test_an_address_is_the_same_in_any_case(person: Person, mailbox: Mailbox, email: str) -> None:
    await person.register_and_verify()
    await person.register(email=email)
    assert (await mailbox.commands())[-1].purpose in {"account_exists", "verify_email"}
    assert [mail.purpose for mail in await mailbox.commands()].count("verify_email") == 1
    assert (await person.log_in(name={"email": email.strip()})).status_code == 200


async def test_an_indian_password_of_any_length_counts_whole(person: Person) -> None:
    password = "पुणे की पतंग उड़ती है आज भी बहुत ऊँची " * 3
    await person.register_and_verify(password=password)
    assert (await person.log_in(password)).status_code == 200
    assert (await person.log_in(password[:-2])).status_code == 401


async def test_ones_own_account_is_changed_in_part(person: Person, bearer: Any) -> None:
    await person.register_and_verify()
    headers = bearer((await person.tokens())["access_token"])
    answer = await person.client.patch(
        "/api/users/me", json={"first_name": "  Aasha ", "phone": "", "username": "aasha"}, headers=headers
    )
    body = answer.json()
    assert (body["first_name"], body["last_name"], body["phone"], body["username"]) == ("Aasha", "Rao", None, "aasha")
    assert (await person.log_in(name={"username": "aasha"})).status_code == 200


@pytest.mark.parametrize("name", ["email", "role", "tier", "status", "password_hash", "token_version", "id"])
async def test_what_is_not_ones_own_to_change_is_refused(person: Person, bearer: Any, name: str) -> None:
    await person.register_and_verify()
    headers = bearer((await person.tokens())["access_token"])
    before = (await person.client.get("/api/users/me/", headers=headers)).json()
    assert (await person.client.patch("/api/users/me/", json={name: "ADMIN"}, headers=headers)).status_code == 422
    assert (await person.client.get("/api/users/me/", headers=headers)).json() == before


async def test_a_taken_username_is_a_conflict(person: Person, bearer: Any) -> None:
    await person.register_and_verify(email="other@example.com", username="taken_one")
    await person.register_and_verify()
    headers = bearer((await person.tokens())["access_token"])
    answer = await person.client.patch("/api/users/me/", json={"username": "taken_one"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


async def test_services_ask_about_a_person(
    person: Person, app: FastAPI, settings: Any, clock: FixedClock, bearer: Any
) -> None:
    await person.register_and_verify()
    user_id = (await person.tokens())["user"]["id"]
    issued = await app.state.clients.issue("alerts", "development-only-service-secret", "auth")
    answer = await person.client.get(f"/internal/users/{user_id}", headers=bearer(issued.token))
    assert answer.json() == {
        "user_id": user_id,
        "email": EMAIL,
        "first_name": "Asha",
        "last_name": "Rao",
        "email_verified": True,
        "is_active": True,
        "time_zone": "Asia/Kolkata",
        "alert_mails": True,
    }
    assert (await person.client.get(f"/internal/users/{uuid7()}", headers=bearer(issued.token))).status_code == 404


async def test_a_person_is_exported_and_erased(person: Person, app: FastAPI, db: Database, bearer: Any) -> None:
    await person.register_and_verify()
    tokens = await person.tokens()
    user_id = tokens["user"]["id"]
    issued, _ = await app.state.keyring.sign(
        {"sub": "service:auth", "scope": "personal-data"},
        purpose=Purpose.SERVICE,
        ttl=timedelta(minutes=5),
        audience="auth",
    )
    exported = await person.client.get(f"/internal/users/{user_id}/export", headers=bearer(issued))
    assert exported.json()["account"]["email"] == EMAIL
    assert len(exported.json()["sessions"]) == 1
    assert "hash" not in exported.text
    for _ in range(2):
        erased = await person.client.post(f"/internal/users/{user_id}/erase", headers=bearer(issued))
        assert erased.status_code == 204
    assert (await person.log_in()).status_code == 401
    assert (await person.client.get(f"/internal/users/{user_id}/export", headers=bearer(issued))).json() == {}
    refreshed = await person.client.post("/api/auth/refresh/", json={"refresh_token": tokens["refresh_token"]})
    assert refreshed.status_code == 401


@pytest.mark.parametrize("path", ["/api/users/me/", "/api/auth/sessions/"])
async def test_nobody_sees_nothing(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 401
