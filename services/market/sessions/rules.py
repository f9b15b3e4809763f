"""When an exchange trades: days, phases, next open and close. Pure; the rows come from outside.

Hours come from rows (`seed.py` names their sources). Nothing is assumed of a day that is not covered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from libs.common.dated_rules import DatedRules


class Phase(StrEnum):
    """What an exchange does at an instant. `UNKNOWN`: the day is not covered, so nobody may assume anything."""

    PRE_OPEN = "pre_open"
    PRE_OPEN_LIMIT = "pre_open_limit"
    PRE_OPEN_MATCH = "pre_open_match"
    OPEN = "open"
    CLOSING_REFERENCE = "closing_reference"
    CLOSING_AUCTION = "closing_auction"
    CLOSING_AUCTION_LIMIT = "closing_auction_limit"
    CLOSING_MATCH = "closing_match"
    POST_CLOSE = "post_close"
    CLOSED = "closed"
    UNKNOWN = "unknown"


IN_SESSION = frozenset(
    {
        Phase.OPEN,
        Phase.CLOSING_REFERENCE,
        Phase.CLOSING_AUCTION,
        Phase.CLOSING_AUCTION_LIMIT,
        Phase.CLOSING_MATCH,
    }
)
"""From the open to the close: the market counts as open, also while the day's closing price is found."""

TAKES_LIMIT_ORDERS = frozenset(
    {
        Phase.PRE_OPEN,
        Phase.PRE_OPEN_LIMIT,
        Phase.OPEN,
        Phase.CLOSING_AUCTION,
        Phase.CLOSING_AUCTION_LIMIT,
        Phase.POST_CLOSE,
    }
)
TAKES_MARKET_ORDERS = frozenset({Phase.PRE_OPEN, Phase.OPEN, Phase.CLOSING_AUCTION})

EDITABLE = tuple(phase for phase in Phase if phase not in (Phase.CLOSED, Phase.UNKNOWN))
_LOOK_AHEAD_DAYS = 40
"""The longest time without a session that is looked through; more means a hole in the calendar."""


class DayKind(StrEnum):
    """`HOLIDAY`: closed. `SPECIAL`: open whatever its weekday, with hours of its own or the regular ones."""

    HOLIDAY = "holiday"
    SPECIAL = "special"


class BadTimetable(ValueError):
    """These phases cannot be a day's."""


