"""What was recorded: per instrument its days, and per era the days that play together."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b

from libs.common.instruments import Instrument
from services.market.exchanges import EXCHANGES, Exchange
from services.market.providers.port import Listing
from services.market.providers.replay.bridge import IntArray

NO_VOLUME = -1
"""Stands in volume arrays where the recording has none."""


@dataclass(frozen=True, slots=True)
class DayBar:
    """One recorded day. Prices in 1/10,000; `previous_close_e4` is the exchange's own, None where the file has none."""

    day: date
    open_e4: int
    high_e4: int
    low_e4: int
    close_e4: int
    volume: int = NO_VOLUME
    previous_close_e4: int | None = None


@dataclass(frozen=True, slots=True)
class MinuteBars:
    """The recorded bars of one day that are shorter than the day, oldest first.

    start: minutes since the session's open. length: minutes of each bar, one number for the day.
    """

    length: int
    start: IntArray
    open_e4: IntArray
    high_e4: IntArray
    low_e4: IntArray
    close_e4: IntArray
    volume: IntArray

    def as_day(self, day: date) -> DayBar:
        """Sum them up as the day's bar."""
        known = self.volume[self.volume != NO_VOLUME]
        return DayBar(
            day,
            int(self.open_e4[0]),
            int(self.high_e4.max()),
            int(self.low_e4.min()),
            int(self.close_e4[-1]),
            int(known.sum()) if len(known) else NO_VOLUME,
        )


@dataclass(slots=True)
class Recording:
    """Everything that was recorded of one instrument."""

    listing: Listing
    days: dict[date, DayBar] = field(default_factory=dict)
    minutes: dict[date, MinuteBars] = field(default_factory=dict)

    @property
    def instrument(self) -> Instrument:
        return self.listing.instrument

    @property
    def exchange(self) -> Exchange:
        return EXCHANGES[self.listing.instrument.exchange]

    def previous_closes(self) -> Mapping[date, int]:
        """Tell per day the close before it: the exchange's own number where the file has it, else the recorded one."""
        closes: dict[date, int] = {}
        before: int | None = None
        for day in sorted(self.days):
            bar = self.days[day]
            known = before if bar.previous_close_e4 is None else bar.previous_close_e4
            if known is not None:
                closes[day] = known
            before = bar.close_e4
        return closes


@dataclass(frozen=True, slots=True)
class Era:
    """Recordings that share a calendar and play side by side, each day once, then again from `start`."""

    name: str
    days: Sequence[date]
    start: int
    members: Sequence[Recording]

    @property
    def length(self) -> int:
        """How many days it plays before it begins again."""
        return len(self.days) - self.start

    def day(self, session: int) -> date:
        """Tell the recorded day of a session. Sessions count from 0 and never end: the era repeats."""
        return self.days[self.start + session % self.length]

    def restarts_at(self, session: int) -> bool:
        """Say whether this session is one of the starts over."""
        return session > 0 and session % self.length == 0


def start_index(days: Sequence[date], start: date | None) -> int:
    """Choose the first day to play, as an index into a calendar: `start`, or the first day after it.

    Where it is None, or outside of the calendar, one that leaves both a past to show and hours to play.
    """
    if start is not None and days[0] <= start <= days[-1]:
        return bisect_left(days, start)
    return max(len(days) // 5, len(days) - 500)


def source_key(eras: Iterable[Era]) -> str:
    """Name what is played, so that another folder, another start or more symbols are known to be another stream."""
    parts = [
        f"{era.name}:{era.days[era.start]}:{era.days[-1]}:{','.join(str(member.instrument) for member in era.members)}"
        for era in eras
    ]
    return blake2b("|".join(parts).encode(), digest_size=12).hexdigest()
