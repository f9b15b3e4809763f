"""Hashing passwords: bcrypt over a keyed pre-hash, off the event loop, never more at once than there is room for.

bcrypt reads 72 bytes and no NUL, so it gets base64(HMAC-SHA384(pepper, utf8)): 64 ASCII bytes. The key is what a thief
of the table lacks; a bare pre-hash could be matched with hashes stolen elsewhere (security reference, section 4).
Stored as `v2$<pepper id>$<bcrypt>`.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import bcrypt

from libs.common import telemetry
from libs.common.errors import Unavailable

MIN_COST = 4
MIN_PRODUCTION_COST = 10

_seconds = telemetry.histogram("sharewise_password_hash_seconds", "Time of one bcrypt, without its wait.")
_waiting = telemetry.gauge("sharewise_password_queue", "Password hashes waiting or running.")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the password is right, and whether its hash should be made anew (older cost or pepper)."""

    is_right: bool
    is_outdated: bool = False


class Passwords:
    """Hashes and checks passwords.

    peppers: id -> secret; those besides `current` check old hashes only. cost: bcrypt's, 2**cost rounds.
    workers: hashes at once (bcrypt lets the other threads run). queue_limit: how many more may wait; beyond it
    Unavailable is raised, since a login that waits for minutes is worse than one that is told to come back.
    """

    def __init__(
        self,
        peppers: Mapping[str, bytes],
        *,
        current: str,
        cost: int,
        workers: int = 2,
        queue_limit: int = 40,
    ) -> None:
        if current not in peppers or any("$" in pepper_id for pepper_id in peppers):
            raise ValueError("The current pepper must be one of the peppers, and no id holds a dollar sign.")
        if cost < MIN_COST:
            raise ValueError(f"bcrypt's cost is at least {MIN_COST}.")
        self._peppers = dict(peppers)
        self._current = current
        self._cost = cost
        self._room = workers + queue_limit
        self._workers = workers
        self._busy = 0
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="bcrypt")
        # Checked when there is no such user, so that the answer takes as long as with one.
        self._dummy = self._hash("no password has this hash")

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def hash(self, password: str) -> str:
        """Hash a password for storing. Raises Unavailable when too many wait."""
        return await self._run(lambda: self._hash(password))

    async def check(self, password: str, stored: str | None) -> Verdict:
        """Check a password; with no stored hash a dummy of the same cost is checked and the answer is no.

        Raises Unavailable when too many wait.
        """
        verdict = await self._run(lambda: self._check(password, self._dummy if stored is None else stored))
        return Verdict(False) if stored is None else verdict

    def measure(self) -> tuple[float, float]:
        """Time one hash. Returns its seconds, and the logins a second that the workers can check."""
        started = time.perf_counter()
        self._hash("measured")
        seconds = time.perf_counter() - started
        return seconds, self._workers / seconds

    async def _run(self, work: Callable[[], T]) -> T:
        if self._busy >= self._room:
            raise Unavailable("Too many people are signing in at this moment.", retry_after=2)
        self._busy += 1
        _waiting.set(self._busy)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._busy -= 1
            _waiting.set(self._busy)

    def _hash(self, password: str) -> str:
        with _seconds.time():
            hashed = bcrypt.hashpw(self._prehash(password, self._current), bcrypt.gensalt(self._cost))
        return f"v2${self._current}${hashed.decode()}"

    def _check(self, password: str, stored: str) -> Verdict:
        version, pepper_id, hashed = stored.split("$", 2)
        if version != "v2" or pepper_id not in self._peppers:
            raise ValueError(f"A stored password has the unknown form {version}, pepper {pepper_id}.")
        with _seconds.time():
            is_right = bcrypt.checkpw(self._prehash(password, pepper_id), hashed.encode())
        cost = int(hashed.split("$")[2])
        return Verdict(is_right, is_outdated=pepper_id != self._current or cost != self._cost)

    def _prehash(self, password: str, pepper_id: str) -> bytes:
        digest = hmac.digest(self._peppers[pepper_id], password.encode("utf-8"), hashlib.sha384)
        return base64.b64encode(digest)
