"""Keep how brokers' feeds call our instruments, and tell it to the broker service and to the feed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database, Transaction
from libs.common.instruments import Instrument
from libs.contracts.ingest import MAX_KEYS, FeedVendor
from services.market.feed_keys import tables


@dataclass(frozen=True, slots=True)
class Meant:
    """An instrument that a key means, with its number."""

    id: int
    instrument: Instrument


class FeedKeyBook:
    """The room's use case."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def list_keys(self, vendor: FeedVendor, instruments: Collection[str] | None) -> Sequence[tuple[str, str]]:
        """List instruments with their keys: those named, or all that is monitored. At most MAX_KEYS."""
        async with self._db.read() as session:
            return await tables.list_keys(session, vendor, instruments, MAX_KEYS)


async def note(tx: Transaction, vendor: FeedVendor, keys: Mapping[str, str]) -> None:
    """Store what a list says: keys by instrument."""
    await tables.note(await tx.driver(), vendor, keys)


async def meanings(session: AsyncSession, vendor: FeedVendor, keys: Collection[str]) -> Mapping[str, Meant]:
    """Tell what keys mean; a key that no list told is left out."""
    if not keys:
        return {}
    found = await tables.list_by_key(session, vendor, keys)
    return {key: Meant(number, Instrument.parse(name)) for key, number, name in found}
