"""What fired, how far the ticks are read, and the engine's own SQL. Hot paths go to the driver: COPY and unnest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import asyncpg
import numpy as np
from sqlalchemy import CheckConstraint, Index, Select, UniqueConstraint, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.contracts.alerts import AlertState, AlertStatus, Condition
from libs.contracts.market import Tick
from services.alerts.engine.matcher import Snapshot
from services.alerts.schema import Base

SCAN_TIMEOUT_S = 60.0


class TriggeredRow(Base):
    """One firing, with everything that a notice says, so that it outlives its alert.

    `price` at `reached_at` fired it; `recorded_at`, set by a replay only, is when it was true in the real market.
    """

    __tablename__ = "triggered_alerts"
    __table_args__ = (
        # One arming of a plain threshold fires once: whatever the code does, the second firing of a version is refused
        # here. Of an alert with a condition `firing` is its change, and each is taken once.
        UniqueConstraint("alert_id", "alert_version", "firing"),
        CheckConstraint("edge IN ('fired', 'cleared')", name="edge"),
        Index("ix_triggered_alerts_alert_id_triggered_at_id", "alert_id", "triggered_at", "id"),
        Index("ix_triggered_alerts_user_id_triggered_at_id", "user_id", "triggered_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    alert_id: Mapped[UUID]
    alert_version: Mapped[int]
    user_id: Mapped[UUID]
    instrument: Mapped[str]
    exchange: Mapped[str]
    symbol: Mapped[str]
    name: Mapped[str]
    currency: Mapped[str]
    condition: Mapped[str]
    threshold_price: Mapped[Decimal]
    price: Mapped[Decimal]
    reached_at: Mapped[datetime]
    triggered_at: Mapped[datetime]
    recorded_at: Mapped[datetime | None]
    firing: Mapped[int] = mapped_column(server_default="0")
    edge: Mapped[str] = mapped_column(server_default="fired")
    words: Mapped[str | None]
    message: Mapped[str | None]


class TickPositionRow(Base):
    """The entry of a tick stream up to which everything is settled; after a crash reading goes on behind it."""

    __tablename__ = "tick_positions"

    stream: Mapped[str] = mapped_column(primary_key=True)
    entry_id: Mapped[str]
    saved_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class ActiveAlert:
    """An active alert as firing needs it."""

    id: UUID
    number: int
    version: int
    user_id: UUID
    condition: Condition
    threshold_price: Decimal
    threshold_e4: int
    armed_at: datetime
    snoozed_until: datetime | None
    message: str | None
    channels: list[str] | None
    note: str | None
    instrument: str
    exchange: str
    symbol: str
    name: str
    currency: str

    def state(self) -> AlertState:
        """Say what the matcher needs to know."""
        return AlertState(
            alert_id=self.id,
            number=self.number,
            version=self.version,
            user_id=self.user_id,
            instrument=self.instrument,
            condition=self.condition,
            threshold_price=self.threshold_price,
            status=AlertStatus.ACTIVE,
            armed_at=self.armed_at,
            snoozed_until=self.snoozed_until,
        )


@dataclass(frozen=True, slots=True)
class Firing:
    """One alert that is to fire: which version, and what fired it."""

    number: int
    version: int
    triggered_id: UUID
    price_e4: int
    reached_at: datetime
    recorded_at: datetime | None


async def read_instruments(driver: asyncpg.Connection) -> dict[int, str]:
    """Read the names of all instruments, by their small numbers."""
    return {row["id"]: row["instrument"] for row in await driver.fetch("SELECT id, instrument FROM instruments")}


async def read_snapshot(driver: asyncpg.Connection, instruments: Mapping[int, str]) -> Snapshot:
    """Read the active plain thresholds of these instruments as columns: a million in well under two seconds.

    Those that somebody has ever snoozed are not among them: see `read_snoozed`.
    """
    taken = bytearray()

    async def take(piece: bytes) -> None:
        taken.extend(piece)

    await allow_long_scans(driver)
    ids = np.fromiter(sorted(instruments), np.int64, len(instruments))
    await driver.copy_from_query(_COPY_ACTIVE, ids.tolist(), output=take, format="binary", timeout=SCAN_TIMEOUT_S)
    rows = np.frombuffer(
        taken, _COPY_ROW, (len(taken) - _COPY_HEADER - _COPY_TRAILER) // _COPY_ROW.itemsize, _COPY_HEADER
    )
    assert (rows["fields"] == 5).all(), "a row of another form"
    return Snapshot(
        instruments=[instruments[number] for number in ids.tolist()],
        places=np.searchsorted(ids, rows["instrument_id"].astype(np.int64)).astype(np.int64),
        above=rows["above"].astype(np.bool_),
        thresholds_e4=rows["threshold_e4"].astype(np.int64),
        refs=rows["ref"].astype(np.int64),
        owners=rows["owner"].astype(np.int32),
    )


async def read_snoozed(driver: asyncpg.Connection, instruments: Sequence[int]) -> list[ActiveAlert]:
    """Read the active plain thresholds of these instruments that have been snoozed, over by now or not."""
    return [_active(row) for row in await driver.fetch(_READ_SNOOZED, instruments, timeout=SCAN_TIMEOUT_S)]


async def find_active(driver: asyncpg.Connection, numbers: Sequence[int], now: datetime) -> dict[int, ActiveAlert]:
    """Find those of these alerts that are active now, by number."""
    return {row["number"]: _active(row) for row in await driver.fetch(_FIND_ACTIVE, numbers, now)}


async def switch_off_and_record(driver: asyncpg.Connection, firings: Sequence[Firing], now: datetime) -> set[int]:
    """Make these alerts triggered and record it, in one statement. Returns the numbers that fired.

    An alert that is no longer active, or of another version, does not fire: another engine, the sweep or its owner was
    first. That is what makes a firing happen once, however many find it.
    """
    rows = await driver.fetch(
        _SWITCH_OFF_AND_RECORD,
        [firing.number for firing in firings],
        [firing.version for firing in firings],
        [firing.triggered_id for firing in firings],
        [firing.price_e4 for firing in firings],
        [firing.reached_at for firing in firings],
        [firing.recorded_at for firing in firings],
        now,
    )
    return {row["number"] for row in rows}


async def read_positions(driver: asyncpg.Connection) -> dict[str, str]:
    """Tell where reading the tick streams goes on, by stream."""
    return {row["stream"]: row["entry_id"] for row in await driver.fetch("SELECT stream, entry_id FROM tick_positions")}


async def save_positions(driver: asyncpg.Connection, positions: Mapping[str, str], now: datetime) -> None:
    """Store up to where the tick streams are settled."""
    await driver.execute(_SAVE_POSITIONS, list(positions), list(positions.values()), now)


async def count_active(driver: asyncpg.Connection) -> dict[str, int]:
    """Count the active alerts of each instrument that has any."""
    rows = await driver.fetch(_COUNT_ACTIVE, timeout=SCAN_TIMEOUT_S)
    return {row["instrument"]: row["alerts"] for row in rows}


async def find_reached(
    driver: asyncpg.Connection, newest: Sequence[Tick], now: datetime, *, owner: UUID | None = None
) -> list[tuple[int, int, int]]:
    """Find active alerts whose threshold these prices reach: place in `newest`, number and version of each.

    Those that are snoozed now are left out.

    owner: of this person only. Lows and highs may be of a span that began before an alert was armed: the rules look
    again.
    """
    rows = await driver.fetch(
        _FIND_REACHED if owner is None else _FIND_REACHED_OF,
        [tick.instrument for tick in newest],
        [tick.low_e4 for tick in newest],
        [tick.high_e4 for tick in newest],
        now,
        *(() if owner is None else (owner,)),
        timeout=SCAN_TIMEOUT_S,
    )
    return [(row["place"] - 1, row["number"], row["version"]) for row in rows]


async def allow_long_scans(driver: asyncpg.Connection) -> None:
    """Lift this transaction's statement timeout to what reading all active alerts may take."""
    await driver.execute(f"SET LOCAL statement_timeout = {int(SCAN_TIMEOUT_S * 1000)}")


