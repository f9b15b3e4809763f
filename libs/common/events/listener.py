"""The loop of one stream of a consumer: read, apply, acknowledge; retry, bury, claim."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.common.db import Database, Transaction
from libs.common.errors import StoreUnavailable, Unavailable
from libs.common.events import inbox
from libs.common.events.dead_letters import ORIGIN_FIELD, bury
from libs.common.events.envelope import ENTRY_FIELD, BadEnvelope, Envelope, type_of
from libs.common.events.group import Delivery, GroupMember
from libs.common.events.subscription import ConsumerOptions, Subscription
from libs.common.health import Heartbeat
from libs.common.http.failures import NotSent, OutcomeUnknown
from libs.common.logging import bind_request, clear_request, get_logger
from libs.common.tasks import end_tasks
from libs.common.telemetry import counter, enter_trace, histogram
from libs.contracts.base import Event

log = get_logger(__name__)

PAUSE_S = 0.2
ACKNOWLEDGE_EVERY = 20
PASSED_OVER_S = 0.05
MAX_DEAD_ENTRIES = 10_000

# Another service or an outside party could not be reached: not the event's fault.
_NOT_ITS_FAULT = (NotSent, OutcomeUnknown, Unavailable)

_handled = counter("sharewise_events_handled_total", "Events handled, by how it ended.", ["stream", "outcome"])
_handling = histogram("sharewise_event_handling_seconds", "Time of one transaction of a consumer.", ["stream"])


@dataclass(frozen=True, slots=True)
class _Heard:
    """An event on its way through us. `first_at` is when we first had it, on the monotonic clock."""

    delivery: Delivery
    subscription: Subscription
    event: Event
    envelope: Envelope
    first_at: float


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A delivery whose next try is due at `due`, on the monotonic clock."""

    due: float
    delivery: Delivery
    first_at: float
    counted: bool


