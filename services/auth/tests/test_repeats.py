"""Idempotency keys where nobody is signed in yet."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from libs.common.clock import FixedClock
from libs.common.db import Database
from services.auth.tests.conftest import EMAIL, PASSWORD, REGISTRATION, Mailbox, Person

KEY = {"idempotency-key": "a-key-of-the-form-1"}


async def register(person: Person, **changes: Any) -> Any:
    return await person.client.post("/api/auth/register/", json={**REGISTRATION, **changes}, headers=KEY)


async def test_a_repeated_registration_mails_once(person: Person, mailbox: Mailbox) -> None:
    first, second = await register(person), await register(person)
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert len(await mailbox.commands()) == 1


async def test_parallel_registrations_with_one_key_mail_once(person: Person, mailbox: Mailbox) -> None:
    answers = await asyncio.gather(*(register(person) for _ in range(4)))
    assert {answer.status_code for answer in answers} <= {202, 409}
    assert len(await mailbox.commands()) == 1


async def test_somebody_elses_key_tells_nothing(person: Person, mailbox: Mailbox) -> None:
    await register(person)
    other = await register(person, email="other@example.com")
    assert (other.status_code, "idempotent-replayed" in other.headers) == (202, False)
    probe = await register(person, password="another-river-runs-here-77")
    assert (probe.status_code, "idempotent-replayed" in probe.headers) == (202, False)


async def test_a_repeated_confirmation_gets_its_answer_again(person: Person, mailbox: Mailbox) -> None:
    await person.register()
    body = {"token": await mailbox.last_token()}
    first = await person.client.post("/api/auth/verify-email/", json=body, headers=KEY)
    again = await person.client.post("/api/auth/verify-email/", json=body, headers=KEY)
    assert (again.status_code, again.content) == (200, first.content)
    assert (await person.client.post("/api/auth/verify-email/", json=body)).status_code == 422


async def test_a_key_lasts_a_day(person: Person, mailbox: Mailbox, clock: FixedClock) -> None:
    async def resend() -> tuple[int, bool]:
        answer = await person.client.post("/api/auth/verify-email/resend/", json={"email": EMAIL}, headers=KEY)
        return answer.status_code, "idempotent-replayed" in answer.headers

    assert await resend() == (202, False)
    assert await resend() == (202, True)
    clock.move(timedelta(hours=24))
    assert await resend() == (202, False)


@pytest.mark.parametrize("key", ["", "x" * 65, "a b", "a:b", "ключ"])
async def test_a_strange_key_is_refused(person: Person, key: str) -> None:
    headers = [(b"idempotency-key", key.encode())]
    answer = await person.client.post("/api/auth/register/", json=REGISTRATION, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "invalid_key")


async def test_nothing_that_was_kept_holds_the_password(person: Person, db: Database) -> None:
    await register(person)
    async with db.read() as session:
        rows = (await session.execute(text("SELECT t::text FROM auth.idempotency_keys t"))).scalars().all()
    assert len(rows) == 1
    assert PASSWORD not in rows[0]
