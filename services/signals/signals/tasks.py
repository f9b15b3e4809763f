"""What signals do in the background: follow prices, and end what nobody could enter."""

from __future__ import annotations

import asyncio
import contextlib

from redis.asyncio import Redis

from libs.common.clock import from_ms, to_ms
from libs.common.errors import StoreUnavailable
from libs.common.events.tail import Entries, Tail
from libs.common.jobs import JobContext
from libs.common.logging import get_logger
from libs.common.tasks import end_tasks
from libs.contracts.market import TICK_FIELD, Tick, decode_ticks, tick_stream
from libs.contracts.signals import SignalSide
from services.signals.signals.service import Signals
from services.signals.signals.tables import SignalRow
from services.signals.signals.watching import Watch, Watched

log = get_logger(__name__)

RELOAD_S = 2.0
READ_APART_S = 0.1


class SignalPrices:
    """Follows active signals by ticks, in every worker: the row's state has each end happen once.

    What a price did while no worker ran is found when the candle closes, by its low and high.
    """

    def __init__(self, signals: Signals, redis: Redis, *, partitions: int) -> None:
        self._signals = signals
        self._tail = Tail(redis, *(tick_stream(number) for number in range(partitions)), apart_s=READ_APART_S)
        self._watch = Watch()

    async def run(self) -> None:
        """Follow until cancelled."""
        await self._load()
        loading = asyncio.create_task(self._keep_loading())
        try:
            async for _, entries in self._tail.follow():
                await self.see(_ticks_of(entries))
        finally:
            await end_tasks(loading)

    async def see(self, ticks: list[Tick]) -> None:
        """Take ticks as they arrived."""
        for seen in self._watch.see(ticks):
            at = from_ms(seen.tick.at_ms)
            with contextlib.suppress(StoreUnavailable):  # the candle's close makes up for it
                if not await self._signals.touch(seen.signal_id, entry=seen.entry, touch=seen.touch, at=at):
                    self._watch.forget(seen.tick.instrument, seen.signal_id)

    async def _keep_loading(self) -> None:
        while True:
            await asyncio.sleep(RELOAD_S)
            with contextlib.suppress(StoreUnavailable):
                await self._load()

    async def _load(self) -> None:
        self._watch.load(_watched(row) for row in await self._signals.active())

    async def load(self) -> None:
        """Take the active signals in anew."""
        await self._load()


class SignalJobs:
    """Jobs, for the worker."""

    def __init__(self, signals: Signals) -> None:
        self._signals = signals

    async def expire_signals(self, _ctx: JobContext) -> None:
        """End what could not be entered while it was valid."""
        if ended := await self._signals.expire_overdue():
            log.info("signals_expired", signals=ended)


def _watched(row: SignalRow) -> Watched:
    return Watched(
        row.id, row.instrument, SignalSide(row.side), row.entry_price, row.stop, row.target, to_ms(row.made_at)
    )


def _ticks_of(entries: Entries) -> list[Tick]:
    found: list[Tick] = []
    for entry_id, fields in entries:
        try:
            found += decode_ticks(fields[TICK_FIELD])
        except (KeyError, ValueError, TypeError) as error:
            log.warning("ticks_not_read", entry=entry_id.decode(), error=repr(error))
    return found
