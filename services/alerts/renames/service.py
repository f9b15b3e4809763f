"""Follow stocks to their new names: alerts on them, and expressions that name them."""

from __future__ import annotations

from collections.abc import Sequence

from libs.common.db import Transaction
from libs.common.instruments import Instrument
from libs.common.logging import get_logger
from libs.contracts.alerts import AlertUpdated
from libs.contracts.market import InstrumentChanged, InstrumentInfo
from services.alerts.definitions import tables as definitions
from services.alerts.definitions.rules import Alert, Happened
from services.alerts.instruments.tables import remember
from services.alerts.renames import rules, tables

log = get_logger(__name__)

BATCH = 500


class Renames:
    """The use case. Each alert's timeline says what happened to its stock."""

    async def hear(self, tx: Transaction, event: InstrumentChanged) -> int:
        """Move the alerts on a stock to what it is now, and put its new name into expressions. Returns how many."""
        moved = await self._move(tx, event)
        reworded = after = 0
        while batch := await tables.lock_reading(tx.session, event.previous, after=after, limit=BATCH):
            now = tx.clock.now()
            await self._store(tx, [(alert, rules.reworded(alert, event, now)) for alert in batch])
            reworded, after = reworded + len(batch), batch[-1].number
        log.info("alerts_renamed", previous=event.previous, instrument=event.instrument, moved=moved, reworded=reworded)
        return moved + reworded

    async def _move(self, tx: Transaction, event: InstrumentChanged) -> int:
        old = await tables.find_listing(tx.session, event.previous)
        if old is None:
            return 0
        now_named = Instrument.parse(event.instrument)
        info = InstrumentInfo(
            instrument=event.instrument,
            exchange=now_named.exchange,
            symbol=now_named.symbol,
            name=event.name,
            currency=old.currency,
        )
        listing, moved = await remember(tx.session, info), 0
        await tables.carry_trails(await tx.driver(), event.previous)
        while batch := await tables.lock_on(tx.session, event.previous, limit=BATCH):
            now = tx.clock.now()
            await tables.move(tx.session, [alert.id for alert in batch], listing.id)
            await self._store(tx, [(alert, rules.moved(alert, listing, event, now)) for alert in batch])
            moved += len(batch)
        return moved

    async def _store(self, tx: Transaction, changes: Sequence[tuple[Alert, Alert]]) -> None:
        for before, after in changes:
            await definitions.store(tx.session, after)
            tx.announce(AlertUpdated(alert=after.state(), previous=before.state()))
        told = [(after, Happened.RENAMED, {"words": after.words}) for _, after in changes]
        await definitions.note_events(tx.session, told, tx.clock.now())
