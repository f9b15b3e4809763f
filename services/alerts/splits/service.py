"""Move the prices that alerts wait for with a confirmed split, and back where it is undone (decisions 29)."""

from __future__ import annotations

from datetime import UTC, datetime, time

from libs.common.db import Transaction
from libs.common.logging import get_logger
from libs.contracts.alerts import AlertUpdated
from libs.contracts.market import SplitConfirmed, SplitUndone
from services.alerts.definitions import tables as definitions
from services.alerts.definitions.rules import Alert, Happened
from services.alerts.splits import rules, tables

log = get_logger(__name__)

_BATCH = 500


class Splits:
    """The splits room's use cases. Each alert's timeline says what was done to it."""

    async def hear_confirmed(self, tx: Transaction, split: SplitConfirmed) -> int:
        """Move the prices that were set before the split. Returns of how many alerts."""
        begins = datetime.combine(split.ex_date, time(), tzinfo=UTC)
        after = moved = 0
        while True:
            batch = await tables.lock_open(tx.session, split.instrument, after=after, limit=_BATCH)
            for alert in batch:
                before = rules.Waits.of(alert)
                to = rules.after_split(before, split.old_shares, split.new_shares)
                stays = to is None or (to == before and alert.is_active)
                if to is not None and not stays and rules.is_concerned(alert, begins):
                    await self._move(tx, alert, to, split)
                    moved += 1
            if len(batch) < _BATCH:
                break
            after = batch[-1].number
        log.info("thresholds_moved", instrument=split.instrument, split_id=split.split_id, alerts=moved)
        return moved

    async def hear_undone(self, tx: Transaction, split: SplitUndone) -> int:
        """Set back what the split moved, unless its owner has chosen another since."""
        after = moved = 0
        while True:
            batch = await tables.lock_moved(tx.session, split.instrument, split.split_id, after=after, limit=_BATCH)
            done = await tables.what_it_did(tx.session, split.split_id, [alert.id for alert in batch])
            for alert in batch:
                was, became = rules.Waits.read(done[alert.id]["from"]), rules.Waits.read(done[alert.id]["to"])
                if alert.is_active and rules.Waits.of(alert) == became:
                    await self._move(tx, alert, was, split)
                    moved += 1
            if len(batch) < _BATCH:
                break
            after = batch[-1].number
        log.info("thresholds_set_back", instrument=split.instrument, split_id=split.split_id, alerts=moved)
        return moved

    async def _move(self, tx: Transaction, alert: Alert, to: rules.Waits, split: SplitConfirmed | SplitUndone) -> None:
        wanted = rules.moved(alert, to, tx.clock.now())
        await definitions.store(tx.session, wanted, rearmed_at_price=None)
        details = {
            "words": wanted.words,
            "split": f"{split.old_shares}:{split.new_shares}",
            "split_id": str(split.split_id),
            "from": rules.Waits.of(alert).details(),
            "to": to.details(),
        }
        await definitions.note_events(tx.session, [(wanted, Happened.EDITED, details)], wanted.updated_at)
        tx.announce(AlertUpdated(alert=wanted.state(), previous=alert.state()))
