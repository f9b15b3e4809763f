"""Instruments, and which of them alerts watch."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import asyncpg
from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Select,
    UniqueConstraint,
    case,
    cast,
    column,
    delete,
    exists,
    func,
    or_,
    select,
    table,
    text,
    union,
    update,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, aliased, mapped_column

from libs.common.instruments import Instrument
from services.market.instruments.rules import AlertWatch
from services.market.providers.port import Listing
from services.market.schema import Base


class ChosenBy(StrEnum):
    """Why an instrument is shown to everybody: its source brought it along, or staff chose it."""

    SOURCE = "source"
    STAFF = "staff"


class InstrumentRow(Base):
    """Something that can be priced. `instrument` is `EXCHANGE:SYMBOL`; `provider` is who can price it.

    What only lists of instruments know (from `series` on) is null until one was imported. `has_derivatives_from`: since
    when it ends its day in the closing auction. `successor_id`: into what it was merged.
    """

    __tablename__ = "instruments"
    __table_args__ = (
        Index("ix_instruments_symbol_exchange", "symbol", "exchange"),
        # For LIKE 'ABC%', which the index by the database's collation does not serve.
        Index("ix_instruments_symbol_prefix", "symbol", postgresql_ops={"symbol": "text_pattern_ops"}),
        Index("ix_instruments_isin", "isin", postgresql_ops={"isin": "text_pattern_ops"}),
        Index(
            "ix_instruments_symbol_trigrams",
            "symbol",
            postgresql_using="gin",
            postgresql_ops={"symbol": "gin_trgm_ops"},
        ),
        Index("ix_instruments_name_trigrams", "name", postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"}),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    instrument: Mapped[str] = mapped_column(unique=True)
    exchange: Mapped[str]
    symbol: Mapped[str]
    name: Mapped[str]
    currency: Mapped[str]
    isin: Mapped[str | None]
    provider: Mapped[str]
    chosen_by: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    series: Mapped[str | None]
    sector: Mapped[str | None]
    industry: Mapped[str | None]
    lot_size: Mapped[int | None]
    tick_size: Mapped[Decimal | None]
    band_percent: Mapped[Decimal | None]
    kind: Mapped[str] = mapped_column(server_default="equity")
    status: Mapped[str] = mapped_column(server_default="listed")
    listed_on: Mapped[date | None]
    has_derivatives_from: Mapped[date | None]
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("market.instruments.id", ondelete="SET NULL"))


class InstrumentNameRow(Base):
    """What an instrument was called before: until `valid_to`, that day not included. The old symbol leads to it."""

    __tablename__ = "instrument_names"
    __table_args__ = (UniqueConstraint("instrument", "valid_to"),)

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("market.instruments.id", ondelete="CASCADE"), index=True)
    instrument: Mapped[str]
    exchange: Mapped[str]
    symbol: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date]


class AlertWatchRow(Base):
    """An alert that somebody has on an instrument: while it is active we watch that instrument.

    Kept by the alert's id, without its owner. `version` guards against news in the wrong order. `threshold`, of a
    plain alert, says which stock is worth a credit first.
    """

    __tablename__ = "alert_watches"
    __table_args__ = (Index("ix_alert_watches_active", "instrument_id", postgresql_where=text("active")),)

    alert_id: Mapped[UUID] = mapped_column(primary_key=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("market.instruments.id", ondelete="CASCADE"))
    version: Mapped[int]
    active: Mapped[bool]
    changed_at: Mapped[datetime]
    threshold: Mapped[Decimal | None]


class AlertCandleRow(Base):
    """Candles that the rule of a watched alert reads: while the alert is active, market announces the closed ones."""

    __tablename__ = "alert_candles"
    __table_args__ = (Index("ix_alert_candles_instrument_id", "instrument_id"),)

    alert_id: Mapped[UUID] = mapped_column(
        ForeignKey("market.alert_watches.alert_id", ondelete="CASCADE"), primary_key=True
    )
    instrument_id: Mapped[int] = mapped_column(
        ForeignKey("market.instruments.id", ondelete="CASCADE"), primary_key=True
    )
    interval: Mapped[str] = mapped_column(primary_key=True)


# The room of watchlists stands on this one, so its table is known here by name alone.
_LISTED = table("watchlist_items", column("instrument_id"), schema="market")


def is_monitored() -> ColumnElement[bool]:
    """The condition on InstrumentRow: chosen, in an active alert or in a watchlist (decisions 15)."""
    watched = exists().where(AlertWatchRow.instrument_id == InstrumentRow.id, AlertWatchRow.active)
    read = exists().where(
        AlertCandleRow.instrument_id == InstrumentRow.id,
        AlertWatchRow.alert_id == AlertCandleRow.alert_id,
        AlertWatchRow.active,
    )
    listed = exists().where(_LISTED.c.instrument_id == InstrumentRow.id)
    return or_(InstrumentRow.chosen_by.is_not(None), watched, read, listed)


async def list_named(
    session: AsyncSession, instruments: Collection[str], symbols: Collection[str]
) -> Sequence[tuple[str, str, InstrumentRow]]:
    """List what has one of these names or, on whatever exchange, one of these symbols: name, symbol, instrument.

    What was merged into something else gives that, under its own name.
    """
    heir = aliased(InstrumentRow)
    statement = (
        select(InstrumentRow, heir)
        .outerjoin(heir, heir.id == InstrumentRow.successor_id)
        .where(or_(InstrumentRow.instrument.in_(instruments), InstrumentRow.symbol.in_(symbols)))
    )
    return [(row.instrument, row.symbol, after or row) for row, after in await session.execute(statement)]


async def list_once_named(session: AsyncSession, names: Collection[str]) -> Sequence[tuple[str, str, InstrumentRow]]:
    """List what had one of these names or symbols before: old name, old symbol, instrument."""
    statement = (
        select(InstrumentNameRow.instrument, InstrumentNameRow.symbol, InstrumentRow)
        .join(InstrumentRow, InstrumentRow.id == InstrumentNameRow.instrument_id)
        .where(or_(InstrumentNameRow.instrument.in_(names), InstrumentNameRow.symbol.in_(names)))
    )
    return [(name, symbol, row) for name, symbol, row in await session.execute(statement)]


async def allow_typing_mistakes(session: AsyncSession) -> None:
    """Say, for this transaction, how alike two words must be (0 to 1) to be found by each other's trigrams."""
    await session.execute(
        select(
            func.set_config("pg_trgm.similarity_threshold", "0.3", True),
            func.set_config("pg_trgm.word_similarity_threshold", "0.45", True),
        )
    )


