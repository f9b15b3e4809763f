"""Take dated events of companies in, give them, and tell of those that come."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.audit import record
from libs.common.db import Database, Transaction
from libs.common.errors import Conflict, InvalidInput, NotFound
from libs.common.ids import uuid7
from libs.common.instruments import Instrument
from libs.common.pagination import Found, PageRequest, paginate
from libs.common.security.principal import Principal
from libs.contracts.companies import CompanyEventNear
from services.market.companies import files, rules, tables
from services.market.companies.files import Dated, Problem, Source
from services.market.companies.tables import CompanyEventRow
from services.market.companies.wording import EventKind, Said
from services.market.exchanges import EXCHANGES
from services.market.instruments import service as instruments
from services.market.instruments.tables import InstrumentRow
from services.market.watchlists import service as watchlists

BATCH = 500
"""Days of companies in one transaction."""

LONGEST = timedelta(days=400)
"""Of one question."""

_PEOPLE = 500
"""In one event, so that it stays a message and no file."""

_UNCONFIRMED_BACK, _UNCONFIRMED_AHEAD = timedelta(days=90), timedelta(days=30)

Key = tuple[int, date]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shown:
    """An event with its instrument."""

    row: CompanyEventRow
    instrument: InstrumentRow


@dataclass(frozen=True, slots=True)
class Report:
    """What a file brought. `unknown`: symbols that are no instruments of its exchange that we know."""

    events: int
    added: int
    changed: int
    withdrawn: int
    unknown: Sequence[str]
    problems: Sequence[Problem]


class CompanyEvents:
    """The companies room's use cases."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def list(
        self,
        user_id: UUID,
        page: PageRequest,
        *,
        start: date | None,
        end: date | None,
        kinds: Sequence[EventKind] = (),
        symbol: str | None = None,
        watchlist_id: UUID | None = None,
        mine: bool = False,
    ) -> Found[Shown]:
        """List the events of [start, end], the nearest first: of all, of one stock, of one list or of all own lists.

        By default from today on, 60 days. Raises InvalidInput, NotFound, SymbolNotFound, SymbolAmbiguous.
        """
        start = start or self._db.clock.now().date()
        end = end or start + timedelta(days=60)
        if not start <= end <= start + LONGEST:
            raise InvalidInput.of("/to", "out_of_range", f"`to` must lie within {LONGEST.days} days from `from` on.")
        names: Sequence[str] | None = None
        async with self._db.read() as session:
            if mine or watchlist_id is not None:
                names = await watchlists.instruments_in(session, user_id, watchlist_id)
            if symbol is not None:
                name = (await instruments.resolve(session, symbol)).instrument
                names = [name] if names is None or name in names else []
            found = await paginate(
                session,
                tables.between(start, end, kinds, names),
                page,
                key=(tables.DAY_TEXT, CompanyEventRow.id),
                scope=f"company events {start} {end} {sorted(kinds)} {symbol} {watchlist_id} {mine}",
                descending=False,
            )
        return Found([Shown(*row) for row in found.items], found.next_cursor)

    async def list_unconfirmed(self, page: PageRequest) -> Found[Shown]:
        """List the bonus shares and splits of late and of soon that no confirmed split stands for."""
        today = self._db.clock.now().date()
        query = tables.unconfirmed(today - _UNCONFIRMED_BACK, today + _UNCONFIRMED_AHEAD)
        async with self._db.read() as session:
            key = (tables.DAY_TEXT, CompanyEventRow.id)
            found = await paginate(session, query, page, key=key, scope="unconfirmed splits", descending=False)
        return Found([Shown(*row) for row in found.items], found.next_cursor)

    async def import_file(self, content: bytes, exchange: str, *, by: Principal | None) -> Report:
        """Take a file in: what it tells of a day of a company replaces what its source told of that day before.

        A results day that it moves leaves the former one. The same file twice changes nothing. Raises UnreadableFile.
        """
        source, read = await asyncio.to_thread(files.read, content)
        dated = [one for one in read if isinstance(one, Dated)]
        numbers, unknown = await self._numbers({one.symbol for one in dated}, exchange)
        by_day: dict[Key, list[Dated]] = defaultdict(list)
        for one in dated:
            if one.symbol in numbers:
                by_day[numbers[one.symbol], one.day].append(one)
        told: dict[int, set[date]] = defaultdict(set)
        for number, day in by_day:
            told[number].add(day)
        added = changed = withdrawn = 0
        for batch in _parts(sorted(by_day), BATCH):
            async with self._db.transaction() as tx:
                counts = await _store(tx, {key: by_day[key] for key in batch}, source, told)
                if any(counts):
                    _record(tx, "company_events.imported", source, by, None, {"events": str(len(batch))})
            added, changed, withdrawn = added + counts[0], changed + counts[1], withdrawn + counts[2]
        problems = [one for one in read if isinstance(one, Problem)]
        return Report(len(dated), added, changed, withdrawn, unknown, problems)

    async def withdraw(self, event_id: UUID, *, by: Principal, why: str) -> Shown:
        """Take an event back that was a mistake. Raises NotFound, Conflict."""
        async with self._db.transaction() as tx:
            found = await tables.lock(tx.session, event_id)
            if found is None:
                raise NotFound("There is no such event.")
            row, instrument = found
            if row.withdrawn_at is not None:
                raise Conflict("This event is withdrawn already.")
            row.withdrawn_at, row.withdrawn_by, row.withdrawn_reason = tx.clock.now(), by.user_id, why
            details = {"instrument": instrument.instrument, "day": str(row.day), "words": row.words}
            _record(tx, "company_event.withdrawn", row.id, by, why, details)
        return Shown(row, instrument)

    async def dividends_of(self, symbol: str) -> tuple[str, Sequence[tuple[datetime, Decimal]]]:
        """List an instrument's dividends as `list_dividends` does. Raises SymbolNotFound, SymbolAmbiguous."""
        async with self._db.read() as session:
            row = await instruments.resolve(session, symbol)
            return row.instrument, await list_dividends(session, row.id, row.instrument)

    async def tell_near(self, ahead: timedelta) -> int:
        """Announce, once each, the events from today up to so far ahead, to those who follow them. Returns how many."""
        today = self._db.clock.now().date()
        async with self._db.transaction() as tx:
            found = await tables.lock_untold(tx.session, today, today + ahead, BATCH)
            watchers = await watchlists.watchers_of(tx.session, {instrument.id for _, instrument in found})
            for row, instrument in found:
                row.told_at = tx.clock.now()
                people = watchers.get(instrument.id, ())
                for part in _parts(people, _PEOPLE) if people else [()]:
                    tx.announce(_near(row, instrument, part))
        return len(found)

    async def _numbers(self, symbols: set[str], exchange: str) -> tuple[Mapping[str, int], Sequence[str]]:
        """Give the numbers of instruments by symbol, also of former symbols, and the symbols that we do not know."""
        asked = sorted(symbols)
        numbers: dict[str, int] = {}
        async with self._db.read() as session:
            for batch in _parts(asked, BATCH):
                found = await instruments.resolve_all(session, [str(Instrument(exchange, one)) for one in batch])
                numbers |= {
                    symbol: row.id for symbol, row in zip(batch, found, strict=True) if isinstance(row, InstrumentRow)
                }
        return numbers, [symbol for symbol in asked if symbol not in numbers]


