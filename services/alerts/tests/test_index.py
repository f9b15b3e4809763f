"""The threshold index against a model that any reader can check: a set that is scanned."""

from __future__ import annotations

import time
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from services.alerts.engine import index as index_module
from services.alerts.engine.index import ThresholdIndex

SLOTS = 3
Entry = tuple[int, bool, int, int]

slots = st.integers(0, SLOTS - 1)
prices = st.integers(1, 12)
refs = st.integers(1, 40)
entries = st.tuples(slots, st.booleans(), prices, refs)


class IndexAgainstScan(RuleBasedStateMachine):
    """Chunks of 4 and slices from 3 on, so that a few steps reach what needs thousands in earnest."""

    added = Bundle("added")

    def __init__(self) -> None:
        super().__init__()
        self._small = patch.multiple(index_module, CHUNK=4, _BULK=3)
        self._small.start()
        self.index = ThresholdIndex(SLOTS)
        self.model: set[Entry] = set()

    def teardown(self) -> None:
        self._small.stop()

    @initialize(target=added, start=st.sets(entries, max_size=40))
    def load(self, start: set[Entry]):
        columns = list(zip(*start, strict=True)) if start else [(), (), (), ()]
        self.index.load(
            np.array(columns[0], np.int32),
            np.array(columns[1], np.bool_),
            np.array(columns[2], np.int64),
            np.array(columns[3], np.int64),
        )
        self.index.grow(SLOTS)
        self.model = set(start)
        return multiple(*start)

    @rule(target=added, entry=entries)
    def add(self, entry: Entry) -> Entry:
        assert self.index.add(*entry) == (entry not in self.model)
        self.model.add(entry)
        return entry

    @rule(entry=added)
    def add_again(self, entry: Entry) -> None:
        assert self.index.add(*entry) == (entry not in self.model)
        self.model.add(entry)

    @rule(entry=added)
    def remove(self, entry: Entry) -> None:
        assert self.index.remove(*entry) == (entry in self.model)
        self.model.discard(entry)

    @rule(entry=entries)
    def remove_anything(self, entry: Entry) -> None:
        assert self.index.remove(*entry) == (entry in self.model)
        self.model.discard(entry)

    @rule(slot=slots, low=prices, span=st.integers(0, 4))
    def one_tick(self, slot: int, low: int, span: int) -> None:
        fired = {(above, ref) for _, above, hit in self.index.match(slot, low, low + span) for ref in hit}
        assert fired == self._scan(slot, low, low + span)

    @rule(ticks=st.lists(st.tuples(slots, prices, st.integers(0, 4)), max_size=6))
    def batch(self, ticks: list[tuple[int, int, int]]) -> None:
        rows = np.array(ticks, np.int64).reshape(-1, 3)
        hits = self.index.batch(rows[:, 0], rows[:, 1], rows[:, 1] + rows[:, 2])
        assert all(hit for _, _, hit in hits)
        found = {(tick, above, ref) for tick, above, hit in hits for ref in hit}
        assert found == {
            (at, above, ref)
            for at, (slot, low, span) in enumerate(ticks)
            for above, ref in self._scan(slot, low, low + span)
        }

    def _scan(self, slot: int, low: int, high: int) -> set[tuple[bool, int]]:
        reached = {
            entry for entry in self.model if entry[0] == slot and (entry[2] <= high if entry[1] else entry[2] >= low)
        }
        self.model -= reached
        return {(above, ref) for _, above, _, ref in reached}

    @invariant()
    def holds_as_many(self) -> None:
        assert len(self.index) == len(self.model)


def test_the_index_finds_what_a_scan_finds() -> None:
    run_state_machine_as_test(
        IndexAgainstScan, settings=settings(max_examples=150, stateful_step_count=40, deadline=None)
    )


def test_reaching_is_enough() -> None:
    index = ThresholdIndex(1)
    index.add(0, True, 2_300_000, 1)
    index.add(0, False, 2_200_000, 2)
    assert index.match(0, 2_200_001, 2_299_999) == []
    assert index.match(0, 2_250_000, 2_300_000) == [(0, True, [1])]
    assert index.match(0, 2_200_000, 2_250_000) == [(0, False, [2])]


def test_in_a_batch_an_alert_goes_with_the_first_tick_that_reached_it() -> None:
    index = ThresholdIndex(1)
    index.add(0, True, 100, 1)
    index.add(0, True, 200, 2)
    at = np.array([150, 250, 300], np.int64)
    assert index.batch(np.zeros(3, np.int64), at, at) == [(0, True, [1]), (1, True, [2])]


def test_prices_of_the_whole_range_are_exact() -> None:
    index = ThresholdIndex(1)
    greatest = 999_999_999_999_999_999  # numeric(18,4), which no double can hold
    index.add(0, True, greatest, 1)
    assert index.match(0, greatest - 1, greatest - 1) == []
    assert index.match(0, greatest, greatest) == [(0, True, [1])]


@pytest.mark.parametrize("equal", [True, False], ids=["one threshold", "spread"])
def test_a_hot_symbol_costs_no_more_than_a_quiet_one(equal: bool) -> None:
    """Adding to and removing from 200,000 alerts of one symbol stays within microseconds.

    Measured by the fastest of many, so that a busy machine does not fail it; an array of 200,000 takes some 100 us.
    """
    count = 200_000
    numbers = np.random.default_rng(7).permutation(count).astype(np.int64)
    thresholds = np.full(count, 2_300_000) if equal else 2_000_000 + numbers
    index = ThresholdIndex(1)
    index.load(np.zeros(count, np.int32), np.ones(count, np.bool_), thresholds, numbers * 2)
    adds, removes = [], []
    for i in range(500):
        entry = (0, True, 2_300_000 if equal else 2_000_000 + i * 400, i * 801 | 1)
        began = time.perf_counter()
        assert index.add(*entry)
        added = time.perf_counter()
        assert index.remove(*entry)
        adds.append(added - began)
        removes.append(time.perf_counter() - added)
    assert sorted(adds)[len(adds) // 10] < 20e-6
    assert sorted(removes)[len(removes) // 10] < 20e-6


def test_a_million_alerts_fit_in_25_megabytes() -> None:
    count, slots = 200_000, 400
    g = np.random.default_rng(3)
    index = ThresholdIndex(slots)
    index.load(
        g.integers(0, slots, count),
        g.random(count) < 0.5,
        g.integers(1, 10**9, count),
        np.arange(count, dtype=np.int64),
    )
    assert index.nbytes() * (1_000_000 / count) < 25_000_000


def test_room_grows_without_forgetting() -> None:
    index = ThresholdIndex(1)
    index.add(0, True, 5, 1)
    index.grow(100)
    assert index.slots == 100
    assert index.add(99, False, 5, 2)
    assert index.batch(np.array([0, 99]), np.array([5, 5]), np.array([5, 5])) == [(0, True, [1]), (1, False, [2])]