def listed(exchange: str | None) -> Select[InstrumentRow]:
    """Select all instruments, on one exchange or all."""
    statement = select(InstrumentRow)
    return statement if exchange is None else statement.where(InstrumentRow.exchange == exchange)


def matching(text_: str, exchange: str | None) -> tuple[Select[InstrumentRow], ColumnElement[int]]:
    """Select what a person may mean by a text, on one exchange or all, with its rank: the smaller, the better.

    By ISIN; by symbol, also a former one: the same, its beginning, one much like it; by name: its beginning, a word's
    beginning, a part, words much like it. Each way has an index of its own, so they are found apart and joined.
    """
    symbol, row = text_.upper(), InstrumentRow
    begins, holds = _literal(symbol) + "%", f"%{_literal(text_)}%"
    ways = [
        select(row.id).where(row.symbol.like(begins)),
        select(row.id).where(row.isin.like(begins)),
        select(InstrumentNameRow.instrument_id).where(InstrumentNameRow.symbol == symbol),
        select(row.id).where(row.symbol.op("%")(symbol)),
        select(row.id).where(row.name.op("%>")(text_)),
    ]
    # A part of one or two letters has no trigram, so that all names would be read for it.
    ways.append(select(row.id).where(row.name.ilike(holds if len(text_) > 2 else f"{_literal(text_)}%")))
    alike = _alike(text_)
    rank = case(
        (row.symbol == symbol, 0),
        (row.isin == symbol, 1),
        (row.symbol.like(begins), 1_000 + func.length(row.symbol)),
        (row.isin.like(begins), 2_000),
        (row.name.ilike(_literal(text_) + "%"), 2_100),
        (row.name.ilike(f"% {_literal(text_)}%"), 2_200),
        (row.name.ilike(holds), 2_300),
        else_=4_000 - cast(1_000 * alike, Integer),
    ) + case((row.status != "listed", 10_000), else_=0)
    return listed(exchange).where(row.id.in_(union(*ways))), rank


def _alike(text_: str) -> ColumnElement[float]:
    """Say how much a text is like a symbol or a name, 0 to 1 (bench/search_rank.py measures it).

    A symbol counts most, then a name and its beginning; a word somewhere in a name counts least, since some word of
    some name is like almost any text.
    """
    row = InstrumentRow
    return func.greatest(
        func.similarity(row.symbol, text_),
        0.9 * func.similarity(func.left(row.name, len(text_)), text_),
        0.9 * func.similarity(row.name, text_),
        0.6 * func.word_similarity(text_, row.name),
    )


def _literal(text_: str) -> str:
    return text_.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def adopt(session: AsyncSession, provider: str, listings: Sequence[Listing]) -> None:
    """Store what a provider lists as priced by it, and let go of what a former source had chosen.

    What staff chose stays chosen.
    """
    if listings:
        rows = [
            {
                "instrument": str(listing.instrument),
                "exchange": listing.instrument.exchange,
                "symbol": listing.instrument.symbol,
                "name": listing.name,
                "currency": listing.currency,
                "isin": listing.isin,
                "provider": provider,
                "chosen_by": ChosenBy.SOURCE if listing.chosen else None,
            }
            for listing in listings
        ]
        for start in range(0, len(rows), _ROWS_PER_STATEMENT):
            await session.execute(_upsert(rows[start : start + _ROWS_PER_STATEMENT]))
    names = [str(listing.instrument) for listing in listings]
    await session.execute(
        update(InstrumentRow)
        .where(InstrumentRow.chosen_by == ChosenBy.SOURCE, InstrumentRow.instrument.not_in(names))
        .values(chosen_by=None)
    )


