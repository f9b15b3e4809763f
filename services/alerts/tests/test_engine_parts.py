"""The engine's pure parts: fair turns, laps of progress, the last ticks, and the matcher that joins them."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.market import Tick
from services.alerts.engine.drain import CHUNK_S, SMALLEST_CHUNK, next_chunk
from services.alerts.engine.progress import Lap, Laps
from services.alerts.engine.queue import TURN, FairQueue, Lanes, Reached
from services.alerts.engine.recents import RecentTicks


def tick(instrument: str = "NASDAQ:AAPL", at: int = 0, **members: object) -> Tick:
    made = Tick(instrument, 100, 100, 100, at, at, at, False, "test", None, None)
    return made._replace(**members)


class TestFairQueue:
    def test_an_instrument_does_not_wait_behind_anothers_thousands(self) -> None:
        queue = FairQueue()
        queue.put(Reached(tick("NSE:HOT"), list(range(10_000)), Lap()))
        queue.take(256)
        queue.put(Reached(tick("NSE:QUIET"), [77_777], Lap()))
        chunk = queue.take(256)
        assert [77_777] in [reached.refs for reached in chunk]
        assert sum(len(reached.refs) for reached in chunk) == 256

    def test_alerts_of_one_instrument_leave_in_the_order_of_their_coming(self) -> None:
        queue = FairQueue()
        for start in range(0, 300, 50):
            queue.put(Reached(tick(), list(range(start, start + 50)), Lap()))
        taken = [ref for _ in range(4) for reached in queue.take(100) for ref in reached.refs]
        assert taken == list(range(300))

    @given(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 3 * TURN)), max_size=12), st.integers(1, 200))
    def test_nothing_is_lost_and_nothing_comes_twice(self, puts: list[tuple[str, int]], limit: int) -> None:
        queue, refs, expected = FairQueue(), itertools.count(), set()
        for instrument, count in puts:
            mine = list(itertools.islice(refs, count))
            expected |= set(mine)
            queue.put(Reached(tick(instrument), mine, Lap()))
        taken: list[int] = []
        while len(queue):
            chunk = [ref for reached in queue.take(limit) for ref in reached.refs]
            assert 0 < len(chunk) <= limit
            taken += chunk
        assert len(taken) == len(expected)
        assert set(taken) == expected


class TestLanes:
    def test_few_alerts_have_a_lane_that_thousands_never_enter(self) -> None:
        lanes = Lanes()
        lanes.put(Reached(tick("NSE:HOT"), list(range(10_000)), Lap()))
        lanes.put(Reached(tick("NSE:QUIET"), [77_777], Lap()))
        lanes.put(Reached(tick("NSE:HOT"), [88_888], Lap()))
        assert [reached.refs for reached in lanes.few.take(256)] == [[77_777]]
        assert (len(lanes.few), len(lanes.many), len(lanes)) == (0, 10_001, 10_001)

    def test_a_symbol_that_keeps_firing_moves_over_and_comes_back(self) -> None:
        lanes = Lanes()
        for ref in range(TURN + 1):
            lanes.put(Reached(tick("NSE:HOT"), [ref], Lap()))
        assert (len(lanes.few), len(lanes.many)) == (TURN, 1)
        lanes.few.take(TURN)
        lanes.many.take(1)
        lanes.put(Reached(tick("NSE:HOT"), [99], Lap()))
        assert (len(lanes.few), len(lanes.many)) == (1, 0)


class TestChunks:
    def test_a_slow_database_makes_smaller_chunks_at_once_and_a_fast_one_larger_ones_slowly(self) -> None:
        assert next_chunk(160, took_s=CHUNK_S, most=160) == 160
        assert next_chunk(160, took_s=4 * CHUNK_S, most=160) == 40
        assert next_chunk(40, took_s=CHUNK_S / 10, most=160) == 50

    def test_a_chunk_stays_within_its_bounds(self) -> None:
        assert next_chunk(160, took_s=60, most=160) == SMALLEST_CHUNK
        assert next_chunk(160, took_s=0, most=160) == 160
        size = SMALLEST_CHUNK
        for _ in range(20):
            size = next_chunk(size, took_s=0.001, most=160)
        assert size == 160


class TestLaps:
    def test_a_position_counts_once_everything_before_it_is_settled(self) -> None:
        laps = Laps()
        first = laps.begin(3)
        laps.close({"t": "1-0"})
        second = laps.begin(1)
        laps.close({"t": "2-0"})
        assert laps.settled() is None
        second.settle(1)
        assert laps.settled() is None, "the first lap still waits"
        first.settle(2)
        assert laps.settled() is None
        first.settle(1)
        assert laps.settled() == {"t": "2-0"}
        assert laps.settled() is None, "told once"

    def test_a_quiet_lap_is_settled_at_once(self) -> None:
        laps = Laps()
        laps.close({"t": "5-0"})
        assert laps.settled() == {"t": "5-0"}

    def test_what_is_found_in_the_current_lap_holds_back_nothing_before(self) -> None:
        laps = Laps()
        laps.close({"t": "1-0"})
        laps.begin(4)
        assert laps.settled() == {"t": "1-0"}


class TestRecentTicks:
    def test_tells_what_came_since_and_forgets_what_is_old(self) -> None:
        recents = RecentTicks(horizon_ms=1_000)
        for at in (0, 500, 1_200, 1_400):
            recents.note(tick(at=at))
        assert [seen.at_ms for seen in recents.since("NASDAQ:AAPL", 0)] == [500, 1_200, 1_400]
        assert [seen.at_ms for seen in recents.since("NASDAQ:AAPL", 1_200)] == [1_200, 1_400]
        assert recents.since("NSE:TCS", 0) == []

    def test_ticks_that_came_out_of_order_are_found_too(self) -> None:
        recents = RecentTicks()
        recents.note(tick(at=2_000))
        recents.note(tick(at=1_500, received_ms=2_100))
        recents.note(tick(at=3_000))
        assert {seen.at_ms for seen in recents.since("NASDAQ:AAPL", 1_800)} == {2_000, 3_000}

    def test_a_stale_tick_is_not_remembered(self) -> None:
        recents = RecentTicks()
        recents.note(tick(at=5, stale=True))
        assert recents.since("NASDAQ:AAPL", 0) == []
