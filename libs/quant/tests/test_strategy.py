"""A strategy's rules are read, said and followed."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.quant.bars import Bar, Bars
from libs.quant.expr import OWN, Input, StateError, steps
from libs.quant.strategy import Action, Decision, Fill, Follower, Reason, Rules, RulesError
from libs.quant.tests import expressions, strategies

PLAIN: dict[str, object] = {"interval": "1d", "side": "long", "entry": "close > open", "max_bars": 3}


def rules(**changed: object) -> Rules:
    return Rules.read({**PLAIN, **changed})


def walked(follower: Follower, *prices: tuple[float, float, float, float]) -> list[tuple[int, Action, float, Reason]]:
    """Give bars of (open, high, low, close), and tell at which of them what was decided."""
    told = []
    for place, (o, h, low, c) in enumerate(prices):
        decisions = follower.update({OWN: Bar(place, o, h, low, c, 1.0)})
        told += [(d.at_ms, d.action, round(d.price, 6), d.reason) for d in decisions]
    return told


@settings(max_examples=200, deadline=None)
@given(strategies.documents())
def test_a_document_reads_back_as_the_same_rules(document: dict[str, object]) -> None:
    read = Rules.read(document)
    assert Rules.read(json.loads(json.dumps(read.document()))) == read
    assert Rules.read(read.document()).document() == read.document()
    assert "None" not in read.words()


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"interval": "2d"}, "wrong_value", "/interval"),
        ({"interval": None}, "required", "/interval"),
        ({"side": ["long"]}, "wrong_value", "/side"),
        ({"entry": None}, "required", "/entry"),
        ({"entry": 7}, "wrong_type", "/entry"),
        ({"entry": "close"}, "wrong_kind", "/entry"),
        ({"entry": "close >"}, "syntax", "/entry"),
        ({"exit": "no_such > 1"}, "unknown_name", "/exit"),
        ({"stop": 5}, "wrong_type", "/stop"),
        ({"stop": {}}, "required", "/stop"),
        ({"stop": {"percent": "5", "atr": "1"}}, "required", "/stop"),
        ({"stop": {"percent": "5", "period": 3}}, "unknown_field", "/stop/period"),
        ({"stop": {"percent": "100"}}, "out_of_range", "/stop/percent"),
        ({"stop": {"percent": "NaN"}}, "out_of_range", "/stop/percent"),
        ({"stop": {"percent": True}}, "wrong_type", "/stop/percent"),
        ({"stop": {"percent": "1e999999999"}}, "out_of_range", "/stop/percent"),
        ({"stop": {"percent": "0.00001"}}, "too_precise", "/stop/percent"),
        ({"target": {"atr": "2"}}, "required", "/target/period"),
        ({"target": {"atr": "2", "period": 1.5}}, "wrong_type", "/target/period"),
        ({"trailing": {"atr": "2", "period": 0}}, "out_of_range", "/trailing/period"),
        ({"side": "short", "target": {"percent": "100"}}, "out_of_range", "/target/percent"),
        ({"size": {}}, "required", "/size"),
        ({"size": {"percent": "100.1"}}, "out_of_range", "/size/percent"),
        ({"size": {"shares": "1"}}, "unknown_field", "/size/shares"),
        ({"size": {"risk": "1"}}, "needs_stop", "/size/risk"),
        ({"max_bars": 0}, "out_of_range", "/max_bars"),
        ({"max_positions": True}, "wrong_type", "/max_positions"),
        ({"max_bars": None}, "needs_exit", "/exit"),
        ({"leverage": 3}, "unknown_field", "/leverage"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(changed: dict[str, object], code: str, field: str) -> None:
    with pytest.raises(RulesError) as caught:
        rules(**changed)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_a_mistake_in_an_expression_names_the_column() -> None:
    with pytest.raises(RulesError) as caught:
        rules(exit="close > smaa(20)")
    assert caught.value.column == 9


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from([*rules().document(), "other"]), _json))
def test_no_document_breaks_the_reader(changed: dict[str, object]) -> None:
    with suppress(RulesError):
        assert Rules.read(rules(**changed).document())


def test_rules_are_said_in_words() -> None:
    said = rules(exit="rsi(14) > 70", stop={"percent": "5"}, trailing={"atr": "2.50", "period": 14}).words()
    assert said == (
        "On daily bars. Buys when the close is above the open. Each position is 100 percent of equity; at most 1 "
        "position at once. Sells when the 14-bar RSI of the close is above 70. Stop loss 5 percent from the entry. "
        "Trailing stop 2.5 times ATR(14) from the best price since the entry. Sells after 3 bars at the latest."
    )


def test_they_tell_what_history_they_need() -> None:
    asked = rules(exit='at("NSE:NIFTY50", sma(50)) > 0', stop={"atr": "1", "period": 10}).history()
    assert asked == {OWN: 221, Input("NSE:NIFTY50"): 50}


def test_an_entry_waits_for_the_next_open_and_its_levels_lie_from_there() -> None:
    follower = rules(stop={"percent": "10"}, target={"percent": "20"}).follow("X")
    (entered,) = follower.update({OWN: Bar(0, 99, 101, 98, 100, 1)})
    assert (entered.action, entered.price, entered.stop, entered.target) == (Action.ENTER, 100, 90, 120)
    assert not follower.in_position
    assert follower.update({OWN: Bar(1, 110, 111, 100, 109, 1)}) == []
    stop, target, _ = follower.levels
    assert stop == pytest.approx(99)
    assert target == pytest.approx(132)


@pytest.mark.parametrize(
    ("bar", "price", "reason"),
    [
        ((100, 105, 90, 95), 90, Reason.STOP),
        ((85, 95, 80, 90), 85, Reason.STOP),  # a gap: the stop is filled worse
        ((100, 120, 95, 118), 120, Reason.TARGET),
        ((125, 130, 121, 126), 125, Reason.TARGET),  # a gap: the limit is filled better
        ((100, 125, 85, 100), 90, Reason.STOP),  # both inside one bar: the worse is taken
        ((125, 130, 80, 100), 125, Reason.TARGET),  # but a bar that opens beyond the target met it first
    ],
)
def test_stops_and_targets_are_met_inside_a_bar(
    bar: tuple[float, float, float, float], price: float, reason: Reason
) -> None:
    follower = rules(stop={"percent": "10"}, target={"percent": "20"}, max_bars=9).follow()
    told = walked(follower, (99, 100, 99, 100), (100, 101, 99, 100), bar)
    assert (2, Action.EXIT, price, reason) in told


def test_a_trailing_stop_follows_the_best_price_of_the_bars_before() -> None:
    follower = rules(trailing={"percent": "10"}, max_bars=9).follow()
    # 120 is the best of bar 2; its own low of 105 is not judged by it, the low of bar 3 is.
    told = walked(follower, (99, 100, 99, 100), (100, 101, 99, 100), (100, 120, 105, 110), (110, 112, 107, 108))
    assert told[-1] == (3, Action.EXIT, 108, Reason.TRAILING)


def test_what_is_sold_short_is_stopped_above() -> None:
    follower = rules(side="short", stop={"percent": "10"}, max_bars=9).follow()
    told = walked(follower, (99, 100, 99, 100), (100, 101, 99, 100), (100, 111, 99, 100))
    assert told[1][2:] == (110, Reason.STOP)


def test_an_entry_that_its_exit_rule_denies_is_not_taken() -> None:
    assert walked(rules(exit="close > 0").follow(), (99, 100, 99, 100)) == []


def test_a_position_ends_after_its_bars() -> None:
    told = walked(rules(max_bars=2).follow(), *[(99, 100, 99, 100)] * 4)
    assert told[1] == (2, Action.EXIT, 100, Reason.TIME)


def test_an_entry_that_was_not_executed_is_forgotten() -> None:
    follower = rules().follow()
    walked(follower, (99, 100, 99, 100))
    follower.forget()
    assert follower.pending is None
    assert walked(follower, (99, 100, 99, 98)) == []
    assert not follower.in_position


@settings(max_examples=150, deadline=None)
@given(strategies.documents(), expressions.bars(), st.sampled_from(list(Fill)))
def test_a_restart_changes_no_decision(document: dict[str, object], bars: Bars, fill: Fill) -> None:
    one, other = (Rules.read(document).follow("X", fill) for _ in range(2))
    told: list[Decision] = []
    again: list[Decision] = []
    for step in steps({OWN: bars}):
        other = Follower.restore(other.state())
        told += one.update(step)
        again += other.update(step)
    assert told == again


@pytest.mark.parametrize("state", [b"", b"[]", b"{}", b"\xff", b'{"v":1}', b'{"v":1,"of":{}}', b'{"v":1,"of":7}'])
def test_a_damaged_state_is_refused(state: bytes) -> None:
    with pytest.raises(StateError):
        Follower.restore(state)
