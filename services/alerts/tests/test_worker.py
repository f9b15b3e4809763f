"""The worker, the engine and the senders: a tick goes in, a mail comes out; and what it hears of others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from libs.common.db import Database
from libs.common.events.envelope import ENTRY_FIELD, Envelope
from libs.common.http import Http
from libs.common.ids import uuid7
from libs.common.testing import eventually
from libs.contracts.auth import UserInfo
from libs.contracts.billing import EntitlementsChanged
from services.alerts.engine.worker import build_worker as build_engine
from services.alerts.notifications.worker import build_worker as build_sender
from services.alerts.settings import AlertsSettings
from services.alerts.tests.mail_server import MailServer
from services.alerts.tests.support import entitlements, rows_of
from services.alerts.worker import build_worker


@pytest.fixture
async def worker(
    settings: AlertsSettings, db: Database, redis, peers, tokens, server: MailServer
) -> AsyncIterator[None]:
    """The background processes, as they run beside each other."""
    configured = settings.model_copy(
        update={"smtp_port": server.port, "worker_port": 0, "engine_port": 0, "sender_port": 0, "tick_partitions": 1}
    )
    transport, source = peers.transport(), tokens.source("alerts")
    workers = [
        build_worker(configured, db=db, http=Http("test", transport=transport, retries=0), tokens=source),
        build_engine(configured),
        build_sender(configured, http=Http("test", transport=transport, retries=0), tokens=source),
    ]
    running = [asyncio.create_task(worker.run(handle_signals=False)) for worker in workers]
    yield
    for worker in workers:
        worker.stop()
    assert await asyncio.gather(*running) == [0, 0, 0]


async def test_a_price_becomes_a_mail(worker, db, user_id, peers, make_alert, make_tick, send_ticks, server) -> None:
    peers.people[user_id] = UserInfo(
        user_id=user_id, email="trader@example.com", first_name="A", last_name="T", email_verified=True, is_active=True
    )
    alert = await make_alert("above", "230.00", user_id=user_id, announce=True)

    async def is_indexed() -> bool:
        await send_ticks(make_tick("232.50"))
        return bool(await rows_of(db, "SELECT id FROM triggered_alerts WHERE alert_id = $1", alert.id))

    await eventually(is_indexed)

    async def has_mail() -> bool:
        return bool(server.taken)

    await eventually(has_mail)
    assert server.taken[0]["Subject"] == "🚨 Stock Alert: AAPL"
    [row] = await rows_of(db, "SELECT id FROM triggered_alerts")
    assert server.taken[0]["Message-ID"] == f"<{row['id']}@sharewise.local>"


async def test_an_end_of_a_plan_pauses_what_is_beyond_it(worker, db, redis, user_id, make_alert, clock) -> None:
    for _ in range(3):
        await make_alert(user_id=user_id)
    event = EntitlementsChanged(entitlements=entitlements(user_id, active_alerts=1, version=2))
    envelope = Envelope(uuid7(), event.type, "billing", clock.now(), event.subject(), 1, event.model_dump(mode="json"))
    await redis.xadd("billing.events", {ENTRY_FIELD: envelope.to_json()})

    async def two_paused() -> bool:
        paused = await rows_of(db, "SELECT status_reason FROM alerts WHERE status = 'paused'")
        return [row["status_reason"] for row in paused] == ["plan_limit"] * 2

    await eventually(two_paused)
