"""Instruments by a small number, so that a million alerts do not repeat their names."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Identity, Integer
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.contracts.market import InstrumentInfo
from services.alerts.instruments.rules import Listing
from services.alerts.schema import Base


class InstrumentRow(Base):
    """What market said of an instrument (`EXCHANGE:SYMBOL`) when somebody last asked for an alert on it."""

    __tablename__ = "instruments"

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    instrument: Mapped[str] = mapped_column(unique=True)
    exchange: Mapped[str]
    symbol: Mapped[str]
    name: Mapped[str]
    currency: Mapped[str]


async def remember(session: AsyncSession, info: InstrumentInfo) -> Listing:
    """Store what market says of an instrument, and give it with its number."""
    return (await remember_all(session, [info]))[info.instrument]


async def remember_all(session: AsyncSession, infos: Iterable[InstrumentInfo]) -> dict[str, Listing]:
    """Store what market says of instruments, and give them with their numbers, by name: one statement."""
    # In one order for everybody, so that two callers never wait for each other's instruments.
    told = sorted({info.instrument: info for info in infos}.values(), key=lambda info: info.instrument)
    if not told:
        return {}
    query = insert(InstrumentRow).values(
        [{name: getattr(info, name) for name in ("instrument", *_WORDS)} for info in told]
    )
    rows = await session.scalars(
        query.on_conflict_do_update(
            index_elements=[InstrumentRow.instrument], set_={name: query.excluded[name] for name in _WORDS}
        ).returning(InstrumentRow),
        execution_options={"populate_existing": True},
    )
    return {
        row.instrument: Listing(row.id, row.instrument, row.exchange, row.symbol, row.name, row.currency)
        for row in rows
    }


_WORDS = ("exchange", "symbol", "name", "currency")
