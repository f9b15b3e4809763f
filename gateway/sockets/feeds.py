"""What the sockets live from: the services' event streams, billing's changes of plans, market's tick streams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from gateway.links.resp import RespLink
from gateway.sockets import frames
from gateway.sockets.channels import EVENT_CHANNELS, EventChannel
from gateway.sockets.plans import Plans
from gateway.sockets.replay import ReplayWindows, Seen
from gateway.sockets.sessions import Sessions
from gateway.sockets.streams import Entry, StreamTail, at_the_end, entries_of
from gateway.sockets.ticks import PriceHub
from libs.common.clock import to_ms
from libs.common.events.envelope import ENTRY_FIELD, BadEnvelope, Envelope, stream_of, type_of
from libs.common.events.streams import NOWHERE, EntryId
from libs.common.logging import get_logger
from libs.contracts.billing import EntitlementsChanged
from libs.contracts.ingest import OWNER_FIELD, own_tick_stream
from libs.contracts.market import TICK_FIELD, decode_ticks, tick_stream

log = get_logger(__name__)

OLD_MS = 15 * 60 * 1_000
"""An event that reaches us later than this is history: pages read it over HTTP, and nobody is alarmed by it."""


BEGIN_WITH = 500


class EventFeed:
    """Follows one service's stream for the event channels that it feeds."""

    def __init__(self, url: str, service: str, windows: ReplayWindows, sessions: Sessions) -> None:
        self._channels: Mapping[str, EventChannel] = {
            event_type: channel
            for channel in EVENT_CHANNELS.values()
            if channel.service == service
            for event_type in channel.types
        }
        self._windows = windows
        self._sessions = sessions
        self._seen = Seen()
        self._warm_until = NOWHERE
        self.newest = NOWHERE
        self.tail = StreamTail(url, stream_of(service), take=self._take, start=self._begin)

    @property
    def channels(self) -> frozenset[str]:
        return frozenset(channel.name for channel in self._channels.values())

    async def _begin(self, link: RespLink, now_ms: int) -> EntryId:
        """Begin so far back that we can replay what other processes told; what is there already is told to nobody."""
        self._warm_until = self.newest = await at_the_end(link, self.tail.stream)
        window_ms = now_ms - self._windows.keep_ms
        for channel in self.channels:
            self._windows.begin(channel, window_ms)
            # Whoever subscribed before we could hear anything may have missed something.
            self._sessions.tell_all(channel, frames.resync_required([channel]))
        return EntryId(window_ms, 0)

    def _take(self, entries: Sequence[Entry]) -> None:
        for entry_id, fields in entries:
            try:
                self._hear(entry_id, fields[ENTRY_FIELD])
            except (BadEnvelope, KeyError):
                log.error("event_unreadable", stream=self.tail.stream, entry=str(entry_id))
        self.newest = max(self.newest, entries[-1][0])

    def _hear(self, entry_id: EntryId, raw: bytes) -> None:
        channel = self._channels.get(type_of(raw))
        if channel is None:
            return
        event = Envelope.from_json(raw)
        if not self._seen.is_new(str(event.id)):
            return
        if entry_id.ms - to_ms(event.time) > OLD_MS:
            self._sessions.tell(event.subject, channel.name, frames.resync_required([channel.name]))
            return
        data = {"id": event.id, "type": event.type, "time": event.time, "data": event.data}
        frame = frames.message(channel.name, str(entry_id), data)
        self._windows.add(channel.name, event.subject, entry_id, frame)
        if entry_id > self._warm_until:
            self._sessions.tell(event.subject, channel.name, frame)


class PlanFeed:
    """Follows billing's stream for changes of what users may do."""

    def __init__(self, url: str, plans: Plans) -> None:
        self._plans = plans
        self.tail = StreamTail(url, stream_of("billing"), take=self._take, start=self._begin)

    async def _begin(self, link: RespLink, _now_ms: int) -> EntryId:
        return await at_the_end(link, self.tail.stream)

    def _take(self, entries: Sequence[Entry]) -> None:
        for entry_id, fields in entries:
            try:
                raw = fields[ENTRY_FIELD]
                if type_of(raw) == EntitlementsChanged.type:
                    changed = EntitlementsChanged.model_validate(Envelope.from_json(raw).data)
                    self._plans.change(changed.entitlements)
            except (BadEnvelope, KeyError, ValueError):
                log.error("event_unreadable", stream=self.tail.stream, entry=str(entry_id))


class PriceFeed:
    """Follows one tick stream, from a few entries back: they hold the newest price of most instruments."""

    def __init__(self, url: str, partition: int, hub: PriceHub) -> None:
        self._hub = hub
        self.tail = StreamTail(url, tick_stream(partition), take=self._take, start=self._begin)

    async def _begin(self, link: RespLink, _now_ms: int) -> EntryId:
        rows = entries_of(await link.ask("XREVRANGE", self.tail.stream, "+", "-", "COUNT", BEGIN_WITH))
        rows.reverse()
        self._take(rows)
        return rows[-1][0] if rows else NOWHERE

    def _take(self, entries: Sequence[Entry]) -> None:
        for entry_id, fields in entries:
            try:
                self._hub.publish(str(entry_id), decode_ticks(fields[TICK_FIELD]))
            except (KeyError, TypeError, ValueError):
                log.error("ticks_unreadable", stream=self.tail.stream, entry=str(entry_id))


class OwnPriceFeed:
    """Follows one stream of own ticks, from now on: what came before, pages read over HTTP."""

    def __init__(self, url: str, partition: int, hub: PriceHub) -> None:
        self._hub = hub
        self.tail = StreamTail(url, own_tick_stream(partition), take=self._take, start=self._begin)

    async def _begin(self, link: RespLink, _now_ms: int) -> EntryId:
        return await at_the_end(link, self.tail.stream)

    def _take(self, entries: Sequence[Entry]) -> None:
        for entry_id, fields in entries:
            try:
                owner = str(UUID(bytes=fields[OWNER_FIELD]))
                self._hub.publish_own(owner, str(entry_id), decode_ticks(fields[TICK_FIELD]))
            except (KeyError, TypeError, ValueError):
                log.error("own_ticks_unreadable", stream=self.tail.stream, entry=str(entry_id))
