"""Where to spend few credits: on the stocks whose alerts may have been reached since we last looked. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.market.exchanges import EXCHANGES

_MINUTE = timedelta(minutes=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stock that may be asked for. `price` and `received_at` are of its newest price, None before the first.

    `levels`: the thresholds of its alerts.
    """

    instrument: str
    price: float | None
    received_at: datetime | None
    levels: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Pace:
    """volatility: standard deviation of a price's change in a minute, as a part of it. longest: no stock waits longer,
    as far as the credits reach."""

    volatility: float
    longest: timedelta


def choose(candidates: Iterable[Candidate], now: datetime, credits: int, pace: Pace) -> list[str]:
    """Choose the stocks most worth a credit, the most urgent first; those without any price come before all."""
    ranked = sorted(candidates, key=lambda one: (-urgency(one, now, pace), one.instrument))
    return [one.instrument for one in ranked[:credits]]


def urgency(one: Candidate, now: datetime, pace: Pace) -> float:
    """Tell how likely it is that an alert was reached since the newest price, plus how long the stock has waited.

    A price that wanders has touched a level at distance d after t minutes with probability erfc(d / (s sqrt(2t))),
    s being its deviation in a minute (reflection principle). The wait counts as its part of `longest`, small until
    that is over, so that credits without a use go round.
    """
    if one.price is None or one.received_at is None:
        return math.inf
    minutes = max((now - one.received_at) / _MINUTE, 1e-6)
    wait = minutes / (pace.longest / _MINUTE)
    overdue = 1.0 if wait >= 1 else 0.0
    if not one.levels:
        return overdue + _WAIT_WEIGHT * wait
    nearest = min(abs(level / one.price - 1) for level in one.levels)
    return math.erfc(nearest / (pace.volatility * math.sqrt(2 * minutes))) + overdue + _WAIT_WEIGHT * wait


def is_open(exchange_code: str, now: datetime) -> bool:
    """Say whether an exchange's regular session runs; of a holiday it is not known here."""
    exchange = EXCHANGES[exchange_code]
    day = now.astimezone(exchange.zone).date()
    return day.weekday() < _SATURDAY and exchange.opens_at(day) <= now <= exchange.closes_at(day)


def credits_per_minute(per_day: int, exchanges: Iterable[str]) -> float:
    """Spread a day's credits over the minutes in which a market of one of these exchanges is open."""
    sessions = {EXCHANGES[code].country: EXCHANGES[code].session_minutes for code in exchanges}
    return per_day / sum(sessions.values()) if sessions else 0.0


_WAIT_WEIGHT = 0.05
