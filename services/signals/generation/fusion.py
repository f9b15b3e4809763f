"""How a signal is scored: a stated, versioned formula over what the indicators, patterns and models say. Pure.

A strategy's own rules alone decide whether there is a signal, so that what is live and what a backtest says are the
same. The score only says how much else points the same way; docs/signals.md has the formula.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from libs.quant.expr import OWN, Bar, Evaluator, parse

VERSION = "fusion-1"

MODEL = "model"
MODEL_WEIGHT = 1.0

_RISING = "bullish_engulfing or bullish_harami or hammer or morning_star or piercing"
_FALLING = "bearish_engulfing or bearish_harami or shooting_star or evening_star or dark_cloud_cover"


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
RISING, FALLING = Part("rising", "candles that turn up", 0.25, _RISING), Part("falling", "", 0.25, _FALLING)
CANDLES = "candles"


class Model(Protocol):
    """The port of trained models: the chance of a rise, from 0 to 1, or None where it knows nothing."""

    @property
    def name(self) -> str: ...

    def rises(self, instrument: str, interval: str, bar: Bar) -> float | None: ...


class NoModel:
    """Until there are models: it knows nothing, and no signal counts as made by one."""

    name = ""

    def rises(self, instrument: str, interval: str, bar: Bar) -> float | None:
        return None


@dataclass(frozen=True, slots=True)
class Voice:
    """What one part says: `agrees` from -1 (against the signal) to 1 (for it)."""

    name: str
    words: str
    weight: float
    agrees: float


@dataclass(frozen=True, slots=True)
class Score:
    """How much points the way of a signal, from 0 to 1. It is no probability: see calibration."""

    value: float
    version: str
    voices: tuple[Voice, ...]
    model: str | None


def fuse(said: Mapping[str, float | bool | None], *, long: bool, rises: float | None, model: str = "") -> Score:
    """Weigh what is known: `score = (1 + sum(w * e) / sum(w)) / 2`, e from -1 to 1 for each part that is known.

    said: by the parts' names. rises: what a model says. Nothing known gives 0.5.
    """
    sign = 1.0 if long else -1.0
    voices = []
    for part in PARTS:
        value = said.get(part.name)
        if value is not None and math.isfinite(value):
            voices.append(Voice(part.name, part.words, part.weight, sign * max(-1.0, min(1.0, float(value)))))
    rising, falling = said.get(RISING.name), said.get(FALLING.name)
    if rising is not None and falling is not None and bool(rising) != bool(falling):
        voices.append(Voice(CANDLES, "candlestick patterns", RISING.weight, sign if rising else -sign))
    if rises is not None:
        voices.append(Voice(MODEL, model, MODEL_WEIGHT, sign * (2.0 * rises - 1.0)))
    weight = sum(voice.weight for voice in voices)
    mean = sum(voice.weight * voice.agrees for voice in voices) / weight if weight else 0.0
    return Score(round((1.0 + mean) / 2.0, 6), VERSION, tuple(voices), model if rises is not None else None)


class Listening:
    """The parts' incremental forms over one instrument's bars."""

    def __init__(self) -> None:
        self._parts = {part.name: parse(part.text).incremental() for part in (*PARTS, RISING, FALLING)}

    def update(self, bar: Bar) -> None:
        for part in self._parts.values():
            part.update({OWN: bar})

    @property
    def said(self) -> dict[str, float | bool | None]:
        return {name: part.value for name, part in self._parts.items()}

    def state(self) -> dict[str, str]:
        """Return all that it has learnt, as JSON texts."""
        return {name: part.state().decode() for name, part in self._parts.items()}

    @classmethod
    def restore(cls, state: Mapping[str, str]) -> Listening:
        """Go on from a stored state. Raises StateError, KeyError."""
        made = cls.__new__(cls)
        made._parts = {part.name: Evaluator.restore(state[part.name].encode()) for part in (*PARTS, RISING, FALLING)}
        return made
