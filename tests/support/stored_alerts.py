"""Many active alerts at once, stored as the routes would have, past the limits of any plan."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import asyncpg

from libs.common.ids import uuid7

_COLUMNS = (
    "id",
    "version",
    "user_id",
    "instrument_id",
    "alert_type",
    "condition",
    "threshold_price",
    "status",
    "status_reason",
    "created_at",
    "updated_at",
    "armed_at",
)


class AboveAlert(NamedTuple):
    """An alert that fires at or above its threshold."""

    user_id: UUID
    instrument: str
    threshold: Decimal


async def store_alerts(database: asyncpg.Connection, alerts: Iterable[AboveAlert]) -> None:
    """Store alerts, armed from now on. An engine that already runs does not hear of them: restart it."""
    wanted = list(alerts)
    now = datetime.now(UTC)
    for instrument in sorted({alert.instrument for alert in wanted}):
        exchange, _, symbol = instrument.partition(":")
        await database.execute(
            """INSERT INTO instruments (instrument, exchange, symbol, name, currency) VALUES ($1, $2, $3, $3, 'USD')
               ON CONFLICT (instrument) DO NOTHING""",
            instrument,
            exchange,
            symbol,
        )
    ids = {row["instrument"]: row["id"] for row in await database.fetch("SELECT id, instrument FROM instruments")}

    def row(alert: AboveAlert) -> tuple[object, ...]:
        what = (uuid7(), 1, alert.user_id, ids[alert.instrument], "threshold", "above", alert.threshold)
        return (*what, "active", "armed", now, now, now)

    await database.copy_records_to_table("alerts", columns=_COLUMNS, records=map(row, wanted))
