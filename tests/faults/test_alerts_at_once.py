"""Thousands of alerts fire at once while engine, worker and senders are killed twice: each once, each with its mail.

`SHAREWISE_ALERTS` (3,000) says how many; `make chaos` takes 10,000.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import asyncpg
import pytest

from libs.common.ids import uuid7
from libs.common.testing import eventually
from services.alerts.settings import AlertsSettings
from tests.support.platform import Platform, fetch, own_platform
from tests.support.stored_alerts import AboveAlert, store_alerts

pytestmark = [pytest.mark.chaos, pytest.mark.journey, pytest.mark.timeout(600)]

ALERTS = int(os.environ.get("SHAREWISE_ALERTS", "3000"))
PEOPLE = 200
INSTRUMENT = "NASDAQ:IBM"
LOWEST = Decimal("50000.00")  # far above any recorded price, so that only our tick reaches it


@pytest.fixture
def platform() -> Iterator[Platform]:
    """A platform of this test's own: it is killed in places."""
    with own_platform(port_offset=21_000) as running:
        yield running


async def put_alerts(database: asyncpg.Connection) -> None:
    """Store active alerts, and whom to write to."""
    people = [uuid7() for _ in range(PEOPLE)]
    await database.copy_records_to_table(
        "recipients",
        columns=["user_id", "email", "first_name", "last_name", "time_zone", "updated_at"],
        records=[
            (person, f"many-{number}@example.com", "Test", "Trader", "Asia/Kolkata", datetime.now(UTC))
            for number, person in enumerate(people)
        ],
    )
    await store_alerts(
        database,
        (AboveAlert(people[at % PEOPLE], INSTRUMENT, LOWEST + Decimal(at) / 100) for at in range(ALERTS)),
    )


def mails(platform: Platform) -> list[str]:
    """List the Message-IDs of all alert mails that the sink has taken."""
    found: list[str] = []
    while True:
        page = fetch(f"{platform.mail_url}/api/v1/search", query="subject:IBM", start=len(found), limit=1000).json()
        if not page["messages"]:
            return found
        found += [str(mail["MessageID"]) for mail in page["messages"]]


async def test_they_fire_once_each_though_engine_and_worker_are_killed_twice(platform: Platform) -> None:
    database = await asyncpg.connect(platform.database_url("alerts"))
    try:
        await put_alerts(database)
        platform.restart("alerts-engine")  # it reads what is active when it starts

        async def counted(query: str) -> int:
            return int(await database.fetchval(query))

        triggered = "SELECT count(*) FROM triggered_alerts WHERE instrument = 'NASDAQ:IBM'"
        sent = "SELECT count(*) FROM deliveries WHERE status = 'sent' AND triggered_id IS NOT NULL"
        platform.send_tick(INSTRUMENT, LOWEST + ALERTS)

        async def reached(query: str, enough: int, within: float) -> None:
            async def is_reached() -> bool:
                return await counted(query) >= enough

            await eventually(is_reached, within=within, every=0.2)  # counting too often would slow what is counted

        await reached(triggered, 1, within=30)
        platform.restart("alerts-engine", "alerts-worker", "alerts-sender")
        await reached(sent, ALERTS // 4, within=120)
        platform.restart("alerts-engine", "alerts-worker", "alerts-sender")
        await reached(sent, ALERTS, within=300)
        assert await counted(triggered) == ALERTS
        assert await counted("SELECT count(DISTINCT alert_id) FROM triggered_alerts") == ALERTS
        stored = {row["message_id"] for row in await database.fetch("SELECT message_id FROM deliveries")}
    finally:
        await database.close()

    taken = Counter(mails(platform))
    again = sum(taken.values()) - len(taken)
    print(f"{ALERTS:,} alerts: {len(taken):,} distinct Message-IDs, {again} second copies after 2 kills")
    assert len(taken) == ALERTS
    assert set(taken) <= {message_id.strip("<>") for message_id in stored}
    assert again <= 2 * AlertsSettings().smtp_connections, "only mails in flight at a kill may come twice"
