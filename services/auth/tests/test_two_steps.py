"""Logging in by two steps: the challenge, codes and recovery codes, and who is first."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from sqlalchemy import update

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.security.passwords import Passwords
from services.auth.accounts.rules import AccountStatus
from services.auth.accounts.tables import User
from services.auth.second_factors import rules
from services.auth.tests.conftest import Person
from services.auth.tests.owner import Owner, claims

TWO_FACTOR = "/api/auth/two-factor/"
PAGE = {"x-token-transport": "cookie", "origin": "http://localhost:8000"}


# logging in


async def test_the_right_password_is_only_the_first_step(owner: Owner) -> None:
    await owner.set_totp_up()
    first = await owner.begin_login()
    assert first["methods"] == ["totp", "recovery_code"]
    assert (first["expires_in"], first["passkey"]) == (300, None)
    assert not {"access_token", "refresh_token", "user"} & set(first)
    answer = await owner.finish_login(first["challenge"], code=owner.code())
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    said = claims(answer.json()["access_token"])
    assert said["amr"] == ["pwd", "otp"]
    assert said["auth_time"] == int(owner.clock.now().timestamp())


async def test_a_page_gets_its_cookies_with_the_second_step_only(owner: Owner) -> None:
    await owner.set_totp_up()
    first = await owner.person.log_in(headers=PAGE)
    assert "set-cookie" not in first.headers
    body = {"challenge": first.json()["challenge"], "code": owner.code()}
    second = await owner.client.post("/api/auth/login/two-factor/", json=body, headers=PAGE)
    assert second.status_code == 200
    assert "refresh_token" not in second.json()
    assert "rt=" in second.headers["set-cookie"]
    elsewhere = {**PAGE, "origin": "https://evil.example"}
    assert (await owner.client.post("/api/auth/login/two-factor/", json=body, headers=elsewhere)).status_code == 403


async def test_the_wrong_password_says_nothing_of_a_second_factor(owner: Owner) -> None:
    before = await owner.person.log_in("wrong-password-here")
    await owner.set_totp_up()
    after = await owner.person.log_in("wrong-password-here")
    strip = {"request_id"}
    assert {k: v for k, v in before.json().items() if k not in strip} == {
        k: v for k, v in after.json().items() if k not in strip
    }
    assert before.status_code == after.status_code == 401


async def test_every_way_through_a_login_costs_one_hash(owner: Owner) -> None:
    await owner.set_totp_up()
    with patch.object(Passwords, "_check", autospec=True, side_effect=Passwords._check) as checked:
        first = await owner.begin_login()
        assert checked.call_count == 1
        assert (await owner.finish_login(first["challenge"], code=owner.code())).status_code == 200
        assert checked.call_count == 1


async def test_a_wrong_code_leaves_the_challenge_and_the_right_one_ends_it(owner: Owner) -> None:
    await owner.set_totp_up()
    challenge = (await owner.begin_login())["challenge"]
    right = owner.code()
    wrong = await owner.finish_login(challenge, code=f"{(int(right) + 1) % 1_000_000:06d}")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid_credentials")
    assert (await owner.finish_login(challenge, code=right)).status_code == 200
    again = await owner.finish_login(challenge, code=owner.code())
    assert (again.status_code, again.json()["code"]) == (422, "invalid_token")


async def test_a_code_opens_nothing_twice(owner: Owner) -> None:
    await owner.set_totp_up()
    code = owner.code()
    assert (await owner.finish_login((await owner.begin_login())["challenge"], code=code)).status_code == 200
    assert (await owner.finish_login((await owner.begin_login())["challenge"], code=code)).status_code == 401


async def test_the_code_that_set_the_app_up_logs_nobody_in(owner: Owner) -> None:
    owner.secret = (await owner.post(f"{TWO_FACTOR}enroll/")).json()["secret"]
    code = owner.code()
    assert (await owner.post(f"{TWO_FACTOR}confirm/", {"code": code})).status_code == 200
    assert (await owner.finish_login((await owner.begin_login())["challenge"], code=code)).status_code == 401


@pytest.mark.parametrize("elsewhere", [{"user-agent": "thief"}, {"x-forwarded-for": "203.0.113.9"}])
async def test_a_challenge_is_good_for_the_client_that_asked(owner: Owner, elsewhere: dict[str, str]) -> None:
    await owner.set_totp_up()
    challenge = (await owner.begin_login())["challenge"]
    body = {"challenge": challenge, "code": owner.code()}
    stolen = await owner.client.post("/api/auth/login/two-factor/", json=body, headers=elsewhere)
    assert (stolen.status_code, stolen.json()["code"]) == (422, "invalid_token")
    assert (await owner.finish_login(**body)).status_code == 200


async def test_a_challenge_ends_after_five_minutes(owner: Owner, clock: FixedClock) -> None:
    await owner.set_totp_up()
    challenge = (await owner.begin_login())["challenge"]
    clock.move(timedelta(minutes=4))
    late = (await owner.begin_login())["challenge"]
    clock.move(timedelta(seconds=40))
    assert (await owner.finish_login(challenge, code=owner.code())).status_code == 422
    assert (await owner.finish_login(late, code=owner.code())).status_code == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [({"status": AccountStatus.LOCKED}, 423), ({"password_hash": "v2$p1$another"}, 422)],
)
async def test_what_changes_between_the_steps_counts(
    owner: Owner, db: Database, change: dict[str, Any], status: int
) -> None:
    await owner.set_totp_up()
    challenge = (await owner.begin_login())["challenge"]
    async with db.transaction() as tx:
        await tx.session.execute(update(User).values(**change))
    assert (await owner.finish_login(challenge, code=owner.code())).status_code == status


async def test_five_tries_at_a_code_and_a_right_password_brings_no_more(owner: Owner) -> None:
    await owner.set_totp_up()
    statuses = []
    for _ in range(2):
        challenge = (await owner.begin_login())["challenge"]
        for _ in range(4):
            wrong = f"{(int(owner.code()) + 1) % 1_000_000:06d}"
            statuses.append((await owner.finish_login(challenge, code=wrong)).status_code)
    assert statuses == [401] * 5 + [429] * 3
    refused = await owner.finish_login((await owner.begin_login())["challenge"], code=owner.code())
    assert refused.status_code == 429, "also for the right code"
    assert 240 < int(refused.headers["retry-after"]) <= 300


async def test_a_full_login_forgets_the_tries(owner: Owner) -> None:
    await owner.set_totp_up()
    for _ in range(3):
        challenge = (await owner.begin_login())["challenge"]
        for _ in range(3):
            assert (await owner.finish_login(challenge, code="000000")).status_code == 401
        assert (await owner.finish_login(challenge, code=owner.code())).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"challenge": "x"},
        {"challenge": "x", "code": "12345"},
        {"challenge": "x", "code": "123456", "recovery_code": "0" * 24},
        {"challenge": "x", "code": "123456", "role": "SUPER_ADMIN"},
        {"challenge": "x" * 300, "code": "123456"},
        {"challenge": "x", "passkey": {"id": "x"}},
    ],
)
async def test_a_second_step_that_is_malformed_is_told_so(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    assert (await client.post("/api/auth/login/two-factor/", json=body)).status_code == 422


async def test_digits_of_other_scripts_are_no_code(owner: Owner) -> None:
    await owner.set_totp_up()
    challenge = (await owner.begin_login())["challenge"]
    arabic = owner.code().translate({ord("0") + n: 0x0660 + n for n in range(10)})
    answer = await owner.finish_login(challenge, code=arabic)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "code_invalid")
    assert rules.step_of(owner.secret, arabic, owner.clock.now(), last_step=0) is None


# recovery codes


async def test_a_recovery_code_opens_once_and_its_owner_is_told(owner: Owner, db: Database, published: Any) -> None:
    await owner.set_totp_up()
    code = owner.recovery_codes[3]
    answer = await owner.finish_login((await owner.begin_login())["challenge"], recovery_code=code.lower())
    assert answer.status_code == 200
    assert claims(answer.json()["access_token"])["amr"] == ["pwd", "otp"]
    assert (await owner.finish_login((await owner.begin_login())["challenge"], recovery_code=code)).status_code == 401
    told = [event.data for event in await published(db) if event.type == "auth.security.noticed.v1"]
    assert [(one["kind"], one["details"]) for one in told if one["kind"] == "recovery_code_used"] == [
        ("recovery_code_used", {"codes_left": "9"})
    ]
    assert (await owner.get(TWO_FACTOR))["recovery_codes_left"] == 9


async def test_new_recovery_codes_void_the_old(owner: Owner) -> None:
    await owner.set_totp_up()
    renewed = (await owner.post(f"{TWO_FACTOR}recovery-codes/")).json()["recovery_codes"]
    assert not set(renewed) & set(owner.recovery_codes)
    challenge = (await owner.begin_login())["challenge"]
    assert (await owner.finish_login(challenge, recovery_code=owner.recovery_codes[0])).status_code == 401
    assert (await owner.finish_login(challenge, recovery_code=renewed[0])).status_code == 200


async def test_recovery_codes_belong_to_a_second_factor(owner: Owner) -> None:
    assert (await owner.post(f"{TWO_FACTOR}recovery-codes/")).status_code == 409


async def test_a_recovery_code_is_its_owners_only(owner: Owner, person: Person) -> None:
    await owner.set_totp_up()
    await person.register_and_verify(email="other@example.com", username="other_one")
    other = Owner(person, owner.clock)
    other.tokens = (await person.log_in(name={"email": "other@example.com"})).json()
    await other.set_totp_up()
    challenge = (await owner.begin_login())["challenge"]
    assert (await owner.finish_login(challenge, recovery_code=other.recovery_codes[0])).status_code == 401


# races


async def test_of_fifty_logins_with_one_code_one_succeeds(patient: Owner) -> None:
    challenges = [(await patient.begin_login())["challenge"] for _ in range(50)]
    code = patient.code()
    answers = await asyncio.gather(*(patient.finish_login(challenge, code=code) for challenge in challenges))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 49


async def test_of_fifty_logins_with_one_recovery_code_one_succeeds(patient: Owner) -> None:
    challenges = [(await patient.begin_login())["challenge"] for _ in range(50)]
    code = patient.recovery_codes[0]
    answers = await asyncio.gather(*(patient.finish_login(challenge, recovery_code=code) for challenge in challenges))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 49


async def test_of_fifty_answers_to_one_challenge_one_succeeds(patient: Owner) -> None:
    challenge = (await patient.begin_login())["challenge"]
    codes = patient.recovery_codes * 5
    answers = await asyncio.gather(*(patient.finish_login(challenge, recovery_code=code) for code in codes))
    assert [answer.status_code for answer in answers].count(200) == 1
    assert {answer.status_code for answer in answers} <= {200, 401, 422}
    assert (await patient.get(TWO_FACTOR))["recovery_codes_left"] == 9, "what lost the race used no code up"


async def test_of_fifty_tries_at_once_five_are_heard(owner: Owner) -> None:
    await owner.set_totp_up()
    challenge = (await owner.begin_login())["challenge"]
    answers = await asyncio.gather(*(owner.finish_login(challenge, code="000000") for _ in range(50)))
    assert [answer.status_code for answer in answers].count(401) == 5
