"""The score of a signal: what patterns say in it, what it follows from, and that its reasons have their numbers."""

from __future__ import annotations

import numpy as np
import pytest

from libs.common.clock import from_ms
from libs.quant.expr import OWN, Bars, parse
from libs.quant.patterns import find
from libs.quant.tests.bars import recorded
from libs.quant.tests.planted import plant
from services.signals.generation.fusion import CHART, CHART_BARS, PARTS, WINDOW, Seen, Sign, fuse, look
from services.signals.generation.scoring import Ask, Scoring
from services.signals.tests.following import walk

DAY = 86_400_000


def with_a_double_bottom() -> tuple[Bars, int]:
    """Give bars in which one is told, and the place of its break."""
    draw = np.random.default_rng(5)
    for _ in range(20):
        bars = plant(draw, "double_bottom").bars
        for found in find(bars):
            if found.name == "double_bottom":
                return bars, int(bars.at_ms.searchsorted(found.at_ms))
    raise AssertionError("None was told.")


def until(bars: Bars, place: int) -> Bars:
    return bars.where(np.arange(len(bars)) <= place)


def test_a_chart_pattern_is_a_voice_with_its_numbers_that_fades_and_ends_at_its_stop() -> None:
    bars, place = with_a_double_bottom()
    [found] = [one for one in find(until(bars, place)) if one.name == "double_bottom"]
    assert "double bottom" not in [sign.words for sign in look(until(bars, place - 1)).signs]
    seen = look(until(bars, place))
    [sign] = [one for one in seen.signs if one.words == "double bottom"]
    assert (sign.points, sign.age, sign.confidence) == (1, 0, found.confidence)
    assert sign.known_ms == int(bars.closes_ms[place])
    [voice] = [one for one in fuse(seen, long=True, rises=None).voices if one.words == "double bottom"]
    assert (voice.name, voice.agrees, voice.confidence) == (CHART, 1.0, found.confidence)
    assert voice.weight == pytest.approx(0.5 * found.confidence)
    without = Seen(seen.numbers, tuple(one for one in seen.signs if one != sign))
    assert fuse(seen, long=True, rises=None).value > fuse(without, long=True, rises=None).value
    assert fuse(seen, long=False, rises=None).value == pytest.approx(1 - fuse(seen, long=True, rises=None).value)

    def on(*closes: float) -> list[Sign]:
        early = until(bars, place)
        more = np.array(closes)
        at = early.at_ms[-1] + DAY * np.arange(1, len(closes) + 1)
        columns = [np.append(column, more) for column in (early.open, early.high, early.low, early.close)]
        volume = np.append(early.volume, np.ones(len(closes)))
        longer = Bars(np.append(early.at_ms, at), *columns, volume, early.span_ms)
        return [one for one in look(longer).signs if one.words == "double bottom"]

    [later] = on(found.close, found.close)
    assert later.age == 2
    assert later.weight == pytest.approx(sign.weight * 0.8)
    assert on(found.stop * 0.99) == [], "a close beyond its stop: it was wrong"
    assert on(found.target * 1.01) == [], "there is nothing left of it"
    assert on(*[found.close] * CHART_BARS) == []


def test_the_score_follows_from_the_newest_bars_alone() -> None:
    bars = recorded("IBM")
    for place in range(400, 3_000, 190):
        known = until(bars, place)
        alone = known.where(known.at_ms >= known.at_ms[-WINDOW])
        assert len(alone) == WINDOW
        assert fuse(look(known), long=True, rises=None) == fuse(look(alone), long=True, rises=None)


def test_its_numbers_are_those_of_the_language_and_candles_are_named() -> None:
    bars = recorded("AAPL")
    place = next(
        place for place in range(500, 3_000)
        if parse("bullish_engulfing").vector({OWN: until(bars, place)})[-1] == 1
    )  # fmt: skip
    window = until(bars, place).where(until(bars, place).at_ms > bars.at_ms[place - WINDOW])
    seen = look(window)
    for part in PARTS:
        assert seen.numbers[part.name] == pytest.approx(float(parse(part.text).vector({OWN: window})[-1]))
    assert ("bullish engulfing", 1, 0) in [(sign.words, sign.points, sign.age) for sign in seen.signs]


def test_nothing_known_is_neither_for_nor_against() -> None:
    none = recorded("IBM").where(np.zeros(len(recorded("IBM")), np.bool_))
    assert fuse(look(none), long=True, rises=None).value == 0.5
    told = fuse(Seen({}, ()), long=False, rises=0.9, model="trees-1")
    assert (told.value, told.model, told.version) == (pytest.approx(0.1), "trees-1", "fusion-2")


async def test_what_several_ask_of_a_bar_is_read_and_looked_at_once(rooms, peers):
    days = {name: walk(seed, 60) for seed, name in enumerate(("NSE:AAA", "NSE:BBB"))}
    for name, candles in days.items():
        peers.candles[name, "1d"] = candles
    at_ms = int(days["NSE:AAA"][49].at.timestamp() * 1_000)
    asks = [Ask(name, "1d", at_ms, long) for name in days for long in (True, False)]
    scoring = Scoring(rooms.history)
    scores = await scoring.scores(asks)
    assert peers.calls.count("/internal/candle-columns") == 1
    assert scores[asks[0]].value == pytest.approx(1 - scores[asks[1]].value)
    known = await rooms.history.bars("NSE:AAA", "1d", end=from_ms(at_ms + 1))
    assert int(known.at_ms[-1]) == at_ms, "no bar that came after the signal's"
    assert scores[asks[0]] == fuse(look(known), long=True, rises=None)
    assert await scoring.scores(asks[:1]) == {asks[0]: scores[asks[0]]}
    assert peers.calls.count("/internal/candle-columns") == 1
