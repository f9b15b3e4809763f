"""Does this price fire this alert? The rule itself, and the index asked together with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.alerts import Condition
from libs.contracts.market import Tick
from services.alerts.engine.rules import MAX_NUMBER, MAX_VERSION, firing_price, pack_ref, unpack_ref

ARMED = 1_000_000


def tick(
    price: int,
    *,
    low: int | None = None,
    high: int | None = None,
    start: int = ARMED,
    at: int = ARMED,
    stale: bool = False,
) -> Tick:
    return Tick(
        "NASDAQ:AAPL",
        price,
        price if low is None else low,
        price if high is None else high,
        start,
        at,
        at,
        stale,
        "test",
        None,
        None,
    )


@pytest.mark.parametrize(
    ("condition", "price", "fires"),
    [
        ("above", 2_299_999, False),
        ("above", 2_300_000, True),
        ("above", 2_300_001, True),
        ("below", 2_300_001, False),
        ("below", 2_300_000, True),
        ("below", 2_299_999, True),
    ],
)
def test_reaching_the_threshold_counts(condition: str, price: int, fires: bool) -> None:
    assert firing_price(Condition(condition), 2_300_000, ARMED, tick(price)) == (price if fires else None)


def test_a_price_that_was_stale_on_arrival_fires_nothing() -> None:
    assert firing_price(Condition.ABOVE, 100, ARMED, tick(200, stale=True)) is None
    assert firing_price(Condition.ABOVE, 100, ARMED, tick(200, stale=True), is_newest=True) is None


def test_a_price_from_before_the_alert_was_armed_fires_nothing() -> None:
    before = tick(200, start=ARMED - 1, at=ARMED - 1)
    assert firing_price(Condition.ABOVE, 100, ARMED, before) is None


def test_the_sweep_fires_what_is_true_now_whenever_the_price_came() -> None:
    before = tick(200, start=ARMED - 1, at=ARMED - 1)
    assert firing_price(Condition.ABOVE, 100, ARMED, before, is_newest=True) == 200


def test_a_touch_inside_a_span_that_began_after_arming_fires() -> None:
    assert firing_price(Condition.ABOVE, 230, ARMED, tick(220, high=235)) == 235
    assert firing_price(Condition.BELOW, 200, ARMED, tick(220, low=195)) == 195


def test_a_touch_inside_a_span_that_began_before_arming_does_not() -> None:
    spanning = tick(220, high=235, low=195, start=ARMED - 1, at=ARMED + 10)
    assert firing_price(Condition.ABOVE, 230, ARMED, spanning) is None
    assert firing_price(Condition.ABOVE, 230, ARMED, spanning, is_newest=True) is None
    assert firing_price(Condition.BELOW, 200, ARMED, spanning) is None
    assert firing_price(Condition.ABOVE, 215, ARMED, spanning) == 220, "the price itself came after arming"


def test_the_price_that_still_stands_is_told_rather_than_the_extreme() -> None:
    assert firing_price(Condition.ABOVE, 230, ARMED, tick(231, high=240)) == 231


@given(
    condition=st.sampled_from(Condition),
    threshold=st.integers(1, 100),
    price=st.integers(1, 100),
    below=st.integers(0, 20),
    beyond=st.integers(0, 20),
    start=st.integers(ARMED - 3, ARMED + 3),
    lasting=st.integers(0, 3),
)
def test_whatever_fires_has_really_been_reached_since_arming(
    condition: Condition, threshold: int, price: int, below: int, beyond: int, start: int, lasting: int
) -> None:
    seen = tick(price, low=price - below, high=price + beyond, start=start, at=start + lasting)
    fired = firing_price(condition, threshold, ARMED, seen)
    if fired is None:
        return
    assert fired >= threshold if condition is Condition.ABOVE else fired <= threshold
    assert seen.low_e4 <= fired <= seen.high_e4
    assert seen.at_ms >= ARMED
    assert fired == price or seen.span_start_ms >= ARMED


@given(number=st.integers(1, MAX_NUMBER), version=st.integers(1, MAX_VERSION))
def test_a_ref_names_number_and_version(number: int, version: int) -> None:
    ref = pack_ref(number, version)
    assert 0 < ref < 2**63
    assert unpack_ref(ref) == (number, version)