def listed_for(user_id: UUID) -> Select[TriggeredRow]:
    """Select what fired for a user; that a price went back is told on the alert's own page."""
    return select(TriggeredRow).where(TriggeredRow.user_id == user_id, TriggeredRow.edge == "fired")


async def firings_of(session: AsyncSession, alert_id: UUID, limit: int) -> list[TriggeredRow]:
    """List what an alert told, newest first."""
    query = select(TriggeredRow).where(TriggeredRow.alert_id == alert_id)
    newest = query.order_by(TriggeredRow.triggered_at.desc(), TriggeredRow.id.desc()).limit(limit)
    return list(await session.scalars(newest))


async def firings_around(session: AsyncSession, alert_id: UUID, start: datetime, end: datetime) -> list[TriggeredRow]:
    """List what an alert told of prices within a span, oldest first, at most twenty."""
    query = select(TriggeredRow).where(
        TriggeredRow.alert_id == alert_id, TriggeredRow.reached_at >= start, TriggeredRow.reached_at <= end
    )
    return list(await session.scalars(query.order_by(TriggeredRow.reached_at, TriggeredRow.id).limit(20)))


async def last_firing_before(session: AsyncSession, alert_id: UUID, at: datetime) -> TriggeredRow | None:
    """Find the last thing that an alert told before an instant."""
    query = select(TriggeredRow).where(TriggeredRow.alert_id == alert_id, TriggeredRow.reached_at < at)
    return await session.scalar(query.order_by(TriggeredRow.reached_at.desc(), TriggeredRow.id.desc()).limit(1))


async def remove_all_of(session: AsyncSession, user_id: UUID) -> None:
    """Delete what fired for a user."""
    await session.execute(delete(TriggeredRow).where(TriggeredRow.user_id == user_id))


