"""Authenticator apps and recovery codes: what is right, setting up, taking away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from libs.common.clock import FixedClock
from libs.common.db import Database
from services.auth.accounts.tables import User
from services.auth.second_factors import rules
from services.auth.second_factors.tables import RecoveryCode, TotpFactor
from services.auth.tests.conftest import EMAIL, PASSWORD
from services.auth.tests.owner import STEP, Owner, become, claims

TWO_FACTOR = "/api/auth/two-factor/"
NOW = datetime(2026, 11, 20, 9, 15, tzinfo=UTC)
CODE_WORDS = st.text(alphabet="0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=24, max_size=24)


# rules


@given(drift=st.integers(-3, 3), seconds=st.integers(0, 29))
def test_a_code_counts_in_its_own_step_and_in_those_beside_it(drift: int, seconds: int) -> None:
    secret, now = rules.new_totp_secret(), NOW + timedelta(seconds=seconds)
    code = pyotp.TOTP(secret).at(now + drift * STEP)
    current = int(now.timestamp()) // 30
    # By chance two of these steps can have the same code.
    others = {step for step in (current - 1, current, current + 1) if pyotp.HOTP(secret).at(step) == code}
    assert rules.step_of(secret, code, now, last_step=0) == (min(others) if others else None)
    assert (abs(drift) <= 1) == (current + drift in others) or current + drift not in others


def test_a_code_of_a_used_step_or_of_one_before_it_counts_no_more() -> None:
    secret, current = rules.new_totp_secret(), int(NOW.timestamp()) // 30
    for step in (current - 1, current, current + 1):
        assert rules.step_of(secret, pyotp.HOTP(secret).at(step), NOW, last_step=current + 1) is None
    assert rules.step_of(secret, pyotp.HOTP(secret).at(current + 1), NOW, last_step=current) == current + 1


def test_secrets_have_160_bits_and_recovery_codes_120() -> None:
    assert len(rules.new_totp_secret()) * 5 == 160
    codes = rules.new_recovery_codes()
    assert len(set(codes)) == 10
    assert all(len(code.replace("-", "")) * 5 == 120 for code in codes)


@given(CODE_WORDS)
def test_a_recovery_code_is_read_as_people_write_it(plain: str) -> None:
    grouped = "-".join(plain[at : at + 4] for at in range(0, 24, 4))
    misread = plain.replace("0", "o").replace("1", "l")
    for written in (plain, grouped, grouped.lower(), f" {grouped.replace('-', ' ')} ", misread):
        assert rules.plain_recovery_code(written) == plain


@given(st.text(max_size=40))
def test_what_is_no_recovery_code_is_none(text: str) -> None:
    found = rules.plain_recovery_code(text)
    assert found is None or len(found) == 24


@pytest.mark.parametrize(
    ("before", "by", "after"),
    [
        (["pwd"], rules.Amr.CODE, ["pwd", "otp"]),
        (["pwd", "otp"], rules.Amr.PASSKEY, ["pwd", "hwk"]),
        (["hwk"], rules.Amr.PASSKEY, ["hwk"]),
        (["hwk"], rules.Amr.CODE, ["otp"]),
        (["pwd", "otp"], rules.Amr.PASSWORD, ["pwd"]),
    ],
)
def test_what_a_token_says_is_what_was_proved_last(before: list[str], by: rules.Amr, after: list[str]) -> None:
    assert rules.proved_anew(before, by) == after


# setting up


async def test_an_app_is_set_up_by_one_of_its_codes(owner: Owner, db: Database, published: Any) -> None:
    assert (await owner.get(TWO_FACTOR))["enabled"] is False
    answer = await owner.post(f"{TWO_FACTOR}enroll/")
    shown = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    parsed = pyotp.parse_uri(shown["uri"])
    assert isinstance(parsed, pyotp.TOTP)
    assert (parsed.secret, parsed.issuer, parsed.name) == (shown["secret"], "ShareWise", EMAIL)
    assert (parsed.digits, parsed.interval) == (6, 30)
    assert shown["qr"].startswith("data:image/svg+xml")
    assert (await owner.get(TWO_FACTOR))["enabled"] is False, "it was only shown"
    assert "access_token" in (await owner.person.log_in()).json(), "and asks nobody for a code"

    owner.secret = shown["secret"]
    answer = await owner.post(f"{TWO_FACTOR}confirm/", {"code": owner.code()})
    assert answer.headers["cache-control"] == "no-store"
    assert len(answer.json()["recovery_codes"]) == 10
    state = await owner.get(TWO_FACTOR)
    assert (state["enabled"], state["passkeys"], state["recovery_codes_left"]) == (True, 0, 10)
    told = [event.data for event in await published(db) if event.type == "auth.security.noticed.v1"]
    assert [one["kind"] for one in told] == ["totp_enabled"]
    records = [event.data["record"] for event in await published(db) if event.type == "auth.action.recorded.v1"]
    assert [(record["action"], record["object_kind"]) for record in records] == [
        ("session.opened", "session"),
        ("session.opened", "session"),
        ("second_factor.totp_enabled", "user"),
    ]


async def test_nothing_stored_or_announced_shows_a_secret(owner: Owner, db: Database, published: Any) -> None:
    await owner.set_totp_up()
    async with db.read() as session:
        [factor] = await session.scalars(select(TotpFactor))
        hashes = (await session.scalars(select(RecoveryCode.code_hash))).all()
    seen = repr(vars(factor)) + repr(hashes) + repr([event.data for event in await published(db)])
    for secret in (owner.secret, *owner.recovery_codes, *(code.replace("-", "") for code in owner.recovery_codes)):
        assert secret not in seen
    assert {len(one) for one in hashes} == {32}


async def test_a_second_app_is_refused_and_a_new_try_replaces_one_that_was_only_shown(owner: Owner) -> None:
    first = (await owner.post(f"{TWO_FACTOR}enroll/")).json()["secret"]
    await owner.set_totp_up()
    assert owner.secret != first
    assert (await owner.post(f"{TWO_FACTOR}enroll/")).status_code == 409
    assert (await owner.post(f"{TWO_FACTOR}confirm/", {"code": owner.code()})).status_code == 409


async def test_a_wrong_code_confirms_nothing(owner: Owner) -> None:
    owner.secret = (await owner.post(f"{TWO_FACTOR}enroll/")).json()["secret"]
    right = owner.code()
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    answer = await owner.post(f"{TWO_FACTOR}confirm/", {"code": wrong})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "code_wrong")
    assert (await owner.get(TWO_FACTOR))["enabled"] is False


@pytest.mark.parametrize("path", ["enroll/", "confirm/", "disable/", "recovery-codes/"])
async def test_a_login_of_long_ago_changes_no_factor(owner: Owner, path: str, clock: FixedClock) -> None:
    clock.move(timedelta(minutes=5, seconds=1))
    body = {"code": "123456"} if path in {"confirm/", "disable/"} else None
    answer = await owner.post(f"{TWO_FACTOR}{path}", body)
    assert (answer.status_code, answer.json()["code"]) == (403, "step_up_required")


async def test_setting_up_ends_the_other_sessions_and_no_others(
    owner: Owner, clock: FixedClock, db: Database, published: Any, bearer: Callable[[str], dict[str, str]]
) -> None:
    other = await owner.person.tokens()
    await owner.set_totp_up()
    refused = await owner.client.post("/api/auth/refresh/", json={"refresh_token": other["refresh_token"]})
    assert refused.status_code == 401
    kept = await owner.client.post("/api/auth/refresh/", json={"refresh_token": owner.tokens["refresh_token"]})
    assert kept.status_code == 200
    ended = [event.data["reason"] for event in await published(db) if event.type == "auth.session.revoked.v1"]
    assert ended == ["second_factor_changed"]


async def test_the_session_that_set_it_up_counts_as_proved_by_it(owner: Owner, app: FastAPI) -> None:
    await owner.set_totp_up()
    answer = await owner.client.post("/api/auth/refresh/", json={"refresh_token": owner.tokens["refresh_token"]})
    assert claims(answer.json()["access_token"])["amr"] == ["pwd", "otp"]


# taking away


@pytest.mark.parametrize("by", ["code", "recovery_code"])
async def test_an_app_is_taken_away_by_what_proves_it(owner: Owner, by: str, db: Database, published: Any) -> None:
    await owner.set_totp_up()
    proof = owner.code() if by == "code" else owner.recovery_codes[0]
    answer = await owner.post(f"{TWO_FACTOR}disable/", {by: proof})
    assert answer.status_code == 204, answer.text
    state = await owner.get(TWO_FACTOR)
    assert (state["enabled"], state["recovery_codes_left"]) == (False, 0)
    assert "access_token" in (await owner.person.log_in()).json()
    assert "totp_disabled" in [event.data.get("kind") for event in await published(db)]


async def test_an_app_stays_with_a_wrong_code_and_with_the_password_alone(owner: Owner) -> None:
    await owner.set_totp_up()
    wrong = f"{(int(owner.code()) + 1) % 1_000_000:06d}"
    assert (await owner.post(f"{TWO_FACTOR}disable/", {"code": wrong})).status_code == 422
    assert (await owner.post(f"{TWO_FACTOR}disable/", {"password": PASSWORD})).status_code == 422
    assert (await owner.get(TWO_FACTOR))["enabled"] is True


async def test_staff_may_not_be_without_one(owner: Owner, db: Database) -> None:
    await owner.set_totp_up()
    await become(db, "SUPPORT")
    answer = await owner.finish_login((await owner.begin_login())["challenge"], code=owner.code())
    owner.tokens = answer.json()
    assert (await owner.post(f"{TWO_FACTOR}disable/", {"code": owner.code()})).status_code == 409
    assert (await owner.get(TWO_FACTOR))["enabled"] is True, "and nothing of it was done"


# staff


@pytest.mark.parametrize(("role", "required"), [("SUPER_ADMIN", True), ("SUPPORT", True), ("SALES", False)])
async def test_staff_without_one_are_led_to_set_it_up(owner: Owner, db: Database, role: str, required: bool) -> None:
    assert owner.tokens["user"]["second_factor_setup_required"] is False
    await become(db, role)
    owner.tokens = await owner.person.tokens()
    assert owner.tokens["user"]["second_factor_setup_required"] is required
    assert (await owner.get(TWO_FACTOR))["required"] is required
    await owner.set_totp_up()
    answer = await owner.client.post("/api/auth/refresh/", json={"refresh_token": owner.tokens["refresh_token"]})
    assert answer.json()["user"]["second_factor_setup_required"] is False


# races


async def test_of_many_confirmations_one_gives_codes(patient: Owner) -> None:
    assert (await patient.post(f"{TWO_FACTOR}disable/", {"code": patient.code()})).status_code == 204
    patient.secret = (await patient.post(f"{TWO_FACTOR}enroll/")).json()["secret"]
    code = patient.code()
    answers = await asyncio.gather(*(patient.post(f"{TWO_FACTOR}confirm/", {"code": code}) for _ in range(20)))
    assert [answer.status_code for answer in answers].count(200) == 1
    assert {answer.status_code for answer in answers} <= {200, 409, 422}


# personal data


async def test_the_export_names_the_factors_and_opens_nothing(owner: Owner, app: FastAPI, db: Database) -> None:
    await owner.set_totp_up()
    async with db.read() as session:
        user_id = await session.scalar(select(User.id))
    exported = await app.state.second_factors.export(user_id)
    assert exported["authenticator_app_since"] is not None
    assert exported["recovery_codes_left"] == 10
    assert owner.secret not in repr(exported)
