"""Take lists of instruments in: hand them in, work through them in batches, say what they brought."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from uuid import UUID

from libs.common.audit import record
from libs.common.db import Database, Transaction
from libs.common.errors import NotFound
from libs.common.ids import uuid7
from libs.common.jobs import JobQueue
from libs.common.logging import get_logger
from libs.common.pagination import Found, PageRequest, paginate
from libs.common.security.principal import Principal
from libs.contracts.ingest import FeedVendor
from libs.contracts.market import InstrumentChanged
from services.market.exchanges import EXCHANGES
from services.market.feed_keys import service as feed_keys
from services.market.imports import formats, rules, tables
from services.market.imports.formats import Entry, Format, Refused, Row, Skipped, Underlying, UnreadableFile
from services.market.imports.rules import Add, Change, Merge, Same
from services.market.imports.tables import InstrumentImportRow

log = get_logger(__name__)

JOB = "import_instruments"
BATCH = 1_000
SHOWN_PROBLEMS = 100
WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"

_FEEDS = {Format.KITE: FeedVendor.KITE, Format.UPSTOX: FeedVendor.UPSTOX}  # whose lists tell the keys of a feed
_CURRENCIES = {code: exchange.currency for code, exchange in EXCHANGES.items()}


async def wake(queue: JobQueue, import_id: UUID) -> None:
    """Have an import begin. One that waits or runs already is left alone."""
    await queue.put(JOB, str(import_id), job_id=f"{JOB}:{import_id}")


class Imports:
    """The imports room's use cases. `provider` is who prices what is new."""

    def __init__(self, db: Database, provider: str) -> None:
        self._db = db
        self._provider = provider

    async def hand_in(
        self, caller: Principal | None, format_: Format, file_name: str, content: bytes, valid_from: date | None
    ) -> InstrumentImportRow:
        """Keep a file until it is worked through. valid_from: since when its names hold, by default today."""
        now = self._db.clock.now()
        row = InstrumentImportRow(
            id=uuid7(), format=format_, file_name=file_name, content=content, valid_from=valid_from or now.date(),
            state=WAITING, rows=0, done=0, added=0, changed=0, unchanged=0, skipped=0, refused=0, problems=[],
            error=None, requested_by=None if caller is None else caller.user_id, created_at=now, finished_at=None,
        )  # fmt: skip
        async with self._db.transaction() as tx:
            tx.session.add(row)
            record(
                tx,
                "instruments.import_started",
                object_kind="instrument_import",
                object_id=row.id,
                caller=caller,
                details={"format": format_, "file": file_name, "bytes": str(len(content))},
            )
        return row

    async def list_all(self, page: PageRequest) -> Found[InstrumentImportRow]:
        """List the imports, newest first."""
        key = (InstrumentImportRow.created_at, InstrumentImportRow.id)
        async with self._db.read() as session:
            return await paginate(session, tables.all_imports(), page, key=key, scope="instrument imports")

    async def get(self, import_id: UUID) -> InstrumentImportRow:
        """Give one import. Raises NotFound."""
        async with self._db.read() as session:
            row = await tables.find(session, import_id)
        if row is None:
            raise NotFound("There is no such import.")
        return row

    async def list_unfinished(self) -> Sequence[UUID]:
        """List what waits, and what was left by a worker that died."""
        async with self._db.read() as session:
            return await tables.list_unfinished(session)

    async def run(self, import_id: UUID) -> None:
        """Work a file through, batch by batch, each with its progress in one commit. Safe to repeat."""
        async with self._db.read() as session:
            row = await tables.find(session, import_id)
            content = await tables.content_of(session, import_id)
        if row is None or content is None:
            return
        try:
            read = await asyncio.to_thread(list, formats.read(content, Format(row.format)))
        except UnreadableFile as error:
            await self._finish(import_id, state=FAILED, error=str(error))
            return
        await self._work_through(row, read)
        await self._finish(import_id, state=DONE, error=None)

    async def _work_through(self, row: InstrumentImportRow, read: Sequence[Row]) -> None:
        plan = rules.Plan()
        counts = Counter(skipped=sum(isinstance(one, Skipped) for one in read))
        problems = [one for one in read if isinstance(one, Refused)]
        entries = [one for one in read if isinstance(one, Entry)]
        underlyings = {one.symbol for one in read if isinstance(one, Underlying)}
        for batch in [*rules.batches(entries, BATCH), []]:
            async with self._db.transaction() as tx:
                counts += await self._take_in(tx, batch, plan, row, problems)
                if not batch:  # at the end, when all that the list names is there
                    counts["changed"] += await tables.mark_derivatives(tx.session, underlyings, row.valid_from)
                    counts["skipped"] += sum(isinstance(one, Underlying) for one in read)
                done = sum(counts[name] for name in ("added", "changed", "unchanged", "skipped")) + len(problems)
                values = {name: counts[name] for name in ("added", "changed", "unchanged", "skipped")}
                await tables.note(
                    tx.session,
                    row.id,
                    {
                        **values,
                        "state": RUNNING,
                        "rows": len(read),
                        "done": min(done, len(read)),
                        "refused": len(problems),
                        "problems": [asdict(one) for one in problems[:SHOWN_PROBLEMS]],
                    },
                )

    async def _take_in(
        self,
        tx: Transaction,
        entries: Sequence[Entry],
        plan: rules.Plan,
        row: InstrumentImportRow,
        problems: list[Refused],
    ) -> Counter[str]:
        since = row.valid_from
        by_isin, by_name = await tables.list_known(tx.session, entries)
        steps = [
            plan.decide(
                entry,
                None if entry.isin is None else by_isin.get((entry.exchange, entry.isin)),
                by_name.get(entry.instrument),
            )
            for entry in entries
        ]
        problems.extend(step for step in steps if isinstance(step, Refused))
        added = [step.entry for step in steps if isinstance(step, Add)]
        merges = [step for step in steps if isinstance(step, Merge)]
        changes = [step for step in steps if isinstance(step, Change)] + [step.change for step in merges]
        renamed = [step for step in changes if step.renamed]
        stored = await tables.add(tx.session, added, self._provider, _CURRENCIES)
        await tables.keep_names(
            tx.session,
            [step.known for step in renamed],
            {step.known.id: step.entry.exchange for step in renamed},
            since,
        )
        await tables.change(tx.session, {step.known.id: step.values for step in changes})
        await tables.change(
            tx.session,
            {step.old.id: {"isin": None, "status": "renamed", "successor_id": step.change.known.id} for step in merges},
        )
        good = [entry for entry, step in zip(entries, steps, strict=True) if not isinstance(step, Refused)]
        keys = {entry.instrument: entry.feed_key for entry in good if entry.feed_key is not None}
        if keys:
            await feed_keys.note(tx, _FEEDS[Format(row.format)], keys)
        told = [(step.known, step) for step in renamed] + [(merge.old, merge.change) for merge in merges]
        for old, step in told:
            tx.announce(
                InstrumentChanged(
                    previous=old.instrument,
                    instrument=step.entry.instrument,
                    name=step.entry.name,
                    valid_from=since,
                    reason="renamed",
                )
            )
        same = sum(isinstance(step, Same) for step in steps)
        return Counter(added=stored, changed=len(changes), unchanged=same + len(added) - stored)

    async def _finish(self, import_id: UUID, *, state: str, error: str | None) -> None:
        async with self._db.transaction() as tx:
            values = {"state": state, "error": error, "content": None, "finished_at": self._db.clock.now()}
            await tables.note(tx.session, import_id, values)
        log.info("instruments_imported", import_id=import_id, state=state, error=error)
