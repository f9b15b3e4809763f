"""The engine's SQL for alerts with conditions, and the stored marks of their tracks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.conditions import codec
from services.alerts.conditions.codec import Condition
from services.alerts.conditions.track import Mark, Watched
from services.alerts.schema import Base

READ_AT_ONCE = 2_000
"""How many alerts are read at a stretch, so that the loop has its turn between."""


class ConditionMarkRow(Base):
    """How far the ticks of an instrument had been read when this was saved, and what they came to (`room.Track`)."""

    __tablename__ = "condition_marks"

    instrument: Mapped[str] = mapped_column(primary_key=True)
    mark: Mapped[dict[str, Any]] = mapped_column(JSONB)
    saved_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Owned:
    """An active alert with a condition, as evaluating and firing need it."""

    id: UUID
    user_id: UUID
    condition: Condition
    watched: Watched
    message: str | None
    channels: tuple[str, ...] | None
    note: str | None
    instrument: str
    exchange: str
    symbol: str
    name: str
    currency: str


@dataclass(frozen=True, slots=True)
class Record:
    """One change of one alert, to be stored. `finished`: it fires no more."""

    number: int
    version: int
    seq: int
    triggered_id: UUID
    edge: str
    condition: str
    boundary: Decimal
    price: Decimal
    reached_at: datetime
    recorded_at: datetime | None
    state: str
    finished: bool
    words: str
    message: str | None


@dataclass(frozen=True, slots=True)
class Loaded:
    """An active alert with a condition, as evaluating needs it. `by_price`: prices say what becomes of it."""

    user_id: UUID
    instrument: str
    watched: Watched
    by_price: bool


async def read_active(driver: asyncpg.Connection, instrument_ids: Sequence[int]) -> AsyncIterator[Loaded]:
    """Read the active alerts with conditions of these instruments, within a transaction.

    Alike rules and terms are one object: of a million alerts most are alike.
    """
    alike: dict[Any, Any] = {}
    async for row in driver.cursor(_READ_ACTIVE, instrument_ids, prefetch=READ_AT_ONCE):
        stored = orjson.loads(row["rule"])
        condition = codec.condition_of(stored, row["expires_at"], row["snoozed_until"])
        rule, terms = (
            alike.setdefault(condition.rule, condition.rule),
            alike.setdefault(condition.terms, condition.terms),
        )
        state = codec.state_of(orjson.loads(row["state"]))
        watched = Watched(row["number"], row["version"], rule, terms, state, seq=row["seq"])
        yield Loaded(row["user_id"], row["instrument"], watched, by_price=condition.expression is None)


async def find_active(driver: asyncpg.Connection, numbers: Sequence[int]) -> dict[int, Owned]:
    """Find those of these alerts that are active now, by number."""
    rows = await driver.fetch(_FIND_ACTIVE, numbers)
    return {row["number"]: _owned(row) for row in rows}


async def lock_waiting_for_signals(driver: asyncpg.Connection, user_id: UUID, instrument: str) -> list[Owned]:
    """Lock a person's active alerts that wait for signals on an instrument, in the order of their numbers."""
    rows = await driver.fetch(_LOCK_WAITING_FOR_SIGNALS, user_id, instrument)
    return [_owned(row) for row in rows]


async def find_own(driver: asyncpg.Connection, owner: UUID, instruments: Sequence[str]) -> dict[str, list[int]]:
    """Find a person's active alerts that prices decide on these instruments: their numbers, by instrument."""
    rows = await driver.fetch(_FIND_OWN, owner, instruments)
    return {row["instrument"]: row["numbers"] for row in rows}


async def store_changes(driver: asyncpg.Connection, records: Sequence[Record], now: datetime) -> set[int]:
    """Store one change each of these alerts, in one statement. Returns the numbers of those that took it.

    A change made from another state than the stored one is not taken: another engine was first, or the owner.
    """
    rows = await driver.fetch(
        _STORE_CHANGES,
        [record.number for record in records],
        [record.version for record in records],
        [record.seq for record in records],
        [record.triggered_id for record in records],
        [record.edge for record in records],
        [record.condition for record in records],
        [record.boundary for record in records],
        [record.price for record in records],
        [record.reached_at for record in records],
        [record.recorded_at for record in records],
        [record.state for record in records],
        [record.finished for record in records],
        [record.words for record in records],
        [record.message for record in records],
        now,
    )
    return {row["number"] for row in rows}


async def find_recorded(driver: asyncpg.Connection, records: Sequence[Record]) -> set[int]:
    """Find those of these changes that are stored already, by the numbers of their alerts."""
    rows = await driver.fetch(
        _FIND_RECORDED,
        [record.number for record in records],
        [record.version for record in records],
        [record.seq for record in records],
        [record.edge for record in records],
        [record.price for record in records],
        [record.reached_at for record in records],
    )
    return {row["number"] for row in rows}


async def read_marks(driver: asyncpg.Connection, instruments: Sequence[str]) -> dict[str, Mark]:
    """Read how far the ticks of these instruments had come, for those that have an active alert with a condition."""
    return {row["instrument"]: orjson.loads(row["mark"]) for row in await driver.fetch(_READ_MARKS, instruments)}


async def save_marks(driver: asyncpg.Connection, marks: Mapping[str, Mark], now: datetime) -> None:
    """Store how far these instruments' ticks have come."""
    texts = [orjson.dumps(mark).decode() for mark in marks.values()]
    await driver.execute(_SAVE_MARKS, list(marks), texts, now)


