"""Transactions, what they announce, and what happens when the database is away."""

from __future__ import annotations

from libs.common.db import Database
from libs.common.tests.sample import ThingMade


async def test_seq_counts_each_subject_from_one_across_transactions(db: Database, published) -> None:
    async with db.transaction() as tx:
        tx.announce(ThingMade(thing="a"))
        tx.announce(ThingMade(thing="b"))
        tx.announce(ThingMade(thing="a"))
    async with db.transaction() as tx:
        tx.announce(ThingMade(thing="a"))
    assert [(e.subject, e.seq) for e in await published(db)] == [("a", 1), ("b", 1), ("a", 2), ("a", 3)]
