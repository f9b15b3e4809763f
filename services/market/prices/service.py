"""Read prices: the monitored stocks, one stock, what was kept of it, and the newest ones for other services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from libs.common.db import Database
from libs.common.instruments import Instrument
from libs.common.pagination import Found, PageRequest, paginate
from services.market.instruments import service as instruments
from services.market.instruments.tables import InstrumentRow
from services.market.own_prices.service import with_own
from services.market.prices import rules, tables
from services.market.prices.tables import Quoted, StockPriceRow


@dataclass(frozen=True, slots=True)
class Stock:
    """A stock as it is shown."""

    quoted: Quoted
    stale: bool


@dataclass(frozen=True, slots=True)
class Source:
    """Where prices come from, how old one may be when it reaches us, and which sources are no ground for an order."""

    name: str
    mode: Literal["replay", "live"]
    max_lags: Mapping[str, timedelta]
    not_for_orders: frozenset[str] = frozenset()


class Prices:
    """The prices room's use cases."""

    def __init__(self, db: Database, source: Source) -> None:
        self._db = db
        self.source = source

    async def list_stocks(self, page: PageRequest, user_id: UUID | None = None) -> Found[Stock]:
        """List the stocks that are chosen or in an active alert, by symbol. user_id: whose own prices are shown too."""
        async with self._db.read() as session:
            found = await paginate(
                session,
                tables.monitored_quoted(),
                page,
                key=(InstrumentRow.symbol, InstrumentRow.exchange),
                scope="stocks",
                descending=False,
            )
            quoted = await with_own(session, user_id, [Quoted(*row) for row in found.items])
        return Found([self._shown(one) for one in quoted], found.next_cursor)

    async def get_stock(self, symbol: str, user_id: UUID | None = None) -> Stock:
        """Give any stock we know, with a person's own price where that is newer.

        Raises SymbolNotFound, SymbolAmbiguous.
        """
        async with self._db.read() as session:
            row = await instruments.resolve(session, symbol)
            (quoted,) = await with_own(session, user_id, [await tables.get_quoted(session, row.id)])
        return self._shown(quoted)

    async def stocks_named(self, names: Sequence[str], user_id: UUID | None = None) -> Sequence[Stock]:
        """Give the stocks of these names, those that are known, in no order. Names are `EXCHANGE:SYMBOL`."""
        async with self._db.read() as session:
            listed = await tables.list_quoted(session, [Instrument.parse(name) for name in names])
            listed = await with_own(session, user_id, listed)
        return [self._shown(quoted) for quoted in listed]

    async def get_quoted(self, symbol: str) -> Quoted:
        """Give an instrument with its newest price. Raises SymbolNotFound, SymbolAmbiguous."""
        async with self._db.read() as session:
            row = await instruments.resolve(session, symbol)
            return await tables.get_quoted(session, row.id)

    async def list_kept(self, symbol: str, page: PageRequest) -> Found[StockPriceRow]:
        """List the kept prices of a stock, newest first. Raises SymbolNotFound, SymbolAmbiguous."""
        async with self._db.read() as session:
            row = await instruments.resolve(session, symbol)
            return await paginate(
                session,
                tables.kept_of(row.id),
                page,
                key=(StockPriceRow.at, StockPriceRow.id),
                scope=f"prices {row.id}",
            )

    def is_for_orders(self, quoted: Quoted) -> bool:
        """Say whether an order may be placed by this price."""
        return quoted.source is not None and quoted.source not in self.source.not_for_orders

    async def newest(self, names: Sequence[Instrument]) -> Sequence[Quoted]:
        """Give the newest prices of those instruments that are known and have one."""
        async with self._db.read() as session:
            listed = await tables.list_quoted(session, names)
        return [quoted for quoted in listed if quoted.price is not None]

    def _shown(self, quoted: Quoted) -> Stock:
        if quoted.received_at is None or quoted.source is None:
            return Stock(quoted, stale=False)
        stale = rules.is_shown_stale(
            stale_on_arrival=bool(quoted.stale),
            received_at=quoted.received_at,
            max_lag=self.source.max_lags.get(quoted.source, timedelta()),
            now=self._db.clock.now(),
        )
        return Stock(quoted, stale)
