"""Following streams without a group: for who wants to see everything from now on, and keeps nothing in a database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from libs.common.events.streams import NOWHERE, EntryId
from libs.common.logging import get_logger

log = get_logger(__name__)

NEWEST = "$"
PAUSE_S = 0.2

Entries = list[tuple[bytes, dict[bytes, bytes]]]


class Tail:
    """Reads streams from a position on. After a loss of Redis it goes on where it was.

    Entries that the sender's relay publishes again after a flush come again, with the same event ids.
    """

    def __init__(
        self,
        redis: Redis,
        *streams: str,
        from_id: str = NEWEST,
        batch: int = 1_000,
        block_ms: int = 1_000,
        apart_s: float = 0.0,
    ) -> None:
        """from_id: `$` for what comes from now on, `0-0` for all that is kept, or an entry id to go on after.

        block_ms: below the client's timeout for an answer. apart_s: the least time from one answer to the next read,
        for who may hear a little later: a read costs far more than an entry.
        """
        self._redis = redis
        self._from_id = from_id
        self._streams = streams
        self._batch = batch
        self._block_ms = block_ms
        self._apart_s = apart_s
        self.positions: dict[str, EntryId] = {}
        self._seen: set[str] = set()

    async def start(self) -> None:
        """Fix the positions, so that nothing appended from now on is missed. May raise Redis' errors."""
        for stream in self._streams:
            if self._from_id == NEWEST:
                self.positions[stream] = await self._newest(stream)
            else:
                self.positions[stream] = EntryId.parse(self._from_id)

    async def follow(self) -> AsyncIterator[tuple[str, Entries]]:
        """Give what each read brings, stream by stream, without end."""
        while True:
            try:
                if not self.positions:
                    await self.start()
                answer = await self._read()
            except (RedisError, OSError) as error:
                log.warning("tail_interrupted", streams=self._streams, error=repr(error))
                await asyncio.sleep(PAUSE_S)
                continue
            for name, entries in answer:
                stream = name.decode()
                # Before the yield: who leaves the loop inside it has seen these.
                self.positions[stream] = EntryId.parse(entries[-1][0])
                self._seen.add(stream)
                yield stream, entries
            if answer:
                await asyncio.sleep(self._apart_s)

    async def _read(self) -> list[tuple[bytes, Entries]]:
        streams: dict[Any, Any] = {name: str(position) for name, position in self.positions.items()}
        answer: list[tuple[bytes, Entries]] = await self._redis.xread(streams, self._batch, self._block_ms)
        if not answer:
            await self._go_back_to_shorter_streams()
        return answer

    async def _go_back_to_shorter_streams(self) -> None:
        """After a flush by a server whose clock is behind, new ids are below our position, and XREAD shows nothing."""
        for stream, position in self.positions.items():
            newest = await self._newest(stream)
            if newest < position:
                # One that is not there yet, as at the first start of all, has lost nothing.
                if newest != NOWHERE or stream in self._seen:
                    log.warning("tail_stream_restarted", stream=stream, position=str(position), newest=str(newest))
                self.positions[stream] = NOWHERE

    async def _newest(self, stream: str) -> EntryId:
        try:
            about = await self._redis.xinfo_stream(stream)
        except ResponseError:
            return NOWHERE  # there is none yet
        return EntryId.parse(about["last-generated-id"])
