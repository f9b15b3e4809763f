"""Work that is done after the answer, so that the answer takes as long whoever is meant."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from libs.common.errors import StoreUnavailable
from libs.common.logging import get_logger

log = get_logger(__name__)


class Afterwards:
    """Runs what is handed in beside the requests. What is lost with a dying process, its person asks for again."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def do(self, work: Coroutine[None, None, None]) -> None:
        """Begin soon, and return at once."""
        task = asyncio.get_running_loop().create_task(_quietly(work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def drain(self) -> None:
        """Wait for what is under way: before the process ends."""
        while self._running:
            await asyncio.gather(*self._running)


async def _quietly(work: Coroutine[None, None, None]) -> None:
    try:
        await work
    except StoreUnavailable as error:
        log.warning("afterwards_not_done", error=repr(error.__cause__ or error))
