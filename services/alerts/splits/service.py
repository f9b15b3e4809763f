"""Move the prices that alerts wait for with a confirmed split, and back where it is undone (decisions 29)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

from libs.common.db import Transaction
from libs.common.logging import get_logger
from libs.contracts.alerts import AlertStatus, AlertUpdated
from libs.contracts.market import SplitConfirmed, SplitUndone
from services.alerts.definitions import tables as definitions
from services.alerts.definitions.rules import Alert, AlertType, Happened, StatusReason
from services.alerts.splits import rules, tables

log = get_logger(__name__)

_BATCH = 500


class Splits:
    """The splits room's use cases. Each alert's timeline says what was done to it."""

    async def hear_confirmed(self, tx: Transaction, split: SplitConfirmed) -> int:
        """Move the prices that were set before the split. Returns of how many alerts.

        An expression of which nobody can say what of it are prices waits for its owner. All that read the instrument
        are evaluated anew, since the bars that they remember are those of before.
        """
        begins = datetime.combine(split.ex_date, time(), tzinfo=UTC)
        moved = 0
        for which in tables.concerned(split.instrument):
            after = 0
            while batch := await tables.lock_open(tx.session, which, after=after, limit=_BATCH):
                for alert in batch:
                    if alert.alert_type is AlertType.EXPRESSION:
                        moved += await self._move_expression(tx, alert, begins, split)
                    else:
                        moved += await self._move_price(tx, alert, begins, split)
                after = batch[-1].number
        log.info("thresholds_moved", instrument=split.instrument, split_id=split.split_id, alerts=moved)
        return moved

    async def hear_undone(self, tx: Transaction, split: SplitUndone) -> int:
        """Set back what the split moved, unless its owner has chosen another since."""
        moved = 0
        for which in tables.concerned(split.instrument):
            after = 0
            while batch := await tables.lock_moved(tx.session, which, split.split_id, after=after, limit=_BATCH):
                done = await tables.what_it_did(tx.session, split.split_id, [alert.id for alert in batch])
                for alert in batch:
                    was, became = rules.Waits.read(done[alert.id]["from"]), rules.Waits.read(done[alert.id]["to"])
                    waits = alert.status_reason is StatusReason.SPLIT
                    if (alert.is_active or waits) and rules.Waits.of(alert) == became:
                        await self._store(tx, alert, rules.moved(alert, was, tx.clock.now()), split)
                        moved += 1
                after = batch[-1].number
        log.info("thresholds_set_back", instrument=split.instrument, split_id=split.split_id, alerts=moved)
        return moved

    async def _move_price(self, tx: Transaction, alert: Alert, begins: datetime, split: SplitConfirmed) -> int:
        before = rules.Waits.of(alert)
        to = rules.after_split(before, split.old_shares, split.new_shares)
        if to is None or (to == before and alert.is_active) or not rules.is_concerned(alert, begins):
            return 0
        await self._store(tx, alert, rules.moved(alert, to, tx.clock.now()), split)
        return 1

    async def _move_expression(self, tx: Transaction, alert: Alert, begins: datetime, split: SplitConfirmed) -> int:
        now, before = tx.clock.now(), rules.Waits.of(alert)
        if not rules.is_concerned(alert, begins):
            if alert.status is AlertStatus.ACTIVE:
                await self._store(tx, alert, rules.moved(alert, before, now), split)
            return 0
        to = rules.expression_after(alert, split.instrument, split.old_shares, split.new_shares)
        await self._store(
            tx, alert, rules.put_to_review(alert, now) if to is None else rules.moved(alert, to, now), split
        )
        return int(to is not None and to != before)

    async def _store(self, tx: Transaction, alert: Alert, wanted: Alert, split: SplitConfirmed | SplitUndone) -> None:
        await definitions.store(tx.session, wanted, rearmed_at_price=None)
        details: Mapping[str, Any] = {
            "words": wanted.words,
            "split": f"{split.old_shares}:{split.new_shares}",
            "split_id": str(split.split_id),
            "from": rules.Waits.of(alert).details(),
            "to": rules.Waits.of(wanted).details(),
        }
        await definitions.note_events(tx.session, [(wanted, Happened.EDITED, details)], wanted.updated_at)
        tx.announce(AlertUpdated(alert=wanted.state(), previous=alert.state()))
