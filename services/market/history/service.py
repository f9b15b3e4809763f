"""Take files of recorded prices into the candles."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from libs.common.audit import record
from libs.common.clock import from_ms
from libs.common.db import Database
from libs.common.errors import InvalidInput, NotFound, StoreUnavailable
from libs.common.logging import get_logger
from libs.common.pagination import Found, PageRequest, paginate
from libs.common.security.principal import Principal
from services.market.candles import bulk
from services.market.candles import tables as candles
from services.market.exchanges import EXCHANGES
from services.market.history import rules, tables
from services.market.history.rules import ImportState
from services.market.history.tables import PriceImportRow
from services.market.providers.port import FileBars, FileRefused, Interval
from services.market.providers.registry import read_file_bars

log = get_logger(__name__)

BARS_PER_STEP = 20_000
_LISTED = 100
_SILENT = timedelta(minutes=2)
_MAX_UNPACKED_BYTES = 128 * 1024 * 1024
SUFFIXES = (".csv", ".csv.gz", ".csv.zip", ".zip", ".parquet")

Progress = Callable[[int, int], None]
"""Is told how many bars are stored, of how many."""


class History:
    """The history room's use cases. gap_fraction: a larger step between two bars is listed for a person to look at."""

    def __init__(self, db: Database, *, gap_fraction: float) -> None:
        self._db = db
        self._gap_fraction = gap_fraction

    async def hand_in(
        self, file_name: str, exchange: str, content: bytes, *, add_unknown: bool, by: Principal
    ) -> PriceImportRow:
        """Keep a file for the worker to import. Raises InvalidInput for an exchange or a kind of file unknown to us."""
        if exchange not in EXCHANGES:
            raise InvalidInput.of("/exchange", "unknown", f"{exchange} is none of {', '.join(EXCHANGES)}.")
        if not file_name.lower().endswith(SUFFIXES):
            raise InvalidInput.of("/file_name", "unknown_kind", f"The name must end in one of {', '.join(SUFFIXES)}.")
        async with self._db.transaction() as tx:
            row = self._row(file_name, exchange, ImportState.WAITING, add_unknown=add_unknown)
            row.content, row.requested_by = content, by.user_id
            tx.session.add(row)
            await tx.session.flush()
            told = {"file": file_name, "bytes": str(len(content))}
            record(tx, "prices.handed_in", object_kind="price_import", object_id=row.id, caller=by, details=told)
        return row

    async def list_all(self, page: PageRequest) -> Found[PriceImportRow]:
        """List the imports, newest first."""
        async with self._db.read() as session:
            return await paginate(
                session,
                tables.all_imports(),
                page,
                key=(PriceImportRow.created_at, PriceImportRow.id),
                scope="price imports",
            )

    async def get(self, import_id: UUID) -> PriceImportRow:
        """Give an import. Raises NotFound."""
        async with self._db.read() as session:
            row = await tables.find(session, import_id)
        if row is None:
            raise NotFound("There is no such import.")
        return row

    async def work_one(self) -> bool:
        """Import the oldest file that waits. False: none does."""
        now = self._db.clock.now()
        async with self._db.transaction() as tx:
            row = await tables.claim(tx.session, now, now - _SILENT)
        if row is None:
            return False
        assert row.content is not None, "claimed by it"
        with tempfile.TemporaryDirectory(prefix="sw-import-") as folder:
            # The readers go by its name where a file does not tell its symbol or its kind.
            path = Path(folder) / Path(row.file_name).name
            await asyncio.to_thread(path.write_bytes, row.content)
            await self._import(row, path, lambda _done, _all: None, max_bytes=_MAX_UNPACKED_BYTES)
        return True

    async def import_file(self, path: Path, exchange: str, *, add_unknown: bool, progress: Progress) -> PriceImportRow:
        """Import a file of this machine, at once. What became of it stands in the row."""
        row = self._row(path.name, exchange, ImportState.RUNNING, add_unknown=add_unknown)
        async with self._db.transaction() as tx:
            tx.session.add(row)
        await self._import(row, path, progress, max_bytes=None)
        return await self.get(row.id)

    async def _import(self, row: PriceImportRow, path: Path, progress: Progress, *, max_bytes: int | None) -> None:
        try:
            found = await asyncio.to_thread(read_file_bars, path, row.exchange, max_bytes=max_bytes)
            await self._store(row.id, found, progress, add_unknown=row.add_unknown)
        except StoreUnavailable:
            raise  # the next try begins anew: storing a bar twice changes nothing
        except FileRefused as error:
            await self._finish(row.id, f"The file cannot be imported: {error}.")
            log.warning("price_import_failed", import_id=str(row.id), reason=str(error))
        else:
            await self._finish(row.id, None)

    async def _store(self, import_id: UUID, found: FileBars, progress: Progress, *, add_unknown: bool) -> None:
        async with self._db.transaction() as tx:
            known = await tables.ids_of(tx.session, found.names.keys())
            unknown = {name: found.names[name] for name in sorted(found.names.keys() - known.keys())}
            if add_unknown:
                await tables.add_instruments(tx.session, unknown)
                known = await tables.ids_of(tx.session, found.names.keys())
            times = [bar.at_ms for bar in found.bars]
            row = await tx.session.get_one(PriceImportRow, import_id)
            row.interval, row.bars, row.refused = found.bars[0].interval, len(found.bars), found.refused
            row.instruments, row.added = len(known), len(unknown) if add_unknown else 0
            row.first_day, row.last_day = from_ms(min(times)).date(), from_ms(max(times)).date()
            row.unknown = [] if add_unknown else [str(name) for name in unknown][:_LISTED]
            row.steps = [asdict(step) for step in rules.find_steps(found.bars, self._gap_fraction, _LISTED)]
        for start in range(0, len(found.bars), BARS_PER_STEP):
            part = found.bars[start : start + BARS_PER_STEP]
            ours = [(known[bar.instrument], bar) for bar in part if bar.instrument in known]
            if part[0].interval is not Interval.D1:
                months = {from_ms(bar.at_ms).date().replace(day=1) for _, bar in ours}
                async with self._db.transaction() as tx:
                    await candles.make_months(tx.session, sorted(months))
            async with self._db.transaction() as tx:
                await bulk.bring_in(await tx.driver(), ours, candles.IMPORTED)
                row = await tx.session.get_one(PriceImportRow, import_id)
                row.done, row.touched_at = start + len(part), tx.clock.now()
            progress(start + len(part), len(found.bars))

    async def _finish(self, import_id: UUID, error: str | None) -> None:
        async with self._db.transaction() as tx:
            row = await tx.session.get_one(PriceImportRow, import_id)
            row.state = ImportState.DONE if error is None else ImportState.FAILED
            row.error, row.content, row.finished_at = error, None, tx.clock.now()

    def _row(self, file_name: str, exchange: str, state: ImportState, *, add_unknown: bool) -> PriceImportRow:
        now: datetime = self._db.clock.now()
        return PriceImportRow(
            file_name=file_name,
            exchange=exchange,
            add_unknown=add_unknown,
            state=state,
            bars=0,
            done=0,
            refused=0,
            instruments=0,
            added=0,
            unknown=[],
            steps=[],
            created_at=now,
            touched_at=now,
        )