def _upsert(rows: Sequence[Mapping[str, object]]) -> Insert:
    statement = insert(InstrumentRow).values(rows)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[InstrumentRow.instrument],
        set_={
            "name": new.name,
            "isin": func.coalesce(new.isin, InstrumentRow.isin),
            "provider": new.provider,
            "chosen_by": case((InstrumentRow.chosen_by == ChosenBy.STAFF, ChosenBy.STAFF), else_=new.chosen_by),
        },
    )


async def hand_over_all(session: AsyncSession, provider: str) -> None:
    """Let one provider price every instrument there is."""
    await session.execute(update(InstrumentRow).values(provider=provider))


async def ids_of(session: AsyncSession, provider: str) -> Mapping[Instrument, int]:
    """Give the number of each instrument that a provider prices."""
    rows = await session.execute(
        select(InstrumentRow.instrument, InstrumentRow.id).where(InstrumentRow.provider == provider)
    )
    return {Instrument.parse(name): number for name, number in rows}


async def list_monitored(session: AsyncSession, provider: str) -> Sequence[Instrument]:
    """List what is monitored, of what a provider prices."""
    statement = select(InstrumentRow.instrument).where(InstrumentRow.provider == provider, is_monitored())
    return [Instrument.parse(name) for name in await session.scalars(statement)]


async def list_levels(session: AsyncSession) -> Mapping[int, Sequence[float]]:
    """Give the thresholds of active alerts by instrument number."""
    statement = select(AlertWatchRow.instrument_id, func.array_agg(AlertWatchRow.threshold)).where(
        AlertWatchRow.active, AlertWatchRow.threshold.is_not(None)
    )
    rows = await session.execute(statement.group_by(AlertWatchRow.instrument_id))
    return {number: [float(level) for level in levels if level is not None] for number, levels in rows}


async def list_read_candles(session: AsyncSession) -> frozenset[tuple[int, str]]:
    """List the candles that active alerts read, as pairs of instrument number and interval."""
    statement = (
        select(AlertCandleRow.instrument_id, AlertCandleRow.interval)
        .join(AlertWatchRow, AlertWatchRow.alert_id == AlertCandleRow.alert_id)
        .where(AlertWatchRow.active)
        .distinct()
    )
    return frozenset((row.instrument_id, row.interval) for row in await session.execute(statement))


async def note_watches(driver: asyncpg.Connection, watches: Sequence[AlertWatch], at: datetime) -> None:
    """Store which alerts are active and which candles they read, unless something newer is known of them.

    Unknown instruments are left out.
    """
    ordered = sorted(watches, key=lambda watch: watch.alert_id)
    stored = await driver.fetch(
        """INSERT INTO alert_watches AS old (alert_id, instrument_id, version, active, changed_at, threshold)
        SELECT new.alert_id, instruments.id, new.version, new.active, $5, new.threshold
        FROM unnest($1::uuid[], $2::text[], $3::int[], $4::bool[], $6::numeric[])
        AS new (alert_id, instrument, version, active, threshold)
        JOIN instruments USING (instrument)
        ON CONFLICT (alert_id) DO UPDATE SET instrument_id = excluded.instrument_id, version = excluded.version,
            active = excluded.active, changed_at = excluded.changed_at, threshold = excluded.threshold
        WHERE old.version < excluded.version
        RETURNING alert_id""",
        [watch.alert_id for watch in ordered],
        [watch.instrument for watch in ordered],
        [watch.version for watch in ordered],
        [watch.active for watch in ordered],
        at,
        [watch.threshold for watch in ordered],
    )
    newer = {row["alert_id"] for row in stored}
    needs = [(watch.alert_id, *need) for watch in ordered if watch.alert_id in newer for need in watch.candles]
    await driver.execute("DELETE FROM alert_candles WHERE alert_id = ANY($1)", sorted(newer))
    await driver.execute(
        """INSERT INTO alert_candles (alert_id, instrument_id, interval)
        SELECT new.alert_id, instruments.id, new.interval
        FROM unnest($1::uuid[], $2::text[], $3::text[]) AS new (alert_id, instrument, interval)
        JOIN instruments USING (instrument)""",
        [alert_id for alert_id, _, _ in needs],
        [instrument for _, instrument, _ in needs],
        [interval for _, _, interval in needs],
    )


async def end_watches(driver: asyncpg.Connection, alert_ids: Sequence[UUID], at: datetime) -> None:
    """Note that alerts are over, whatever their version: they fired or were deleted."""
    await driver.execute(
        "UPDATE alert_watches SET active = false, changed_at = $2 WHERE alert_id = ANY($1) AND active",
        list(alert_ids),
        at,
    )


async def forget_ended_watches(session: AsyncSession, before: datetime) -> None:
    """Delete what ended long ago: by then no older news of these alerts can still be on its way."""
    await session.execute(
        delete(AlertWatchRow).where(AlertWatchRow.active.is_(False), AlertWatchRow.changed_at < before)
    )


_ROWS_PER_STATEMENT = 1_000  # of 8 parameters each; the protocol holds 32,767
