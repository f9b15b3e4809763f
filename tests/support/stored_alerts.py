"""Many active alerts at once, stored as the routes would have, past the limits of any plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import orjson

from libs.common.ids import uuid7
from services.alerts.conditions.codec import first_state

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


class RuleAlert(NamedTuple):
    """An alert with a condition, as it is stored; `price` is that of its instrument when it was armed."""

    user_id: UUID
    instrument: str
    condition: Mapping[str, Any]
    price: Decimal


async def store_alerts(
    database: asyncpg.Connection,
    alerts: Iterable[AboveAlert],
    *,
    conditions: Iterable[RuleAlert] = (),
    armed_at: datetime | None = None,
) -> None:
    """Store alerts, armed from now or `armed_at` on. An engine that already runs does not hear of them: restart it."""
    wanted, ruled = list(alerts), list(conditions)
    now = armed_at or datetime.now(UTC)
    for instrument in sorted({alert.instrument for alert in (*wanted, *ruled)}):
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

    def ruled_row(alert: RuleAlert) -> tuple[object, ...]:
        state = orjson.dumps(first_state(now, alert.price)).decode()
        rule = orjson.dumps(alert.condition).decode()
        kind = "price" if "rule" in alert.condition else "expression"
        what = (uuid7(), 1, alert.user_id, ids[alert.instrument], kind, None, None)
        return (*what, "active", "armed", now, now, now, rule, state)

    await database.copy_records_to_table("alerts", columns=_COLUMNS, records=map(row, wanted))
    await database.copy_records_to_table("alerts", columns=(*_COLUMNS, "rule", "state"), records=map(ruled_row, ruled))
