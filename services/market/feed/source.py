"""Which source feeds us, and which process runs it: one at a time, whatever the number of workers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database
from libs.common.ids import uuid7
from libs.common.instruments import Instrument
from libs.common.logging import get_logger
from services.market.candles import tables as candles
from services.market.feed import tables
from services.market.feed.tables import Held
from services.market.instruments import tables as instruments
from services.market.prices import tables as prices
from services.market.providers.port import Mode, Provider

log = get_logger(__name__)

FEED = "feed"
REPLAY = "replay"


class LeaseLost(Exception):
    """Another process runs the feed now. Nothing of this step was stored."""


class FeedLease:
    """The right to run a feed, by default the one for all.

    It is renewed by each step in the step's own transaction, so that a late process stores nothing.
    """

    def __init__(self, db: Database, length: timedelta, *, name: str = FEED) -> None:
        self._db = db
        self.length = length
        self._name = name
        self._holder = uuid7()

    async def take(self) -> Held | None:
        """Become the one who feeds; None while another process is."""
        async with self._db.transaction() as tx:
            return await tables.take(tx.session, self._name, self._holder, self.length)

    async def renew(self, session: AsyncSession, *, source_key: str, position: str) -> None:
        """Store where the feed stands, in the caller's transaction. Raises LeaseLost."""
        held = await tables.advance(
            session, self._name, self._holder, self.length, source_key=source_key, position=position
        )
        if not held:
            raise LeaseLost

    async def let_go(self) -> None:
        """Let another process feed at once."""
        async with self._db.transaction() as tx:
            await tables.let_go(tx.session, self._name, self._holder)


async def adopt(
    db: Database, provider: Provider, lease: FeedLease, held: Held, source_key: str
) -> Mapping[Instrument, int]:
    """Make a provider's listings ours and give their numbers.

    A polled provider is asked for whatever is monitored, a stream prices what it lists. Where another source fed us
    before, what a replay left goes: its prices and candles are of another stream.
    """
    listings = await provider.listings()
    async with db.transaction() as tx:
        await instruments.adopt(tx.session, provider.name, listings)
        if provider.capabilities.mode is Mode.POLLED:
            await instruments.hand_over_all(tx.session, provider.name)
    if held.source_key not in ("", source_key):
        log.info("source_changed", provider=provider.name)
        await _forget_replay(db, lease, held)
    async with db.read() as session:
        numbers = await instruments.ids_of(session, provider.name)
    if provider.capabilities.mode is Mode.POLLED:
        return numbers
    return {listing.instrument: numbers[listing.instrument] for listing in listings}


async def _forget_replay(db: Database, lease: FeedLease, held: Held) -> None:
    deleted = 1
    while deleted:
        async with db.transaction() as tx:
            await lease.renew(tx.session, source_key=held.source_key, position=held.position)
            deleted = await candles.forget_some_of(await tx.driver(), REPLAY)
    async with db.transaction() as tx:
        await prices.forget_recorded(tx.session)
