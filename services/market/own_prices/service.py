"""Show people the prices of their own connections, in place of those for all where they are newer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database
from libs.common.money import plain
from services.market.own_prices import rules, tables
from services.market.own_prices.tables import OwnPriceRow
from services.market.prices.tables import Quoted


class OwnPrices:
    """What is kept about a person here: their own prices, for a few days."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def export(self, user_id: UUID) -> Mapping[str, Any]:
        """Give all that is kept about a person here."""
        async with self._db.read() as session:
            rows = await tables.list_all_of(session, user_id)
        if not rows:
            return {}
        return {
            "own_prices": [
                {"instrument": instrument, "price": str(plain(row.price)), "at": row.at, "source": row.source}
                for instrument, row in rows
            ]
        }

    async def erase(self, user_id: UUID) -> None:
        """Delete a person's own prices. Safe to repeat."""
        async with self._db.transaction() as tx:
            await tables.forget_of(tx.session, user_id)


async def with_own(session: AsyncSession, user_id: UUID | None, stocks: Sequence[Quoted]) -> Sequence[Quoted]:
    """Put a person's own prices in the place of those that they are newer than. One statement."""
    if user_id is None or not stocks:
        return stocks
    own = {row.instrument_id: row for row in await tables.list_of(session, user_id, [one.id for one in stocks])}
    return [_over(one, own[one.id]) if one.id in own else one for one in stocks]


def _over(stock: Quoted, own: OwnPriceRow) -> Quoted:
    replayed = stock.recorded_at is not None
    if not rules.own_is_shown(own.received_at, stock.received_at, replayed=replayed):
        return stock
    return replace(
        stock,
        price=own.price,
        previous_close=own.previous_close or stock.previous_close,
        day_open=own.day_open,
        day_high=own.day_high,
        day_low=own.day_low,
        span_low=own.price,
        span_high=own.price,
        span_start=own.at,
        at=own.at,
        received_at=own.received_at,
        source=own.source,
        stale=own.stale,
    )
