"""Prices that were put aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import ForeignKey, Index, Numeric, Select, UniqueConstraint, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.ids import uuid7
from services.market.instruments.tables import InstrumentRow
from services.market.quality.rules import PutAside, QuarantineState
from services.market.schema import Base

_WIDE = Numeric(30, 4)  # a price that is too large is shown as it came


class QuarantinedPriceRow(Base):
    """Prices of an instrument that a source gave in one minute and that were put aside for one reason.

    `times`: how many there were; the others tell of the newest. `minute` is when they reached us.
    """

    __tablename__ = "quarantined_prices"
    __table_args__ = (
        UniqueConstraint("instrument_id", "source", "reason", "minute"),
        Index("ix_quarantined_prices_minute_id", "minute", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("market.instruments.id", ondelete="CASCADE"))
    source: Mapped[str]
    reason: Mapped[str]
    minute: Mapped[datetime]
    times: Mapped[int]
    price: Mapped[Decimal] = mapped_column(_WIDE)
    low: Mapped[Decimal] = mapped_column(_WIDE)
    high: Mapped[Decimal] = mapped_column(_WIDE)
    before: Mapped[Decimal | None]
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    state: Mapped[str]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    decision: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class Aside:
    """A row with the name of its instrument."""

    row: QuarantinedPriceRow
    instrument: str


@dataclass(frozen=True, slots=True)
class Counted:
    """How often a source's prices of an instrument were put aside for a reason."""

    source: str
    instrument: str
    reason: str
    times: int
    waiting: int
    last_at: datetime


async def note(
    driver: asyncpg.Connection, prices: Sequence[tuple[int, PutAside]], source: str
) -> list[tuple[UUID, PutAside]]:
    """Note prices by their instrument's number. Returns those that are the first of their minute, with the row's id."""
    last: dict[tuple[int, str, int], tuple[int, PutAside, int]] = {}
    for number, aside in prices:
        key = (number, aside.reason.value, aside.quote.received_ms // 60_000)
        times = last[key][2] + 1 if key in last else 1
        last[key] = (number, aside, times)
    ordered = [last[key] for key in sorted(last)]
    columns: tuple[list[Any], ...] = tuple(
        list(column)
        for column in zip(
            *(
                (
                    uuid7(), number, aside.reason.value, times, aside.quote.price_e4, aside.quote.low_e4,
                    aside.quote.high_e4, aside.before_e4, aside.quote.at_ms, aside.quote.received_ms,
                )
                for number, aside, times in ordered
            ),
            strict=True,
        )
    )  # fmt: skip
    if not ordered:
        return []
    rows = await driver.fetch(_NOTE, *columns, source)
    fresh = {(row["instrument_id"], row["reason"]): row["id"] for row in rows if row["is_new"]}
    return [
        (fresh[number, aside.reason.value], aside)
        for number, aside, _ in ordered
        if (number, aside.reason.value) in fresh
    ]


# A decided row stays as it is: what comes after the decision in the same minute begins no new one.
_NOTE = """
INSERT INTO quarantined_prices AS old
    (id, instrument_id, source, reason, minute, times, price, low, high, before, at, received_at, state)
SELECT id, instrument_id, $11, reason,
       date_trunc('minute', 'epoch'::timestamptz + received_at * interval '1 ms', 'UTC'), times,
       price * 0.0001, low * 0.0001, high * 0.0001, before * 0.0001,
       'epoch'::timestamptz + at * interval '1 ms', 'epoch'::timestamptz + received_at * interval '1 ms', 'open'
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::int[], $5::numeric[], $6::numeric[], $7::numeric[], $8::bigint[],
            $9::bigint[], $10::bigint[])
AS new (id, instrument_id, reason, times, price, low, high, before, at, received_at)
ON CONFLICT (instrument_id, source, reason, minute) DO UPDATE SET
    times = old.times + excluded.times, price = excluded.price, low = excluded.low, high = excluded.high,
    before = excluded.before, at = excluded.at, received_at = excluded.received_at
WHERE old.state = 'open'
RETURNING id, instrument_id, reason, xmax = 0 AS is_new"""


def matching(
    *, reason: str | None, source: str | None, instrument: str | None, state: str | None
) -> Select[QuarantinedPriceRow, str]:
    """Select what was put aside, with the names of the instruments."""
    statement = select(QuarantinedPriceRow, InstrumentRow.instrument).join(
        InstrumentRow, InstrumentRow.id == QuarantinedPriceRow.instrument_id
    )
    wanted = {
        QuarantinedPriceRow.reason: reason,
        QuarantinedPriceRow.source: source,
        InstrumentRow.instrument: instrument,
        QuarantinedPriceRow.state: state,
    }
    return statement.where(*(column == value for column, value in wanted.items() if value is not None))


async def count(session: AsyncSession, since: datetime, limit: int) -> Sequence[Counted]:
    """Count by source, instrument and reason what came since then, the most frequent first."""
    times = func.sum(QuarantinedPriceRow.times)
    waiting = func.count().filter(QuarantinedPriceRow.state == QuarantineState.OPEN)
    statement = (
        select(
            QuarantinedPriceRow.source,
            InstrumentRow.instrument,
            QuarantinedPriceRow.reason,
            times,
            waiting,
            func.max(QuarantinedPriceRow.received_at),
        )
        .join(InstrumentRow, InstrumentRow.id == QuarantinedPriceRow.instrument_id)
        .where(QuarantinedPriceRow.minute >= since)
        .group_by(QuarantinedPriceRow.source, InstrumentRow.instrument, QuarantinedPriceRow.reason)
        .order_by(times.desc(), InstrumentRow.instrument, QuarantinedPriceRow.reason)
        .limit(limit)
    )
    return [Counted(*row) for row in await session.execute(statement)]


async def lock(session: AsyncSession, row_id: UUID) -> Aside | None:
    """Find what was put aside, and keep others from deciding about it meanwhile."""
    statement = (
        select(QuarantinedPriceRow, InstrumentRow.instrument)
        .join(InstrumentRow, InstrumentRow.id == QuarantinedPriceRow.instrument_id)
        .where(QuarantinedPriceRow.id == row_id)
        .with_for_update(of=QuarantinedPriceRow)
    )
    found = (await session.execute(statement)).one_or_none()
    return None if found is None else Aside(*found)


async def forget(session: AsyncSession, before: datetime) -> None:
    """Delete what was put aside before an instant."""
    await session.execute(delete(QuarantinedPriceRow).where(QuarantinedPriceRow.minute < before))
