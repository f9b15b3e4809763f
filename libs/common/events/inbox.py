"""The inbox: which events this service has acted upon, written in the transaction of the effect."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from libs.common.db import Transaction


async def record(tx: Transaction, event_ids: Sequence[UUID]) -> set[UUID]:
    """Write down that these events are being handled and give those that never were before.

    An event that another transaction handles at this moment makes us wait for its end, so that only one of the two
    commits an effect. Ids are locked in sorted order: two batches cannot wait for each other.
    """
    driver = await tx.driver()
    rows = await driver.fetch(_RECORD, sorted(event_ids))
    return {UUID(int=row["event_id"].int) for row in rows}


_RECORD = """
INSERT INTO inbox (event_id) SELECT * FROM unnest($1::uuid[]) ON CONFLICT DO NOTHING RETURNING event_id
"""