class Listener:
    """Hears one stream for a service: one of its subscriptions, or its replays of any of them."""

    def __init__(
        self,
        stream: str,
        db: Database,
        redis: Redis,
        subscriptions: Mapping[str, Subscription],
        options: ConsumerOptions,
        heartbeat: Heartbeat,
    ) -> None:
        self._stream = stream
        self._db = db
        self._redis = redis
        self._subscriptions = subscriptions
        self._types = {name: subscription.types() for name, subscription in subscriptions.items()}
        self._options = options
        self._heartbeat = heartbeat
        self._is_replay = stream not in subscriptions
        self._member = GroupMember(
            redis, stream, db.schema, claim_idle_s=options.claim_idle_s, has_relay=not self._is_replay
        )
        self._waiting: list[_Waiting] = []
        self._held: set[bytes] = set()

    async def run(self) -> None:
        """Hear until cancelled, whatever happens to the stores."""
        holding = asyncio.create_task(self._hold())
        try:
            while True:
                self._beat()
                try:
                    await self._member.join()
                    await self._listen()
                except (RedisError, OSError) as error:
                    # Also NOGROUP, after a flush: the next round makes the group again.
                    log.warning("consumer_interrupted", stream=self._stream, error=repr(error))
                except Exception:
                    log.exception("consumer_failed", stream=self._stream)
                await asyncio.sleep(PAUSE_S)
        finally:
            await end_tasks(holding)

    async def _listen(self) -> None:
        next_claim = 0.0
        while True:
            self._beat()
            if time.monotonic() >= next_claim:
                await self._member.forget_the_dead()
                claimed = await self._member.claim()
                await self._handle(claimed)
                if not claimed:  # else there may be more of them
                    next_claim = time.monotonic() + self._options.claim_idle_s / 3
            await self._retry_due()
            wake = min([next_claim, *(waiting.due for waiting in self._waiting)])
            block_ms = min(self._options.block_ms, int((wake - time.monotonic()) * 1000))
            taken = await self._member.read(self._options.batch, block_ms)
            await self._handle(taken)
            if taken and not any(map(self._is_ours, taken)):
                # Busy, and not for us: read what comes next in larger pieces.
                await asyncio.sleep(PASSED_OVER_S)

    def _is_ours(self, delivery: Delivery) -> bool:
        return self._is_replay or type_of(delivery.fields.get(ENTRY_FIELD, b"")) in self._types[self._stream]

    async def _retry_due(self) -> None:
        now = time.monotonic()
        due = [waiting for waiting in self._waiting if waiting.due <= now]
        if not due:
            return
        retaken = await self._member.retake([waiting.delivery for waiting in due if waiting.counted])
        first_at = {waiting.delivery.entry_id: waiting.first_at for waiting in due}
        self._waiting = [waiting for waiting in self._waiting if waiting.due > now]
        again = retaken + [waiting.delivery for waiting in due if not waiting.counted]
        await self._handle(again, first_at)

    async def _handle(self, deliveries: Sequence[Delivery], first_at: Mapping[bytes, float] | None = None) -> None:
        """Apply deliveries and acknowledge what is done with. Events of one batch handler share a transaction."""
        if not deliveries:
            return
        self._held = {delivery.entry_id for delivery in deliveries}
        done: list[bytes] = []
        try:
            batch: list[_Heard] = []
            applied = 0
            for delivery in deliveries:
                if applied >= ACKNOWLEDGE_EVERY:
                    # Not only at the end: whoever takes over from us has little to go through again.
                    await self._acknowledge(done)
                    applied = 0
                since = (first_at or {}).get(delivery.entry_id, time.monotonic())
                try:
                    heard = self._read(delivery, since)
                    if heard is None:
                        done.append(delivery.entry_id)
                    elif delivery.count > self._options.max_deliveries:
                        await self._apply_suspect(heard)
                        done.append(delivery.entry_id)
                        applied += 1
                    elif isinstance(heard.event, heard.subscription.batch_types):
                        batch.append(heard)
                    else:
                        await self._apply([heard])
                        done.append(delivery.entry_id)
                        applied += 1
                except Exception as error:
                    await self._failed(delivery, since, error, done)
            await self._handle_batch(batch, done)
        finally:
            await self._acknowledge(done)
            self._held = set()

    async def _acknowledge(self, done: list[bytes]) -> None:
        """Acknowledge and empty the list. What Redis does not take comes again, and the inbox knows it."""
        with contextlib.suppress(RedisError, OSError):
            await self._member.acknowledge(done, and_delete=self._is_replay)
            self._held.difference_update(done)
            done.clear()

    async def _handle_batch(self, batch: Sequence[_Heard], done: list[bytes]) -> None:
        if not batch:
            return
        try:
            await self._apply(batch)
            done += [heard.delivery.entry_id for heard in batch]
        except Exception as error:
            if len(batch) == 1:
                await self._failed(batch[0].delivery, batch[0].first_at, error, done)
                return
            # One of them spoils it for all: find out which.
            for heard in batch:
                await self._handle_batch([heard], done)

    def _read(self, delivery: Delivery, first_at: float) -> _Heard | None:
        """Read an entry. None when nobody here wants it; raises BadEnvelope or BadData."""
        raw = delivery.fields.get(ENTRY_FIELD)
        if raw is None:
            raise BadEnvelope("The entry holds no envelope.")
        origin = delivery.fields.get(ORIGIN_FIELD, b"").decode() if self._is_replay else self._stream
        subscription = self._subscriptions.get(origin)
        if subscription is None or ((kind := type_of(raw)) and kind not in self._types[origin]):
            return None
        envelope = Envelope.from_json(raw)
        event_type = self._types[origin].get(envelope.type)
        if event_type is None:
            return None
        try:
            event = event_type.model_validate(envelope.data)
        except ValidationError as error:
            # Without the values, which pydantic shows: they may be somebody's address.
            problems = [(problem["loc"], problem["type"]) for problem in error.errors()]
            raise BadData(f"{envelope.type}: {problems}") from None
        return _Heard(delivery, subscription, event, envelope, first_at)

    async def _apply(self, heard: Sequence[_Heard]) -> None:
        """Act upon events, those already in the inbox left out, in one transaction. Raises what the handler raised."""
        self._beat()
        given_a_second_chance = False
        while True:
            try:
                with _handling.labels(self._stream).time():
                    async with asyncio.timeout(self._options.handler_timeout_s), self._db.transaction() as tx:
                        fresh = await inbox.record(tx, [one.envelope.id for one in heard])
                        await self._call(tx, [one for one in heard if _take(fresh, one)])
                _handled.labels(self._stream, "done").inc(len(heard))
                return
            except StoreUnavailable:
                was_away = await self._wait_for_database()
                if not was_away and given_a_second_chance:
                    raise  # the database is well: it is this event that it cannot bear
                given_a_second_chance = True
            finally:
                clear_request()

    async def _apply_suspect(self, heard: _Heard) -> None:
        """Act upon an event that process after process left behind. Raises ProcessDied when they died over it."""
        begun = await self._member.note_start(heard.delivery.entry_id)
        if begun > self._options.max_deliveries:
            raise ProcessDied(f"{begun - 1} processes ended while they handled it")
        try:
            await self._apply([heard])
        finally:
            await self._member.note_end(heard.delivery.entry_id)

    async def _call(self, tx: Transaction, heard: Sequence[_Heard]) -> None:
        if not heard:
            return
        first = heard[0]
        enter_trace(first.envelope.traceparent)
        if isinstance(first.event, first.subscription.batch_types):
            assert first.subscription.batch_handler is not None, "types and handler come together"
            bind_request(stream=self._stream, events=len(heard))
            await first.subscription.batch_handler(tx, [(one.event, one.envelope) for one in heard])
            return
        bind_request(event_type=first.envelope.type, event_id=str(first.envelope.id))
        await first.subscription.handlers[type(first.event)](tx, first.event, first.envelope)

    async def _failed(self, delivery: Delivery, first_at: float, error: Exception, done: list[bytes]) -> None:
        """Decide what becomes of a delivery that failed: another try, or the dead letters."""
        impatient = time.monotonic() - first_at > self._options.patience_s
        counted = impatient or isinstance(error, StoreUnavailable) or not isinstance(error, _NOT_ITS_FAULT)
        about = {"stream": self._stream, "event_id": _event_id(delivery), "deliveries": delivery.count}
        if counted and delivery.count >= self._options.max_deliveries:
            await self._bury(delivery, error)
            done.append(delivery.entry_id)
            _handled.labels(self._stream, "dead").inc()
            log.error("event_died", **about, error=repr(error), exc_info=error)
            return
        delay_s = self._options.delay_after(delivery.count) * random.uniform(0.8, 1.2)
        self._waiting.append(_Waiting(time.monotonic() + delay_s, delivery, first_at, counted))
        _handled.labels(self._stream, "failed").inc()
        log.warning("event_failed", **about, error=repr(error), retry_in_s=round(delay_s, 2))

    async def _bury(self, delivery: Delivery, error: Exception) -> None:
        origin = delivery.fields.get(ORIGIN_FIELD, self._stream.encode()).decode()
        envelope = delivery.fields.get(ENTRY_FIELD, b"")
        while True:
            try:
                await bury(
                    self._db,
                    stream=origin,
                    entry_id=delivery.entry_id.decode(),
                    envelope=envelope,
                    error=error,
                    deliveries=min(delivery.count, self._options.max_deliveries),
                )
                break
            except StoreUnavailable:
                await self._wait_for_database()
        copy: dict[Any, Any] = {ENTRY_FIELD: envelope, ORIGIN_FIELD: origin, "error": repr(error)[:500]}
        await self._redis.xadd(f"{self._db.schema}.dead", copy, maxlen=MAX_DEAD_ENTRIES)

    async def _wait_for_database(self) -> bool:
        """Wait until the database answers. Says whether it was away at all."""
        was_away = False
        while True:
            self._beat()
            try:
                await self._db.probe()
                return was_away
            except StoreUnavailable:
                if not was_away:
                    log.warning("consumer_waits_for_database", stream=self._stream)
                was_away = True
                await asyncio.sleep(PAUSE_S)

    async def _hold(self) -> None:
        """Keep what we are at from being claimed by others, for as long as this process lives."""
        while True:
            await asyncio.sleep(self._options.claim_idle_s / 3)
            with contextlib.suppress(RedisError, OSError):
                await self._member.hold(self._held | {waiting.delivery.entry_id for waiting in self._waiting})

    def _beat(self) -> None:
        self._heartbeat.beat(f"consumer:{self._stream}")


class BadData(ValueError):
    """The event's data does not have the form of its type."""


class ProcessDied(Exception):
    """Every process that was given this event ended before it was through."""


def _take(fresh: set[UUID], heard: _Heard) -> bool:
    """Say whether this event is to be acted upon now; of two copies in one batch only the first."""
    if heard.envelope.id in fresh:
        fresh.remove(heard.envelope.id)
        return True
    return False


def _event_id(delivery: Delivery) -> str | None:
    try:
        return str(Envelope.from_json(delivery.fields[ENTRY_FIELD]).id)
    except (KeyError, BadEnvelope):
        return None
