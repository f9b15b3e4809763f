"""The outbox: what was announced is written in the same commit as the state that it tells of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import text

from libs.common.events.envelope import Envelope
from libs.common.ids import uuid7
from libs.common.telemetry import current_traceparent
from libs.contracts.base import Event

if TYPE_CHECKING:
    from asyncpg import Connection

    from libs.common.db import Database


@dataclass(frozen=True, slots=True)
class Announcement:
    """An event that waits for its transaction's commit. `data` is JSON text."""

    event_id: UUID
    type: str
    time: datetime
    subject: str
    data: str
    traceparent: str | None

    @classmethod
    def of(cls, event: Event, now: datetime) -> Announcement:
        return cls(uuid7(), event.type, now, event.subject(), event.model_dump_json(), current_traceparent())


def wake_channel(schema: str) -> str:
    """Name the NOTIFY channel on which the schema's relay waits."""
    return f"{schema}_outbox"


async def write_announcements(driver: Connection, schema: str, announced: Sequence[Announcement]) -> None:
    """Write events into the outbox; the commit wakes the relay. One round trip, whatever the number.

    A subject's row is locked until the commit, so `seq` has no gaps and grows in the order of the commits. Subjects
    are locked in sorted order, so two batches cannot wait for each other.
    """
    totals = Counter(item.subject for item in announced)
    subjects = sorted(totals)
    left = dict(totals)
    before_last: list[int] = []
    for item in announced:
        left[item.subject] -= 1
        before_last.append(left[item.subject])
    await driver.execute(
        _WRITE.format(schema=schema),
        subjects,
        [totals[subject] for subject in subjects],
        [item.event_id for item in announced],
        [item.type for item in announced],
        [item.time for item in announced],
        [item.subject for item in announced],
        before_last,
        [item.data for item in announced],
        [item.traceparent for item in announced],
        wake_channel(schema),
    )


_WRITE = """
WITH counted AS (
    INSERT INTO {schema}.outbox_subjects AS known (subject, seq)
    SELECT * FROM unnest($1::text[], $2::bigint[])
    ON CONFLICT (subject) DO UPDATE SET seq = known.seq + excluded.seq
    RETURNING subject, seq
), written AS (
    INSERT INTO {schema}.outbox (event_id, type, time, subject, seq, data, traceparent)
    SELECT new.event_id, new.type, new.time, subject, counted.seq - new.before_last, new.data::json, new.traceparent
    FROM unnest($3::uuid[], $4::text[], $5::timestamptz[], $6::text[], $7::bigint[], $8::text[], $9::text[])
        WITH ORDINALITY AS new(event_id, type, time, subject, before_last, data, traceparent, number)
    JOIN counted USING (subject)
    ORDER BY new.number
)
SELECT pg_notify($10, '')
"""


async def list_announced(db: Database) -> list[Envelope]:
    """List the events that the outbox holds, oldest first, published or not."""
    async with db.read() as session:
        rows = await session.execute(text(_LIST.format(schema=db.schema)))
        return [
            Envelope(row.event_id, row.type, db.schema, row.time, row.subject, row.seq, row.data, row.traceparent)
            for row in rows
        ]


_LIST = "SELECT event_id, type, time, subject, seq, data, traceparent FROM {schema}.outbox ORDER BY id"
