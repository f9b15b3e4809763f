"""Many expressions on one instrument."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.quant.bars import Bars
from libs.quant.expr import OWN, Hub, Input, parse, steps
from libs.quant.tests import expressions
from libs.quant.tests.bars import walk
from libs.quant.tests.test_expr_forms import read

OURS = Input("NSE:TCS", "1m")


@settings(max_examples=60, deadline=None)
@given(st.lists(expressions.texts(), min_size=2, max_size=6), expressions.inputs(), st.integers(0, 40))
def test_a_hub_says_what_each_expression_says_alone(texts: list[str], bars: dict[Input, Bars], cut: int) -> None:
    held = {text: expression for text in texts if (expression := read(text)) is not None}
    hub: Hub[str] = Hub("NSE:TCS", "1m")
    alone = {text: expression.incremental() for text, expression in held.items()}
    for text, expression in held.items():
        hub.add(text, expression)
    for place, step in enumerate(steps(bars)):
        if place == cut and len(held) > 1:
            gone = next(iter(held))
            held.pop(gone)
            hub.remove(gone)
        named = {OURS if source == OWN else source: bar for source, bar in step.items()}
        told = hub.peek(named)
        assert hub.update(named) == told == {text: alone[text].update(step) for text in held}
    for text in held:
        hub.remove(text)
    assert hub.machines == 0
    assert hub.inputs == {OURS}


def test_common_parts_are_computed_once() -> None:
    hub: Hub[int] = Hub("NSE:TCS", "1m")
    for level in range(1_000):
        hub.add(level, parse(f"rsi(close, 14) < {level}"))
    # The close, its RSI, and a constant and a comparison for each.
    assert (len(hub), hub.machines) == (1_000, 2_002)
    hub.add(0, parse('at("NSE:TCS", "1m", rsi) < 0'))  # names by `at` what is our own
    assert hub.machines == 2_003


def test_a_late_comer_is_warmed_up_by_the_past() -> None:
    bars = walk(6, 300)
    early, late = parse("rsi(close, 14) > 50"), parse("rsi(close, 14) > sma(rsi(close, 14), 20)")
    hub: Hub[str] = Hub("NSE:TCS", "1m")
    hub.add("early", early)
    cold: Hub[str] = Hub("NSE:TCS", "1m")
    for i in range(200):
        hub.update({OURS: bars.bar(i)})
    hub.add("late", late, {OURS: bars.where(bars.at_ms < bars.at_ms[200])})
    cold.add("late", late)
    for i in range(200, 300):
        told = hub.update({OURS: bars.bar(i)})
        assert told["late"] == bool(late.vector({OWN: bars})[i])
        assert told["early"] == bool(early.vector({OWN: bars})[i])
        assert cold.update({OURS: bars.bar(i)})["late"] is None or i > 230
