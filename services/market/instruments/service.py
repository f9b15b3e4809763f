"""Find instruments, and keep in mind which of them alerts watch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database, Transaction
from libs.common.errors import Problem, SymbolAmbiguous, SymbolNotFound
from libs.common.instruments import Instrument
from libs.common.pagination import Found, PageRequest, paginate
from libs.contracts.signals import FollowChanged
from services.market.instruments import rules, tables
from services.market.instruments.rules import AlertNews
from services.market.instruments.tables import InstrumentRow


class Instruments:
    """The instruments room's use cases."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def search(self, text: str, exchange: str | None, page: PageRequest) -> Found[InstrumentRow]:
        """Find instruments by symbol, name or ISIN, best first, typing mistakes allowed. An empty text lists all."""
        text = " ".join(text.split())
        by_name = (InstrumentRow.symbol, InstrumentRow.exchange)
        async with self._db.read() as session:
            if not text:
                statement, key = tables.listed(exchange), by_name
                return await paginate(session, statement, page, key=key, scope=f"all {exchange}", descending=False)
            await tables.allow_typing_mistakes(session)
            statement, rank = tables.matching(text, exchange)
            return await paginate(
                session,
                statement,
                page,
                key=(rank, *by_name),
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

    async def note_follows(self, tx: Transaction, news: Sequence[FollowChanged]) -> None:
        """Watch the instruments on which strategies are followed, and announce their candles."""
        await tables.note_watches(await tx.driver(), rules.follow_watches(news), self._db.clock.now())


async def resolve(session: AsyncSession, text: str) -> InstrumentRow:
    """Find the instrument that a request names, `NASDAQ:AAPL` or `AAPL` where that is one.

    A symbol that it had before, or of something that was merged into another, leads to what it is now.
    Raises SymbolNotFound, SymbolAmbiguous.
    """
    (found,) = await resolve_all(session, [text])
    if isinstance(found, Problem):
        raise found
    return found


async def resolve_all(
    session: AsyncSession, texts: Sequence[str]
) -> Sequence[InstrumentRow | SymbolNotFound | SymbolAmbiguous]:
    """Find what a request names, as `resolve` does, in at most two statements; each answer at the place of its text."""
    asked: list[Instrument | str | SymbolNotFound] = []
    for text in texts:
        try:
            asked.append(rules.read_symbol(text))
        except SymbolNotFound as problem:
            asked.append(problem)
    named = [str(one) for one in asked if isinstance(one, Instrument)]
    bare = [one for one in asked if isinstance(one, str)]
    known = _by_name(await tables.list_named(session, named, bare))
    missing = [name for name in [*named, *bare] if name not in known]
    before = _by_name(await tables.list_once_named(session, missing)) if missing else {}
    return [
        one if isinstance(one, SymbolNotFound) else _chosen(text, known.get(str(one)) or before.get(str(one), {}))
        for text, one in zip(texts, asked, strict=True)
    ]


def _by_name(rows: Iterable[tuple[str, str, InstrumentRow]]) -> Mapping[str, Mapping[int, InstrumentRow]]:
    """Sort by what somebody may have written: the whole name and the bare symbol."""
    found: dict[str, dict[int, InstrumentRow]] = {}
    for instrument, symbol, row in rows:
        found.setdefault(instrument, {})[row.id] = row
        found.setdefault(symbol, {})[row.id] = row
    return found


def _chosen(text: str, found: Mapping[int, InstrumentRow]) -> InstrumentRow | SymbolNotFound | SymbolAmbiguous:
    listed = sorted(found.values(), key=lambda row: row.exchange)
    if not listed:
        return rules.symbol_not_found(text)
    if len(listed) > 1:
        choices = [row.instrument for row in listed]
        return SymbolAmbiguous(
            f"{listed[0].symbol} is listed more than once. Write one of {', '.join(choices)}.", choices=choices
        )
    return listed[0]
