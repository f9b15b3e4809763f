"""Following a Redis stream from where we are, on a link of our own, without a group: every process hears all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from gateway.links.resp import CommandFailed, LinkDown, RespLink
from libs.common.events.streams import NOWHERE, EntryId
from libs.common.logging import get_logger

log = get_logger(__name__)

BLOCK_MS = 500
COUNT = 1_000
LINK_TIMEOUT_S = 3.0

Entry = tuple[EntryId, dict[bytes, bytes]]
Take = Callable[[Sequence[Entry]], None]


class StreamTail:
    """Reads a stream for ever and hands each batch to `take`.

    start: asked once, when Redis first answers, with its clock in Unix milliseconds: gives the id after which to begin.
    A stream that was emptied meanwhile needs nothing special: its new entries have later ids than our position.
    """

    def __init__(
        self, url: str, stream: str, *, take: Take, start: Callable[[RespLink, int], Awaitable[EntryId]]
    ) -> None:
        self.link = RespLink(url, timeout_s=LINK_TIMEOUT_S)
        self.stream = stream
        self._take = take
        self._start = start
        self._position: EntryId | None = None

    @property
    def has_begun(self) -> bool:
        return self._position is not None

    async def run(self) -> None:
        """Follow until cancelled. Redis away is waited out."""
        link = asyncio.create_task(self.link.run())
        try:
            while True:
                try:
                    await self._follow()
                except LinkDown:
                    await self.link.available()
                except CommandFailed as error:
                    log.warning("stream_not_read", stream=self.stream, error=str(error))
                    await asyncio.sleep(1)
        finally:
            link.cancel()
            await asyncio.gather(link, return_exceptions=True)

    async def _follow(self) -> None:
        if self._position is None:
            seconds, micros = await self.link.ask("TIME")
            self._position = await self._start(self.link, int(seconds) * 1_000 + int(micros) // 1_000)
        while True:
            reply = await self.link.ask(
                "XREAD", "COUNT", COUNT, "BLOCK", BLOCK_MS, "STREAMS", self.stream, str(self._position)
            )
            if reply is not None:
                self._hand_over(entries_of(reply[0][1]))

    def _hand_over(self, entries: list[Entry]) -> None:
        self._position = entries[-1][0]
        try:
            self._take(entries)
        except Exception:  # one batch that we cannot read must not end the following of the stream
            log.exception("stream_batch_failed", stream=self.stream, count=len(entries))


def entries_of(rows: Sequence[Any]) -> list[Entry]:
    """Read the rows of XREAD, XRANGE and XREVRANGE."""
    return [(EntryId.parse(row[0]), dict(zip(row[1][::2], row[1][1::2], strict=True))) for row in rows]


async def at_the_end(link: RespLink, stream: str) -> EntryId:
    """Give the id of a stream's newest entry."""
    rows = entries_of(await link.ask("XREVRANGE", stream, "+", "-", "COUNT", 1))
    return rows[0][0] if rows else NOWHERE
