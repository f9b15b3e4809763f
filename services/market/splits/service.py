"""Confirm splits and undo them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.audit import record
from libs.common.db import Database, Transaction
from libs.common.errors import Conflict, InvalidInput, NotFound
from libs.common.instruments import Instrument
from libs.common.pagination import Found, PageRequest, paginate
from libs.common.security.principal import Principal
from libs.contracts.market import SplitConfirmed, SplitUndone
from services.market.exchanges import EXCHANGES
from services.market.instruments import service as instruments
from services.market.splits import tables
from services.market.splits.rules import Split
from services.market.splits.tables import SplitRow

_FIRST = date(1990, 1, 1)
_AHEAD = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Named:
    """A split with the name of its instrument."""

    row: SplitRow
    instrument: str


class Splits:
    """The splits room's use cases."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def list(self, page: PageRequest) -> Found[Named]:
        """List the splits that were confirmed, newest first, undone ones too."""
        async with self._db.read() as session:
            found = await paginate(
                session, tables.with_names(), page, key=(SplitRow.confirmed_at, SplitRow.id), scope="splits"
            )
        return Found([Named(*row) for row in found.items], found.next_cursor)

    async def of(self, symbol: str) -> tuple[str, Sequence[Split]]:
        """List the splits of an instrument that count, oldest first. Raises SymbolNotFound, SymbolAmbiguous."""
        async with self._db.read() as session:
            row = await instruments.resolve(session, symbol)
            found = await list_splits(session, row.id, row.instrument)
        return row.instrument, sorted(found, key=lambda split: split.effective_at)

    async def confirm(
        self, symbol: str, ex_date: date, old_shares: int, new_shares: int, *, by: Principal, why: str
    ) -> Named:
        """Confirm a split: from the opening of `ex_date` on it adjusts the history, and it is announced then.

        Raises SymbolNotFound, SymbolAmbiguous, InvalidInput, and Conflict where that day has one already.
        """
        now = self._db.clock.now()
        if not _FIRST <= ex_date <= (now + _AHEAD).date():
            raise InvalidInput.of("/ex_date", "out_of_range", "The day must lie between 1990 and a year from now.")
        if old_shares == new_shares:
            raise InvalidInput.of("/new_shares", "no_split", "As many shares as before are no split.")
        try:
            async with self._db.transaction() as tx:
                instrument = await instruments.resolve(tx.session, symbol)
                row = SplitRow(
                    instrument_id=instrument.id,
                    ex_date=ex_date,
                    old_shares=old_shares,
                    new_shares=new_shares,
                    reason=why,
                    confirmed_by=by.user_id,
                    confirmed_at=now,
                )
                tx.session.add(row)
                await tx.session.flush()
                _record(tx, "split.confirmed", row, instrument.instrument, by, why)
                _announce_begun(tx, row, instrument.instrument)
        except IntegrityError as error:
            raise Conflict(
                f"{symbol.upper()} has a confirmed split on {ex_date} already. Undo that one first."
            ) from error
        return Named(row, instrument.instrument)

    async def announce_due(self) -> int:
        """Announce the splits the day of which has come since they were confirmed. Safe to run twice at once."""
        async with self._db.transaction() as tx:
            # A day begins first where the clocks are ahead of ours.
            waiting = await tables.lock_waiting(tx.session, (tx.clock.now() + timedelta(days=1)).date())
            return sum(_announce_begun(tx, row, name) for row, name in waiting)

    async def undo(self, split_id: UUID, *, by: Principal, why: str) -> Named:
        """Undo a split: the history is as it was, and who was told of it is told. Raises NotFound, Conflict."""
        async with self._db.transaction() as tx:
            found = await tables.lock(tx.session, split_id)
            if found is None:
                raise NotFound("There is no such split.")
            row, name = found
            if row.undone_at is not None:
                raise Conflict("This split is undone already.")
            row.undone_by, row.undone_at, row.undo_reason = by.user_id, tx.clock.now(), why
            _record(tx, "split.undone", row, name, by, why)
            if row.announced_at is not None:
                tx.announce(SplitUndone(**_said(row, name)))
        return Named(row, name)


def _announce_begun(tx: Transaction, row: SplitRow, name: str) -> bool:
    """Announce a split if it has taken effect: thresholds that moved before the price does would fire at once."""
    if _effective_at(row, name) > tx.clock.now():
        return False
    row.announced_at = tx.clock.now()
    tx.announce(SplitConfirmed(**_said(row, name)))
    return True


def _said(row: SplitRow, name: str) -> dict[str, Any]:
    return {
        "split_id": row.id,
        "instrument": name,
        "ex_date": row.ex_date,
        "old_shares": row.old_shares,
        "new_shares": row.new_shares,
    }


def _effective_at(row: SplitRow, name: str) -> datetime:
    return EXCHANGES[Instrument.parse(name).exchange].opens_at(row.ex_date)


def _record(tx: Transaction, action: str, row: SplitRow, instrument: str, by: Principal, why: str) -> None:
    ratio = {"instrument": instrument, "ex_date": str(row.ex_date), "ratio": f"{row.old_shares}:{row.new_shares}"}
    record(tx, action, object_kind="split", object_id=row.id, caller=by, reason=why, details=ratio)


async def list_splits(session: AsyncSession, instrument_id: int, instrument: str) -> Sequence[Split]:
    """List the splits of an instrument that have taken effect, each with the instant at which it did."""
    return (await list_splits_of(session, {instrument_id: instrument})).get(instrument_id, ())


async def list_splits_of(session: AsyncSession, names: Mapping[int, str]) -> Mapping[int, Sequence[Split]]:
    """List the splits of several instruments, named by number, as `list_splits` does; in one statement."""
    found: dict[int, list[Split]] = {}
    for row in await tables.list_of(session, list(names)):
        split = Split(_effective_at(row, names[row.instrument_id]), row.old_shares, row.new_shares)
        found.setdefault(row.instrument_id, []).append(split)
    return found
