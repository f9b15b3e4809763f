"""One follow's bars: what one bar may come to, and how often market is asked for the newest ones."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest

from libs.common.clock import to_ms
from libs.quant.expr import OWN, Bar, Bars
from libs.quant.strategy import Rules
from services.signals.generation.newest import Newest
from services.signals.generation.rules import Filling, Follow, Leaving, Opening
from services.signals.tests.following import CROSS, bar_of, walk

NAME = "NSE:AAA"


async def test_bars_are_kept_while_the_calendar_knows_of_none_that_is_newer(peers, rooms, clock):
    newest, candles = Newest(rooms.history, clock), walk(1, 30)
    peers.candles[NAME, "1d"] = candles[:21]
    closes = candles[20].at + timedelta(hours=6, minutes=15)

    async def asked(at):
        clock.move(at - clock.now())
        peers.calls.clear()
        newest.begin_turn()
        bars = await newest.since(NAME, "1d", to_ms(candles[19].at))
        return len(bars), len([path for path in peers.calls if "candles" in path])

    assert await asked(closes + timedelta(seconds=1)) == (1, 1)
    assert await asked(closes + timedelta(seconds=2)) == (1, 0)
    assert await asked(closes + timedelta(seconds=20)) == (1, 1), "not for long: a split may come"
    peers.candles[NAME, "1d"] = candles[:26]
    assert await asked(candles[25].at + timedelta(hours=6, minutes=16)) == (6, 2), "more than is asked for at first"


def test_a_bar_that_fills_ends_and_decides_anew_tells_all_of_it():
    document = {**CROSS, "entry": "close > 0", "exit": None, "stop": {"percent": "2"}, "target": None, "max_bars": None}
    prices = ((100, 101, 99, 100), (100, 100, 90, 95), (95, 96, 94, 95))
    rows = (
        Bar(number * 86_400_000, *(float(price) for price in bar), 1.0)
        for number, bar in enumerate(prices, start=20_000)
    )
    said = Follow(Rules.read(document), NAME).take({OWN: Bars.of(rows)})
    assert [type(step) for step in said] == [Opening, Filling, Leaving, Opening, Filling]
    fills = [(step.price, step.stop) for step in said if isinstance(step, Filling)]
    assert fills == [(100.0, 98.0), (95.0, pytest.approx(93.1))]


def test_a_state_of_before_fusion_2_goes_on():
    rules, bars = Rules.read(CROSS), Bars.of(bar_of(candle) for candle in walk(1, 30))
    follow = Follow(rules, NAME)
    follow.warm({OWN: bars.where(bars.at_ms < bars.at_ms[25])})
    stored = orjson.loads(follow.state()) | {"v": 2, "parts": {"trend": "what it had learnt"}}
    again = Follow.restore(rules, NAME, orjson.dumps(stored).decode())
    later = {OWN: bars.where(bars.at_ms >= bars.at_ms[25])}
    assert again.take(later) == follow.take(later)
    assert again.state() == follow.state()
