"""What is no longer good although its signature is: tokens, sessions, and all older tokens of a user.

auth writes each revocation to a hash (`SNAPSHOT_KEY`, for those who start) and a stream (`STREAM_KEY`, for those who
run). Every verifier keeps the set in memory, so that a check costs no call, and hears of a revocation within a second.
When Redis is away the last set serves on and `age_seconds` grows; money and admin routes look at it (decisions 23).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self, cast

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.common.clock import Clock, SystemClock
from libs.common.logging import get_logger
from libs.common.security.principal import Actor
from libs.common.tasks import end_tasks

log = get_logger(__name__)

STREAM_KEY = "auth.revocations"
SNAPSHOT_KEY = "auth.revoked"
FIELD = b"r"
STREAM_LENGTH = 10_000
BLOCK_MS = 500
RETRY_S = 0.25


class RevocationKind(StrEnum):
    JTI = "jti"
    SID = "sid"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Revocation:
    """One thing that is no longer good.

    until: Unix seconds after which every token that this concerns has ended by itself.
    version: with kind USER, tokens whose `ver` is lower are refused; without, every token of the user.
    """

    kind: RevocationKind
    id: str
    until: int
    version: int | None = None

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read one entry. Raises ValueError, KeyError or TypeError for what `encode` never made."""
        entry = orjson.loads(raw)
        return cls(RevocationKind(entry["kind"]), str(entry["id"]), int(entry["until"]), entry.get("ver"))

    def encode(self) -> bytes:
        return orjson.dumps({"kind": self.kind, "id": self.id, "until": self.until, "ver": self.version})

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"


async def publish(redis: Redis, *revocations: Revocation) -> None:
    """Tell all verifiers. Safe to repeat. Raises redis.exceptions.RedisError when it may not have arrived."""
    async with redis.pipeline(transaction=True) as pipe:
        for revocation in revocations:
            raw = revocation.encode()
            pipe.hset(SNAPSHOT_KEY, mapping={revocation.key: raw})
            pipe.xadd(STREAM_KEY, {FIELD: raw}, maxlen=STREAM_LENGTH, approximate=True)
        await pipe.execute()


async def forget_ended(redis: Redis, now_s: int) -> int:
    """Drop from the snapshot what concerns no living token any more. Returns how many."""
    ended: list[bytes] = []
    async for field, raw in redis.hscan_iter(SNAPSHOT_KEY, count=500):
        if Revocation.parse(raw).until < now_s:
            ended.append(field)
    if ended:
        await cast(Awaitable[int], redis.hdel(SNAPSHOT_KEY, *cast(list[str], ended)))
    return len(ended)


Listener = Callable[[Revocation], None]


class RevocationList:
    """The set of what is revoked, in memory. `follow` keeps it current until it is cancelled."""

    def __init__(self, redis: Redis, clock: Clock | None = None) -> None:
        self._redis = redis
        self._clock = clock or SystemClock()
        self._jtis: dict[str, int] = {}
        self._sids: dict[str, int] = {}
        self._users: dict[str, tuple[int | None, int]] = {}
        self._current_at: float | None = None
        self._listeners: list[Listener] = []

    def is_revoked(self, jti: str, sid: str, sub: str, ver: int) -> bool:
        """Say whether a token with these claims has been taken back."""
        if jti in self._jtis or sid in self._sids:
            return True
        user = self._users.get(sub)
        return user is not None and (user[0] is None or ver < user[0])

    def has_ended(self, actor: Actor) -> bool:
        """Say whether the login of who acts as another has been taken back, or all that are as old."""
        return self.is_revoked("", str(actor.sid), str(actor.user_id), actor.version)

    @property
    def age_seconds(self) -> float:
        """Seconds since the set was last known to be current; infinite before the first time."""
        return float("inf") if self._current_at is None else time.monotonic() - self._current_at

    def listen(self, listener: Listener) -> None:
        """Have `listener(revocation)` called, in the event loop, for each one that is applied: sockets close by it."""
        self._listeners.append(listener)

    def apply(self, revocation: Revocation) -> None:
        """Add one to the set."""
        if revocation.kind is RevocationKind.JTI:
            self._jtis[revocation.id] = revocation.until
        elif revocation.kind is RevocationKind.SID:
            self._sids[revocation.id] = revocation.until
        else:
            self._apply_user(revocation)
        for listener in self._listeners:
            listener(revocation)

    def _apply_user(self, revocation: Revocation) -> None:
        version, until = revocation.version, revocation.until
        known = self._users.get(revocation.id)
        if known is not None:
            version = None if version is None or known[0] is None else max(version, known[0])
            until = max(until, known[1])
        self._users[revocation.id] = (version, until)

    async def follow(self) -> None:
        """Load the snapshot, then apply what the stream brings, for ever. Redis away is waited out."""
        while True:
            try:
                position = await self._load()
                await self._tail(position)
            except (RedisError, OSError) as error:
                log.warning("revocations_not_followed", error=type(error).__name__, age_s=round(self.age_seconds, 1))
                await asyncio.sleep(RETRY_S)

    async def _load(self) -> bytes:
        # The stream's end is read before the snapshot, so that nothing falls between the two.
        newest = await self._redis.xrevrange(STREAM_KEY, count=1)
        snapshot = await cast(Awaitable[dict[bytes, bytes]], self._redis.hgetall(SNAPSHOT_KEY))
        for raw in snapshot.values():
            self._apply_raw(raw)
        self._current_at = time.monotonic()
        return newest[0][0] if newest else b"0-0"

    async def _tail(self, position: bytes) -> None:
        purge_at = time.monotonic() + 60
        while True:
            reply = await self._redis.xread({STREAM_KEY: position}, count=1_000, block=BLOCK_MS)
            self._current_at = time.monotonic()
            for _stream, entries in reply:
                for entry_id, fields in entries:
                    position = entry_id
                    self._apply_raw(fields.get(FIELD, b""))
            if self._current_at > purge_at:
                purge_at = self._current_at + 60
                self._drop_ended()

    def _apply_raw(self, raw: bytes) -> None:
        try:
            self.apply(Revocation.parse(raw))
        except (ValueError, KeyError, TypeError):
            log.error("revocation_unreadable", size=len(raw))

    def _drop_ended(self) -> None:
        now_s = self._clock.now_ms() // 1_000
        for held in (self._jtis, self._sids):
            for key in [key for key, until in held.items() if until < now_s]:
                del held[key]
        for user in [user for user, (_, until) in self._users.items() if until < now_s]:
            del self._users[user]


@contextlib.asynccontextmanager
async def following(revocations: RevocationList) -> AsyncIterator[RevocationList]:
    """Keep a list current for the length of the block."""
    task = asyncio.create_task(revocations.follow(), name="revocations")
    try:
        yield revocations
    finally:
        await end_tasks(task)
