"""The compiled backtest does what the slow one and the followers do."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.quant import compiled
from libs.quant.backtest import Dividend, Prepared, Refusal, Setup, Slippage, SlippageKind, Split, run
from libs.quant.bars import Bar, Bars, Longs
from libs.quant.charges import CostTable, fill_cost
from libs.quant.expr import OWN, Input, MissingBars, steps
from libs.quant.strategy import Action, Decision, Fill, Reason, Rules
from libs.quant.tests import expressions, strategies
from libs.quant.tests.bars import recorded, walk
from libs.quant.tests.slow_backtest import Slow

PLAIN: dict[str, object] = {"interval": "1d", "side": "long", "entry": "close > open", "max_bars": 2}
FREE = Setup(lot=0.0)


def rules(**changed: object) -> Rules:
    return Rules.read({**PLAIN, **changed})


def bars(*prices: tuple[float, float, float, float], volume: float = 1_000.0) -> Bars:
    day = 86_400_000
    return Bars.of([Bar(day * i, *price, volume) for i, price in enumerate(prices)], day)


def costing(rate: float, fixed: float = 0.0):
    def costs(symbol: str, at_ms: Longs) -> CostTable:
        table = CostTable.flat(rate, len(at_ms))
        table.terms[:, :, 4] = fixed
        return table

    return costs


UP, FLAT = (99.0, 101.0, 98.0, 100.0), (100.0, 100.0, 100.0, 100.0)
symbols = st.dictionaries(st.sampled_from(["A", "B", "C"]), expressions.bars(), min_size=1, max_size=3)
sizes = st.sampled_from(
    [{"percent": "100"}, {"percent": "30"}, {"cash": "900"}, {"units": "7"}, {"units": "0.5"}, {"risk": "2"}]
)
slippages = st.sampled_from(
    [
        Slippage(), Slippage(SlippageKind.BPS, 10), Slippage(SlippageKind.TICKS, 2),
        Slippage(SlippageKind.VOLUME_SHARE, 0.1, 0.05),
    ]
)  # fmt: skip


# Of instruments of some twenty minutes; one above all prices, which is none of the share.
dividends = st.lists(
    st.builds(
        Dividend, st.integers(0, 40).map(lambda bar: 1_753_055_940_000 + bar * 60_000), st.sampled_from([0.5, 3.0, 1e8])
    ),
    max_size=3,
).map(tuple)


@st.composite
def setups(draw: st.DrawFn) -> Setup:
    return Setup(
        cash=draw(st.sampled_from([500.0, 5_000.0, 1e6])), fill=draw(st.sampled_from(list(Fill))),
        lot=draw(st.sampled_from([0.0, 1.0, 5.0])),
        slippage=draw(slippages), tick=0.05, allow_partial=draw(st.booleans()),
        dividends=draw(st.dictionaries(st.sampled_from(["A", "B"]), dividends, max_size=2)),
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(strategies.documents(sizes), min_size=2, max_size=4), symbols, setups(), st.booleans())
def test_a_run_among_many_is_the_run_alone(
    documents: list[dict[str, object]], given_bars: dict[str, Bars], setup: Setup, forgets: bool
) -> None:
    every = [Rules.read({**document, "stop": document["stop"] or {"percent": "1"}}) for document in documents]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Prepared, "KEPT", 0 if forgets else 10**9)
        prepared = Prepared(given_bars, "1m", setup)
        together = [prepared.run(one) for one in every]
    for one, told in zip(every, together, strict=True):
        alone = run(one, given_bars, setup)
        assert (told.trades, told.decisions, told.refused) == (alone.trades, alone.decisions, alone.refused)
        np.testing.assert_array_equal(told.equity, alone.equity)


@settings(max_examples=300, deadline=None)
@given(strategies.documents(sizes), symbols, setups(), st.sampled_from([(0.0, 0.0), (0.001, 0.0), (0.002, 3.0)]))
def test_it_does_what_a_slow_one_does(
    document: dict[str, object], given_bars: dict[str, Bars], setup: Setup, costs: tuple[float, float]
) -> None:
    if document["size"] == {"risk": "2"} and document["stop"] is None:
        return
    # On the grid of 0.05 a level that is rounded to the tick is where the slow one's is only without rounding.
    if setup.slippage.kind is not SlippageKind.TICKS:
        setup = Setup(**{**setup.__dict__, "tick": 0.0})
    elif any(document[name] for name in ("stop", "target", "trailing")):
        return
    read = Rules.read(document)
    slow = Slow(read, given_bars, setup, *costs).run()
    fast = run(read, given_bars, Setup(**{**setup.__dict__, "costs": costing(*costs)}))
    told = [
        (t.symbol, t.entry_ms, t.exit_ms, t.units, t.entry_price, t.exit_price, t.reason.value, t.pnl, t.bars)
        for t in fast.trades
    ]
    assert [t[:3] + t[6:7] + t[8:] for t in told] == [t[:3] + t[6:7] + t[8:] for t in slow.trades]
    for mine, theirs in zip(told, slow.trades, strict=True):
        assert mine[3:6] == pytest.approx(theirs[3:6], rel=1e-7)
        assert mine[7] == pytest.approx(theirs[7], rel=1e-6, abs=1e-4)
    np.testing.assert_allclose(fast.equity, slow.equity, rtol=1e-8)
    assert [(r.symbol, r.at_ms, r.reason.value) for r in fast.refused] == slow.refused


def followed(read: Rules, symbol: str, given_bars: Bars, fill: Fill, from_ms: int) -> list[Decision]:
    follower, told = read.follow(symbol, fill), []
    for step in steps({OWN: given_bars}):
        if step[OWN].at_ms < from_ms:
            follower.warm(step)
        else:
            told += follower.update(step)
    return told


def assert_same_decisions(mine: list[Decision], theirs: list[Decision]) -> None:
    def what(d: Decision) -> tuple[object, ...]:
        return d.action, d.symbol, d.at_ms, d.side, d.reason

    assert [what(d) for d in mine] == [what(d) for d in theirs]
    for one, other in zip(mine, theirs, strict=True):
        levels = [(one.price, other.price), (one.stop, other.stop), (one.target, other.target)]
        for a, b in [*levels, (one.trailing, other.trailing)]:
            assert a == (None if b is None else pytest.approx(b, rel=1e-9))


@settings(max_examples=300, deadline=None)
@given(strategies.documents(), symbols, st.sampled_from(list(Fill)), st.integers(0, 10))
def test_live_decisions_are_those_of_the_backtest(
    document: dict[str, object], given_bars: dict[str, Bars], fill: Fill, warm: int
) -> None:
    read = Rules.read({**document, "max_positions": 3})
    from_ms = min(int(one.at_ms[0]) for one in given_bars.values()) + warm * 60_000
    if all(one.at_ms[-1] < from_ms for one in given_bars.values()):
        return
    result = run(read, given_bars, Setup(fill=fill, from_ms=from_ms))
    assert result.refusals == 0
    for symbol, one in given_bars.items():
        mine = [d for d in result.decisions if d.symbol == symbol]
        assert_same_decisions(followed(read, symbol, one, fill, from_ms), mine)


@pytest.mark.parametrize("symbol", ["AAPL", "GOOG", "IBM", "MSFT"])
def test_live_decisions_on_recorded_days_are_those_of_the_backtest(symbol: str) -> None:
    read = rules(
        entry="crossover(ema(12), ema(26)) and rsi(14) < 75", exit="crossunder(ema(12), ema(26))",
        stop={"atr": "2", "period": 14}, target={"atr": "6", "period": 14}, trailing={"percent": "12"}, max_bars=60,
        size={"percent": "10"},
    )  # fmt: skip
    days = recorded(symbol)
    result = run(read, {symbol: days}, FREE)
    assert len(result.decisions) >= 50
    assert {t.reason for t in result.trades} >= {Reason.STOP, Reason.RULE}
    assert_same_decisions(followed(read, symbol, days, Fill.NEXT_OPEN, 0), list(result.decisions))


@settings(max_examples=60, deadline=None)
@given(strategies.documents(sizes), expressions.bars(), st.integers(1, 60))
def test_what_comes_later_changes_nothing(document: dict[str, object], given_bars: Bars, cut: int) -> None:
    if document["size"] == {"risk": "2"} and document["stop"] is None:
        return
    read, early = Rules.read(document), given_bars.where(np.arange(len(given_bars)) < cut)
    whole, part = run(read, {"A": given_bars}, FREE), run(read, {"A": early}, FREE)
    assert part.equity.tolist() == whole.equity[: len(early)].tolist()
    assert part.decisions == tuple(d for d in whole.decisions if d.at_ms <= early.at_ms[-1])


def test_two_strategies_share_the_cash() -> None:
    both = [rules(size={"percent": "60"}), rules(size={"percent": "60"}, max_bars=3)]
    result = run(both, {"A": bars(UP, FLAT, FLAT, FLAT, FLAT, FLAT)}, Setup(cash=1_000, lot=1))
    assert [(t.strategy, t.units) for t in result.trades] == [(0, 6.0), (1, 4.0)]


def test_more_positions_than_allowed_are_refused() -> None:
    given_bars = {name: bars(UP, FLAT, FLAT, FLAT, FLAT) for name in "ABC"}
    result = run(rules(size={"percent": "10"}, max_positions=2), given_bars)
    assert {t.symbol for t in result.trades} == {"A", "B"}
    assert [(r.symbol, r.reason) for r in result.refused] == [("C", Refusal.TOO_MANY)]


def test_what_is_delisted_is_closed_at_its_last_close() -> None:
    gone = bars(UP, FLAT, (100, 100, 80, 90))
    other = bars(*[FLAT] * 40)
    result = run(rules(max_bars=9), {"GONE": gone, "OTHER": other}, Setup(cash=1_000))
    (trade,) = result.trades
    assert (trade.symbol, trade.exit_price, trade.reason) == ("GONE", 90, Reason.DELISTED)
    assert result.final == pytest.approx(900)


def test_what_is_held_at_the_end_is_valued_and_not_sold() -> None:
    result = run(
        rules(max_bars=9), {"A": bars(UP, FLAT, (100, 110, 100, 110))}, Setup(cash=1_000, costs=costing(0.0, 5))
    )
    (trade,) = result.trades
    assert (trade.reason, trade.costs, trade.units) == (Reason.OPEN, 5, 9)
    assert result.cash[-1] == 95
    assert result.final == 1_085


def test_a_lot_counts_the_shares_that_there_were() -> None:
    # Two for one on the fourth day: 1,000 buy 5 shares of 200, which the adjusted bars show as 10 of 100.
    four = bars(UP, FLAT, FLAT, FLAT)
    split = {"A": (Split(int(four.at_ms[3]), 2.0),)}
    result = run(rules(max_bars=9), {"A": four}, Setup(cash=1_100, lot=1, splits=split))
    assert [t.units for t in result.trades] == [10.0]
    per_share = CostTable.flat(0.0, 4)
    per_share.terms[:, :, 5], per_share.terms[:, :, 6] = 1.0, np.inf
    charged = run(rules(max_bars=9), {"A": four}, Setup(cash=1_100, splits=split, costs=lambda *_: per_share))
    assert [t.costs for t in charged.trades] == [5.0]


def test_who_held_at_the_close_before_gets_the_dividend() -> None:
    days = bars(UP, FLAT, FLAT, FLAT, FLAT)
    at = [int(ms) for ms in days.at_ms]
    for day, got in ((1, 0.0), (2, 20.0), (3, 20.0), (4, 0.0)):
        # Bought at the open of day 1, sold at that of day 3: who sells on the ex-day still gets it.
        told = {"A": (Dividend(at[day] - 1, 2.0),)}
        result = run(rules(max_bars=2), {"A": days}, Setup(cash=1_000, dividends=told))
        (trade,) = result.trades
        assert (trade.units, trade.dividends, trade.pnl) == (10.0, got, got)
        assert result.final == 1_000 + got
    short = run(rules(side="short"), {"A": days}, Setup(cash=2_000, dividends={"A": (Dividend(at[2], 2.0),)}))
    assert [t.dividends for t in short.trades] == [-2.0 * short.trades[0].units]


def test_a_dividend_counts_the_shares_of_its_day() -> None:
    # Two for one on day 3. Before it, 2 a share are 1 for each share of today; after it they are 2.
    days = bars(*[UP] * 6)
    split = {"A": (Split(int(days.at_ms[3]), 2.0),)}
    told = {"A": (Dividend(int(days.at_ms[2]), 2.0), Dividend(int(days.at_ms[4]), 2.0))}
    result = run(rules(max_bars=9), {"A": days}, Setup(cash=1_000, splits=split, dividends=told))
    assert result.trades[0].dividends == result.trades[0].units * 3.0


def test_the_benchmark_keeps_its_dividends() -> None:
    index = bars(FLAT, FLAT, (100, 110, 100, 110))
    told = {"I": (Dividend(int(index.at_ms[1]), 5.0),)}
    setup = Setup(cash=1_000, benchmark="I", dividends=told)
    result = run(rules(), {"A": bars(*[FLAT] * 3)}, setup, {Input("I", "1d"): index})
    assert result.benchmark is not None
    assert result.benchmark.tolist() == pytest.approx([1_000, 1_050, 1_150])


def test_costs_follow_their_table_by_date() -> None:
    table = CostTable.flat(0.001, 6)
    table = CostTable(np.concatenate([table.terms, 10 * table.terms]), np.array([0, 0, 0, 1, 1, 1], np.int32))
    result = run(rules(), {"A": bars(UP, *[FLAT] * 5)}, Setup(cash=1e6, costs=lambda *_: table))
    (trade,) = result.trades
    expected = fill_cost(table.terms[0, 0], trade.units, 100) + fill_cost(table.terms[1, 1], trade.units, 100)
    assert trade.costs == pytest.approx(expected)


def test_the_benchmark_is_bought_once_and_held() -> None:
    index = bars(FLAT, (100, 110, 100, 110), (110, 121, 110, 121))
    result = run(rules(), {"A": bars(*[FLAT] * 3)}, Setup(cash=1_000, benchmark="I"), {Input("I", "1d"): index})
    assert result.benchmark is not None
    assert result.benchmark.tolist() == pytest.approx([1_000, 1_100, 1_210])


def test_an_expression_reads_another_instrument() -> None:
    read = rules(entry='at("NSE:I", close) > 105')
    index = bars(FLAT, (100, 110, 100, 110), FLAT)
    result = run(read, {"A": bars(*[FLAT] * 3)}, FREE, {Input("NSE:I", "1d"): index})
    assert [d.at_ms for d in result.decisions if d.action is Action.ENTER] == [int(index.at_ms[1])]
    with pytest.raises(MissingBars, match="NSE:I at 1d"):
        run(read, {"A": bars(FLAT)})


def test_bars_before_the_begin_only_warm_up() -> None:
    days = walk(3, 200)
    read = rules(entry="close > sma(50)")
    begin = int(days.at_ms[100])
    result = run(read, {"A": days}, Setup(from_ms=begin))
    assert result.at_ms[0] == begin
    assert result.decisions[0].at_ms < days.at_ms[149]


@pytest.mark.parametrize(("changed", "given_bars"), [({}, {}), ({"from_ms": 10**15}, {"A": bars(FLAT)})])
def test_nothing_to_trade_on_is_refused(changed: dict[str, int], given_bars: dict[str, Bars]) -> None:
    with pytest.raises(ValueError, match="bars"):
        run(rules(), given_bars, Setup(**changed))


@pytest.mark.parametrize("changed", [{"cash": 0}, {"lot": -1}, {"slippage": Slippage(SlippageKind.TICKS, 1)}])
def test_an_impossible_setup_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"cash|lot|tick"):
        Setup(**changed)


def test_where_nothing_can_be_written_it_is_compiled_without_being_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/proc/none")
    monkeypatch.setattr(compiled, "folder", compiled.folder.__wrapped__)
    assert compiled.folder() is None
    assert compiled.compiled()(lambda x: x + 1)(1) == 2


def test_the_size_of_a_short_sale_is_what_the_cash_covers() -> None:
    read = rules(side="short", entry="close > open", max_bars=1)
    result = run(read, {"A": bars(UP, FLAT, (90, 90, 90, 90))}, Setup(cash=1_000))
    assert [(t.units, t.pnl) for t in result.trades] == [(10, 100)]
    assert result.final == 1_100
    assert Decimal(str(result.drawdown.max())) == 0
