"""One strategy followed on one instrument: bars in, what it decides out. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from libs.quant.exchanges import tick_of
from libs.quant.expr import OWN, Bar, Bars, Input, StateError, steps
from libs.quant.strategy import Action, Decision, Follower, Rules

MOST_PLOTS = 40


class FollowStatus(StrEnum):
    """Whether a followed strategy goes on making signals."""

    ACTIVE = "active"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Opening:
    """A decision to enter, with what it was made of. `numbers`: what the rules looked at, by their texts."""

    decision: Decision
    closes_ms: int
    numbers: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Leaving:
    """A decision to leave. `closes_ms` is when the bar that showed it was over."""

    decision: Decision
    closes_ms: int


@dataclass(frozen=True, slots=True)
class Filling:
    """The first price after a decision to enter: the open of the next bar, with the levels that follow from it."""

    price: float
    at_ms: int
    closes_ms: int
    stop: float | None
    target: float | None


@dataclass(frozen=True, slots=True)
class Settling:
    """The first price after a decision to leave by rule or time, at which it is carried out."""

    price: float
    at_ms: int
    closes_ms: int


Step = Opening | Leaving | Filling | Settling


class Follow:
    """A strategy on one instrument: the backtest's own decisions, and the numbers that each was made of.

    What a step says follows from the bars alone: the same bars in any number of pieces, with restarts between them,
    give the same steps.
    """

    def __init__(self, rules: Rules, instrument: str) -> None:
        self.rules = rules
        self.instrument = instrument
        self._follower = rules.follow(instrument, tick=tick_of(instrument))
        self._fed: dict[Input, tuple[int, int]] = {}

    def warm(self, bars: Mapping[Input, Bars]) -> None:
        """Take in what had closed before the strategy was followed, deciding nothing."""
        for step in steps(bars):
            self._note(step, bars)
            self._follower.warm(step)

    def take(self, bars: Mapping[Input, Bars]) -> list[Step]:
        """Take in closed bars, of each input those that are new, and tell what follows, in the order of time."""
        said: list[Step] = []
        for step in steps(bars):
            closes_ms = self._note(step, bars)
            said += self._step(step, closes_ms)
        return said

    def seen_ms(self, source: Input) -> int:
        """Tell when the newest bar of an input began that was taken in; -1 for none."""
        return self._fed.get(source, (-1, -1))[0]

    def closed_ms(self, source: Input) -> int:
        """Tell when that bar had closed; -1 for none."""
        return self._fed.get(source, (-1, -1))[1]

    @property
    def levels(self) -> tuple[float | None, float | None]:
        """The stop that counts now, the trailing one where it is closer, and the target; None where there is none."""
        return self._closest(*self._follower.levels)

    def _closest(
        self, stop: float | None, target: float | None, trailing: float | None
    ) -> tuple[float | None, float | None]:
        stops = [level for level in (stop, trailing) if level is not None]
        if not stops:
            return None, target
        return (max(stops) if self.rules.side.sign > 0 else min(stops)), target

    def _note(self, step: Mapping[Input, Bar], bars: Mapping[Input, Bars]) -> int:
        closes_ms = 0
        for source, bar in step.items():
            closes_ms = int(bars[source].closes_ms[int(bars[source].at_ms.searchsorted(bar.at_ms))])
            self._fed[source] = (bar.at_ms, closes_ms)
        return closes_ms

    def _step(self, step: Mapping[Input, Bar], closes_ms: int) -> list[Step]:
        waited = self._follower.pending
        levels: tuple[float | None, float | None] = (None, None)
        if waited is Action.ENTER and OWN in step:
            # Asked before the bar is taken in: it may be the end of the position too, and the next decision.
            levels = self._closest(*self._follower.levels_from(step[OWN].open))
        decisions = self._follower.update(step)
        if OWN not in step:
            return []
        bar = step[OWN].clean()
        said: list[Step] = []
        # Its bar's open carries a decision out, whatever the same bar decides anew; one without a price does not.
        is_priced = not math.isnan(bar.open + bar.high + bar.low + bar.close)
        if waited is Action.ENTER and is_priced:
            said.append(Filling(bar.open, bar.at_ms, closes_ms, *levels))
        if waited is Action.EXIT and is_priced:
            said.append(Settling(bar.open, bar.at_ms, closes_ms))
        for decision in decisions:
            if decision.action is Action.EXIT:
                said.append(Leaving(decision, closes_ms))
            else:
                said.append(Opening(decision, closes_ms, self._numbers()))
        return said

    def _numbers(self) -> dict[str, float]:
        known = {text: value for text, value in self._follower.plots().items() if value is not None}
        return dict(list(known.items())[:MOST_PLOTS])

    def state(self) -> str:
        """Return all that it has learnt, as a JSON text."""
        fed = [[source.instrument, source.interval, *newest] for source, newest in self._fed.items()]
        stored = {"v": 3, "follower": self._follower.state().decode(), "fed": fed}
        return orjson.dumps(stored).decode()

    @classmethod
    def restore(cls, rules: Rules, instrument: str, state: str) -> Follow:
        """Go on from a stored state. Raises StateError where it is damaged, or of other rules."""
        made = cls(rules, instrument)
        try:
            stored: dict[str, Any] = orjson.loads(state)
            if stored["v"] not in (2, 3):  # 2 held what a score was made of as well
                raise StateError("The stored state is not of this version.")
            made._follower = Follower.restore(stored["follower"].encode())
            made._fed = {Input(name, span): (int(at), int(closes)) for name, span, at, closes in stored["fed"]}
        except (ValueError, TypeError, KeyError) as error:
            raise error if isinstance(error, StateError) else StateError(f"It cannot be read: {error}") from error
        if made._follower.rules != rules:
            raise StateError("The stored state is of other rules.")
        return made


def after(bars: Bars, at_ms: int) -> Bars:
    """Give the bars that began later."""
    return bars.where(bars.at_ms > at_ms)


def until(bars: Bars, closes_ms: int) -> Bars:
    """Give the bars that had closed by then."""
    return bars.where(bars.closes_ms <= closes_ms)


def validated(bars: Bars) -> tuple[Bars, int]:
    """Check closed bars before anything is made of them: prices above 0, and high and low around open and close.

    Returns the good ones, and how many are left out. Market keeps such bars out; this is the last look before a signal.
    """
    o, h, low, c = bars.open, bars.high, bars.low, bars.close
    good = (low > 0) & (low <= o) & (low <= c) & (h >= o) & (h >= c)
    return (bars, 0) if bool(good.all()) else (bars.where(good), int((~good).sum()))
