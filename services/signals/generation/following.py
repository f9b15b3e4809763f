"""Begin and end to follow strategies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database, Transaction
from libs.common.errors import Conflict, ErrorCode, InvalidInput, NotFound
from libs.common.idempotency import UNKEYED, Once
from libs.common.ids import uuid7
from libs.common.listings import Listings
from libs.common.pagination import Found, PageRequest, paginate
from libs.contracts.alerts import CandleNeed
from libs.contracts.market import InstrumentInfo
from libs.contracts.signals import FollowChanged
from libs.quant.expr import NEWS
from libs.quant.strategy import Rules
from services.signals.allowances.service import Allowances
from services.signals.generation import tables
from services.signals.generation.rules import FollowStatus
from services.signals.generation.tables import FollowedRow, FollowRow
from services.signals.signals.service import Signals
from services.signals.strategies.service import Strategies


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to follow. No instruments: those of the version."""

    version_id: UUID
    instruments: tuple[str, ...]
    capital: Decimal | None


@dataclass(frozen=True, slots=True)
class Followed:
    """A follow with its instruments."""

    row: FollowRow
    instruments: Sequence[FollowedRow]


class Follows:
    """What people follow."""

    def __init__(
        self,
        db: Database,
        listings: Listings,
        strategies: Strategies,
        allowances: Allowances,
        signals: Signals,
        *,
        most: int,
    ) -> None:
        self._db = db
        self._listings = listings
        self._strategies = strategies
        self._allowances = allowances
        self._signals = signals
        self._most = most

    async def begin(self, user_id: UUID, wish: Wish, once: Once[Followed] = UNKEYED) -> Followed:
        """Follow a version of one's strategy. Raises NotFound, InvalidInput, Conflict, UpstreamUnavailable."""
        version = await self._strategies.version(wish.version_id, user_id=user_id)
        names = tuple(dict.fromkeys(wish.instruments or version.instruments))
        infos = await self._infos(names)
        await self._allowances.get(user_id)  # so that generation knows the plan when a candle closes
        strategy, now = Rules.read(version.document), self._db.clock.now()
        async with self._db.transaction() as tx, once.held(tx) as answer:
            await self._strategies.hold(tx, user_id, version.strategy_id)
            if await tables.find_of_version(tx.session, version.id) is not None:
                raise Conflict("You follow this version already.")
            if await tables.count_active(tx.session, user_id) >= self._most:
                raise InvalidInput.of(
                    "/version_id", "too_many", f"{self._most} strategies are the most to be followed."
                )
            row = FollowRow(
                id=uuid7(),
                user_id=user_id,
                strategy_id=version.strategy_id,
                version_id=version.id,
                version_number=version.number,
                strategy=version.name,
                document=dict(version.document),
                interval=strategy.interval,
                capital=wish.capital,
                status=FollowStatus.ACTIVE,
                ended_reason=None,
                revision=1,
                created_at=now,
                ended_at=None,
            )
            tx.session.add(row)
            await tx.session.flush()
            followed = [
                FollowedRow(
                    follow_id=row.id,
                    instrument=info.instrument,
                    symbol=info.symbol,
                    name=info.name,
                    currency=info.currency,
                    state=None,
                    warm_ms=None,
                    begun_ms=None,
                    seen_ms=None,
                    due=True,
                    turn=1,
                    held_until=now,
                    looked_at=None,
                    trouble=None,
                )
                for info in infos
            ]
            tx.session.add_all(followed)
            tx.announce(_changed(row, followed))
            found = Followed(row, followed)
            answer(found)
        return found

    async def end(self, user_id: UUID, follow_id: UUID) -> None:
        """Follow no longer; active signals are cancelled. Doing it twice is doing it once. Raises NotFound."""
        async with self._db.transaction() as tx:
            row = await tables.find(tx.session, user_id, follow_id, hold=True)
            if row is None:
                raise NotFound("You follow no such strategy.")
            if row.status == FollowStatus.ACTIVE:
                await self._end(tx, row, "by_you")

    async def end_of(self, tx: Transaction, strategy_id: UUID) -> None:
        """End what follows any version of a strategy, since it is archived."""
        for row in await tables.hold_active_of(tx.session, strategy_id):
            await self._end(tx, row, "archived")

    async def list_for(self, user_id: UUID, page: PageRequest, *, active: bool | None) -> Found[Followed]:
        """List what a person follows, newest first."""
        async with self._db.read() as session:
            found = await paginate(
                session,
                tables.listed_for(user_id, active=active),
                page,
                key=(FollowRow.created_at, FollowRow.id),
                scope=f"follows {user_id} {active}",
            )
            instruments = await tables.instruments_of(session, [row.id for row in found.items])
        return Found([Followed(row, instruments[row.id]) for row in found.items], found.next_cursor)

    async def export(self, session: AsyncSession, user_id: UUID) -> list[Mapping[str, Any]]:
        """Hand over what a person followed."""
        rows = await tables.all_of(session, user_id)
        instruments = await tables.instruments_of(session, [row.id for row in rows])
        return [
            {
                "strategy": row.strategy,
                "version": row.version_number,
                "instruments": [one.instrument for one in instruments[row.id]],
                "capital": row.capital,
                "created_at": row.created_at,
                "ended_at": row.ended_at,
            }
            for row in rows
        ]

    async def erase(self, tx: Transaction, user_id: UUID) -> None:
        """Forget what a person followed."""
        rows = await tables.all_of(tx.session, user_id)
        for row in rows:
            if row.status == FollowStatus.ACTIVE:
                await self._end(tx, row, "account_closed")
        await tables.remove_all_of(tx.session, user_id)

    async def _end(self, tx: Transaction, row: FollowRow, reason: str) -> None:
        row.status, row.ended_reason, row.ended_at = FollowStatus.ENDED, reason, self._db.clock.now()
        row.revision += 1
        await tx.session.flush()
        # Whoever stores something just now comes before the end, and its signal is cancelled with the others.
        followed = await tables.hold_all(tx.session, row.id)
        await self._signals.cancel_of(tx, row.version_id)
        tx.announce(_changed(row, followed))

    async def _infos(self, names: Sequence[str]) -> list[InstrumentInfo]:
        """Look instruments up, each once by its present name."""
        found = {}
        for name, info in (await self._listings.look_up(names)).items():
            if isinstance(info, InvalidInput):
                message = f"There is no instrument {name}. Search at /api/instruments/."
                raise InvalidInput.of("/instruments", ErrorCode.SYMBOL_NOT_FOUND, message) from info
            found[info.instrument] = info
        return list(found.values())


def _changed(row: FollowRow, followed: Sequence[FollowedRow]) -> FollowChanged:
    reads: dict[tuple[str, str], None] = {}
    for one in followed:
        for source in Rules.read(row.document).inputs:
            if source.interval != NEWS:
                reads[source.instrument or one.instrument, source.interval or row.interval] = None
    return FollowChanged(
        follow_id=row.id,
        version=row.revision,
        active=row.status == FollowStatus.ACTIVE,
        candles=tuple(CandleNeed(instrument=name, interval=interval) for name, interval in reads),
    )
