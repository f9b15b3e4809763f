"""An evaluation of expressions that shares no code with the engine's: each text by hand, over whole lists of bars."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

UNKNOWN = None
EQUAL = Fraction(1, 10**10)


@dataclass(frozen=True)
class Day:
    """A closed bar: when it began and was over (ms), its prices and its volume."""

    at: int
    end: int
    open: Fraction
    high: Fraction
    low: Fraction
    close: Fraction
    volume: Fraction


@dataclass(frozen=True)
class Heard:
    """A headline: when it came and was published (ms), and how it sounds."""

    came: int
    published: int
    score: Fraction


Others = Mapping[str, Sequence[Day]]
Truth = Callable[[Sequence[Day], Others, Sequence[Heard]], bool | None]
"""Says whether something holds at the newest of our bars, by the others' bars and headlines known by then."""


def _above(a: Fraction | None, b: Fraction | None) -> bool | None:
    if a is None or b is None:
        return None
    return a - b > EQUAL * max(abs(a), abs(b))


def _not(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


def _and(*truths: bool | None) -> bool | None:
    if False in truths:
        return False
    return None if None in truths else True


def _mean(values: Sequence[Fraction], count: int) -> Fraction | None:
    return sum(values[-count:], Fraction()) / count if len(values) >= count else None


def _gain(bars: Sequence[Day], count: int) -> Fraction | None:
    return (bars[-1].close / bars[-1 - count].close - 1) * 100 if len(bars) > count else None


def _highest(bars: Sequence[Day], count: int) -> Fraction | None:
    return max(bar.high for bar in bars[-count:]) if len(bars) >= count else None


def _closes(bars: Sequence[Day]) -> list[Fraction]:
    return [bar.close for bar in bars]


def _over_average(bars: Sequence[Day]) -> bool | None:
    return _above(bars[-1].close, _mean(_closes(bars), 5)) if bars else None


def _local(bar: Day, zone: str) -> datetime:
    return datetime.fromtimestamp(bar.at / 1_000, UTC).astimezone(ZoneInfo(zone))


def _sounds_bad(bars: Sequence[Day], _others: Others, news: Sequence[Heard]) -> bool | None:
    if not news:
        return None
    age = max(Fraction(bars[-1].at - news[-1].published, 60_000), Fraction())
    return _and(_above(Fraction(), news[-1].score), _above(Fraction(4_320), age))


def texts(other: str) -> dict[str, Truth]:
    """Give expressions, some of which read another stock, with what they mean."""
    return {
        "close > sma(close, 5)": lambda bars, _o, _n: _over_average(bars),
        "high > prev(highest(high, 10), 1)": lambda bars, _o, _n: _above(bars[-1].high, _highest(bars[:-1], 10)),
        "volume > 1.5 * prev(sma(volume, 5), 1)": lambda bars, _o, _n: (
            None
            if (mean := _mean([bar.volume for bar in bars[:-1]], 5)) is None
            else _above(bars[-1].volume, mean * Fraction(3, 2))
        ),
        "abs(percent_change(close, 3)) > 2": lambda bars, _o, _n: (
            None if (gain := _gain(bars, 3)) is None else _above(abs(gain), Fraction(2))
        ),
        "close < highest(high, 10) * 0.97": lambda bars, _o, _n: (
            None if (top := _highest(bars, 10)) is None else _above(top * Fraction(97, 100), bars[-1].close)
        ),
        "open > prev(close, 1) * 1.01": lambda bars, _o, _n: (
            None if len(bars) < 2 else _above(bars[-1].open, bars[-2].close * Fraction(101, 100))
        ),
        "crossover(close, sma(close, 5))": lambda bars, _o, _n: _and(
            _over_average(bars), _not(_over_average(bars[:-1]))
        ),
        "close > sma(close, 5) and not weekday_new_york == 5": lambda bars, _o, _n: _and(
            _over_average(bars), _local(bars[-1], "America/New_York").isoweekday() != 5
        ),
        "time_india < 1930": lambda bars, _o, _n: (
            (local := _local(bars[-1], "Asia/Kolkata")).hour * 100 + local.minute < 1930
        ),
        f'percent_change(close, 2) > at("{other}", percent_change(close, 2))': lambda bars, others, _n: _above(
            _gain(bars, 2), _gain(others[other], 2)
        ),
        f'close > sma(close, 5) and at("{other}", close > sma(close, 5))': lambda bars, others, _n: _and(
            _over_average(bars), _over_average(others[other])
        ),
        "news_score < 0 and news_age < 4320": _sounds_bad,
    }


def evaluate(
    truth: Truth, terms: dict, armed: int, bars: Sequence[Day], others: Others, news: Sequence[Heard]
) -> list[tuple]:
    """List (edge, at, close in 1/10,000) of everything that happens to one alert."""
    told: list[tuple] = []
    ready = True
    for place, bar in enumerate(bars):
        if bar.end <= armed:
            continue
        known = {name: [one for one in theirs if one.end <= bar.end] for name, theirs in others.items()}
        holds = truth(bars[: place + 1], known, [one for one in news if one.came <= bar.end])
        fired = [(at, price) for edge, at, price in told if edge == "fired"]
        close = int(bar.close * 10_000)
        if holds is None:
            continue
        if not holds:
            if not ready and abs(close - fired[-1][1]) >= terms["band"]:
                ready = True
                told.append(("cleared", bar.end, close))
            continue
        if terms["expires"] is not None and bar.end >= terms["expires"]:
            continue
        periodic = terms["frequency"] not in {"once", "every_time"}
        if not ready and (terms["band"] or not periodic):
            continue
        if periodic and terms["frequency"] != "once_per_bar_close" and fired:
            length = {"once_per_minute": 60_000, "once_per_day": 86_400_000}.get(terms["frequency"], terms["interval"])
            if fired[-1][0] // length == bar.end // length:
                continue
        if fired and bar.end - fired[-1][0] < terms["cool_down"]:
            continue
        told.append(("fired", bar.end, close))
        ready = False
        if terms["frequency"] == "once":
            break
    return told
