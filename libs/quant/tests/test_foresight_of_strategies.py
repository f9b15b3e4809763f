"""The look-ahead check of whole strategies, through the backtest."""

from __future__ import annotations

import numpy as np
import pytest

from libs.quant.analysis import Fault
from libs.quant.analysis.strategies import look_ahead_of
from libs.quant.backtest import Setup, arrays
from libs.quant.bars import Bars, Floats
from libs.quant.expr import Input
from libs.quant.strategy import Fill, Rules
from libs.quant.tests.bars import recorded, walk

DAYS = {f"US:{name}": recorded(name).where(np.arange(3270) > 2500) for name in ("AAPL", "IBM")}
MINUTES = {"NSE:A": walk(1, 900), "NSE:B": walk(2, 700)}


def rules(entry: str, interval: str = "1d", **more: object) -> Rules:
    return Rules.read({"interval": interval, "side": "long", "entry": entry, "size": {"percent": "40"}, **more})


STRATEGIES = {
    "a cross": rules("crossover(sma(close, 10), sma(close, 30))", exit="crossunder(sma(close, 10), sma(close, 30))"),
    "stops": rules("close > prev(highest(high, 20), 1)", stop={"atr": "2", "period": 14}, trailing={"percent": "6"}),
    "a target": rules("rsi(14) < 35", target={"percent": "4"}, stop={"percent": "5"}, max_bars=15),
    "short": rules("close < lowest(low, 20) * 1.001", side="short", stop={"percent": "4"}, max_bars=10),
    "of an index": rules('roc(20) > at("US:INDEX", roc(20))', exit="rsi(14) > 70"),
}


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("fill", Fill)
def test_a_strategy_of_the_language_decides_alike_however_the_history_is_cut(name: str, fill: Fill) -> None:
    index = {Input("US:INDEX", "1d"): recorded("MSFT")}
    setup = Setup(fill=fill, from_ms=int(DAYS["US:IBM"].at_ms[60]))
    told = look_ahead_of(STRATEGIES[name], DAYS, setup, index, cuts=16)
    assert told.honest, told.differences[:3]
    assert told.decisions > 4
    assert told.cuts >= 10


def test_a_day_is_seen_by_minutes_only_after_it_has_closed() -> None:
    first = int(MINUTES["NSE:A"].at_ms[0])
    span = np.arange(30) * 86_400_000 + first // 86_400_000 * 86_400_000 - 29 * 86_400_000
    prices = walk(3, 30, span_ms=86_400_000)
    days = Bars(span, prices.open, prices.high, prices.low, prices.close, prices.volume)
    both = rules('close > at("1d", sma(5)) and crossover(close, sma(20))', "1m", max_bars=5)
    daily = {Input(name, "1d"): days for name in MINUTES}
    told = look_ahead_of(both, MINUTES, None, daily, cuts=16)
    assert told.honest
    assert told.decisions > 10


def test_a_backtest_that_used_the_next_bar_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    true = arrays.Reader.signals

    def early(reader: arrays.Reader, of: Rules) -> Floats:
        return np.roll(true(reader, of), -1)  # type: ignore[return-value]

    monkeypatch.setattr(arrays.Reader, "signals", early)
    told = look_ahead_of(STRATEGIES["a cross"], DAYS, cuts=30)
    assert not told.honest
    assert {each.fault for each in told.differences} <= {Fault.LOOKS_AHEAD, Fault.REPAINTS}


def test_a_share_that_ceased_to_trade_is_no_fault() -> None:
    gone = {"US:AAPL": DAYS["US:AAPL"], "US:IBM": DAYS["US:IBM"].where(np.arange(len(DAYS["US:IBM"])) < 300)}
    assert look_ahead_of(rules("close > sma(50)", max_bars=20), gone, cuts=20).honest
