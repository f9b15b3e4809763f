"""How fast messages go out by a channel, and to one address: what providers ask for before they refuse."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from services.alerts.notifications.rules import Channel

MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Pace:
    """Messages a second of a worker: to everybody together, and to one address. None for as fast as they are taken."""

    total: float | None = None
    each: float | None = None


class Pacer:
    """Gives each message its turn. now: seconds that never go back."""

    def __init__(self, paces: Mapping[Channel, Pace]) -> None:
        self._paces = paces
        self._free_at: dict[Hashable, float] = {}

    def wait_s(self, channel: Channel, address: Hashable, now: float, *, longest_s: float) -> float:
        """Take a turn within `longest_s`: say in how many seconds it is. One that is later is not taken: ask again."""
        pace = self._paces.get(channel, Pace())
        turns = [(channel, pace.total), ((channel, address), None if address is None else pace.each)]
        at = max([now, *(self._free_at.get(key, now) for key, rate in turns if rate is not None)])
        if at - now > longest_s:
            return at - now
        if len(self._free_at) > MOST_REMEMBERED:
            self._free_at = {key: free_at for key, free_at in self._free_at.items() if free_at > now}
        for key, rate in turns:
            if rate is not None:
                self._free_at[key] = at + 1 / rate
        return at - now
