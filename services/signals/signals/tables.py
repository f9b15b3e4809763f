"""Signals, and every query on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, func, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.db import RateType
from libs.contracts.signals import SignalStatus
from libs.quant.expr import SPANS_MS
from services.signals.schema import Base
from services.signals.signals.rules import valid_until

STATUSES = "status IN ('active', 'hit_target', 'stopped', 'exited', 'expired', 'cancelled')"


class SignalRow(Base):
    """What a version of a strategy said at the close of one candle. One signal per version, instrument and candle.

    `at` is when the candle was over in market time, `made_at` when we made the signal of it. `stop` and `target` count
    now; `*_atr` say that they lie from the entry by a width. `settled`: the price of its end is final.
    """

    __tablename__ = "signals"
    __table_args__ = (
        UniqueConstraint("version_id", "instrument", "at", name="uq_signals_version_id_instrument_at"),
        CheckConstraint(STATUSES, name="status"),
        CheckConstraint("side IN ('long', 'short')", name="side"),
        CheckConstraint("basis IN ('hypothetical', 'live')", name="basis"),
        Index("ix_signals_version_id_made_at", "version_id", "made_at", "id"),
        Index("ix_signals_active", "instrument", "version_id", postgresql_where=text("status = 'active'")),
        Index("ix_signals_unsettled", "version_id", "instrument", postgresql_where=text("NOT settled")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    strategy_id: Mapped[UUID]
    version_id: Mapped[UUID]
    version_number: Mapped[int]
    strategy: Mapped[str]
    instrument: Mapped[str]
    symbol: Mapped[str]
    name: Mapped[str]
    currency: Mapped[str]
    interval: Mapped[str]
    side: Mapped[str]
    status: Mapped[str]
    ended_by: Mapped[str | None]
    reference_price: Mapped[Decimal]
    entry_price: Mapped[Decimal | None]
    entry_at: Mapped[datetime | None]
    stop: Mapped[Decimal | None]
    target: Mapped[Decimal | None]
    stop_atr: Mapped[bool]
    target_atr: Mapped[bool]
    exit_price: Mapped[Decimal | None]
    exit_at: Mapped[datetime | None]
    settled: Mapped[bool]
    costs: Mapped[Decimal | None] = mapped_column(RateType)
    net: Mapped[Decimal | None] = mapped_column(RateType)
    score: Mapped[Decimal] = mapped_column(RateType)
    confidence: Mapped[Decimal | None] = mapped_column(RateType)
    fused_by: Mapped[str]
    voices: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    words: Mapped[str]
    is_ai_generated: Mapped[bool]
    model: Mapped[str | None]
    basis: Mapped[str]
    disclosure_id: Mapped[str]
    at: Mapped[datetime]
    data_as_of: Mapped[datetime]
    made_at: Mapped[datetime]
    valid_until: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def enter_until(self) -> datetime:
        """Until when it may be entered, in its market's time; `valid_until` is by our clock, not a replay's."""
        return valid_until(self.at, SPANS_MS[self.interval])


async def add(session: AsyncSession, values: dict[str, Any]) -> SignalRow | None:
    """Store a signal; None where the candle has one already."""
    statement = (
        insert(SignalRow).values(**values).on_conflict_do_nothing(constraint="uq_signals_version_id_instrument_at")
    )
    added = await session.scalar(statement.returning(SignalRow.id))
    return None if added is None else await session.get_one(SignalRow, added)


async def hold_active(session: AsyncSession, version_id: UUID, instrument: str) -> SignalRow | None:
    """Get the active signal of a version on an instrument, and hold it until the transaction ends."""
    query = (
        select(SignalRow)
        .where(
            SignalRow.version_id == version_id,
            SignalRow.instrument == instrument,
            SignalRow.status == SignalStatus.ACTIVE,
        )
        .order_by(SignalRow.at.desc())
        .limit(1)
    )
    return await session.scalar(query.with_for_update())


async def hold_unsettled(session: AsyncSession, version_id: UUID, instrument: str) -> SignalRow | None:
    """Get the newest ended signal whose last price is not final, and hold it."""
    query = (
        select(SignalRow)
        .where(
            SignalRow.version_id == version_id,
            SignalRow.instrument == instrument,
            SignalRow.settled.is_(False),
            SignalRow.status != SignalStatus.ACTIVE,
        )
        .order_by(SignalRow.at.desc())
        .limit(1)
    )
    return await session.scalar(query.with_for_update())


async def hold(session: AsyncSession, signal_id: UUID) -> SignalRow | None:
    """Get a signal and hold it."""
    return await session.scalar(select(SignalRow).where(SignalRow.id == signal_id).with_for_update())


async def list_active(session: AsyncSession) -> Sequence[SignalRow]:
    """List all active signals, for who follows them by prices."""
    return (await session.scalars(select(SignalRow).where(SignalRow.status == SignalStatus.ACTIVE))).all()


async def hold_all_active(session: AsyncSession, version_id: UUID) -> Sequence[SignalRow]:
    """List a version's active signals and hold them."""
    query = select(SignalRow).where(SignalRow.version_id == version_id, SignalRow.status == SignalStatus.ACTIVE)
    return (await session.scalars(query.order_by(SignalRow.id).with_for_update())).all()


async def hold_active_on(session: AsyncSession, instrument: str) -> Sequence[SignalRow]:
    """List the active signals on an instrument and hold them."""
    query = select(SignalRow).where(SignalRow.instrument == instrument, SignalRow.status == SignalStatus.ACTIVE)
    return (await session.scalars(query.order_by(SignalRow.id).with_for_update())).all()


async def hold_overdue(session: AsyncSession, now: datetime, limit: int) -> Sequence[SignalRow]:
    """List active signals that nobody could enter while they were valid, and hold them."""
    query = select(SignalRow).where(
        SignalRow.status == SignalStatus.ACTIVE, SignalRow.entry_price.is_(None), SignalRow.valid_until < now
    )
    return (await session.scalars(query.order_by(SignalRow.id).limit(limit).with_for_update(skip_locked=True))).all()


async def outcomes(
    session: AsyncSession, version_id: UUID, *, fused_by: str | None = None, newest: int | None = None
) -> Sequence[tuple[Decimal, Decimal, str]]:
    """List score, net result and formula of a version's settled signals, or its newest ones, in the order of their
    making. fused_by: those of one formula."""
    query = select(SignalRow.score, SignalRow.net, SignalRow.fused_by).where(
        SignalRow.version_id == version_id, SignalRow.settled, SignalRow.net.is_not(None)
    )
    if fused_by is not None:
        query = query.where(SignalRow.fused_by == fused_by)
    rows = await session.execute(query.order_by(SignalRow.made_at.desc(), SignalRow.id.desc()).limit(newest))
    return [(row.score, row.net, row.fused_by) for row in rows][::-1]


async def count(session: AsyncSession, version_id: UUID) -> tuple[int, datetime | None, datetime | None, str | None]:
    """Count a version's signals, with the first and the last time and whether any stands on executed orders."""
    query = select(func.count(), func.min(SignalRow.at), func.max(SignalRow.at), func.max(SignalRow.basis)).where(
        SignalRow.version_id == version_id
    )
    row = (await session.execute(query)).one()
    return int(row[0]), row[1], row[2], row[3]
