"""Read candles."""

from __future__ import annotations

from datetime import datetime

from libs.common.db import Database
from libs.common.errors import InvalidInput
from libs.common.pagination import Found, PageRequest, paginate
from services.market.candles import tables
from services.market.candles.tables import CandleRow
from services.market.instruments import service as instruments
from services.market.providers.port import Interval


class Candles:
    """The candles room's use case."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def list(
        self, symbol: str, interval: Interval, *, start: datetime | None, end: datetime | None, page: PageRequest
    ) -> Found[CandleRow]:
        """List the candles of a stock that begin in [start, end), newest first.

        Raises SymbolNotFound, SymbolAmbiguous, and InvalidInput when start is not before end.
        """
        if start is not None and end is not None and start >= end:
            raise InvalidInput.of("/from", "not_before_end", "`from` must lie before `to`.")
        async with self._db.read() as session:
            row = await instruments.resolve(session, symbol)
            return await paginate(
                session,
                tables.between(row.id, interval, start, end),
                page,
                key=(CandleRow.at,),
                scope=f"candles {row.id} {interval}",
            )
