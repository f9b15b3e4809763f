"""Sends what is due. A mail that was handed over is in the ledger before its lane takes the next one.

    claim (until now + 30 s) -> lanes -> SMTP -> ledger, in whatever batches gather while the last one was written

So a sender that is killed leaves at most as many mails in doubt as it has lanes, and those go out again with the same
Message-ID once the claim has ended; one that is told to stop finishes what it has begun. While the mail server is down
nothing counts as a try and all mails wait together.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from libs.common import telemetry
from libs.common.db import Database
from libs.common.errors import StoreUnavailable
from libs.common.logging import get_logger
from libs.contracts.alerts import NotificationFailed, NotificationSent
from services.alerts.channels.pace import Pacer
from services.alerts.channels.port import DeliveryFailure, NotSent, OutcomeUnknown, Refused
from services.alerts.notifications import claims, rules
from services.alerts.notifications.claims import Claimed, Settled
from services.alerts.notifications.rules import DeliveryStatus, Lane

log = get_logger(__name__)

CLAIM = timedelta(seconds=30)
"""How long a claim lasts. Longer than a mail may wait for its lane and be tried."""

TRY_TIMEOUT_S = 15.0
POLL_S = 1.0
LOOK_APART_S = 0.1
"""The least time between two looks at the ledger while it is not full: what comes meanwhile is claimed together."""

SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
LONGEST_TURN_S = 1.0
"""How long a lane waits for a message's turn; longer, and others go first."""

FINISH_S = 8.0
"""How long a sender that is told to stop goes on with the mails in flight."""


Message = TypeVar("Message")
"""What a channel takes: a mail, a call of a webhook."""

Takes = TypeVar("Takes", contravariant=True)


class Channel(Protocol[Takes]):
    """Whatever messages go out by."""

    async def send(self, message: Takes, /) -> str | None:
        """Hand a message over. Returns what they call it, if they say. Raises Refused, NotSent or OutcomeUnknown."""
        ...


Write = Callable[[Claimed], Awaitable[Message | None]]
"""Writes a delivery's message; None when its recipient is not to be written to, with nothing to try again."""

BadAddress = Callable[[Claimed, str], Awaitable[None]]

_deliveries = telemetry.counter("sharewise_deliveries_total", "Tries to reach a person.", ["channel", "outcome"])
_seconds = telemetry.histogram(
    "sharewise_delivery_seconds", "From the notice to its handing over.", ["channel"], (0.1, 0.5, 1, 5, 15, 30, 60, 300)
)


