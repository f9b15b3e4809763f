"""Market's past as columns: whole, in order, closed, and with the true closing times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from libs.common.clock import to_ms
from libs.common.errors import UpstreamUnavailable
from libs.contracts.market import Candle, SessionDay, Sessions
from libs.contracts.news import Headline
from libs.quant.expr import NEWS, OWN, Input, parse
from services.signals import history
from services.signals.tests.support import FIRST_DAY, daily

AAPL = "NASDAQ:AAPL"


async def test_it_reads_page_by_page_and_keeps_the_newest(rooms, peers, monkeypatch) -> None:
    monkeypatch.setattr(history, "PAGE", 4)
    peers.candles[AAPL, "1d"] = daily([str(100 + n) for n in range(11)])
    whole = await rooms.history.bars(AAPL, "1d")
    assert whole.close.tolist() == [float(100 + n) for n in range(11)]
    assert (await rooms.history.bars(AAPL, "1d", limit=6)).close.tolist() == [float(105 + n) for n in range(6)]
    since, until = FIRST_DAY + timedelta(days=1), FIRST_DAY + timedelta(days=4)
    assert (await rooms.history.bars(AAPL, "1d", start=since, end=until)).close.tolist() == [101.0, 102.0, 103.0]


async def test_a_running_bar_is_left_out_and_does_not_count(rooms, peers) -> None:
    bars = daily(["100", "101", "102"])
    peers.candles[AAPL, "1d"] = [*bars[:-1], bars[-1].model_copy(update={"complete": False})]
    assert (await rooms.history.bars(AAPL, "1d", limit=2)).close.tolist() == [100.0, 101.0]


async def test_many_at_once_are_what_each_is_alone(rooms, peers, monkeypatch) -> None:
    names = [f"NASDAQ:S{n}" for n in range(5)]
    for place, name in enumerate(names[:4]):
        made = daily([f"{100 + place + n}.{place}5" for n in range(9)], start=FIRST_DAY + timedelta(days=7 * place))
        peers.candles[name, "1d"] = [*made[:-1], made[-1].model_copy(update={"complete": False, "volume": None})]
    end = FIRST_DAY + timedelta(days=20)
    monkeypatch.setattr(history, "MOST_TOGETHER", 2)
    for limit in (3, 8, history.MOST_ROWS // 3, history.MOST_TOGETHER_EACH + 1):
        together = await rooms.history.newest(names, "1d", end=end, limit=limit)
        for name in names:
            alone = await rooms.history.bars(name, "1d", end=end, limit=limit)
            for column in ("at_ms", "open", "high", "low", "close", "volume", "closes_ms"):
                np.testing.assert_array_equal(getattr(together[name], column), getattr(alone, column))
    assert len(together[names[4]]) == 0


async def test_a_day_closes_with_its_session(rooms, peers) -> None:
    """An early close by the calendar; the regular one on a day that it does not know."""
    early = FIRST_DAY + timedelta(hours=3, minutes=30)
    day = SessionDay(day=FIRST_DAY.date(), opens_at=FIRST_DAY, closes_at=early)
    peers.sessions["NASDAQ"] = Sessions(
        exchange="NASDAQ", zone="America/New_York", replayed=False, covered_until=FIRST_DAY.date(), days=(day,)
    )
    peers.candles[AAPL, "1d"] = daily(["100", "101"])
    closes = (await rooms.history.bars(AAPL, "1d")).closes_ms.tolist()
    assert closes[0] == to_ms(early)
    asked = len(peers.calls)
    await rooms.history.bars(AAPL, "1d")
    assert len(peers.calls) == asked + 1  # the calendar is kept


async def test_an_unknown_special_session_does_not_break_the_order(rooms, peers) -> None:
    """An evening hour of trade, after which the next day begins less than a day later."""
    evening = datetime(2024, 11, 1, 12, 30, tzinfo=UTC)
    morning = datetime(2024, 11, 2, 3, 45, tzinfo=UTC)
    peers.candles["NSE:RELIANCE", "1d"] = [
        Candle(at=at, open=Decimal(1), high=Decimal(2), low=Decimal(1), close=Decimal(2)) for at in (evening, morning)
    ]
    bars = await rooms.history.bars("NSE:RELIANCE", "1d")
    assert bars.closes_ms.tolist()[0] <= to_ms(morning)
    assert np.isnan(bars.volume).all()


async def test_what_market_does_not_know_is_empty_and_market_away_is_said(rooms, peers) -> None:
    assert len(await rooms.history.bars("NASDAQ:NOBODY", "1d")) == 0
    peers.down.add(peers.MARKET)
    with pytest.raises(UpstreamUnavailable):
        await rooms.history.bars(AAPL, "1d")
    with pytest.raises(UpstreamUnavailable):
        await rooms.history.headlines(AAPL)


async def test_the_inputs_of_expressions_are_long_enough_to_be_known(rooms, peers) -> None:
    peers.candles[AAPL, "1d"] = daily([str(100 + n % 7) for n in range(400)])
    peers.candles["NSE:RELIANCE", "1d"] = daily([str(900 + n % 5) for n in range(400)])
    at = FIRST_DAY
    peers.headlines[AAPL] = [
        Headline(published_at=at - timedelta(minutes=5), received_at=at, score=0.5),
        Headline(published_at=at, received_at=at, score=-0.9),
        Headline(published_at=at, received_at=at + timedelta(hours=1), score=-0.5),
    ]
    rule = parse('ema(close, 20) > at("NSE:RELIANCE", sma(close, 50)) and news_score > -1')
    found = await rooms.history.inputs([rule], AAPL, "1d", count=3)
    assert set(found) == {OWN, Input("NSE:RELIANCE", None), Input(None, NEWS)}
    assert found[Input(None, NEWS)].close.tolist() == [0.5, -0.5]  # of one instant the first counts
    assert (rule.vector(found)[-3:] >= 0).all()
    assert len(found[OWN]) < 400