def _active(row: asyncpg.Record) -> ActiveAlert:
    number, version, alert_id, user_id, condition, *rest = row
    return ActiveAlert(alert_id, number, version, user_id, Condition(condition), *rest)


# The first column is `rules.pack_ref`.
_COPY_ACTIVE = """
SELECT number << 24 | version, instrument_id, condition = 'above', (threshold_price * 10000)::bigint, user_id
FROM alerts
WHERE status = 'active' AND alert_type = 'threshold' AND snoozed_until IS NULL AND instrument_id = ANY($1::integer[])
"""

# PostgreSQL's binary COPY: a header of 19 bytes; per row the number of fields, and before each value its length; all
# big endian; a trailer of 2 bytes. No value is null and each has a fixed width, so that every row is equally long.
_COPY_HEADER = 19
_COPY_TRAILER = 2
_COPY_ROW = np.dtype(
    [
        ("fields", ">i2"),
        ("ref_length", ">i4"),
        ("ref", ">i8"),
        ("instrument_id_length", ">i4"),
        ("instrument_id", ">i4"),
        ("above_length", ">i4"),
        ("above", "?"),
        ("threshold_e4_length", ">i4"),
        ("threshold_e4", ">i8"),
        ("user_id_length", ">i4"),
        ("user_id_begin", "V12"),
        ("owner", ">i4"),  # the end of the user's id: `owners.small_number`
    ]
)

_SELECT_ACTIVE = """
SELECT a.number, a.version, a.id, a.user_id, a.condition, a.threshold_price, (a.threshold_price * 10000)::bigint,
       a.armed_at, a.snoozed_until, a.message, a.channels, a.note, i.instrument, i.exchange, i.symbol, i.name,
       i.currency
FROM alerts a JOIN instruments i ON i.id = a.instrument_id
WHERE a.status = 'active' AND a.alert_type = 'threshold'
"""
_FIND_ACTIVE = f"{_SELECT_ACTIVE} AND a.number = ANY($1::bigint[]) AND (a.expires_at IS NULL OR a.expires_at > $2)"
_READ_SNOOZED = f"{_SELECT_ACTIVE} AND a.snoozed_until IS NOT NULL AND a.instrument_id = ANY($1::integer[])"

_SWITCH_OFF_AND_RECORD = """
WITH due AS (
    SELECT * FROM unnest($1::bigint[], $2::integer[], $3::uuid[], $4::bigint[], $5::timestamptz[], $6::timestamptz[])
        AS due(number, version, triggered_id, price_e4, reached_at, recorded_at)
), fired AS (
    UPDATE alerts AS a
    SET status = 'triggered', status_reason = 'price_reached', version = a.version + 1,
        triggered_at = $7, updated_at = $7
    FROM due
    WHERE a.number = due.number AND a.version = due.version AND a.status = 'active'
    RETURNING a.number, a.id, a.user_id, a.instrument_id, a.condition, a.threshold_price, due.version,
              due.triggered_id, due.price_e4, due.reached_at, due.recorded_at
), recorded AS (
    INSERT INTO triggered_alerts (id, alert_id, alert_version, user_id, instrument, exchange, symbol, name, currency,
                                  condition, threshold_price, price, reached_at, triggered_at, recorded_at)
    SELECT f.triggered_id, f.id, f.version, f.user_id, i.instrument, i.exchange, i.symbol, i.name, i.currency,
           f.condition, f.threshold_price, f.price_e4 / 10000::numeric, f.reached_at, $7, f.recorded_at
    FROM fired f JOIN instruments i ON i.id = f.instrument_id
)
SELECT number FROM fired
"""

_SAVE_POSITIONS = """
INSERT INTO tick_positions (stream, entry_id, saved_at)
SELECT stream, entry_id, $3 FROM unnest($1::text[], $2::text[]) AS new(stream, entry_id)
ON CONFLICT (stream) DO UPDATE SET entry_id = excluded.entry_id, saved_at = excluded.saved_at
"""

_COUNT_ACTIVE = """
SELECT i.instrument, count(*) AS alerts FROM alerts a JOIN instruments i ON i.id = a.instrument_id
WHERE a.status = 'active' GROUP BY i.instrument ORDER BY i.instrument
"""

_FIND_REACHED = """
SELECT newest.place, a.number, a.version
FROM unnest($1::text[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS newest(instrument, low_e4, high_e4, place)
JOIN instruments i ON i.instrument = newest.instrument
JOIN alerts a ON a.instrument_id = i.id
WHERE a.status = 'active' AND a.alert_type = 'threshold'
  AND (a.snoozed_until IS NULL OR a.snoozed_until <= $4) AND CASE a.condition
    WHEN 'above' THEN a.threshold_price * 10000 <= newest.high_e4
    ELSE a.threshold_price * 10000 >= newest.low_e4 END
ORDER BY a.number
"""
_FIND_REACHED_OF = _FIND_REACHED.replace("ORDER BY", "AND a.user_id = $5 ORDER BY")
