"""How a signal is scored: a stated, versioned formula over what the indicators, patterns and models say. Pure.

A strategy's own rules alone decide whether there is a signal, so that what is live and what a backtest says are the
same. The score only says how much else points the same way; docs/signals.md has the formula. It follows from the
newest `WINDOW` bars alone: nothing is remembered from bar to bar.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from libs.quant.expr import FUNCTIONS, OWN, Bars, parse
from libs.quant.patterns import SHAPES, SIGNS, Found, find

VERSION = "fusion-2"
WINDOW = 250
"""So many closed bars, the signal's own last: more than the longest chart pattern and what warms it up."""

MODEL = "model"
MODEL_WEIGHT = 1.0
CANDLES, CANDLES_WEIGHT, CANDLES_BARS = "candles", 0.25, 3
CHART, CHART_WEIGHT, CHART_BARS = "chart", 0.5, 10
"""Weights of a pattern at the signal's own bar; they fade to nothing over so many bars."""

RISING = ("bullish_engulfing", "bullish_harami", "hammer", "morning_star", "piercing")
FALLING = ("bearish_engulfing", "bearish_harami", "shooting_star", "evening_star", "dark_cloud_cover")


@dataclass(frozen=True, slots=True)
class Part:
    """One voice. `text` gives a number, above 0 for a rising market; it is cut to -1 to 1. `words` names it."""

    name: str
    words: str
    weight: float
    text: str


PARTS: Sequence[Part] = (
    Part("trend", "20-bar against 50-bar average", 0.35, "(ema(close, 20) - ema(close, 50)) / (2 * atr(14))"),
    Part("momentum", "RSI(14)", 0.25, "(rsi(14) - 50) / 25"),
    Part("volume", "volume of the bar's move", 0.15, "(close - open) / atr(14) * volume / sma(volume, 20)"),
)
_READ = {part.name: parse(part.text) for part in PARTS}
_TURNS = {name: parse(name) for name in (*RISING, *FALLING)}


class Model(Protocol):
    """The port of trained models: the chance of a rise, from 0 to 1, or None where it knows nothing."""

    @property
    def name(self) -> str: ...

    def rises(self, instrument: str, interval: str, bars: Bars) -> float | None: ...


class NoModel:
    """Until there are models: it knows nothing, and no signal counts as made by one."""

    name = ""

    def rises(self, instrument: str, interval: str, bars: Bars) -> float | None:
        return None


@dataclass(frozen=True, slots=True)
class Sign:
    """A pattern that points up (1) or down (-1), known `age` bars before the newest. `confidence` of a chart's."""

    kind: str
    words: str
    points: int
    age: int
    known_ms: int
    confidence: float | None = None

    @property
    def weight(self) -> float:
        if self.confidence is None:
            return CANDLES_WEIGHT * (1 - self.age / CANDLES_BARS)
        return CHART_WEIGHT * self.confidence * (1 - self.age / CHART_BARS)


@dataclass(frozen=True, slots=True)
class Seen:
    """What bars say at the newest one. `numbers` by the parts' names, NaN where unknown."""

    numbers: Mapping[str, float]
    signs: tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class Voice:
    """What one part says: `agrees` from -1 (against the signal) to 1 (for it).

    Of a pattern: when it was known, in milliseconds since 1970, and of a chart pattern how clear it is, from 0 to 1.
    """

    name: str
    words: str
    weight: float
    agrees: float
    known_ms: int | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """How much points the way of a signal, from 0 to 1. It is no probability: see calibration."""

    value: float
    version: str
    voices: tuple[Voice, ...]
    model: str | None


def look(bars: Bars) -> Seen:
    """See what closed bars say at the newest, of which at most `WINDOW` count."""
    if not len(bars):
        return Seen({}, ())
    window = bars.where(bars.at_ms >= bars.at_ms[-WINDOW:][0])
    numbers = {name: float(text.vector({OWN: window})[-1]) for name, text in _READ.items()}
    return Seen(numbers, (*_candles(window), *_chart(window)))


def _candles(bars: Bars) -> Iterator[Sign]:
    """Tell the candlestick patterns of the last bars: of each the newest."""
    for name, text in _TURNS.items():
        newest = text.vector({OWN: bars})[::-1][:CANDLES_BARS].tolist()
        if 1 in newest:
            age, points = newest.index(1), 1 if name in RISING else -1
            words = FUNCTIONS[name].words.removeprefix("a ").removesuffix(" has formed")
            yield Sign(CANDLES, words, points, age, int(bars.closes_ms[-1 - age]))


def _chart(bars: Bars) -> Iterator[Sign]:
    """Tell the chart and volume patterns that count: of each the newest, with no close beyond its stop or target."""
    newest = {found.name: found for found in find(bars) if found.points_to}
    for name, found in newest.items():
        at = int(bars.at_ms.searchsorted(found.at_ms))
        age, points = len(bars) - 1 - at, 1 if found.points_to == "up" else -1
        if age < CHART_BARS and not _is_over(found, bars.close[at + 1 :].tolist(), points):
            words = (SHAPES | SIGNS)[name].words
            yield Sign(CHART, words, points, age, int(bars.closes_ms[at]), found.confidence)


def _is_over(found: Found, closes: Sequence[float], points: int) -> bool:
    return any(points * (close - found.stop) < 0 or points * (close - found.target) >= 0 for close in closes)


def fuse(seen: Seen, *, long: bool, rises: float | None, model: str = "") -> Score:
    """Weigh what is known: `score = (1 + sum(w * e) / sum(w)) / 2`, e from -1 to 1 for each part that is known.

    rises: what a model says. Nothing known gives 0.5.
    """
    sign = 1.0 if long else -1.0
    voices = []
    for part in PARTS:
        value = seen.numbers.get(part.name, math.nan)
        if math.isfinite(value):
            voices.append(Voice(part.name, part.words, part.weight, sign * max(-1.0, min(1.0, value))))
    for one in seen.signs:
        weight = round(one.weight, 6)
        voices.append(Voice(one.kind, one.words, weight, sign * one.points, one.known_ms, one.confidence))
    if rises is not None:
        voices.append(Voice(MODEL, model, MODEL_WEIGHT, sign * (2.0 * rises - 1.0)))
    total = sum(voice.weight for voice in voices)
    mean = sum(voice.weight * voice.agrees for voice in voices) / total if total else 0.0
    return Score(round((1.0 + mean) / 2.0, 6), VERSION, tuple(voices), model if rises is not None else None)
