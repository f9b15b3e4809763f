"""How a provider is asked: the rounds, its turn among several, or a plan of the credits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from services.market.feed.plan import Pace
from services.market.feed.rules import GapLimits
from services.market.feed.turns import Turn


@dataclass(frozen=True, slots=True)
class Planned:
    """`per_day` credits are spread over the minutes in which a market is open; at most `per_minute` in one."""

    per_day: int
    per_minute: int
    pace: Pace


@dataclass(frozen=True, slots=True)
class PollOptions:
    """interval: between two rounds. spacing_s: seconds between two calls. turn: its place among other providers.

    planned: how to spend credits minute by minute instead of round by round.
    """

    interval: timedelta
    spacing_s: float
    gaps: GapLimits
    turn: Turn | None = None
    planned: Planned | None = None
