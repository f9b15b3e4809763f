"""Empties a lane into the database, chunk by chunk, however often the database goes away meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from sqlalchemy.exc import DBAPIError

from libs.common.errors import StoreUnavailable
from libs.common.logging import get_logger
from libs.contracts.alerts import AlertState
from services.alerts.engine import rules
from services.alerts.engine.queue import FairQueue, Reached
from services.alerts.engine.service import Candidate, Firings

log = get_logger(__name__)

SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0

CHUNK_S = 0.03
"""What one chunk should take: who comes new waits for the chunk that runs and for its own."""

LONGEST_WAY_S = 0.1
"""How long a drain gives way before a chunk: two drains at once make each other slow."""

SMALLEST_CHUNK = 96
"""On a machine without a free core even a few alerts take longer than that, for the wait and not for the work: smaller
chunks would only make those who wait in the slow lane wait more."""

_RETRIED_STATES = frozenset({"40001", "40P01"})


class Drain:
    """Fires what waits in a lane. What does not fire although it is active is armed again, where it still belongs.

    chunk: most alerts in one transaction. It is less while the database or the machine is slow, so that an alert that
    comes new does not wait long behind thousands. gives_way_to: the drain of a lane that is more urgent.
    """

    def __init__(
        self,
        queue: FairQueue,
        firings: Firings,
        arm: Callable[[AlertState], None],
        *,
        chunk: int,
        gives_way_to: Drain | None = None,
    ) -> None:
        self._queue = queue
        self._firings = firings
        self._arm = arm
        self._most = chunk
        self._chunk = chunk
        self._gives_way_to = gives_way_to
        self._idle = asyncio.Event()
        self._idle.set()

    async def run(self) -> None:
        """Fire until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._queue.wait()
            if self._gives_way_to is not None:
                await self._gives_way_to.wait_until_idle()
            self._idle.clear()
            chunk = self._queue.take(self._chunk)
            began = loop.time()
            await self._fire_until_settled(_candidates(chunk))
            self._chunk = next_chunk(self._chunk, took_s=loop.time() - began, most=self._most)
            for reached in chunk:
                reached.lap.settle(len(reached.refs))
            if not len(self._queue):
                self._idle.set()

    async def wait_until_idle(self) -> None:
        """Wait until nothing waits in the lane and nothing of it is being fired, for `LONGEST_WAY_S` at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_WAY_S):
                await self._idle.wait()

    async def _fire_until_settled(self, candidates: Sequence[Candidate]) -> None:
        """Fire these, again and again while the database is away: each is in its database or in our hands."""
        pause_s = SHORTEST_PAUSE_S
        while True:
            try:
                outcome = await self._firings.fire(candidates)
                break
            except StoreUnavailable as error:
                log.warning("firing_waits_for_database", waiting=len(candidates), error=repr(error.__cause__ or error))
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _RETRIED_STATES:
                    await self._fire_apart(candidates)
                    return
            except Exception:  # the edge of this loop: one bad candidate must not stop all others
                await self._fire_apart(candidates)
                return
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
        for state in outcome.still_active:
            self._arm(state)

    async def _fire_apart(self, candidates: Sequence[Candidate]) -> None:
        """Find out which of them cannot be fired. That alert stays active; the sweep tries it again."""
        if len(candidates) == 1:
            log.exception("firing_failed", number=candidates[0].number)
            return
        for candidate in candidates:
            await self._fire_until_settled([candidate])


def next_chunk(size: int, *, took_s: float, most: int) -> int:
    """Say how large the next chunk is: towards what takes `CHUNK_S`, down at once and up by a quarter."""
    wanted = min(size * CHUNK_S / max(took_s, 1e-6), size * 1.25)
    return min(most, max(SMALLEST_CHUNK, int(wanted)))


def _candidates(chunk: Sequence[Reached]) -> list[Candidate]:
    return [Candidate(reached.tick, *rules.unpack_ref(ref)) for reached in chunk for ref in reached.refs]
