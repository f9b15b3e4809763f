"""A sender and a hearer that exist in tests only, for processes that are killed.

`sample` announces, `hearer` notes each event's effect as a row. Nothing in the table forbids a second row for the same
event: an effect that happened twice must show.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from typing import ClassVar
from uuid import UUID

from redis.asyncio import Redis
from sqlalchemy import insert
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from libs.common.db import COLUMN_TYPES, Database, Transaction, service_metadata
from libs.common.events.consumer import Consumer, ConsumerOptions, Subscription
from libs.common.events.envelope import Envelope
from libs.common.events.relay import Relay
from libs.common.events.retention import Retention
from libs.common.settings import ServiceSettings
from libs.common.tests.sample import SampleSettings, ThingMade
from libs.contracts.base import Event

STREAM = "sample.events"

POISON, DEADLY, SLOW = "poison", "deadly", "slow"
"""Things whose handler raises, kills its process, or takes half a second."""


class ThingMoved(Event):
    """Heard in batches, where `ThingMade` is heard one by one."""

    type: ClassVar[str] = "sample.thing.moved.v1"
    thing: str
    number: int

    def subject(self) -> str:
        return self.thing


class HearerSettings(ServiceSettings):
    service: ClassVar[str] = "hearer"

    claim_idle_s: float = 15.0


class HearerBase(DeclarativeBase):
    metadata = service_metadata("hearer")
    type_annotation_map = COLUMN_TYPES


class Effect(HearerBase):
    __tablename__ = "effects"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[UUID]
    subject: Mapped[str]
    seq: Mapped[int]
    number: Mapped[int]


def relay_of_sample(redis: Redis, db: Database) -> Relay:
    """Make the sender's relay. It trims whatever every group has acknowledged, so that too much trimming shows."""
    return Relay(db, redis, retention=Retention(replay_window_ms=0))


class Hearer:
    """Handles what `sample` announces. The hooks may end the process, at the end of a handler or after its commit."""

    def __init__(self, *, at_the_end: Callable[[], None] | None = None, after_commit: Callable[[], None] | None = None):
        self._at_the_end = at_the_end
        self._after_commit = after_commit

    async def note_one(self, tx: Transaction, event: ThingMade, envelope: Envelope) -> None:
        if event.thing in {POISON, DEADLY, SLOW}:
            tell("handling", event.thing)
        if event.thing == DEADLY:
            die()
        await self._note(tx, [(event, envelope)])
        if event.thing == POISON:
            raise RuntimeError("no good")
        if event.thing == SLOW:
            await (await tx.driver()).execute("SELECT pg_sleep(0.5)")

    async def note_many(self, tx: Transaction, heard: Sequence[tuple[ThingMoved, Envelope]]) -> None:
        await self._note(tx, heard)

    async def _note(self, tx: Transaction, heard: Sequence[tuple[ThingMade | ThingMoved, Envelope]]) -> None:
        await tx.session.execute(
            insert(Effect),
            [
                {"event_id": envelope.id, "subject": envelope.subject, "seq": envelope.seq, "number": event.number}
                for event, envelope in heard
            ],
        )
        if self._at_the_end is not None:
            self._at_the_end()
        if self._after_commit is not None:
            tx.on_commit(self._after_commit)

    def consumer(self, redis: Redis, db: Database, settings: HearerSettings) -> Consumer:
        subscription = Subscription(
            STREAM, {ThingMade: self.note_one}, batch_handler=self.note_many, batch_types=(ThingMoved,)
        )
        options = ConsumerOptions(claim_idle_s=settings.claim_idle_s, retry_delays_s=(0.05, 0.1, 0.2, 0.4))
        return Consumer(db, redis, [subscription], options=options)


def tell(*words: str) -> None:
    """Say something to the test that reads this process's output."""
    print(*words, flush=True)


def die() -> None:
    """End this process as the kernel's out-of-memory killer would."""
    os.kill(os.getpid(), signal.SIGKILL)


__all__ = ["Effect", "Hearer", "HearerBase", "HearerSettings", "SampleSettings", "ThingMade", "ThingMoved"]
