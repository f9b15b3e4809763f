"""A commit rings for the lanes in which something is due at once, also after the listening connection was lost."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from libs.common.ids import uuid7
from libs.common.testing import eventually
from services.alerts.notifications import tables
from services.alerts.notifications.doorbell import Doorbell
from services.alerts.notifications.rules import Channel, DeliveryStatus, Lane, Purpose, Urgency
from services.alerts.notifications.tables import NewDelivery
from services.alerts.tests.support import running


def message(channel: Channel, **members: Any) -> NewDelivery:
    delivery_id = uuid7()
    return NewDelivery(
        id=delivery_id,
        key=str(delivery_id),
        purpose=Purpose.NOTICE,
        urgency=Urgency.NOTICE,
        user_id=uuid7(),
        triggered_id=None,
        message_id="<1@x>",
        data="{}",
        channel=channel,
        **members,
    )


async def test_it_rings_for_what_is_due_in_a_lane_and_for_nothing_else(db) -> None:
    rung: list[Lane] = []
    wakes = {lane: partial(rung.append, lane) for lane in Lane}

    async def queue(*new: NewDelivery) -> int:
        async with db.transaction() as tx:
            return await tables.queue(await tx.driver(), new, db.clock.now())

    async with running(Doorbell(db, wakes).run()):
        first = message(Channel.MAIL)

        async def is_heard() -> bool:
            await queue(message(Channel.MAIL))
            return bool(rung)

        await eventually(is_heard)
        rung.clear()
        later = db.clock.now() + timedelta(hours=1)
        assert await queue(first, message(Channel.MAIL), message(Channel.WEBHOOK)) == 3
        assert await queue(first) == 0, "it was there"
        await queue(message(Channel.PUSH, due_at=later), message(Channel.PUSH, status=DeliveryStatus.SUPPRESSED))
        await queue(message(Channel.SLACK))
        await eventually(lambda: _is(len(rung) == 3))
        assert sorted(rung) == [Lane.CHAT, Lane.POST, Lane.WEBHOOK]

        async with db.transaction() as tx:
            driver = await tx.driver()
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'alerts:doorbell'"
            assert len(await driver.fetch(query)) == 1
        rung.clear()
        await eventually(is_heard)


async def _is(value: bool) -> bool:
    return value