@dataclass(frozen=True, slots=True)
class Span:
    """A phase of a day, in the exchange's own time: from `begins`, up to but not including `ends`."""

    phase: Phase
    begins: time
    ends: time


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day that is not as its weekday says. `spans` None: the regular timetable."""

    day: date
    kind: DayKind
    name: str
    spans: tuple[Span, ...] | None = None


@dataclass(frozen=True, slots=True)
class TradingDay:
    """A day with its phases as instants (UTC), in order. No phases: closed."""

    day: date
    name: str | None
    kind: DayKind | None
    phases: tuple[tuple[Phase, datetime, datetime], ...]

    @property
    def opens_at(self) -> datetime | None:
        """When the session begins; None on a day without one."""
        return next((begins for phase, begins, _ in self.phases if phase in IN_SESSION), None)

    @property
    def closes_at(self) -> datetime | None:
        """When the session ends; None on a day without one."""
        return next((ends for phase, _, ends in reversed(self.phases) if phase in IN_SESSION), None)


@dataclass(frozen=True, slots=True)
class Moment:
    """What holds at an instant. `until`: when it changes; None where that is not known."""

    phase: Phase
    since: datetime | None
    until: datetime | None
    next_open: datetime | None
    next_close: datetime | None


@dataclass(frozen=True, slots=True)
class Edge:
    """An opening or a close."""

    day: date
    opened: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Calendar:
    """All that is known of an exchange's days. `regular`, `auction`: the timetables by the day from which they hold.

    `auction` is that of instruments which end their day in a closing auction; before its first day there is none.
    """

    exchange: str
    zone: ZoneInfo
    covered_from: date
    covered_until: date
    days: Mapping[date, SpecialDay] = field(repr=False)
    regular: DatedRules[tuple[Span, ...]] = field(repr=False)
    auction: DatedRules[tuple[Span, ...]] = field(repr=False)

    def covers(self, day: date) -> bool:
        return self.covered_from <= day <= self.covered_until

    def day(self, day: date, *, closing_auction: bool = False) -> TradingDay | None:
        """Give a day with its phases; None where it is not covered."""
        if not self.covers(day):
            return None
        special = self.days.get(day)
        if special is None:
            spans = () if day.weekday() >= 5 else self._regular(day, closing_auction=closing_auction)
            return self._at(day, None, None, spans)
        if special.kind is DayKind.HOLIDAY:
            return self._at(day, special.name, special.kind, ())
        spans = self._regular(day, closing_auction=closing_auction) if special.spans is None else special.spans
        return self._at(day, special.name, special.kind, spans)

    def phase(self, instant: datetime, *, closing_auction: bool = False) -> Moment:
        """Say what holds at an instant, for instruments with a closing auction or without one."""
        local = instant.astimezone(self.zone).date()
        today = self.day(local, closing_auction=closing_auction)
        ahead = [edge for edge in self._edges_from(local, closing_auction) if edge.at > instant]
        next_open = next((edge.at for edge in ahead if edge.opened), None)
        next_close = next((edge.at for edge in ahead if not edge.opened), None)
        if today is None:
            return Moment(Phase.UNKNOWN, None, None, next_open, next_close)
        since = None
        for phase, begins, ends in today.phases:
            if begins <= instant < ends:
                return Moment(phase, begins, ends, next_open, next_close)
            if instant < begins:
                return Moment(Phase.CLOSED, since, begins, next_open, next_close)
            since = ends
        return Moment(Phase.CLOSED, since, self._next_phase(local, closing_auction), next_open, next_close)

    def edges_between(self, after: datetime, until: datetime) -> Sequence[Edge]:
        """List the openings and closes after an instant and not after another, in order; the last auction closes."""
        first = after.astimezone(self.zone).date() - timedelta(days=1)
        return [edge for edge in self._edges_from(first, closing_auction=True) if after < edge.at <= until]

    def days_left(self, today: date) -> int:
        """Count the days from today on that are covered, today not counted; below 0 once it has run out."""
        return (self.covered_until - today).days

    def _edges_from(self, first: date, closing_auction: bool) -> Iterator[Edge]:
        for ahead in range(_LOOK_AHEAD_DAYS):
            found = self.day(first + timedelta(days=ahead), closing_auction=closing_auction)
            if found is None:
                continue
            opens_at, closes_at = found.opens_at, found.closes_at
            if opens_at is None or closes_at is None:
                continue
            yield Edge(found.day, True, opens_at)
            yield Edge(found.day, False, closes_at)

    def _next_phase(self, after: date, closing_auction: bool) -> datetime | None:
        for ahead in range(1, _LOOK_AHEAD_DAYS):
            found = self.day(after + timedelta(days=ahead), closing_auction=closing_auction)
            if found is None:
                return None
            if found.phases:
                return found.phases[0][1]
        return None

    def _regular(self, day: date, *, closing_auction: bool) -> tuple[Span, ...]:
        rule = (self.auction.find(day) if closing_auction else None) or self.regular.find(day)
        return () if rule is None else rule.value

    def _at(self, day: date, name: str | None, kind: DayKind | None, spans: Sequence[Span]) -> TradingDay:
        return TradingDay(
            day, name, kind, tuple((span.phase, self._instant(day, span.begins), self._instant(day, span.ends))
                                   for span in spans)
        )  # fmt: skip

    def _instant(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, tzinfo=self.zone).astimezone(UTC)


def check_spans(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Check that phases follow each other within a day, with a session in them. Raises BadTimetable."""
    for span in spans:
        if span.ends <= span.begins:
            raise BadTimetable(f"{span.phase} ends at {span.ends:%H:%M}, which is not after {span.begins:%H:%M}.")
    for before, after in pairwise(spans):
        if after.begins < before.ends:
            raise BadTimetable(f"{after.phase} begins at {after.begins:%H:%M}, before {before.phase} has ended.")
    if spans and not any(span.phase in IN_SESSION for span in spans):
        raise BadTimetable("A day with phases has a session: say when it is open.")
    return tuple(spans)
