"""Read candles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from libs.common.db import Database, Transaction
from libs.common.errors import InvalidInput
from libs.common.pagination import Found, PageRequest, paginate
from services.market.candles import rules, tables
from services.market.candles.adjusting import Adjustment, Paid
from services.market.candles.rules import Part
from services.market.candles.tables import CandleRow, StoredBar
from services.market.companies import service as companies
from services.market.instruments import service as instruments
from services.market.instruments import tables as instrument_tables
from services.market.providers.port import Interval
from services.market.splits import service as splits

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


def _must_be_a_span(start: datetime | None, end: datetime | None) -> None:
    for name, instant in (("from", start), ("to", end)):
        if instant is not None and not _FIRST <= instant <= _LAST:
            raise InvalidInput.of(f"/{name}", "out_of_range", f"`{name}` must lie between 1900 and 2200.")
    if start is not None and end is not None and start >= end:
        raise InvalidInput.of("/from", "not_before_end", "`from` must lie before `to`.")
