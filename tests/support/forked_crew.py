"""Processes that are there to be killed: forked from a warmed parent in milliseconds, or started cold."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from deploy.local.children import Child, Nursery
from deploy.local.warm import LIBRARIES
from libs.common.testing import eventually
from tests.support.forked_role import PARENT

ROOT = Path(__file__).resolve().parents[2]
ROLE = "tests.support.forked_role"
WARM = (*LIBRARIES, "tests.support.forked_world")

FORKED, COLD = "forked", "cold"
PATIENCE_S = 120.0


class Crew:
    """Starts roles, kills them at random moments, and remembers what they said and how they ended."""

    def __init__(self, nursery: Nursery, environment: Mapping[str, str], *, seed: int = 0) -> None:
        """nursery: the parent of forked processes, with `WARM` imported. The caller closes it."""
        self.killed: Counter[str] = Counter()
        self.lines: list[str] = []
        self._environment = {**environment, "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        self._nursery = nursery
        self._random = random.Random(seed)
        self._alive: set[Child] = set()

    @property
    def kills(self) -> int:
        return self.killed.total()

    @property
    def complaints(self) -> list[str]:
        """What was logged as an error, and tracebacks."""
        return [line for line in self.lines if '"level":"error"' in line or "Traceback" in line]

    async def start(
        self, role: str, *arguments: str, how: str = FORKED, on_line: Callable[[str], None] | None = None
    ) -> Child:
        """Start a process: `relay` or `consumer`."""
        hear = on_line or self.lines.append
        if how == FORKED:
            child = await self._nursery.spawn_command(
                role, ROLE, (role, *arguments), environment=self._environment, on_line=hear
            )
        else:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", ROLE, role, *arguments, stdin=subprocess.DEVNULL, start_new_session=True,
                env={**self._environment, PARENT: str(os.getpid())},
            )  # fmt: skip
            child = Child(role, process.pid, asyncio.ensure_future(process.wait()))
        self._alive.add(child)
        child.ended.add_done_callback(lambda _: self._alive.discard(child))
        return child

    async def kill_again_and_again(self, role: str, deaths: list[str], may_kill: Callable[[], Awaitable[bool]]) -> None:
        """Keep one process of a role alive and kill it, until `deaths` (shared by all that run) holds no more.

        A forked process lives some milliseconds to a second; a cold one's life reaches beyond its imports. may_kill:
        whether enough has happened for one more.
        """
        while deaths:
            how = deaths.pop()
            child = await self.start(role, how=how)
            life_s = self._random.uniform(0.005, 1.0) if how == FORKED else self._random.uniform(0.5, 5.0)
            await asyncio.wait([child.ended], timeout=life_s)
            await eventually(may_kill, within=PATIENCE_S)
            assert child.is_alive, f"the {role} ended by itself with {await child.ended}: {self.lines[-20:]}"
            child.send(signal.SIGKILL)
            await child.ended
            self.killed[f"{how} {role}"] += 1

    async def close(self) -> None:
        for child in list(self._alive):
            child.send(signal.SIGKILL)
            await child.ended
