"""Read candles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from libs.common.clock import from_ms
from libs.common.db import Database, Transaction
from libs.common.errors import InvalidInput
from libs.common.money import from_e4, to_e4
from libs.common.pagination import Found, PageRequest, paginate
from libs.contracts.market import CandleColumns
from services.market.candles import rules, tables
from services.market.candles.adjusting import Adjustment, Paid
from services.market.candles.rules import Part
from services.market.candles.tables import CandleRow, StoredBar
from services.market.companies import service as companies
from services.market.instruments import service as instruments
from services.market.instruments import tables as instrument_tables
from services.market.instruments.tables import InstrumentRow
from services.market.providers.port import Interval
from services.market.splits import service as splits
from services.market.splits.rules import Split, adjust_price, adjust_volume

# No candle lies outside; instants at the ends of the calendar cannot be written in every zone.
_FIRST, _LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class Candles:
    """The candles room's use case."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def list(
        self, symbol: str, interval: Interval, *, start: datetime | None, end: datetime | None, page: PageRequest
    ) -> Found[CandleRow]:
        """List the candles of a stock that begin in [start, end), newest first.

        Raises SymbolNotFound, SymbolAmbiguous, and InvalidInput for a span that holds nothing by itself.
        """
        _must_be_a_span(start, end)
        async with self._db.read() as session:
            row = await instruments.resolve(session, symbol)
            return await paginate(
                session,
                tables.between(row.id, interval, start, end),
                page,
                key=(CandleRow.at,),
                scope=f"candles {row.id} {interval}",
            )

    async def adjustment(self, symbol: str, *, dividends: bool = False) -> Adjustment:
        """Give by what a stock's history is adjusted: confirmed splits, and dividends if asked for.

        Raises SymbolNotFound, SymbolAmbiguous.
        """
        async with self._db.read() as session:
            row = await instruments.resolve(session, symbol)
            parted = await splits.list_splits(session, row.id, row.instrument)
            if not dividends:
                return Adjustment(parted)
            told = await companies.list_dividends(session, row.id, row.instrument)
            closes = await tables.closes_before(session, row.id, [at for at, _ in told])
        return Adjustment(parted, [Paid(at, amount, closes[at]) for at, amount in told if at in closes])

    async def span(
        self, symbol: str, interval: Interval, *, start: datetime | None, end: datetime | None, limit: int
    ) -> tuple[str, Sequence[CandleRow], bool]:
        """Give an instrument's name, its candles that begin in [start, end), oldest first, and if the limit cut them.

        With a start the first ones, else the newest. Raises as `list` does.
        """
        _must_be_a_span(start, end)
        async with self._db.read() as session:
            row = await instruments.resolve(session, symbol)
            found = await tables.list_span(session, row.id, interval, start, end, limit + 1)
        if len(found) <= limit:
            return row.instrument, found, False
        return row.instrument, found[:limit] if start is not None else found[1:], True

    async def newest(
        self,
        names: Sequence[str],
        interval: Interval,
        *,
        end: datetime | None,
        limit: int,
        columns: frozenset[str] = frozenset(tables.COLUMNS),
    ) -> Mapping[str, CandleColumns]:
        """Give the newest complete candles of several instruments before an instant, adjusted for splits, by the names
        that were given. Who is unknown or has none is left out. columns: which of `COLUMNS`; the others stay empty.
        """
        _must_be_a_span(None, end)
        async with self._db.read() as session:
            resolved = zip(names, await instruments.resolve_all(session, names), strict=True)
            known = {name: row for name, row in resolved if isinstance(row, InstrumentRow)}
            full = {row.id: row.instrument for row in known.values()}
            found = await tables.newest_columns(session, list(full), interval, end or _LAST, limit, columns)
            parted = await splits.list_splits_of(session, full)
        made = {row.id: _columns_of(full[row.id], row, parted.get(row.id, ())) for row in found}
        return {name: made[row.id] for name, row in known.items() if row.id in made}

    async def recorded(
        self, interval: Interval, exchange: str | None, *, after: str, limit: int
    ) -> tuple[Sequence[str], bool]:
        """Name instruments that have candles of an interval, by name, and tell if the limit cut them."""
        async with self._db.read() as session:
            found = await tables.list_recorded(session, interval, exchange, after, limit + 1)
        return found[:limit], len(found) > limit


async def tell(tx: Transaction, closed: Sequence[StoredBar], late: Sequence[StoredBar] = ()) -> None:
    """Announce the candles that closed and the corrected ones, as far as an alert reads them."""
    if not closed and not late:
        return
    read = await instrument_tables.list_read_candles(tx.session)
    now = tx.clock.now()
    for stored, is_late in [*((one, False) for one in closed), *((one, True) for one in late)]:
        if (stored.instrument_id, stored.bar.interval) in read:
            tx.announce(rules.closed_event(stored.bar, now, late=is_late))


async def add_late(tx: Transaction, number: int, parts: Sequence[Part], source: str) -> None:
    """Add to an instrument's candles what is known only now, and announce what that corrects."""
    names = {number: parts[0].bar.instrument}
    corrected = await tables.add(await tx.driver(), [(number, part) for part in parts], names, source)
    await tell(tx, [], corrected)


def _columns_of(instrument: str, row: Any, parted: Sequence[Split]) -> CandleColumns:
    prices = {name: getattr(row, name) for name in ("open_e4", "high_e4", "low_e4", "close_e4") if hasattr(row, name)}
    volume: Sequence[int | None] = getattr(row, "volume", ())
    if parted:
        adjustment, instants = Adjustment(parted), [from_ms(at) for at in row.at_ms]
        factors = [adjustment.of_prices(at) for at in instants]
        prices = {
            name: [to_e4(adjust_price(from_e4(e4), factor)) for e4, factor in zip(column, factors, strict=True)]
            for name, column in prices.items()
        }
        volume = [adjust_volume(v, adjustment.of_volumes(at)) for v, at in zip(volume, instants, strict=False)]
    return CandleColumns.model_construct(
        instrument=instrument,
        at_ms=tuple(row.at_ms),
        open_e4=tuple(prices.get("open_e4", ())),
        high_e4=tuple(prices.get("high_e4", ())),
        low_e4=tuple(prices.get("low_e4", ())),
        close_e4=tuple(prices.get("close_e4", ())),
        volume=tuple(volume),
    )


def _must_be_a_span(start: datetime | None, end: datetime | None) -> None:
    for name, instant in (("from", start), ("to", end)):
        if instant is not None and not _FIRST <= instant <= _LAST:
            raise InvalidInput.of(f"/{name}", "out_of_range", f"`{name}` must lie between 1900 and 2200.")
    if start is not None and end is not None and start >= end:
        raise InvalidInput.of("/from", "not_before_end", "`from` must lie before `to`.")
