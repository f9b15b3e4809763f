"""Keep people's watchlists."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database, Transaction
from libs.common.errors import Conflict, FieldError, InvalidInput, NotFound
from libs.common.idempotency import Once
from libs.common.ids import uuid7
from libs.contracts.market import WatchlistChanged
from services.market.instruments import service as instruments
from services.market.instruments.tables import InstrumentRow
from services.market.prices.service import Prices, Stock
from services.market.watchlists import rules, tables
from services.market.watchlists.tables import WatchlistRow


@dataclass(frozen=True, slots=True)
class Watchlist:
    """A list with what is in it, in its order."""

    row: WatchlistRow
    instruments: Sequence[str]


class Watchlists:
    """The watchlists room's use cases. Somebody else's list is one that does not exist."""

    def __init__(self, db: Database, prices: Prices) -> None:
        self._db = db
        self._prices = prices

    async def list_for(self, user_id: UUID) -> Sequence[Watchlist]:
        """List a person's lists in their order."""
        async with self._db.read() as session:
            return await _all(session, user_id)

    async def get(self, user_id: UUID, watchlist_id: UUID) -> Watchlist:
        """Give one list. Raises NotFound."""
        async with self._db.read() as session:
            return await _get(session, user_id, watchlist_id)

    async def stocks(self, user_id: UUID, watchlist_id: UUID, seen_by: UUID | None) -> Sequence[Stock]:
        """Give what is in a list with its newest prices, in the list's order. Raises NotFound.

        seen_by: who looks, and sees own prices; None where staff act as the owner.
        """
        watchlist = await self.get(user_id, watchlist_id)
        found = await self._prices.stocks_named(watchlist.instruments, seen_by)
        stocks = {stock.quoted.instrument: stock for stock in found}
        return [stocks[name] for name in watchlist.instruments if name in stocks]

    async def create(self, user_id: UUID, name: str, symbols: Sequence[str], once: Once[Watchlist]) -> Watchlist:
        """Make a list, behind the others; a person's first one is the default one. Raises Conflict, InvalidInput."""
        now = self._db.clock.now()
        async with self._db.transaction() as tx, once.held(tx) as answer:
            await tables.lock_owner(tx.session, user_id)
            others = await tables.list_of(tx.session, user_id)
            if len(others) >= rules.MAX_LISTS:
                raise Conflict(f"You have {rules.MAX_LISTS} watchlists, which is all there can be. Delete one first.")
            _check_name(name, others)
            found = await _resolve(tx.session, symbols)
            row = WatchlistRow(
                id=uuid7(),
                user_id=user_id,
                name=name,
                position=1 + max((other.position for other in others), default=-1),
                is_default=not others,
                created_at=now,
                updated_at=now,
            )
            tx.session.add(row)
            await tx.session.flush()
            watchlist = await _fill(tx, row, rules.added((), found))
            answer(watchlist)
        return watchlist

    async def change(self, user_id: UUID, watchlist_id: UUID, *, name: str | None, make_default: bool) -> Watchlist:
        """Rename a list, or make it the default one. Raises NotFound, Conflict."""
        async with self._db.transaction() as tx:
            row = await self._take(tx, user_id, watchlist_id)
            if name is not None:
                others = [each for each in await tables.list_of(tx.session, user_id) if each.id != row.id]
                _check_name(name, others)
                row.name = name
            if make_default and not row.is_default:
                await tables.clear_default(tx.session, user_id)
                row.is_default = True
            row.updated_at = self._db.clock.now()
            return await _get(tx.session, user_id, watchlist_id)

    async def delete(self, user_id: UUID, watchlist_id: UUID) -> None:
        """Delete a list. Where it was the default one, the first of the others becomes it. Raises NotFound."""
        async with self._db.transaction() as tx:
            row = await self._take(tx, user_id, watchlist_id)
            await tables.remove(tx.session, row)
            others = await tables.list_of(tx.session, user_id)
            if row.is_default and others:
                others[0].is_default = True
            tx.announce(_gone(row))

    async def order(self, user_id: UUID, watchlist_ids: Sequence[UUID]) -> Sequence[Watchlist]:
        """Put a person's lists into another order. Raises InvalidInput unless each is named once."""
        async with self._db.transaction() as tx:
            await tables.lock_owner(tx.session, user_id)
            rows = {row.id: row for row in await tables.list_of(tx.session, user_id)}
            if not rules.is_order_of(watchlist_ids, rows):
                raise InvalidInput.of("/watchlists", "not_the_same", "Name each of your watchlists once.")
            for position, watchlist_id in enumerate(watchlist_ids):
                rows[watchlist_id].position = position
            await tx.session.flush()
            return await _all(tx.session, user_id)

    async def fill(self, user_id: UUID, watchlist_id: UUID, symbols: Sequence[str]) -> Watchlist:
        """Make these, in this order, all that is in a list. Raises NotFound, InvalidInput, Conflict."""
        async with self._db.transaction() as tx:
            row = await self._take(tx, user_id, watchlist_id)
            return await _fill(tx, row, rules.added((), await _resolve(tx.session, symbols)))

    async def add(self, user_id: UUID, watchlist_id: UUID, symbols: Sequence[str], once: Once[Watchlist]) -> Watchlist:
        """Put instruments behind those in a list; those that are in it stay where they are.

        Raises NotFound, InvalidInput, Conflict.
        """
        async with self._db.transaction() as tx, once.held(tx) as answer:
            row = await self._take(tx, user_id, watchlist_id)
            existing = (await tables.instruments_of(tx.session, [row.id]))[row.id]
            watchlist = await _fill(tx, row, rules.added(existing, await _resolve(tx.session, symbols)))
            answer(watchlist)
        return watchlist

    async def take_out(self, user_id: UUID, watchlist_id: UUID, symbol: str) -> Watchlist:
        """Take an instrument out of a list; one that is not in it changes nothing.

        Raises NotFound for the list, SymbolNotFound or SymbolAmbiguous for the instrument.
        """
        async with self._db.transaction() as tx:
            row = await self._take(tx, user_id, watchlist_id)
            gone = await instruments.resolve(tx.session, symbol)
            existing = (await tables.instruments_of(tx.session, [row.id]))[row.id]
            return await _fill(tx, row, [one for one in existing if one.id != gone.id])

    async def export(self, user_id: UUID) -> Mapping[str, Any]:
        """Give all that is kept about a person here."""
        lists = await self.list_for(user_id)
        if not lists:
            return {}
        return {
            "watchlists": [
                {
                    "name": watchlist.row.name,
                    "is_default": watchlist.row.is_default,
                    "instruments": list(watchlist.instruments),
                    "created_at": watchlist.row.created_at,
                    "updated_at": watchlist.row.updated_at,
                }
                for watchlist in lists
            ]
        }

    async def erase(self, user_id: UUID) -> None:
        """Delete a person's lists. Safe to repeat."""
        async with self._db.transaction() as tx:
            await tables.lock_owner(tx.session, user_id)
            for row in await tables.list_of(tx.session, user_id):
                await tables.remove(tx.session, row)
                tx.announce(_gone(row))

    async def _take(self, tx: Transaction, user_id: UUID, watchlist_id: UUID) -> WatchlistRow:
        await tables.lock_owner(tx.session, user_id)
        return await _find(tx.session, user_id, watchlist_id)


