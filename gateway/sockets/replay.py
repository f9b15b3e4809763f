"""What each user's event channels said lately, so that any gateway process can go on where another stopped. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from libs.common.events.streams import EntryId

Key = tuple[str, str]
"""A channel and a user."""

MAX_TOTAL = 200_000
"""Messages of all users together; beyond it the oldest go, whose users are then told to resync."""


class MustResync(Exception):
    """What the client missed may be more than we have."""


@dataclass(slots=True)
class _Window:
    messages: deque[tuple[EntryId, bytes]] = field(default_factory=deque)
    dropped: EntryId | None = None


class ReplayWindows:
    """The last messages by channel and user: `keep_ms` long, and at most `per_user` of each."""

    def __init__(self, *, keep_ms: int, per_user: int, total: int = MAX_TOTAL) -> None:
        self.keep_ms = keep_ms
        self._per_user = per_user
        self._total = total
        self._windows: dict[Key, _Window] = {}
        self._order: deque[tuple[EntryId, Key]] = deque()
        self._count = 0
        self._floors: dict[str, EntryId] = {}

    def begin(self, channel: str, from_ms: int) -> None:
        """Say from when on a channel is known in full. Until then every `since` asks for a resync."""
        self._floors[channel] = EntryId(from_ms, 0)

    def add(self, channel: str, user: str, entry: EntryId, frame: bytes) -> None:
        """Keep a message. Entries come in the order of their stream."""
        key = (channel, user)
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = _Window()
        window.messages.append((entry, frame))
        self._order.append((entry, key))
        self._count += 1
        if len(window.messages) > self._per_user:
            self._drop_oldest(window)
        while self._count > self._total:
            self._drop_in_order()

    def expire(self, now_ms: int) -> None:
        """Drop what is older than the window is long."""
        edge = EntryId(now_ms - self.keep_ms, 0)
        while self._order and self._order[0][0] < edge:
            self._drop_in_order()
        for channel, floor in self._floors.items():
            self._floors[channel] = max(floor, edge)
        # What an empty window still says (that something was dropped), the floor says by now.
        for key in [key for key, window in self._windows.items() if not window.messages]:
            if (self._windows[key].dropped or edge) <= edge:
                del self._windows[key]

    def after(self, channel: str, user: str, since: str) -> list[bytes]:
        """Give what came after `since`, oldest first. Raises MustResync when that may not be all."""
        try:
            have = EntryId.parse(since)
        except ValueError as error:
            raise MustResync from error
        floor = self._floors.get(channel)
        if floor is None or have < floor:
            raise MustResync
        window = self._windows.get((channel, user))
        if window is None:
            return []
        if window.dropped is not None and have < window.dropped:
            raise MustResync
        return [frame for entry, frame in window.messages if entry > have]

    def _drop_in_order(self) -> None:
        entry, key = self._order.popleft()
        window = self._windows.get(key)
        if window is not None and window.messages and window.messages[0][0] == entry:
            self._drop_oldest(window)

    def _drop_oldest(self, window: _Window) -> None:
        window.dropped = window.messages.popleft()[0]
        self._count -= 1


class Seen:
    """The ids of the last events, so that one that is published again (a refilled stream) is told once."""

    def __init__(self, size: int = 100_000) -> None:
        self._size = size
        self._ids: dict[str, None] = {}

    def is_new(self, event_id: str) -> bool:
        if event_id in self._ids:
            return False
        self._ids[event_id] = None
        if len(self._ids) > self._size:
            for old in list(_first(self._ids, self._size // 10)):
                del self._ids[old]
        return True


def _first(ids: Iterable[str], count: int) -> Iterable[str]:
    for number, event_id in enumerate(ids):
        if number >= count:
            return
        yield event_id
