"""Mails that carry a secret reach alerts, whatever is down meanwhile (decisions 26)."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.http import Http, ServiceClient
from libs.common.testing.tokens import Tokens
from services.auth.mails.rules import wait_before_try
from services.auth.mails.service import MailDelivery
from services.auth.mails.tables import PendingMail
from services.auth.settings import AuthSettings
from services.auth.tests.conftest import EMAIL, Mailbox, Person
from services.auth.wiring import make_cipher


class Alerts:
    """Alerts' mail route: answers with `status`, keeps what it took by key."""

    def __init__(self) -> None:
        self.status: int | BaseException = 202
        self.taken: dict[str, dict[str, Any]] = {}
        self.asked = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if isinstance(self.status, BaseException):
            raise self.status
        if self.status == 202:
            body = json.loads(request.content)
            assert request.url.path == "/internal/mails"
            assert request.headers["idempotency-key"] == body["key"]
            self.taken[body["key"]] = body
        return httpx.Response(self.status, json={"code": "because"})


@pytest.fixture
def alerts() -> Alerts:
    return Alerts()


@pytest.fixture
def delivery(alerts: Alerts, db: Database, clock: FixedClock, settings: AuthSettings, tokens: Tokens) -> MailDelivery:
    http = Http("test", transport=httpx.MockTransport(alerts), retries=0)
    client = ServiceClient(http, "http://alerts", "alerts", tokens.source("auth"))
    return MailDelivery(db, make_cipher(settings), clock, client)


async def waiting(db: Database) -> list[PendingMail]:
    async with db.read() as session:
        return list(await session.scalars(select(PendingMail)))


async def test_a_mail_is_handed_over_and_forgotten(
    person: Person, delivery: MailDelivery, alerts: Alerts, db: Database
) -> None:
    await person.register()
    [mail] = await waiting(db)
    assert await delivery.deliver(mail.key)
    assert await waiting(db) == []
    [command] = alerts.taken.values()
    assert (command["to"], command["purpose"], command["name"]) == (EMAIL, "verify_email", "Asha")
    assert not await delivery.deliver(mail.key)
    assert alerts.asked == 1


async def test_a_waiting_mail_is_encrypted(person: Person, db: Database, mailbox: Mailbox) -> None:
    await person.register()
    [mail] = await waiting(db)
    token = await mailbox.last_token()
    assert token not in repr(vars(mail))
    assert EMAIL not in repr(vars(mail))


@pytest.mark.parametrize(
    "status", [500, 503, 429, 401, 403, httpx.ConnectError("down"), httpx.ReadTimeout("slow")], ids=repr
)
async def test_a_mail_that_is_not_taken_is_tried_until_it_is(
    person: Person, delivery: MailDelivery, alerts: Alerts, db: Database, clock: FixedClock, status: int | Exception
) -> None:
    await person.register()
    alerts.status = status
    for _ in range(4):
        assert await delivery.deliver_due() == 0
        clock.move(timedelta(minutes=5))
    alerts.status = 202
    assert await delivery.deliver_due() == 1
    assert len(alerts.taken) == 1
    assert await waiting(db) == []


async def test_a_process_that_dies_in_the_call_leaves_the_mail_due(
    person: Person, delivery: MailDelivery, alerts: Alerts, db: Database, clock: FixedClock
) -> None:
    await person.register()
    alerts.status = asyncio.CancelledError()
    [mail] = await waiting(db)
    with pytest.raises(asyncio.CancelledError):
        await delivery.deliver(mail.key)
    alerts.status = 202
    assert not await delivery.deliver(mail.key), "not yet"
    clock.move(timedelta(seconds=2))
    assert await delivery.deliver_due() == 1


async def test_a_command_that_alerts_refuses_for_good_is_kept_and_not_tried_again(
    person: Person, delivery: MailDelivery, alerts: Alerts, db: Database, clock: FixedClock
) -> None:
    await person.register()
    alerts.status = 422
    await delivery.deliver_due()
    clock.move(timedelta(hours=1))
    await delivery.deliver_due()
    assert alerts.asked == 1
    [mail] = await waiting(db)
    assert mail.refused_at is not None


async def test_a_mail_whose_link_has_ended_is_dropped(
    person: Person, delivery: MailDelivery, alerts: Alerts, db: Database, clock: FixedClock
) -> None:
    await person.register()
    clock.move(timedelta(hours=24, seconds=1))
    await delivery.deliver_due()
    assert (alerts.asked, await waiting(db)) == (0, [])


async def test_two_workers_hand_a_mail_over_once(
    person: Person, delivery: MailDelivery, alerts: Alerts, db: Database
) -> None:
    await person.register()
    [mail] = await waiting(db)
    results = await asyncio.gather(*(delivery.deliver(mail.key) for _ in range(8)))
    assert results.count(True) == 1
    assert alerts.asked == 1


def test_waits_double_up_to_five_minutes() -> None:
    waits = [wait_before_try(tries).total_seconds() for tries in (1, 2, 3, 8, 9, 100)]
    assert waits == [2, 4, 8, 256, 300, 300]
