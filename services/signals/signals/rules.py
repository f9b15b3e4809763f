"""The life of a signal, its levels, what it earned, and what must be said with it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

from libs.contracts.signals import SignalSide, SignalStatus
from libs.quant.strategy import Reason

DISCLOSURE_ID = "signal-1"
DISCLOSURE = (
    "Investment in securities market are subject to market risks. Read all the related documents carefully before "
    "investing."
)
"""The standard warning, word by word (SEBI circular 2023-04-05); no word added or dropped."""

NOT_ADVICE = (
    "For information, not investment advice. Made by a rule that you follow; nobody has looked at your situation."
)

ACTIVE = SignalStatus.ACTIVE
MOVES: Mapping[SignalStatus, frozenset[SignalStatus]] = {
    ACTIVE: frozenset(set(SignalStatus) - {ACTIVE}),
}
"""A signal ends once; nothing comes after an end."""

ENDS: Mapping[Reason, SignalStatus] = {
    Reason.STOP: SignalStatus.STOPPED,
    Reason.TRAILING: SignalStatus.STOPPED,
    Reason.TARGET: SignalStatus.HIT_TARGET,
    Reason.RULE: SignalStatus.EXITED,
    Reason.TIME: SignalStatus.EXPIRED,
}

VALID_BARS = 3
"""For so many bars after its own a signal may be entered, weekends and holidays on top for days."""
_REST = timedelta(days=4)


class Basis(StrEnum):
    """What a track record stands on: fills that we assume, or orders that were executed."""

    HYPOTHETICAL = "hypothetical"
    LIVE = "live"


def may_become(before: SignalStatus, after: SignalStatus) -> bool:
    """Say whether a signal may go from one state into another."""
    return after in MOVES.get(before, frozenset())


def valid_until(made_at: datetime, interval_ms: int) -> datetime:
    """Tell until when a signal may be entered."""
    days = interval_ms >= 86_400_000
    return made_at + timedelta(milliseconds=VALID_BARS * interval_ms) + (_REST if days else timedelta())


def risk_reward(entry: Decimal, stop: Decimal | None, target: Decimal | None) -> Decimal | None:
    """How much the target promises for each part at risk: |target - entry| / |entry - stop|; None without both."""
    if stop is None or target is None or stop == entry:
        return None
    return (abs(target - entry) / abs(entry - stop)).quantize(Decimal("0.01"))


@dataclass(frozen=True, slots=True)
class Level:
    """How a level lies from the entry: a part of it, or a width in money."""

    part: Decimal | None
    width: Decimal | None

    @classmethod
    def between(cls, reference: Decimal, level: Decimal, *, counted_in_atr: bool) -> Level:
        """Read how a level lies from a reference."""
        away = level - reference
        return cls(None, away) if counted_in_atr else cls(away / reference, None)

    def at(self, price: Decimal, tick: Decimal) -> Decimal:
        """Give the level that lies so from a price, to the nearest tick; 0 for none."""
        found = price + self.width if self.width is not None else price * (1 + (self.part or Decimal(0)))
        if tick:
            found = (found / tick).to_integral_value(rounding=ROUND_HALF_UP) * tick
        return found.quantize(Decimal("0.0001"))


def moved(
    level: Decimal | None, reference: Decimal, entry: Decimal, *, counted_in_atr: bool, tick: Decimal = Decimal(0)
) -> Decimal | None:
    """Reckon a level from the true entry that was reckoned from the reference."""
    return None if level is None else Level.between(reference, level, counted_in_atr=counted_in_atr).at(entry, tick)


@dataclass(frozen=True, slots=True)
class Touch:
    """A level that a price met."""

    status: SignalStatus
    price: Decimal


def touched(
    side: SignalSide, stop: Decimal | None, target: Decimal | None, low: Decimal, high: Decimal, price: Decimal
) -> Touch | None:
    """Say whether prices met a level. Of a span that met both, the order is not known: the stop counts.

    The price is the worse of level and price for a stop, since a stop is filled where the market is, and the level for
    a target.
    """
    long = side is SignalSide.LONG
    if stop is not None and (low <= stop if long else high >= stop):
        return Touch(SignalStatus.STOPPED, min(stop, price) if long else max(stop, price))
    if target is not None and (high >= target if long else low <= target):
        return Touch(SignalStatus.HIT_TARGET, target)
    return None


def gross(side: SignalSide, entry: Decimal, exit_price: Decimal) -> Decimal:
    """What a signal earned before costs, as a part of its entry."""
    sign = 1 if side is SignalSide.LONG else -1
    return (sign * (exit_price - entry) / entry).quantize(Decimal("0.00000001"))


def reasons(document: Mapping[str, Any], numbers: Mapping[str, float]) -> list[dict[str, Any]]:
    """Say why, condition by condition: the words of each, and the numbers that it looked at.

    Only what held is a reason: of an `or` and a `not`, what they join is not known to have held one by one.
    """
    from libs.quant.expr import parse

    found = []
    for clause in parse(str(document["entry"])).together():
        seen = {text: numbers[text] for text in (str(side) for side in clause.sides()) if text in numbers}
        if not seen:
            seen = {str(node): numbers[str(node)] for node in clause.plots if str(node) in numbers}
        found.append(
            {
                "words": clause.words(),
                "values": [{"words": parse(text).words(), "value": value} for text, value in seen.items()],
            }
        )
    return found


@dataclass(frozen=True, slots=True)
class Outcome:
    """A closed signal: its score, and whether it earned anything after costs. `net` as a part of the entry."""

    score: float
    net: float

    @property
    def won(self) -> bool:
        return self.net > 0


@dataclass(frozen=True, slots=True)
class Record:
    """A track record: what all closed signals of a version came to. Parts of the entry, after costs."""

    signals: int
    closed: int
    won: int
    hit_rate: float | None
    mean_net: float | None
    best: float | None
    worst: float | None


def record_of(signals: int, outcomes: Sequence[Outcome]) -> Record:
    """Sum up. Nothing closed gives no rates."""
    nets = [one.net for one in outcomes]
    won = sum(one.won for one in outcomes)
    count = len(nets)
    return Record(
        signals,
        count,
        won,
        won / count if count else None,
        sum(nets) / count if count else None,
        max(nets, default=None),
        min(nets, default=None),
    )


@dataclass(frozen=True, slots=True)
class Bin:
    """Of held-back signals whose confidence lay in [low, high): what was said on average, and what came."""

    low: float
    high: float
    count: int
    said: float
    came: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """How scores become a confidence, and how reliable that was on outcomes that were held back.

    `steps` are (score, confidence), rising in both. `brier` is the mean squared error on held-back outcomes, `base`
    what always saying the training rate would have had, `error` the mean distance of said and came, by count.
    """

    steps: tuple[tuple[float, float], ...]
    trained: int
    held_back: int
    bins: tuple[Bin, ...]
    brier: float
    base: float
    error: float

    @property
    def is_good(self) -> bool:
        """Whether a percentage may be shown: no worse than the plain rate, and within 10 points on average."""
        return self.brier <= self.base and self.error <= 0.10

    def confidence(self, score: float) -> float:
        """Read a score."""
        found = self.steps[0][1]
        for from_score, value in self.steps:
            if score < from_score:
                break
            found = value
        return found


FEWEST_OUTCOMES = 90
"""Below it a third that is held back says nothing."""
BINS = 5
JUDGED = 1_000
"""So many of the newest outcomes are learnt from and judged by: a signal costs no more for a longer record."""


def calibrate(outcomes: Sequence[Outcome]) -> Calibration | None:
    """Learn from the older two thirds how often scores were right, and judge that on the newest third.

    Isotonic regression (pool adjacent violators; Ayer et al. 1955), so that a higher score never gives less. `outcomes`
    in the order in which the signals were made. None while there are too few.
    """
    if len(outcomes) < FEWEST_OUTCOMES:
        return None
    cut = len(outcomes) * 2 // 3
    older, held = outcomes[:cut], outcomes[cut:]
    steps = _isotonic(older)
    rate = sum(one.won for one in older) / len(older)
    shape = Calibration(steps, len(older), len(held), (), 0.0, 0.0, 0.0)
    pairs = [(shape.confidence(one.score), 1.0 if one.won else 0.0) for one in held]
    bins = _bins(pairs)
    return Calibration(
        steps,
        len(older),
        len(held),
        bins,
        sum((said - came) ** 2 for said, came in pairs) / len(pairs),
        sum((rate - came) ** 2 for _, came in pairs) / len(pairs),
        sum(one.count * abs(one.said - one.came) for one in bins) / len(pairs),
    )


def _isotonic(outcomes: Iterable[Outcome]) -> tuple[tuple[float, float], ...]:
    by_score: dict[float, list[float]] = {}
    for one in outcomes:
        by_score.setdefault(one.score, []).append(1.0 if one.won else 0.0)
    pools: list[tuple[float, float, int]] = []
    for score in sorted(by_score):
        mean, count, first = sum(by_score[score]) / len(by_score[score]), len(by_score[score]), score
        while pools and pools[-1][1] >= mean:
            first, above, more = pools.pop()
            mean, count = (above * more + mean * count) / (more + count), more + count
        pools.append((first, mean, count))
    return tuple((score, mean) for score, mean, _ in pools)


def _bins(pairs: Sequence[tuple[float, float]]) -> tuple[Bin, ...]:
    made = []
    for place in range(BINS):
        low, high = place / BINS, (place + 1) / BINS
        inside = [pair for pair in pairs if low <= pair[0] < high or (place == BINS - 1 and pair[0] == 1.0)]
        if inside:
            said, came = (sum(column) / len(inside) for column in zip(*inside, strict=True))
            made.append(Bin(low, high, len(inside), said, came))
    return tuple(made)
