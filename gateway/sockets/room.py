"""What all sockets of a process share, and what goes on beside them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any

from gateway.api_keys import KeyDesk
from gateway.clients import limit_key
from gateway.credentials import Credentials
from gateway.internal import Internal
from gateway.limits.limiter import Limiter
from gateway.limits.rules import LimitClass, PolicyBook, address_key, too_many
from gateway.links.resp import RespLink
from gateway.settings import GatewaySettings
from gateway.sockets.channels import EVENT_CHANNELS
from gateway.sockets.feeds import EventFeed, OwnPriceFeed, PlanFeed, PriceFeed
from gateway.sockets.plans import Plans
from gateway.sockets.presence import Presence
from gateway.sockets.quotes import tick_of
from gateway.sockets.replay import ReplayWindows
from gateway.sockets.sessions import Sessions
from gateway.sockets.tickets import Tickets
from gateway.sockets.ticks import PriceHub
from libs.common.http import HttpFailure
from libs.common.logging import get_logger
from libs.common.security.revocation import RevocationList

log = get_logger(__name__)

EXPIRE_S = 5.0
ASK_AGAIN_S = 60.0


class Room:
    """Made once a process, inside its event loop. `running` is its life."""

    def __init__(
        self,
        settings: GatewaySettings,
        *,
        credentials: Credentials,
        keys: KeyDesk,
        limiter: Limiter,
        policies: PolicyBook,
        revocations: RevocationList,
        link: RespLink,
        internal: Internal,
    ) -> None:
        self.auth_s = settings.socket_auth_s
        self.messages_per_s = settings.socket_messages_per_s
        self.sockets_per_user = settings.sockets_per_user
        self.credentials = credentials
        self.keys = keys
        self._limiter = limiter
        self._refused = policies.find(LimitClass.REFUSED)
        self.prices = PriceHub(flush_s=settings.socket_flush_ms / 1_000)
        self.windows = ReplayWindows(keep_ms=settings.replay_s * 1_000, per_user=settings.replay_messages)
        self.plans = Plans(internal)
        self.presence = Presence(link, most=settings.sockets_per_user)
        self.tickets = Tickets(link)
        self.sessions = Sessions(
            credentials,
            ping_s=settings.socket_ping_s,
            warning_s=settings.socket_warning_s,
            unread_max_bytes=settings.socket_unread_max_bytes,
            position=self._position,
        )
        self._internal = internal
        self._asked: dict[str, float] = {}
        self._background: set[asyncio.Task[Any]] = set()
        url = settings.redis_url
        services = {channel.service for channel in EVENT_CHANNELS.values()}
        self._events = [EventFeed(url, service, self.windows, self.sessions) for service in sorted(services)]
        self._prices = [PriceFeed(url, partition, self.prices) for partition in range(settings.tick_partitions)]
        self._own_prices = [OwnPriceFeed(url, partition, self.prices) for partition in range(settings.tick_partitions)]
        self._feeds: list[EventFeed | PlanFeed | PriceFeed | OwnPriceFeed] = [
            *self._events,
            PlanFeed(url, self.plans),
            *self._prices,
            *self._own_prices,
        ]
        self.plans.listen(self.sessions.change_plan)
        revocations.listen(self.sessions.note_revocation)
        for feed in self._feeds:
            feed.tail.link.on_change(self._note_link)

    @property
    def is_hearing(self) -> bool:
        """Whether every stream is followed."""
        return all(feed.tail.has_begun for feed in self._feeds)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the streams and watch the sockets for the length of the block."""
        work = [*(feed.tail.run() for feed in self._feeds), self.sessions.watch(), self._expire()]
        tasks = [asyncio.create_task(each) for each in work]
        try:
            yield
        finally:
            for task in (*tasks, *self._background):
                task.cancel()
            await asyncio.gather(*tasks, *self._background, return_exceptions=True)

    def ask_for_prices(self, instruments: Collection[str]) -> None:
        """Ask market for instruments of which no tick has come: those of polled sources tick twice an hour."""
        now = time.monotonic()
        unknown = [
            instrument
            for instrument in instruments
            if not self.prices.knows(instrument) and now - self._asked.get(instrument, -ASK_AGAIN_S) >= ASK_AGAIN_S
        ]
        if unknown:
            self._asked.update(dict.fromkeys(unknown, now))
            self._spawn(self._learn_prices(unknown))

    async def count_refusal(self, client: str) -> None:
        """Take a credential that was not good from its address's limit, which HTTP shares. Raises TooManyRequests."""
        seen = await self._limiter.spend(self._refused, address_key(LimitClass.REFUSED, limit_key(client)))
        if not seen.allowed:
            raise too_many(self._refused, seen.retry_after_s)

    def renew_place(self, user: str, socket_id: str) -> None:
        self._spawn(self.presence.take(user, socket_id))

    async def _learn_prices(self, instruments: list[str]) -> None:
        try:
            for info in await self._internal.newest_prices(instruments[:1_000]):
                tick = tick_of(info)
                if tick is not None:
                    self.prices.learn(f"{tick.received_ms}-0", tick)
        except HttpFailure as error:
            log.warning("newest_prices_not_read", error=type(error).__name__, reason=error.reason)
            for instrument in instruments:
                self._asked.pop(instrument, None)

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def _position(self) -> Mapping[str, str]:
        """How far each event channel is: everything up to there has been told."""
        return {channel: str(feed.newest) for feed in self._events for channel in feed.channels}

    def _note_link(self, _up: bool) -> None:
        self.sessions.become("live" if all(feed.tail.link.up for feed in self._feeds) else "degraded")

    async def _expire(self) -> None:
        while True:
            await asyncio.sleep(EXPIRE_S)
            await self.plans.settle()
            self.windows.expire(time.time_ns() // 1_000_000)
            now = time.monotonic()
            self._asked = {name: at for name, at in self._asked.items() if now - at < ASK_AGAIN_S}
