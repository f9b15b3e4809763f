"""The tick streams' form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.market import Tick, decode_ticks, encode_ticks, tick_stream

ticks = st.builds(
    Tick,
    instrument=st.just("NASDAQ:AAPL"),
    price_e4=st.integers(1, 2**50),
    low_e4=st.integers(1, 2**50),
    high_e4=st.integers(1, 2**50),
    span_start_ms=st.integers(0, 2**45),
    at_ms=st.integers(0, 2**45),
    received_ms=st.integers(0, 2**45),
    stale=st.booleans(),
    source=st.just("replay"),
    previous_close_e4=st.none() | st.integers(1, 2**50),
    recorded_ms=st.none() | st.integers(0, 2**45),
)


@given(st.lists(ticks, max_size=20))
def test_ticks_survive_the_stream(batch: list[Tick]) -> None:
    assert decode_ticks(encode_ticks(batch)) == batch


@pytest.mark.parametrize("value", [b"", b"{", b"[[1]]", b"[1]"])
def test_what_was_never_a_batch_is_refused(value: bytes) -> None:
    with pytest.raises((ValueError, TypeError)):
        decode_ticks(value)


def test_partitions_have_streams_of_their_own() -> None:
    assert tick_stream(0) == "market.ticks.0"
