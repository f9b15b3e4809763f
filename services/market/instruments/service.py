"""Find instruments, and keep in mind which of them alerts watch."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database, Transaction
from libs.common.errors import SymbolAmbiguous
from libs.common.instruments import Instrument
from libs.common.pagination import Found, PageRequest, paginate
from services.market.instruments import rules, tables
from services.market.instruments.rules import AlertNews
from services.market.instruments.tables import InstrumentRow


class Instruments:
    """The instruments room's use cases."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def search(self, text: str, exchange: str | None, page: PageRequest) -> Found[InstrumentRow]:
        """List instruments whose symbol begins with a text or whose name holds it. An empty text finds all."""
        async with self._db.read() as session:
            return await paginate(
                session,
                tables.matching(text.strip(), exchange),
                page,
                key=(InstrumentRow.symbol, InstrumentRow.exchange),
                scope=f"instruments {exchange} {text}",
                descending=False,
            )

    async def note_alerts(self, tx: Transaction, news: Sequence[AlertNews]) -> None:
        """Watch the instruments of active alerts, and no longer those whose alerts are over."""
        changes = rules.fold(news)
        now = self._db.clock.now()
        driver = await tx.driver()
        await tables.note_watches(driver, changes.watches, now)
        await tables.end_watches(driver, changes.ended, now)


async def resolve(session: AsyncSession, text: str) -> InstrumentRow:
    """Find the instrument that a request names, `NASDAQ:AAPL` or `AAPL` where that is one.

    Raises SymbolNotFound, SymbolAmbiguous.
    """
    asked = rules.read_symbol(text)
    if isinstance(asked, Instrument):
        found = await tables.find(session, asked)
        if found is None:
            raise rules.symbol_not_found(text)
        return found
    listed = await tables.list_with_symbol(session, asked)
    if not listed:
        raise rules.symbol_not_found(text)
    if len(listed) > 1:
        choices = [row.instrument for row in listed]
        raise SymbolAmbiguous(f"{asked} is listed more than once. Write one of {', '.join(choices)}.", choices=choices)
    return listed[0]