async def watchers_of(session: AsyncSession, instrument_ids: Collection[int]) -> Mapping[int, Sequence[UUID]]:
    """Give who has these instruments in a list, by instrument number."""
    return await tables.owners_by_instrument(session, instrument_ids)


async def instruments_in(session: AsyncSession, user_id: UUID, watchlist_id: UUID | None) -> Sequence[str]:
    """Give what is in one of a person's lists, or in all of them (None). Raises NotFound."""
    if watchlist_id is not None:
        return (await _get(session, user_id, watchlist_id)).instruments
    return sorted({name for each in await _all(session, user_id) for name in each.instruments})


async def _find(session: AsyncSession, user_id: UUID, watchlist_id: UUID) -> WatchlistRow:
    row = await tables.find(session, user_id, watchlist_id)
    if row is None:
        raise NotFound("There is no such watchlist.")
    return row


async def _get(session: AsyncSession, user_id: UUID, watchlist_id: UUID) -> Watchlist:
    row = await _find(session, user_id, watchlist_id)
    held = await tables.instruments_of(session, [row.id])
    return Watchlist(row, [one.instrument for one in held[row.id]])


async def _all(session: AsyncSession, user_id: UUID) -> Sequence[Watchlist]:
    rows = await tables.list_of(session, user_id)
    held = await tables.instruments_of(session, [row.id for row in rows])
    return [Watchlist(row, [one.instrument for one in held[row.id]]) for row in rows]


async def _fill(tx: Transaction, row: WatchlistRow, held: Sequence[InstrumentRow]) -> Watchlist:
    if len(held) > rules.MAX_INSTRUMENTS:
        raise Conflict(f"A watchlist holds at most {rules.MAX_INSTRUMENTS} instruments. Make another one.")
    await tables.fill(tx.session, row.id, [one.id for one in held])
    row.updated_at = tx.clock.now()
    names = tuple(one.instrument for one in held)
    tx.announce(WatchlistChanged(user_id=row.user_id, watchlist_id=row.id, instruments=names))
    return Watchlist(row, names)


async def _resolve(session: AsyncSession, symbols: Sequence[str]) -> Sequence[InstrumentRow]:
    """Find all that a request names in one go. Raises InvalidInput that names each one that is not known."""
    found = await instruments.resolve_all(session, symbols)
    wrong = [
        FieldError(f"/instruments/{index}", str(problem.code), problem.detail)
        for index, problem in enumerate(found)
        if not isinstance(problem, InstrumentRow)
    ]
    if wrong:
        raise InvalidInput(errors=wrong)
    return [row for row in found if isinstance(row, InstrumentRow)]


def _check_name(name: str, others: Sequence[WatchlistRow]) -> None:
    if rules.is_taken(name, (other.name for other in others)):
        raise Conflict(f"You have a watchlist named {name!r} already.")


def _gone(row: WatchlistRow) -> WatchlistChanged:
    return WatchlistChanged(user_id=row.user_id, watchlist_id=row.id, instruments=(), deleted=True)
