"""Instruments by a small number, so that a million alerts do not repeat their names."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Identity, Integer
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.contracts.market import InstrumentInfo
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


@dataclass(frozen=True, slots=True)
class Listing:
    """An instrument as alerts and notices show it."""

    id: int
    instrument: str
    exchange: str
    symbol: str
    name: str
    currency: str

    @classmethod
    def of(cls, row: InstrumentRow) -> Listing:
        return cls(row.id, row.instrument, row.exchange, row.symbol, row.name, row.currency)


async def remember(session: AsyncSession, info: InstrumentInfo) -> Listing:
    """Store what market says of an instrument, and give it with its number."""
    words = {"exchange": info.exchange, "symbol": info.symbol, "name": info.name, "currency": info.currency}
    row_id = await session.scalar(
        insert(InstrumentRow)
        .values(instrument=info.instrument, **words)
        .on_conflict_do_update(index_elements=[InstrumentRow.instrument], set_=words)
        .returning(InstrumentRow.id)
    )
    assert row_id is not None, "an upsert returns its row"
    return Listing(row_id, info.instrument, **words)
