"""Dead letters: events that failed at every try. Kept in the hearing service's schema, to be looked at and replayed.

`<service>.dead` carries a copy for those who watch; the table is the truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from redis.asyncio import Redis

from libs.common.db import Database
from libs.common.events.envelope import ENTRY_FIELD, BadEnvelope, Envelope
from libs.common.ids import uuid7

ORIGIN_FIELD = b"s"
"""Of an entry of a replay stream: the stream on which the event came first."""

MAX_ERROR_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that failed at every try. `envelope` is as it came, which may be no envelope at all."""

    id: UUID
    stream: str
    entry_id: str
    event_id: UUID | None
    type: str | None
    subject: str | None
    envelope: bytes
    error: str
    deliveries: int
    died_at: datetime
    replayed_at: datetime | None = None


class NoSuchLetter(LookupError):
    """No dead letter has this id."""


def replay_stream(service: str) -> str:
    """Name the stream on which a service hears its own dead letters again; nobody else hears it."""
    return f"{service}.replays"


async def bury(
    db: Database, *, stream: str, entry_id: str, envelope: bytes, error: BaseException, deliveries: int
) -> None:
    """Keep an event that failed at every try. Safe to repeat."""
    try:
        known = Envelope.from_json(envelope)
    except BadEnvelope:
        known = None
    async with db.transaction() as tx:
        driver = await tx.driver()
        await driver.execute(
            _BURY.format(schema=db.schema),
            uuid7(),
            stream,
            entry_id,
            known and known.id,
            known and known.type,
            known and known.subject,
            envelope,
            f"{type(error).__name__}: {error}"[:MAX_ERROR_CHARS].replace("\x00", ""),
            deliveries,
        )


async def list_letters(db: Database, *, limit: int = 100) -> Sequence[DeadLetter]:
    """List the newest dead letters that were not replayed, newest first."""
    return await _select(db, "WHERE replayed_at IS NULL ORDER BY died_at DESC, id DESC LIMIT $1", limit)


async def get_letter(db: Database, letter_id: UUID) -> DeadLetter:
    """Get one. Raises NoSuchLetter."""
    found = await _select(db, "WHERE id = $1", letter_id)
    if not found:
        raise NoSuchLetter(str(letter_id))
    return found[0]


async def count_letters(db: Database) -> int:
    """Count those that wait for somebody to look at them."""
    async with db.transaction() as tx:
        driver = await tx.driver()
        count: int = await driver.fetchval(_COUNT.format(schema=db.schema))
    return count


async def replay_letter(db: Database, redis: Redis, letter_id: UUID) -> None:
    """Deliver a dead letter to this service again, with five new tries. Raises NoSuchLetter.

    Sent first and marked after: a crash between the two sends it twice, and the inbox knows it.
    """
    letter = await get_letter(db, letter_id)
    await redis.xadd(replay_stream(db.schema), {ENTRY_FIELD: letter.envelope, ORIGIN_FIELD: letter.stream.encode()})
    async with db.transaction() as tx:
        driver = await tx.driver()
        await driver.execute(_REPLAYED.format(schema=db.schema), letter_id)


async def drop_letter(db: Database, letter_id: UUID) -> None:
    """Delete a dead letter that nobody wants any more. Raises NoSuchLetter."""
    async with db.transaction() as tx:
        driver = await tx.driver()
        if await driver.execute(_DROP.format(schema=db.schema), letter_id) != "DELETE 1":
            raise NoSuchLetter(str(letter_id))


async def _select(db: Database, condition: str, *arguments: object) -> list[DeadLetter]:
    async with db.transaction() as tx:
        driver = await tx.driver()
        rows = await driver.fetch(_SELECT.format(schema=db.schema) + condition, *arguments)
    return [DeadLetter(**dict(row)) for row in rows]


_SELECT = """
SELECT id, stream, entry_id, event_id, type, subject, envelope, error, deliveries, died_at, replayed_at
FROM {schema}.dead_letters
"""
_COUNT = "SELECT count(*) FROM {schema}.dead_letters WHERE replayed_at IS NULL"
_REPLAYED = "UPDATE {schema}.dead_letters SET replayed_at = now() WHERE id = $1"
_DROP = "DELETE FROM {schema}.dead_letters WHERE id = $1"
_BURY = """
INSERT INTO {schema}.dead_letters (id, stream, entry_id, event_id, type, subject, envelope, error, deliveries)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (stream, entry_id) DO NOTHING
"""
