"""When exchanges trade, by their dated calendars, for alerts that count in the session only and for bars. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from libs.common.clock import to_ms

DAY_MS = 86_400_000
_LONGEST_BREAK_DAYS = 14
"""No exchange rests longer; without a session in so many days nothing is known."""


@dataclass(frozen=True, slots=True)
class Regular:
    """The regular session of an exchange, Monday to Friday."""

    zone: ZoneInfo
    opens: time
    closes: time


_INDIA = Regular(ZoneInfo("Asia/Kolkata"), time(9, 15), time(15, 30))
_NEW_YORK = Regular(ZoneInfo("America/New_York"), time(9, 30), time(16, 0))
REGULAR = {"NSE": _INDIA, "BSE": _INDIA, "NASDAQ": _NEW_YORK, "NYSE": _NEW_YORK}


@dataclass(frozen=True, slots=True)
class Session:
    """The session of a day, from its open up to but not including its close. Unix ms."""

    opens_ms: int
    closes_ms: int


class Hours:
    """The sessions of one exchange: what its calendar says where it was heard, else its regular hours.

    `learn` takes a calendar in, so that everybody who holds these hours has it. Of an exchange that nobody knows the
    market is always open, and bars lie on the UTC grid.
    """

    def __init__(self, exchange: str = "") -> None:
        self._regular = REGULAR.get(exchange)
        self._days: dict[date, Session | None] = {}
        self._until: date | None = None
        self._replayed = False
        self._found: tuple[int, int, Session | None] = (0, 0, None)

    def learn(self, days: Iterable[tuple[date, Session | None]], *, until: date, replayed: bool) -> None:
        """Take in days as the calendar has them, None without a session. until: the last day that it knows.

        replayed: recorded prices are played at any time of the day, so the market counts as always open.
        """
        self._days.update(days)
        self._until, self._replayed, self._found = until, replayed, (0, 0, None)

    def is_open(self, at_ms: int) -> bool:
        """Say whether an instant is within a session, its close among them: the last bar is judged then.

        Of a day behind the calendar's end nobody assumes a session.
        """
        if self._regular is None or self._replayed:
            return True
        _, _, session = self._day(at_ms)
        return session is not None and session.opens_ms <= at_ms <= session.closes_ms

    def bar(self, at_ms: int, length_ms: int) -> tuple[int, int]:
        """Give the beginning and the end of the bar of an instant.

        Bars of a session begin with it and the last one ends with it. A day's bar holds what came before the session
        too; what comes after it is a bar of its own.
        """
        if self._replayed:
            return _on_grid(at_ms, 0, length_ms)
        first_ms, last_ms, session = self._day(at_ms)
        if session is None:
            return _on_grid(at_ms, 0, length_ms)
        if length_ms >= DAY_MS:
            return (first_ms, session.closes_ms) if at_ms < session.closes_ms else (session.closes_ms, last_ms)
        if at_ms >= session.closes_ms:
            return _on_grid(at_ms, session.closes_ms, length_ms)
        begin, end = _on_grid(at_ms, session.opens_ms, length_ms)
        return begin, min(end, session.closes_ms) if begin >= session.opens_ms else min(end, session.opens_ms)

    def end_of(self, start_ms: int, length_ms: int) -> int:
        """Tell when a recorded candle that began then was over: at the latest with its session."""
        _, _, session = self._day(start_ms)
        end_ms = start_ms + length_ms
        return end_ms if session is None or start_ms >= session.closes_ms else min(end_ms, session.closes_ms)

    def newest_end(self, at_ms: int, length_ms: int) -> int | None:
        """Tell when the newest bar of a session was over, at an instant; None where no session is near."""
        for days_ago in range(_LONGEST_BREAK_DAYS):
            _, _, session = self._day(at_ms - days_ago * DAY_MS)
            if session is None or (days_ago and session.closes_ms > at_ms):
                continue
            if at_ms >= session.closes_ms:
                return session.closes_ms
            ended = (at_ms - session.opens_ms) // length_ms
            if ended > 0:
                return session.opens_ms + ended * length_ms
        return None

    def _day(self, at_ms: int) -> tuple[int, int, Session | None]:
        """Find the day of an instant, from one midnight of its exchange to the next, and its session."""
        first_ms, last_ms, _ = self._found
        if first_ms <= at_ms < last_ms:
            return self._found
        if self._regular is None:
            return at_ms // DAY_MS * DAY_MS, at_ms // DAY_MS * DAY_MS + DAY_MS, None
        zone = self._regular.zone
        day = datetime.fromtimestamp(at_ms / 1_000, UTC).astimezone(zone).date()
        first, last = (to_ms(datetime.combine(each, time(), zone)) for each in (day, day + timedelta(days=1)))
        self._found = (first, last, self._session(self._regular, day))
        return self._found

    def _session(self, regular: Regular, day: date) -> Session | None:
        if day in self._days:
            return self._days[day]
        if day.weekday() >= 5 or (self._until is not None and day > self._until):
            return None
        opens, closes = (to_ms(datetime.combine(day, at, regular.zone)) for at in (regular.opens, regular.closes))
        return Session(opens, closes)


def _on_grid(at_ms: int, from_ms: int, length_ms: int) -> tuple[int, int]:
    begin = from_ms + (at_ms - from_ms) // length_ms * length_ms
    return begin, begin + length_ms
