"""The senders are in another process than those who queue: a commit rings, and the lane's sender looks at once.

A ring that is lost costs a moment only, since senders look by themselves as well.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from libs.common.db import DRIVER_ERRORS, Database
from libs.common.errors import StoreUnavailable
from libs.common.logging import get_logger
from services.alerts.notifications.rules import DOORBELL, Lane

log = get_logger(__name__)

PROBE_EVERY_S = 15.0
PROBE_TIMEOUT_S = 5.0
PAUSE_S = 1.0


class Doorbell:
    """Listens for what is queued. `run()` goes on through the loss of the database, until it is cancelled."""

    def __init__(self, db: Database, wakes: Mapping[Lane, Callable[[], None]]) -> None:
        self._db = db
        self._wakes = wakes

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            try:
                await self._listen()
            except (StoreUnavailable, *DRIVER_ERRORS, OSError) as error:
                log.warning("doorbell_interrupted", error=repr(error), retry_in_s=PAUSE_S)
            await asyncio.sleep(PAUSE_S)

    async def _listen(self) -> None:
        connection = await self._db.connect(name="doorbell")
        try:
            gone = asyncio.Event()
            connection.add_termination_listener(lambda _: gone.set())
            await connection.add_listener(DOORBELL, self._rung)
            while not gone.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PROBE_EVERY_S):
                        await gone.wait()
                        return
                await connection.execute("SELECT 1", timeout=PROBE_TIMEOUT_S)
        finally:
            # Cut, not closed: a server that hangs would keep us.
            connection.terminate()

    def _rung(self, *rung: Any) -> None:
        *_, lane = rung
        if lane in set(Lane):
            self._wakes[Lane(lane)]()
