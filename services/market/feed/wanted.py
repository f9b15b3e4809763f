"""What a polled provider is to be asked for."""

from __future__ import annotations

from libs.common.db import Database
from libs.common.instruments import Instrument
from services.market.feed import tables, turns
from services.market.feed.turns import Standing, Turn, Waiting
from services.market.prices import tables as prices
from services.market.prices.tables import Quoted
from services.market.sources import tables as sources


async def list_wanted(
    db: Database, provider: str, turn: Turn | None, *, unpriced_only: bool
) -> dict[Instrument, Quoted]:
    """List what is monitored, that the provider does not refuse and whose turn is its. No turn: everything of its own.

    Those that wait longest for a price come first.
    """
    now = db.clock.now()
    ahead = frozenset[str]() if turn is None else turn.names()
    async with db.read() as session:
        feed = provider if turn is None else turn.feed
        listed = await prices.list_to_fetch(session, feed, unpriced_only=unpriced_only)
        refused = {one: frozenset(await tables.list_refused(session, one, now)) for one in (provider, *ahead)}
        degraded = await sources.list_degraded(session) if ahead else ()
    standing = Standing(degraded, refused)
    return {
        Instrument.parse(one.instrument): one
        for one in listed
        if one.id not in refused[provider] and (turn is None or turns.takes(_waiting(one), turn, standing, now))
    }


def _waiting(stock: Quoted) -> Waiting:
    return Waiting(stock.id, stock.instrument, stock.exchange, stock.source, stock.received_at)
