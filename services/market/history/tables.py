"""Imports of price files: what was asked for, how far it is, what it brought."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, Select, and_, or_, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, defer, mapped_column

from libs.common.ids import uuid7
from libs.common.instruments import Instrument
from services.market.candles.tables import IMPORTED
from services.market.exchanges import EXCHANGES
from services.market.history.rules import ImportState
from services.market.instruments.tables import InstrumentRow
from services.market.schema import Base


class PriceImportRow(Base):
    """One file. `content` goes when it is done; of a command's import it never was here.

    `bars` of the file, `done` of them stored, `refused` rows left out; `unknown` and `steps` list what to look at.
    """

    __tablename__ = "price_imports"
    __table_args__ = (Index("ix_price_imports_created_at_id", "created_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    file_name: Mapped[str]
    exchange: Mapped[str]
    add_unknown: Mapped[bool]
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str]
    interval: Mapped[str | None]
    bars: Mapped[int]
    done: Mapped[int]
    refused: Mapped[int]
    instruments: Mapped[int]
    added: Mapped[int]
    first_day: Mapped[date | None]
    last_day: Mapped[date | None]
    unknown: Mapped[list[str]] = mapped_column(JSONB)
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    error: Mapped[str | None]
    requested_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    touched_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


def all_imports() -> Select[PriceImportRow]:
    """Select the imports without their files."""
    return select(PriceImportRow).options(defer(PriceImportRow.content, raiseload=True))


async def find(session: AsyncSession, import_id: UUID) -> PriceImportRow | None:
    row: PriceImportRow | None = await session.scalar(all_imports().where(PriceImportRow.id == import_id))
    return row


async def claim(session: AsyncSession, now: datetime, silent_since: datetime) -> PriceImportRow | None:
    """Take the oldest import that waits, or whose worker has been silent for long; its file comes with it."""
    waiting = or_(
        PriceImportRow.state == ImportState.WAITING,
        and_(PriceImportRow.state == ImportState.RUNNING, PriceImportRow.touched_at < silent_since),
    )
    row: PriceImportRow | None = await session.scalar(
        select(PriceImportRow)
        .where(waiting, PriceImportRow.content.is_not(None))
        .order_by(PriceImportRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if row is not None:
        row.state, row.touched_at, row.done = ImportState.RUNNING, now, 0
    return row


async def ids_of(session: AsyncSession, names: Collection[Instrument]) -> dict[Instrument, int]:
    """Give the number of each instrument that we know."""
    statement = select(InstrumentRow.instrument, InstrumentRow.id).where(
        InstrumentRow.instrument.in_([str(name) for name in names])
    )
    return {Instrument.parse(row.instrument): row.id for row in await session.execute(statement)}


async def add_instruments(session: AsyncSession, names: Mapping[Instrument, tuple[str, str | None]]) -> None:
    """Make instruments known that nobody prices yet."""
    if not names:
        return
    rows = [
        {
            "instrument": str(instrument),
            "exchange": instrument.exchange,
            "symbol": instrument.symbol,
            "name": name,
            "currency": EXCHANGES[instrument.exchange].currency,
            "isin": isin,
            "provider": IMPORTED,
        }
        for instrument, (name, isin) in sorted(names.items())
    ]
    for start in range(0, len(rows), _ROWS_PER_STATEMENT):
        part = rows[start : start + _ROWS_PER_STATEMENT]
        await session.execute(insert(InstrumentRow).values(part).on_conflict_do_nothing())


_ROWS_PER_STATEMENT = 1_000
