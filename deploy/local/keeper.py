"""Keep one process running: start it, say when it is ready, start it again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable

from deploy.local.backoff import Backoff, cause_of_death
from deploy.local.children import Child, NurseryLost
from deploy.local.console import Console
from deploy.local.probes import Stopwatch, ask, until_open, until_ready
from deploy.local.processes import Process

TRIES_AT_START = 3
"""A process that dies this often before it was ever ready will not come up: say so instead of trying for ever."""

Spawn = Callable[[Process], Awaitable[Child]]


class NeverReady(RuntimeError):
    """A process did not come up at all."""


class Keeper:
    """Keeps one process running until it is told to stop."""

    def __init__(
        self,
        process: Process,
        *,
        spawn: Spawn,
        on_spawned: Callable[[], None],
        host: str,
        port: int,
        console: Console,
    ) -> None:
        """on_spawned: called each time `child` is a new one."""
        self.process = process
        self.port = port
        self.child: Child | None = None
        self.ready = asyncio.Event()
        self.restarts = 0
        self._spawn = spawn
        self._on_spawned = on_spawned
        self._host = host
        self._console = console
        self._was_ready = False
        self._wanted_again = False
        self._retry_now = asyncio.Event()
        self._stopping = False

    async def keep(self) -> None:
        """Run until `stop`. Raises NeverReady."""
        backoff = Backoff()
        while not self._stopping:
            began = time.monotonic()
            code = await self._live()
            if self._stopping:
                return
            if self._wanted_again:
                self._wanted_again = False
                continue
            wait_s = backoff.after(time.monotonic() - began)
            if not self._was_ready and backoff.deaths >= TRIES_AT_START:
                raise NeverReady(
                    f"{self.process.name} does not come up ({cause_of_death(code)}); its last words are above."
                )
            self.restarts += 1
            self._console.say(f"{self.process.name} died ({cause_of_death(code)}); starting it again in {wait_s:g} s.")
            await self._pause(wait_s)

    async def restart(self) -> None:
        """End the process so that it is started anew at once: its code has changed. One that waits, waits no longer."""
        if self.child is not None and self.child.is_alive:
            self._wanted_again = True
            await self.child.stop(patience_s=5)
        self._retry_now.set()

    async def stop(self, *, patience_s: float) -> None:
        self._stopping = True
        if self.child is not None and self.child.is_alive:
            code = await self.child.stop(patience_s=patience_s)
            if code == -signal.SIGKILL:
                self._console.say(f"{self.process.name} did not stop within {patience_s:g} s and was killed.")

    async def last_word(self) -> str:
        """Say what the process answers to `/readyz` now."""
        return f"{self.process.name} (port {self.port}): {await ask(self._host, self.port, '/readyz')}"

    async def _pause(self, wait_s: float) -> None:
        self._retry_now.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._retry_now.wait()

    async def _live(self) -> int:
        self.ready.clear()
        watch = Stopwatch()
        try:
            self.child = await self._spawn(self.process)
        except NurseryLost:
            return -signal.SIGKILL
        self._on_spawned()
        watching = asyncio.create_task(self._watch_for_ready(watch))
        try:
            return await self.child.ended
        finally:
            watching.cancel()
            self.ready.clear()

    async def _watch_for_ready(self, watch: Stopwatch) -> None:
        wait = until_open if self.process.is_ready_when_open else until_ready
        await wait(self._host, self.port)
        if self._was_ready:
            self._console.say(f"{self.process.name} is ready again after {watch}.")
        self._was_ready = True
        self.ready.set()
