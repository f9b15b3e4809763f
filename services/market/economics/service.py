"""Take economic series in, give them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Text, func

from libs.common.db import Database
from libs.common.errors import NotFound
from libs.common.pagination import Found, PageRequest, paginate
from services.market.economics import rules, tables
from services.market.economics.rules import Observation, Problem
from services.market.economics.tables import EconomicObservationRow, EconomicSeriesRow

BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Newest:
    """A series with its newest figure."""

    row: EconomicSeriesRow
    day: date
    value: Decimal


@dataclass(frozen=True, slots=True)
class Report:
    """What an import brought. `changed`: figures that are new or other than before."""

    rows: int
    series: int
    changed: int
    problems: Sequence[Problem]


class Economics:
    """The economics room's use cases."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def list(self, page: PageRequest) -> Found[Newest]:
        """List the series by their keys, each with its newest figure."""
        key = (EconomicSeriesRow.key,)
        async with self._db.read() as session:
            found = await paginate(
                session, tables.series_with_newest(), page, key=key, scope="economics", descending=False
            )
        return Found([Newest(*row) for row in found.items], found.next_cursor)

    async def show(
        self, key: str, page: PageRequest, *, start: date | None, end: date | None
    ) -> tuple[EconomicSeriesRow, Found[EconomicObservationRow]]:
        """Give a series and its figures, newest first. Raises NotFound, InvalidCursor."""
        async with self._db.read() as session:
            row = await tables.find(session, key)
            if row is None:
                raise NotFound("There is no such series.")
            found = await paginate(
                session,
                tables.observations(key, start, end),
                page,
                key=(func.to_char(EconomicObservationRow.day, "YYYY-MM-DD", type_=Text),),  # a cursor holds no days
                scope=f"economics {key} {start} {end}",
            )
        return row, found

    async def import_text(self, text: str) -> Report:
        """Take a file in, in batches. The last row of a series and day counts. Raises UnreadableFile."""
        read = await asyncio.to_thread(list, rules.read(text))
        problems = [one for one in read if isinstance(one, Problem)]
        by_day = {(one.key, one.day): one for one in read if isinstance(one, Observation)}
        series = {one.key: one for one in by_day.values()}
        now = self._db.clock.now()
        kept = sorted(by_day.values(), key=lambda one: (one.key, one.day))
        changed = 0
        if series:
            async with self._db.transaction() as tx:
                await tables.keep_series(
                    tx.session,
                    [
                        {
                            "key": one.key,
                            "name": one.name or one.key.replace("_", " "),
                            "unit": one.unit,
                            "source": one.source,
                            "frequency": one.frequency,
                            "imported_at": now,
                        }
                        for one in sorted(series.values(), key=lambda one: one.key)
                    ],
                )
        for first in range(0, len(kept), BATCH):
            rows = [{"key": one.key, "day": one.day, "value": one.value} for one in kept[first : first + BATCH]]
            async with self._db.transaction() as tx:
                changed += await tables.keep_observations(tx.session, rows)
        return Report(len(read), len(series), changed, problems)
