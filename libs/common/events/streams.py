"""Redis streams in our words: entry ids that compare, and where each group of hearers stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import orjson
from redis.asyncio import Redis
from redis.exceptions import ResponseError


class EntryId(NamedTuple):
    """The id of a stream entry: milliseconds of the server that took it, and a number within that millisecond."""

    ms: int
    no: int

    @classmethod
    def parse(cls, text: bytes | str) -> EntryId:
        ms, _, no = (text.decode() if isinstance(text, bytes) else text).partition("-")
        return cls(int(ms), int(no or 0))

    def __str__(self) -> str:
        return f"{self.ms}-{self.no}"

    def before(self) -> EntryId:
        """The greatest id below this one."""
        if self.no > 0:
            return EntryId(self.ms, self.no - 1)
        return EntryId(self.ms - 1, _MAX_NO) if self.ms > 0 else NOWHERE

    def after(self) -> EntryId:
        """The least id above this one."""
        return EntryId(self.ms, self.no + 1)


_MAX_NO = 2**63 - 1
NOWHERE = EntryId(0, 0)
"""Before the first entry of any stream."""


@dataclass(frozen=True, slots=True)
class GroupPosition:
    """How far a group has acknowledged: everything up to `acked`, included. `lag` is None where Redis cannot tell."""

    name: str
    acked: EntryId
    lag: int | None


async def group_positions(redis: Redis, stream: str) -> list[GroupPosition]:
    """Tell where each group of a stream stands; none for a stream that is not there.

    The lag that Redis reports is wrong after trims, so the position counts: the oldest entry that was delivered and not
    acknowledged, else the last one delivered.
    """
    try:
        groups = await redis.xinfo_groups(stream)
    except ResponseError:
        return []
    positions = []
    for group in groups:
        acked = EntryId.parse(group["last-delivered-id"])
        if group["pending"]:
            summary = await redis.xpending(stream, group["name"])
            if summary["min"] is not None:
                acked = EntryId.parse(summary["min"]).before()
        positions.append(GroupPosition(group["name"].decode(), acked, group.get("lag")))
    return positions


async def make_group(redis: Redis, stream: str, group: str) -> bool:
    """Make a group that hears the stream from its first entry. Says whether it was made now."""
    try:
        await redis.xgroup_create(stream, group, id="0", mkstream=True)
    except ResponseError as error:
        if "BUSYGROUP" in str(error):
            return False
        raise
    return True


def refill_requests(stream: str) -> str:
    """Name the list on which hearers ask the stream's relay to publish something again."""
    return f"{stream}.refill"


@dataclass(frozen=True, slots=True)
class RefillRequest:
    """What a hearer asks for again: entries that were deleted before it read them, or all since an instant."""

    ids: tuple[EntryId, ...] = ()
    since_ms: int | None = None

    def to_json(self) -> bytes:
        return orjson.dumps({"ids": [str(entry) for entry in self.ids], "since_ms": self.since_ms})

    @classmethod
    def from_json(cls, raw: bytes) -> RefillRequest:
        members = orjson.loads(raw)
        return cls(tuple(EntryId.parse(entry) for entry in members["ids"]), members["since_ms"])


async def request_refill(redis: Redis, stream: str, request: RefillRequest) -> None:
    """Ask the stream's sender to publish something again. Everybody gets it again; the inboxes know it."""
    async with redis.pipeline(transaction=True) as pipe:
        pipe.rpush(refill_requests(stream), request.to_json())
        pipe.ltrim(refill_requests(stream), -1000, -1)
        await pipe.execute()
