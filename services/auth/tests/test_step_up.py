"""Proving anew who one is, and what asks for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.testing.tokens import Tokens
from services.auth.tests.authenticator import Authenticator
from services.auth.tests.conftest import PASSWORD
from services.auth.tests.owner import Owner, claims

STEP_UP = "/api/auth/step-up/"
LATER = timedelta(minutes=6)


async def test_the_password_is_enough_without_a_second_factor(owner: Owner, clock: FixedClock) -> None:
    clock.move(LATER)
    other = (await owner.client.delete("/api/auth/sessions/", headers=owner.headers)).json()
    assert other["code"] == "step_up_required"
    question = await owner.post(f"{STEP_UP}options/")
    assert question.json() == {"methods": [], "passkey": None}
    answer = await owner.post(STEP_UP, {"password": PASSWORD})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    before, after = claims(owner.tokens["access_token"]), claims(answer.json()["access_token"])
    assert after["sid"] == before["sid"]
    assert (after["auth_time"], after["amr"]) == (int(clock.now().timestamp()), ["pwd"])
    owner.tokens["access_token"] = answer.json()["access_token"]
    assert (await owner.client.delete("/api/auth/sessions/", headers=owner.headers)).status_code == 204


async def test_a_refresh_keeps_what_was_proved(owner: Owner, clock: FixedClock) -> None:
    clock.move(LATER)
    stepped_up_at = int(clock.now().timestamp())
    await owner.post(STEP_UP, {"password": PASSWORD})
    clock.move(timedelta(minutes=2))
    answer = await owner.client.post("/api/auth/refresh/", json={"refresh_token": owner.tokens["refresh_token"]})
    assert answer.status_code == 200, "the refresh token is as it was"
    assert claims(answer.json()["access_token"])["auth_time"] == stepped_up_at


async def test_who_has_a_second_factor_uses_it(owner: Owner, clock: FixedClock) -> None:
    await owner.set_totp_up()
    clock.move(LATER)
    assert (await owner.post(f"{STEP_UP}options/")).json()["methods"] == ["totp", "recovery_code"]
    refused = await owner.post(STEP_UP, {"password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_required")
    code = owner.code()
    answer = await owner.post(STEP_UP, {"code": code})
    assert claims(answer.json()["access_token"])["amr"] == ["pwd", "otp"]
    again = await owner.post(STEP_UP, {"code": code})
    assert (again.status_code, again.json()["errors"][0]["code"]) == (422, "code_wrong")
    assert (await owner.post(STEP_UP, {"recovery_code": owner.recovery_codes[0]})).status_code == 200
    assert (await owner.post(STEP_UP, {"recovery_code": owner.recovery_codes[0]})).status_code == 422


async def test_a_passkey_steps_up_in_the_session_that_asked(owner: Owner, clock: FixedClock) -> None:
    phone = Authenticator()
    await owner.add_passkey(phone)
    clock.move(LATER)
    first = await owner.begin_login()
    proof = phone.use(first["passkey"]["public_key"])
    other = Owner(owner.person, clock)
    other.tokens = (await owner.finish_login(first["challenge"], passkey=proof)).json()
    question = (await owner.post(f"{STEP_UP}options/")).json()
    assert question["methods"] == ["passkey", "recovery_code"]
    options = question["passkey"]["public_key"]
    wrong = await other.post(STEP_UP, {"passkey": phone.use(options)})
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "passkey_refused")
    options = (await owner.post(f"{STEP_UP}options/")).json()["passkey"]["public_key"]
    used = phone.use(options)
    answer = await owner.post(STEP_UP, {"passkey": used})
    assert claims(answer.json()["access_token"])["amr"] == ["pwd", "hwk"]
    assert (await owner.post(STEP_UP, {"passkey": used})).status_code == 422


async def test_the_wrong_password_is_refused_and_throttled(owner: Owner) -> None:
    statuses = []
    for _ in range(6):
        statuses.append((await owner.post(STEP_UP, {"password": "not-the-password"})).status_code)
    assert statuses == [422] * 5 + [429]
    assert (await owner.person.log_in()).status_code == 200, "which takes nothing from the login"


async def test_five_tries_at_a_code(owner: Owner) -> None:
    await owner.set_totp_up()
    statuses = [(await owner.post(STEP_UP, {"code": "000000"})).status_code for _ in range(6)]
    assert statuses == [422] * 5 + [429]


@pytest.mark.parametrize("body", [{}, {"password": "a", "code": "123456"}, {"code": "1"}, {"amr": ["hwk"]}])
async def test_one_proof_is_asked_for(owner: Owner, body: dict[str, Any]) -> None:
    assert (await owner.post(STEP_UP, body)).status_code == 422


async def test_nobody_and_nobody_else_steps_up(owner: Owner, tokens: Tokens, db: Database) -> None:
    assert (await owner.client.post(STEP_UP, json={"password": PASSWORD})).status_code == 401
    ended = await owner.client.post("/api/auth/logout/", headers=owner.headers)
    assert ended.status_code == 204
    assert (await owner.post(STEP_UP, {"password": PASSWORD})).status_code == 401


@pytest.mark.parametrize("path", ["/api/auth/sessions/", "/api/auth/sessions/{other}/"])
async def test_ending_sessions_needs_a_recent_login(owner: Owner, clock: FixedClock, path: str) -> None:
    await owner.person.tokens()
    listed = (await owner.get("/api/auth/sessions/"))["items"]
    [other] = [one["id"] for one in listed if not one["current"]]
    clock.move(LATER)
    refused = await owner.client.delete(path.format(other=other), headers=owner.headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "step_up_required")
    answer = await owner.post(STEP_UP, {"password": PASSWORD})
    owner.tokens["access_token"] = answer.json()["access_token"]
    assert (await owner.client.delete(path.format(other=other), headers=owner.headers)).status_code == 204