class Sender(Generic[Message]):
    """Hands over what is due in one of the ledger's lanes, `lanes` messages at once.

    `run()` goes on through the loss of the database and of whoever takes the messages. on_bad_address: told of an
    address that does not exist (any more). pacer: how fast they go out.
    """

    def __init__(
        self,
        db: Database,
        channel: Channel[Message],
        write: Write[Message],
        *,
        lanes: int,
        lane: Lane = Lane.POST,
        on_bad_address: BadAddress | None = None,
        try_timeout_s: float = TRY_TIMEOUT_S,
        pacer: Pacer | None = None,
    ) -> None:
        self._try_timeout_s = try_timeout_s
        self._pacer = pacer or Pacer({})
        self._db = db
        self._lane_name = lane
        self._on_bad_address = on_bad_address
        self._channel = channel
        self._write = write
        self._lanes = lanes
        self._claimed: asyncio.Queue[Claimed | None] = asyncio.Queue(maxsize=lanes)
        self._wake = asyncio.Event()
        self._ledger = _Ledger(db)
        self._pause_s = 0.0
        self._paused_until = 0.0

    def wake(self) -> None:
        """Say that something may be due: saves the wait for the next look."""
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled; then finish the mails in flight."""
        self._claimed = asyncio.Queue(maxsize=self._lanes)
        ledger = asyncio.create_task(self._ledger.run())
        claiming = asyncio.create_task(self._claim_for_lanes())
        lanes = [asyncio.create_task(self._lane()) for _ in range(self._lanes)]
        try:
            ended, _ = await asyncio.wait([ledger, claiming, *lanes], return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()  # none of them ends but by an error
        finally:
            claiming.cancel()
            while not self._claimed.empty():
                self._claimed.get_nowait()  # nobody has begun these: their claims run out
            for _ in lanes:
                self._claimed.put_nowait(None)
            await asyncio.wait(lanes, timeout=FINISH_S)
            for task in (*lanes, ledger):
                task.cancel()
            await asyncio.gather(claiming, ledger, *lanes, return_exceptions=True)

    async def _claim_for_lanes(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(max(0.0, self._paused_until - loop.time()))
            self._wake.clear()
            looked_at = loop.time()
            try:
                found = await self._claim()
            except StoreUnavailable as error:
                log.warning("deliveries_unreadable", error=repr(error.__cause__ or error))
                found = []
            for delivery in found:
                await self._claimed.put(delivery)
            if len(found) < self._lanes:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await self._wake.wait()
                await asyncio.sleep(max(0.0, looked_at + LOOK_APART_S - loop.time()))

    async def _claim(self) -> list[Claimed]:
        now = self._db.clock.now()
        async with self._db.transaction() as tx:
            return await claims.claim_due(
                await tx.driver(), self._lane_name, now=now, until=now + CLAIM, limit=self._lanes
            )

    async def _lane(self) -> None:
        while (delivery := await self._claimed.get()) is not None:
            now = asyncio.get_running_loop().time()
            if now < self._paused_until:
                settled = self._put_off(delivery, "the mail server is down")
            else:
                settled = await self._in_turn(delivery, now)
            await self._ledger.write(settled)

    async def _in_turn(self, delivery: Claimed, now: float) -> Settled:
        wait_s = self._pacer.wait_s(delivery.channel, delivery.address_id, now, longest_s=LONGEST_TURN_S)
        if wait_s > LONGEST_TURN_S:
            return self._put_off(delivery, "its turn has not come", wait_s=wait_s)
        await asyncio.sleep(wait_s)
        return await self._try(delivery)

    async def _try(self, delivery: Claimed) -> Settled:
        outcome = "failed"
        try:
            mail = await self._write(delivery)
            if mail is None:
                outcome = "suppressed"
                return self._done(delivery, DeliveryStatus.SUPPRESSED, "the recipient cannot be written to")
            async with asyncio.timeout(self._try_timeout_s):
                provider_id = await self._channel.send(mail)
            outcome = "sent"
            self._pause_s = 0.0
            now = self._db.clock.now()
            _seconds.labels(delivery.channel).observe((now - delivery.created_at).total_seconds())
            return self._done(delivery, DeliveryStatus.SENT, None, provider_id)
        except Refused as failure:
            outcome = "refused"
            log.warning("delivery_refused", delivery_id=delivery.id, reason=failure.reason)
            if failure.bad_address and self._on_bad_address is not None:
                await self._on_bad_address(delivery, failure.reason)
            return self._done(delivery, DeliveryStatus.FAILED, failure.reason)
        except NotSent as failure:
            outcome = "not_sent"
            if failure.channel_down:
                self._pause(failure.reason)
                return self._put_off(delivery, failure.reason)
            return self._again(delivery, failure.reason, failure.retry_after)
        except (OutcomeUnknown, TimeoutError) as failure:
            outcome = "unknown"
            reason = failure.reason if isinstance(failure, DeliveryFailure) else "no answer in time"
            return self._again(delivery, reason)
        except StoreUnavailable:
            return self._put_off(delivery, "the database is away")
        except Exception:  # the edge of this loop: one bad mail must not stop the others
            log.exception("delivery_crashed", delivery_id=delivery.id, purpose=delivery.purpose)
            return self._again(delivery, "our own error")
        finally:
            _deliveries.labels(delivery.channel, outcome).inc()

    def _done(
        self, delivery: Claimed, status: DeliveryStatus, reason: str | None, provider_id: str | None = None
    ) -> Settled:
        return Settled(delivery, status, reason, delivery.attempts, delivery.claim, provider_id)

    def _again(self, delivery: Claimed, reason: str, retry_after: timedelta | None = None) -> Settled:
        """Try later by the ladder, or give up at its end."""
        due_at = rules.next_try(
            delivery.attempts,
            opened_at=delivery.opened_at,
            now=self._db.clock.now(),
            jitter=random.random(),
            retry_after=retry_after,
            lane=self._lane_name,
        )
        log.info("delivery_put_off", delivery_id=delivery.id, reason=reason, attempts=delivery.attempts, due_at=due_at)
        if due_at is None:
            after = "the last try" if self._lane_name is Lane.WEBHOOK else "a day"
            return self._done(delivery, DeliveryStatus.FAILED, f"given up after {after}: {reason}")
        return Settled(delivery, DeliveryStatus.QUEUED, reason, delivery.attempts, due_at)

    def _put_off(self, delivery: Claimed, reason: str, *, wait_s: float = 0.0) -> Settled:
        """Try again as soon as the channel is back: this was no try of this mail. Gives up after a day all the same."""
        now = self._db.clock.now()
        if now > delivery.opened_at + rules.GIVE_UP_AFTER:
            return self._done(delivery, DeliveryStatus.FAILED, f"given up after a day: {reason}")
        pause = timedelta(seconds=max(self._pause_s, SHORTEST_PAUSE_S, wait_s))
        return Settled(delivery, DeliveryStatus.QUEUED, reason, delivery.attempts - 1, now + pause)

    def _pause(self, reason: str) -> None:
        """Leave the mail server alone for a while, longer each time."""
        now = asyncio.get_running_loop().time()
        if now < self._paused_until:
            return  # another lane met the same outage
        self._pause_s = min(max(self._pause_s * 2, SHORTEST_PAUSE_S), LONGEST_PAUSE_S)
        self._paused_until = now + self._pause_s
        log.warning("mail_server_down", reason=reason, retry_in_s=self._pause_s)


class _Ledger:
    """Writes what became of tries. Everything that gathered while one commit ran goes into the next."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: list[tuple[Settled, asyncio.Future[None]]] = []
        self._filled = asyncio.Event()
        self._closed = False

    async def write(self, settled: Settled) -> None:
        """Write one result; returns once it is committed. Raises CancelledError when the ledger is closed."""
        if self._closed:
            raise asyncio.CancelledError
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((settled, done))
        self._filled.set()
        await done

    async def run(self) -> None:
        self._closed = False
        writing: list[tuple[Settled, asyncio.Future[None]]] = []
        try:
            while True:
                await self._filled.wait()
                self._filled.clear()
                writing, self._waiting = self._waiting, []
                await self._write_until_committed([settled for settled, _ in writing])
                for _, done in writing:
                    if not done.done():
                        done.set_result(None)
        finally:
            # A library may swallow a lane's own cancellation (asyncio.wait_for does, before Python 3.12): end it here.
            self._closed = True
            for _, done in (*writing, *self._waiting):
                done.cancel()
            self._waiting = []

    async def _write_until_committed(self, batch: list[Settled]) -> None:
        """Write a batch, however long the database is away: a mail that was sent must not be forgotten."""
        pause_s = 0.1
        while True:
            try:
                await self._write(batch)
                return
            except StoreUnavailable as error:
                log.warning("ledger_unwritable", waiting=len(batch), error=repr(error.__cause__ or error))
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, 2.0)

    async def _write(self, batch: list[Settled]) -> None:
        now = self._db.clock.now()
        async with self._db.transaction() as tx:
            written = await claims.settle(await tx.driver(), batch, now)
            for settled in batch:
                event = _event(settled, now) if settled.delivery.id in written else None
                if event is not None:
                    tx.announce(event)


def _event(settled: Settled, now: datetime) -> NotificationSent | NotificationFailed | None:
    """Tell of notices that came to an end. A mail that auth commanded is between auth and the person."""
    delivery = settled.delivery
    if delivery.triggered_id is None or settled.status is DeliveryStatus.QUEUED:
        return None
    if settled.status is DeliveryStatus.SENT:
        return NotificationSent(
            delivery_id=delivery.id,
            user_id=delivery.user_id,
            channel=delivery.channel,
            triggered_id=delivery.triggered_id,
            sent_at=now,
        )
    return NotificationFailed(
        delivery_id=delivery.id,
        user_id=delivery.user_id,
        channel=delivery.channel,
        triggered_id=delivery.triggered_id,
        reason=settled.reason or settled.status,
    )
