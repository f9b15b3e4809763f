"""The sweep: every active alert against the newest price, so that nothing depends on one process having been up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from libs.common.clock import to_ms
from libs.common.db import Database
from libs.common.http import ServiceClient
from libs.common.logging import get_logger
from libs.common.money import to_e4
from libs.contracts.market import InstrumentInfo, NewestPrices, Tick
from services.alerts.engine import tables
from services.alerts.engine.service import Candidate, Firings

log = get_logger(__name__)

PRICES_PER_CALL = 1_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Swept:
    """How many alerts were compared with a price, how many of them fired, and how many had no usable price."""

    evaluated: int
    triggered: int
    without_price: int


class Sweep:
    """The use case. Safe to run twice at once, and beside the engine."""

    def __init__(self, db: Database, market: ServiceClient, firings: Firings, *, chunk: int) -> None:
        self._db = db
        self._market = market
        self._firings = firings
        self._chunk = chunk

    async def run(self) -> Swept:
        """Compare and fire. Raises the failures of `libs.common.http` when market cannot be asked."""
        async with self._db.transaction() as tx:
            driver = await tx.driver()
            await tables.allow_long_scans(driver)
            active = await tables.count_active(driver)
        evaluated = triggered = 0
        for instruments in _chunks(sorted(active), PRICES_PER_CALL):
            newest = await self._newest(instruments)
            evaluated += sum(active[tick.instrument] for tick in newest)
            triggered += await self._fire_reached(newest)
        swept = Swept(evaluated, triggered, sum(active.values()) - evaluated)
        # The words are the mission's; the fields are what dashboards count.
        log.info(
            f"Evaluated {evaluated} alerts, triggered {triggered}",
            action="alerts_swept",
            evaluated=evaluated,
            triggered=triggered,
            without_price=swept.without_price,
        )
        return swept

    async def _newest(self, instruments: Sequence[str]) -> list[Tick]:
        answer = await self._market.post(
            "/internal/prices", {"instruments": list(instruments)}, NewestPrices, repeatable=True
        )
        return [tick for item in answer.items if (tick := newest_tick(item)) is not None and not tick.stale]

    async def _fire_reached(self, newest: Sequence[Tick]) -> int:
        if not newest:
            return 0
        async with self._db.transaction() as tx:
            driver = await tx.driver()
            await tables.allow_long_scans(driver)
            reached = await tables.find_reached(driver, newest, self._db.clock.now())
        fired = 0
        for chunk in _chunks(reached, self._chunk):
            candidates = [Candidate(newest[place], number, version) for place, number, version in chunk]
            fired += (await self._firings.fire(candidates, is_newest=True)).fired
        return fired


def newest_tick(info: InstrumentInfo) -> Tick | None:
    """Make a tick of an instrument's newest price; None when it has none yet."""
    if info.price is None or info.at is None or info.received_at is None:
        return None
    price_e4 = to_e4(info.price)
    at_ms = to_ms(info.at)
    return Tick(
        instrument=info.instrument,
        price_e4=price_e4,
        low_e4=price_e4 if info.low is None else to_e4(info.low),
        high_e4=price_e4 if info.high is None else to_e4(info.high),
        span_start_ms=at_ms if info.span_start is None else to_ms(info.span_start),
        at_ms=at_ms,
        received_ms=to_ms(info.received_at),
        stale=info.stale,
        source=info.source or "",
        previous_close_e4=None,
        recorded_ms=None if info.recorded_at is None else to_ms(info.recorded_at),
    )


def _chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
