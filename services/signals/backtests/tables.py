"""Backtests, what they found, and how many a person has asked for on a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, Select, delete, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.errors import NotFound
from services.signals.jobs.rules import OPEN, Status
from services.signals.jobs.tables import JobRow, job_arguments
from services.signals.schema import Base


class BacktestRow(JobRow):
    """A backtest. `parameters` is all that its result follows from, besides prices and code.

    `data_hash` is of the prices that it read, `report_hash` of the report's bytes.
    """

    __tablename__ = "backtests"
    __table_args__ = (
        *job_arguments("backtests"),
        CheckConstraint("kind IN ('run', 'sweep', 'walk_forward')", name="kind"),
        Index("ix_backtests_created_at", "created_at"),
    )

    strategy_id: Mapped[UUID]
    version_id: Mapped[UUID]
    name: Mapped[str]
    kind: Mapped[str]
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    code_version: Mapped[str | None]
    data_hash: Mapped[str | None]
    report_hash: Mapped[str | None]
    headline: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class BacktestReportRow(Base):
    """What a backtest found: JSON, compressed by zlib."""

    __tablename__ = "backtest_reports"

    backtest_id: Mapped[UUID] = mapped_column(ForeignKey(BacktestRow.id, ondelete="CASCADE"), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class BacktestDayRow(Base):
    """How many backtests a person has asked for on a day (UTC). The row is also the lock of the count."""

    __tablename__ = "backtest_days"

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    used: Mapped[int]


async def count_one(session: AsyncSession, user_id: UUID, day: date) -> int:
    """Count one more backtest of a day, hold the count until the transaction ends, and tell it."""
    counted = insert(BacktestDayRow).values(user_id=user_id, day=day, used=1)
    counted = counted.on_conflict_do_update(
        index_elements=[BacktestDayRow.user_id, BacktestDayRow.day], set_={"used": BacktestDayRow.used + 1}
    )
    return (await session.scalars(counted.returning(BacktestDayRow.used))).one()


async def used_on(session: AsyncSession, user_id: UUID, day: date) -> int:
    """Tell how many backtests a person has asked for on a day."""
    row = await session.get(BacktestDayRow, (user_id, day))
    return 0 if row is None else row.used


def of_user(user_id: UUID, *, status: Status | None = None, strategy_id: UUID | None = None) -> Select[Any]:
    """Select a person's backtests."""
    wanted = select(BacktestRow).where(BacktestRow.user_id == user_id)
    if status is not None:
        wanted = wanted.where(BacktestRow.status == status)
    if strategy_id is not None:
        wanted = wanted.where(BacktestRow.strategy_id == strategy_id)
    return wanted


async def get_for(session: AsyncSession, user_id: UUID, backtest_id: UUID, *, lock: bool = False) -> BacktestRow:
    """Get a person's backtest. Raises NotFound."""
    wanted = of_user(user_id).where(BacktestRow.id == backtest_id)
    row: BacktestRow | None = await session.scalar(wanted.with_for_update() if lock else wanted)
    if row is None:
        raise NotFound("There is no such backtest.")
    return row


async def report_of(session: AsyncSession, backtest_id: UUID) -> bytes | None:
    """Give a report as it is stored."""
    return await session.scalar(select(BacktestReportRow.body).where(BacktestReportRow.backtest_id == backtest_id))


async def add_report(session: AsyncSession, backtest_id: UUID, body: bytes, size: int) -> None:
    """Keep a report."""
    await session.execute(insert(BacktestReportRow).values(backtest_id=backtest_id, body=body, size=size))


async def remove(session: AsyncSession, backtest_id: UUID) -> None:
    """Delete a backtest with its report."""
    await session.execute(delete(BacktestRow).where(BacktestRow.id == backtest_id))


async def all_of(session: AsyncSession, user_id: UUID) -> Sequence[BacktestRow]:
    """List all that a person has asked for, oldest first."""
    return list(await session.scalars(of_user(user_id).order_by(BacktestRow.created_at, BacktestRow.id)))


async def remove_all_of(session: AsyncSession, user_id: UUID) -> None:
    """Forget a person."""
    await session.execute(delete(BacktestRow).where(BacktestRow.user_id == user_id))
    await session.execute(delete(BacktestDayRow).where(BacktestDayRow.user_id == user_id))


async def purge(session: AsyncSession, before: datetime) -> int:
    """Delete what ended and was asked for before an instant, and the counts of days before it."""
    gone = await session.scalars(
        delete(BacktestRow)
        .where(BacktestRow.created_at < before, BacktestRow.status.not_in(OPEN))
        .returning(BacktestRow.id)
    )
    await session.execute(delete(BacktestDayRow).where(BacktestDayRow.day < before.date()))
    return len(gone.all())