def _owned(row: asyncpg.Record) -> Owned:
    condition = codec.condition_of(orjson.loads(row["rule"]), row["expires_at"], row["snoozed_until"])
    state = codec.state_of(orjson.loads(row["state"]))
    return Owned(
        id=row["id"],
        user_id=row["user_id"],
        condition=condition,
        watched=Watched(row["number"], row["version"], condition.rule, condition.terms, state, seq=row["seq"]),
        message=row["message"],
        channels=None if row["channels"] is None else tuple(row["channels"]),
        note=row["note"],
        instrument=row["instrument"],
        exchange=row["exchange"],
        symbol=row["symbol"],
        name=row["name"],
        currency=row["currency"],
    )


_SELECT = """
SELECT a.number, a.version, a.seq, a.id, a.user_id, a.rule::text AS rule, a.state::text AS state, a.expires_at,
       a.snoozed_until, a.message, a.channels, a.note, i.instrument, i.exchange, i.symbol, i.name, i.currency
FROM alerts a JOIN instruments i ON i.id = a.instrument_id
WHERE a.status = 'active'
"""

_FIND_ACTIVE = (
    f"{_SELECT} AND a.alert_type <> 'threshold' AND a.alert_type <> 'signal' AND a.number = ANY($1::bigint[])"
)

_LOCK_WAITING_FOR_SIGNALS = (
    f"{_SELECT} AND a.alert_type = 'signal' AND a.user_id = $1 AND i.instrument = $2 ORDER BY a.number FOR UPDATE OF a"
)

_FIND_OWN = """
SELECT i.instrument, array_agg(a.number ORDER BY a.number) AS numbers
FROM alerts a JOIN instruments i ON i.id = a.instrument_id
WHERE a.status = 'active' AND a.alert_type = 'price' AND a.user_id = $1 AND i.instrument = ANY($2::text[])
GROUP BY i.instrument
"""

_STORE_CHANGES = """
WITH due AS (
    SELECT * FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::uuid[], $5::text[], $6::text[], $7::numeric[],
                         $8::numeric[], $9::timestamptz[], $10::timestamptz[], $11::text[], $12::boolean[], $13::text[],
                         $14::text[])
        AS due(number, version, seq, triggered_id, edge, condition, boundary, price, reached_at, recorded_at, state,
               finished, words, message)
), taken AS (
    UPDATE alerts AS a
    SET seq = a.seq + 1, state = due.state::jsonb,
        triggered_at = CASE WHEN due.edge = 'fired' THEN $15 ELSE a.triggered_at END,
        status = CASE WHEN due.finished THEN 'triggered' ELSE a.status END,
        status_reason = CASE WHEN due.finished THEN 'price_reached' ELSE a.status_reason END,
        version = CASE WHEN due.finished THEN a.version + 1 ELSE a.version END,
        updated_at = CASE WHEN due.finished THEN $15 ELSE a.updated_at END
    FROM due
    WHERE a.number = due.number AND a.version = due.version AND a.seq = due.seq AND a.status = 'active'
    RETURNING a.number, a.id, a.user_id, a.instrument_id, due.version, due.seq, due.triggered_id, due.edge,
              due.condition, due.boundary, due.price, due.reached_at, due.recorded_at, due.words, due.message
), recorded AS (
    INSERT INTO triggered_alerts (id, alert_id, alert_version, firing, edge, user_id, instrument, exchange, symbol,
                                  name, currency, condition, threshold_price, price, reached_at, triggered_at,
                                  recorded_at, words, message)
    SELECT t.triggered_id, t.id, t.version, t.seq, t.edge, t.user_id, i.instrument, i.exchange, i.symbol, i.name,
           i.currency, t.condition, t.boundary, t.price, t.reached_at, $15, t.recorded_at, t.words, t.message
    FROM taken t JOIN instruments i ON i.id = t.instrument_id
)
SELECT number FROM taken
"""

_FIND_RECORDED = """
SELECT due.number
FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::text[], $5::numeric[], $6::timestamptz[])
    AS due(number, version, seq, edge, price, reached_at)
JOIN alerts a ON a.number = due.number
JOIN triggered_alerts t ON t.alert_id = a.id AND t.alert_version = due.version AND t.firing = due.seq
WHERE t.edge = due.edge AND t.price = due.price AND t.reached_at = due.reached_at
"""

_READ_ACTIVE = """
SELECT a.number, a.version, a.seq, a.user_id, a.rule::text AS rule, a.state::text AS state, a.expires_at,
       a.snoozed_until, i.instrument
FROM alerts a JOIN instruments i ON i.id = a.instrument_id
WHERE a.status = 'active' AND a.alert_type <> 'threshold' AND a.alert_type <> 'signal'
  AND a.instrument_id = ANY($1::integer[])
"""

_READ_MARKS = """
SELECT m.instrument, m.mark::text AS mark FROM condition_marks m
WHERE m.instrument = ANY($1::text[]) AND EXISTS (SELECT FROM alerts a JOIN instruments i ON i.id = a.instrument_id
              WHERE i.instrument = m.instrument AND a.status = 'active'
                AND a.alert_type <> 'threshold' AND a.alert_type <> 'signal')
"""

_SAVE_MARKS = """
INSERT INTO condition_marks (instrument, mark, saved_at)
SELECT instrument, mark::jsonb, $3 FROM unnest($1::text[], $2::text[]) AS new(instrument, mark)
ON CONFLICT (instrument) DO UPDATE SET mark = excluded.mark, saved_at = excluded.saved_at
"""
