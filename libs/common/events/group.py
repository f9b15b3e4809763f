"""One member of a consumer group on one stream: the Redis side of hearing, without a word of what is heard."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from redis.asyncio import Redis

from libs.common.events.streams import EntryId, RefillRequest, make_group, request_refill
from libs.common.logging import get_logger

log = get_logger(__name__)

CLAIM_AT_ONCE = 100
FORGOTTEN_AFTER_MS = 3_600_000
BEGUN_KEPT_S = 86_400


@dataclass(frozen=True, slots=True)
class Delivery:
    """An entry that was given to us. `count` says how often it was given to anybody, this time included."""

    entry_id: bytes
    fields: dict[bytes, bytes]
    count: int


def member_name() -> str:
    """Make the name of a new member: its host and process, so that others can see whether it still lives."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"


class GroupMember:
    """Reads, claims and acknowledges. Every call may raise Redis' errors; NOGROUP after a flush asks for `join`."""

    def __init__(self, redis: Redis, stream: str, group: str, *, claim_idle_s: float, has_relay: bool = True) -> None:
        """claim_idle_s: who is silent for so long has died. has_relay: somebody answers requests for a refill."""
        self.stream = stream
        self.name = member_name()
        self._redis = redis
        self._group = group
        self._claim_idle_ms = int(claim_idle_s * 1000)
        self._has_relay = has_relay
        self._cursor: bytes | str = "0-0"

    async def join(self) -> None:
        """Make the group where it is missing. The relay publishes again what was trimmed before it came."""
        if await make_group(self._redis, self.stream, self._group):
            log.info("stream_group_made", stream=self.stream, group=self._group)

    async def read(self, count: int, block_ms: int) -> list[Delivery]:
        """Take new entries, waiting for the first one up to `block_ms`."""
        answer = await self._redis.xreadgroup(
            self._group, self.name, {self.stream: ">"}, count=count, block=max(1, block_ms)
        )
        return [Delivery(entry_id, fields, 1) for _, entries in answer for entry_id, fields in entries]

    async def claim(self) -> list[Delivery]:
        """Take over what dead members had taken: at once from processes of this host, else after the idle time."""
        claimed = await self._claim_of_dead_processes()
        cursor, entries, *rest = await self._redis.xautoclaim(
            self.stream, self._group, self.name, self._claim_idle_ms, start_id=self._cursor, count=CLAIM_AT_ONCE
        )
        self._cursor = cursor
        if rest and rest[0]:
            # Deleted before anybody handled them, and gone from the pending list now: only the sender still has them.
            log.error("stream_entries_deleted", stream=self.stream, count=len(rest[0]))
            if self._has_relay:
                ids = tuple(EntryId.parse(entry_id) for entry_id in rest[0])
                await request_refill(self._redis, self.stream, RefillRequest(ids=ids))
        return await self._with_counts([*claimed, *entries])

    async def retake(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """Deliver to ourselves once more, counted. Those that are gone from the group are left out."""
        entries = await self._xclaim([delivery.entry_id for delivery in deliveries])
        return await self._with_counts(entries)

    async def hold(self, entry_ids: Iterable[bytes]) -> None:
        """Tell the others that we are still at these, without counting a delivery."""
        await self._xclaim(list(entry_ids), justid=True)

    async def acknowledge(self, entry_ids: Iterable[bytes], *, and_delete: bool = False) -> None:
        """Say that these are done, for ever."""
        ids = list(entry_ids)
        if not ids:
            return
        if not and_delete:
            await self._redis.xack(self.stream, self._group, *ids)
            return
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.xack(self.stream, self._group, *ids)
            pipe.xdel(self.stream, *ids)
            await pipe.execute()

    async def note_start(self, entry_id: bytes) -> int:
        """Note, before handling an entry, that it is begun. Returns how often it was begun since `note_end`.

        For entries that many processes were given and none acknowledged: most of them were only in the way when a
        process died over another one, and are told apart by this.
        """
        key = f"{self.stream}:{self._group}:begun"
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hincrby(key, entry_id.decode(), 1)
            pipe.expire(key, BEGUN_KEPT_S)
            begun, _ = await pipe.execute()
        return int(begun)

    async def note_end(self, entry_id: bytes) -> None:
        """Forget what `note_start` noted."""
        await cast("Awaitable[int]", self._redis.hdel(f"{self.stream}:{self._group}:begun", entry_id.decode()))

    async def forget_the_dead(self) -> None:
        """Remove members that hold nothing and were silent for an hour; their names would pile up."""
        for about in await self._redis.xinfo_consumers(self.stream, self._group):
            if about["pending"] == 0 and about["idle"] > FORGOTTEN_AFTER_MS:
                call = self._redis.eval(_FORGET_IF_EMPTY, 1, self.stream, self._group, about["name"])
                await cast("Awaitable[int]", call)

    async def _claim_of_dead_processes(self) -> list[Any]:
        entries: list[Any] = []
        for about in await self._redis.xinfo_consumers(self.stream, self._group):
            if len(entries) >= CLAIM_AT_ONCE:
                break
            if about["pending"] and _is_dead_process_of_this_host(about["name"].decode()):
                pending = await self._redis.xpending_range(
                    self.stream, self._group, "-", "+", CLAIM_AT_ONCE, consumername=about["name"]
                )
                entries += await self._xclaim([row["message_id"] for row in pending])
        return entries

    async def _xclaim(self, ids: Sequence[bytes], *, justid: bool = False) -> list[Any]:
        """Take entries, idle or not. Those that are gone from the stream or the group are left out."""
        if not ids:
            return []
        entries: list[Any] = await self._redis.xclaim(self.stream, self._group, self.name, 0, [*ids], justid=justid)
        return [entry for entry in entries if justid or entry[0] is not None]

    async def _with_counts(self, entries: Sequence[Any]) -> list[Delivery]:
        if not entries:
            return []
        ids = sorted((entry_id for entry_id, _ in entries), key=EntryId.parse)
        async with self._redis.pipeline(transaction=False) as pipe:
            for entry_id in ids:
                pipe.xpending_range(self.stream, self._group, entry_id, entry_id, 1)
            rows = await pipe.execute()
        counts = {found[0]["message_id"]: found[0]["times_delivered"] for found in rows if found}
        return [Delivery(entry_id, fields, counts[entry_id]) for entry_id, fields in entries if entry_id in counts]


def _is_dead_process_of_this_host(name: str) -> bool:
    host, _, rest = name.partition(":")
    pid = rest.partition(":")[0]
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


# XGROUP DELCONSUMER drops what the member still holds, so the check and the removal are one step.
_FORGET_IF_EMPTY = """
for _, about in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
    if about[2] == ARGV[2] and about[4] == 0 then
        return redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
    end
end
return 0
"""