async def list_dividends(
    session: AsyncSession, instrument_id: int, instrument: str
) -> Sequence[tuple[datetime, Decimal]]:
    """List an instrument's dividends by the instants at which its market opened without them."""
    exchange = EXCHANGES[Instrument.parse(instrument).exchange]
    return [(exchange.opens_at(day), amount) for day, amount in await tables.list_dividends(session, instrument_id)]


async def _store(
    tx: Transaction, by_day: Mapping[Key, Sequence[Dated]], source: Source, told: Mapping[int, set[date]]
) -> tuple[int, int, int]:
    """Store what a file tells of some days of companies. Returns how many are new, changed, withdrawn."""
    now = tx.clock.now()
    known = await tables.lock_days(tx.session, list(by_day), source)
    moving = {number for (number, _), those in by_day.items() if any(rules.is_moving(one.said.kind) for one in those)}
    ahead = await tables.lock_ahead(tx.session, moving, EventKind.RESULTS, source, now.date()) if moving else {}
    new: list[dict[str, Any]] = []
    gone: list[UUID] = []
    moved: dict[str, list[UUID]] = defaultdict(list)
    changed = 0
    for (number, day), those in by_day.items():
        rows = {row.words: row for row in known.get((number, day), ())}
        changes = rules.compare({words: _said(row) for words, row in rows.items()}, [one.said for one in those])
        record_days = {one.said.words: one.record_day for one in those}
        gone += [rows[words].id for words in changes.gone]
        for words, said in changes.changed.items():
            row = rows[words]
            row.kind, row.amount, row.updated_at = said.kind, said.amount, now
            row.old_shares, row.new_shares = said.old_shares, said.new_shares
            changed += 1
        for said in changes.added:
            others = {row.id: row for row in ahead.get(number, ())} if rules.is_moving(said.kind) else {}
            before = rules.moved_from(day, {key: row.day for key, row in others.items()}, told[number], now.date())
            if before is not None:
                moved[f"It is on {day} now."].append(before)
            new.append(
                {
                    "id": uuid7(),
                    "instrument_id": number,
                    "kind": said.kind,
                    "day": day,
                    "record_day": record_days[said.words],
                    "words": said.words,
                    "amount": said.amount,
                    "old_shares": said.old_shares,
                    "new_shares": said.new_shares,
                    "previous_day": None if before is None else others[before].day,
                    "source": source,
                    "received_at": now,
                    "updated_at": now,
                }
            )
    await tx.session.flush()
    await tables.withdraw(tx.session, gone, now, "Its source tells it no more.")
    for reason, ids in moved.items():
        await tables.withdraw(tx.session, ids, now, reason)
    await tables.add(tx.session, new)
    return len(new), changed, len(gone) + sum(len(ids) for ids in moved.values())


def _parts(items: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    for first in range(0, len(items), most):
        yield items[first : first + most]


def _said(row: CompanyEventRow) -> Said:
    return Said(EventKind(row.kind), row.words, row.amount, row.old_shares, row.new_shares)


def _near(row: CompanyEventRow, instrument: InstrumentRow, people: Sequence[UUID]) -> CompanyEventNear:
    return CompanyEventNear(
        event_id=row.id,
        instrument=instrument.instrument,
        name=instrument.name,
        kind=row.kind,
        day=row.day,
        previous_day=row.previous_day,
        words=row.words,
        user_ids=tuple(people),
    )


def _record(
    tx: Transaction, action: str, object_id: object, by: Principal | None, why: str | None, details: Mapping[str, str]
) -> None:
    record(tx, action, object_kind="company_event", object_id=object_id, caller=by, reason=why, details=details)
