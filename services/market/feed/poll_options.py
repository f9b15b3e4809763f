"""How a provider is asked: the rounds, what a provider of higher priority spares them, or a plan of the credits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from services.market.feed.plan import Pace
from services.market.feed.rules import GapLimits


@dataclass(frozen=True, slots=True)
class Pushed:
    """A provider of higher priority. A stock that it priced within `fresh_for` needs no credit of a round."""

    provider: str
    fresh_for: timedelta


@dataclass(frozen=True, slots=True)
class Planned:
    """`per_day` credits are spread over the minutes in which a market is open; at most `per_minute` in one."""

    per_day: int
    per_minute: int
    pace: Pace


@dataclass(frozen=True, slots=True)
class PollOptions:
    """interval: between two rounds. spacing_s: seconds between two calls. pushed: who prices stocks before a round.

    planned: how to spend credits minute by minute instead of round by round.
    """

    interval: timedelta
    spacing_s: float
    gaps: GapLimits
    pushed: Pushed | None = None
    planned: Planned | None = None
