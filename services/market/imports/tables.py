"""Imports of instrument lists: what was asked for, how far it is, what it brought."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, Select, select, tuple_, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, defer, mapped_column

from libs.common.ids import uuid7
from services.market.imports.formats import Entry
from services.market.imports.rules import Known
from services.market.instruments.tables import InstrumentNameRow, InstrumentRow
from services.market.schema import Base


class InstrumentImportRow(Base):
    """One file. `content` goes when it is done. `problems`: the first rows that were refused, with their line."""

    __tablename__ = "instrument_imports"
    __table_args__ = (Index("ix_instrument_imports_created_at_id", "created_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    format: Mapped[str]
    file_name: Mapped[str]
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    valid_from: Mapped[date]
    state: Mapped[str]
    rows: Mapped[int]
    done: Mapped[int]
    added: Mapped[int]
    changed: Mapped[int]
    unchanged: Mapped[int]
    skipped: Mapped[int]
    refused: Mapped[int]
    problems: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    error: Mapped[str | None]
    requested_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


_FACTS = ("name", "isin", "series", "sector", "lot_size", "tick_size", "kind", "listed_on")


def all_imports() -> Select[InstrumentImportRow]:
    """Select the imports, without their files."""
    return select(InstrumentImportRow).options(defer(InstrumentImportRow.content))


async def find(session: AsyncSession, import_id: UUID) -> InstrumentImportRow | None:
    """Find an import, without its file."""
    return await session.scalar(all_imports().where(InstrumentImportRow.id == import_id))


async def content_of(session: AsyncSession, import_id: UUID) -> bytes | None:
    """Give the file of an import; None once it is done."""
    return await session.scalar(select(InstrumentImportRow.content).where(InstrumentImportRow.id == import_id))


async def list_unfinished(session: AsyncSession) -> Sequence[UUID]:
    """List the imports that wait or run."""
    query = select(InstrumentImportRow.id).where(InstrumentImportRow.finished_at.is_(None))
    return (await session.scalars(query)).all()


async def note(session: AsyncSession, import_id: UUID, values: Mapping[str, Any]) -> None:
    """Note how far an import is."""
    await session.execute(update(InstrumentImportRow).where(InstrumentImportRow.id == import_id).values(**values))


async def list_known(
    session: AsyncSession, entries: Sequence[Entry]
) -> tuple[Mapping[tuple[str, str], Known], Mapping[str, Known]]:
    """Give what is stored of these entries: by exchange and ISIN, and by name. Locked, in one order for all writers."""
    isins = {(entry.exchange, entry.isin) for entry in entries if entry.isin is not None}
    names = {entry.instrument for entry in entries}
    query = (
        select(InstrumentRow)
        .where(
            InstrumentRow.instrument.in_(names)
            | tuple_(InstrumentRow.exchange, InstrumentRow.isin).in_(isins or [("", "")])
        )
        .order_by(InstrumentRow.id)
        .with_for_update()
    )
    by_isin: dict[tuple[str, str], Known] = {}
    by_name: dict[str, Known] = {}
    for row in await session.scalars(query):
        facts = {name: getattr(row, name) for name in _FACTS}
        known = Known(row.id, row.instrument, row.symbol, row.isin, facts)
        by_name[row.instrument] = known
        if row.isin is not None:
            by_isin[row.exchange, row.isin] = known
    return by_isin, by_name


async def add(session: AsyncSession, entries: Sequence[Entry], provider: str, currencies: Mapping[str, str]) -> int:
    """Store new instruments. Returns how many were; a name that another writer stored meanwhile stays as it is."""
    if not entries:
        return 0
    rows = [
        {
            "instrument": entry.instrument,
            "exchange": entry.exchange,
            "symbol": entry.symbol,
            "currency": entry.currency or currencies[entry.exchange],
            "provider": provider,
            **{name: getattr(entry, name) for name in _FACTS},
            "kind": entry.kind or "equity",
        }
        for entry in entries
    ]
    stored = await session.execute(
        insert(InstrumentRow).values(rows).on_conflict_do_nothing().returning(InstrumentRow.id)
    )
    return len(stored.all())


async def change(session: AsyncSession, changes: Mapping[int, Mapping[str, Any]]) -> None:
    """Change instruments, by their numbers."""
    by_members: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for number, values in changes.items():
        if values:
            by_members.setdefault(tuple(sorted(values)), []).append({"id": number, **values})
    for rows in by_members.values():
        await session.execute(update(InstrumentRow), rows)


async def keep_names(
    session: AsyncSession, old: Sequence[Known], exchange_of: Mapping[int, str], valid_to: date
) -> None:
    """Keep what instruments were called until a day, so that the old symbols lead to them."""
    if not old:
        return
    rows = [
        {
            "instrument_id": known.id,
            "instrument": known.instrument,
            "exchange": exchange_of[known.id],
            "symbol": known.symbol,
            "name": known.facts["name"],
            "valid_to": valid_to,
        }
        for known in old
    ]
    await session.execute(insert(InstrumentNameRow).values(rows).on_conflict_do_nothing())


async def mark_derivatives(session: AsyncSession, symbols: Collection[str], since: date) -> int:
    """Note since when Indian shares have derivatives, on both exchanges; what is noted already stays."""
    if not symbols:
        return 0
    marked = await session.execute(
        update(InstrumentRow)
        .where(
            InstrumentRow.exchange.in_(("NSE", "BSE")),
            InstrumentRow.symbol.in_(symbols),
            InstrumentRow.has_derivatives_from.is_(None),
        )
        .values(has_derivatives_from=since)
        .returning(InstrumentRow.id)
    )
    return len(marked.all())
