"""When a provider may be asked again: credits per minute and per day, both by UTC."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

# Their minute turns by their clock: a little after ours is surely after theirs too.
_CLOCK_SKEW = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the plan allows. `kept_back` of the day's credits are left for calls that a user waits for."""

    per_minute: int
    per_day: int
    kept_back: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What is used of the minute and of the day that are named."""

    minute: datetime
    minute_used: int
    day: date
    day_used: int


@dataclass(frozen=True, slots=True)
class Denied:
    """No credit before `retry_at`. `whole_day`: the day's are used up, else the minute's."""

    retry_at: datetime
    whole_day: bool


def at(now: datetime, usage: Usage | None) -> Usage:
    """Carry what was used into the minute and the day of now: in a new one nothing is used yet."""
    minute, day = minute_of(now), now.astimezone(UTC).date()
    if usage is None:
        return Usage(minute, 0, day, 0)
    return Usage(
        minute, usage.minute_used if usage.minute == minute else 0, day, usage.day_used if usage.day == day else 0
    )


def take(usage: Usage, credits: int, limits: Limits) -> Usage | Denied:
    """Use credits of the minute and the day, all or none."""
    if usage.day_used + credits > limits.per_day - limits.kept_back:
        return Denied(next_day(usage), whole_day=True)
    if usage.minute_used + credits > limits.per_minute:
        return Denied(next_minute(usage), whole_day=False)
    return replace(usage, minute_used=usage.minute_used + credits, day_used=usage.day_used + credits)


def without(usage: Usage, credits: int) -> Usage:
    """Give credits back."""
    return replace(usage, minute_used=max(0, usage.minute_used - credits), day_used=max(0, usage.day_used - credits))


def minute_of(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(second=0, microsecond=0)


def next_minute(usage: Usage) -> datetime:
    return usage.minute + timedelta(minutes=1) + _CLOCK_SKEW


def next_day(usage: Usage) -> datetime:
    return datetime.combine(usage.day + timedelta(days=1), time(), tzinfo=UTC) + _CLOCK_SKEW
