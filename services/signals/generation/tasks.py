"""What generation hears and does in the background."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from libs.common.db import Database, Transaction
from libs.common.errors import StoreUnavailable
from libs.common.events.envelope import Envelope
from libs.common.events.subscription import Subscription
from libs.common.jobs import JobContext
from libs.common.logging import get_logger
from libs.contracts.market import CandleClosed, SplitConfirmed, SplitUndone
from services.signals.generation import tables
from services.signals.generation.service import Generation
from services.signals.signals.service import Signals

log = get_logger(__name__)

IDLE_S = 2.0
SILENCE = timedelta(minutes=5)
"""What nobody spoke of for so long is looked at: candles that were imported close without a word."""


class GenerationTasks:
    """Hears of closed candles, and reads what is due. One row per instrument says what is due, so nothing is lost."""

    def __init__(self, db: Database, generation: Generation, signals: Signals) -> None:
        self._db = db
        self._generation = generation
        self._signals = signals
        self._due = asyncio.Event()

    def subscription(self) -> Subscription:
        return Subscription(
            "market.events",
            {SplitConfirmed: self.split, SplitUndone: self.split},
            batch_handler=self.candles_closed,
            batch_types=(CandleClosed,),
        )

    async def candles_closed(self, tx: Transaction, events: Sequence[tuple[CandleClosed, Envelope]]) -> None:
        """Note that candles closed. A corrected one is passed over: what was decided on it stands."""
        closed = {(event.instrument, event.interval) for event, _ in events if not event.late}
        if await tables.mark_due(tx.session, closed):
            tx.on_commit(self._due.set)

    async def split(self, tx: Transaction, event: SplitConfirmed | SplitUndone, _envelope: Envelope) -> None:
        """Have an instrument's bars read anew, since they are adjusted otherwise now, and its signals follow."""
        old, new = Decimal(event.old_shares), Decimal(event.new_shares)
        await self._signals.split(tx, event.instrument, old / new if isinstance(event, SplitConfirmed) else new / old)
        if await tables.forget_state(tx.session, event.instrument):
            tx.on_commit(self._due.set)

    async def run(self) -> None:
        """Read what is due until cancelled."""
        while True:
            self._due.clear()
            try:
                while await self._generation.work():
                    pass
            except StoreUnavailable as error:
                log.warning("generation_waits_for_database", error=repr(error.__cause__ or error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._due.wait(), IDLE_S)

    async def look_at_silent_follows(self, _ctx: JobContext) -> None:
        """Look at what nobody spoke of for a while."""
        async with self._db.transaction() as tx:
            await tables.mark_silent(tx.session, self._db.clock.now() - SILENCE)
        self._due.set()
