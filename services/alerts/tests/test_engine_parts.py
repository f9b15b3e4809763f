"""The engine's pure parts: fair turns, laps of progress, the last ticks, and the matcher that joins them."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from libs.common.ids import uuid7
from libs.contracts.market import Tick
from services.alerts.engine.drain import CHUNK_S, SMALLEST_CHUNK, next_chunk
from services.alerts.engine.owners import MERGE_AT, NOBODY, Owners, small_number
from services.alerts.engine.progress import Lap, Laps
from services.alerts.engine.queue import TURN, FairQueue, Lanes, OrderedTurns, Reached
from services.alerts.engine.recents import RecentTicks


def tick(instrument: str = "NASDAQ:AAPL", at: int = 0, **members: object) -> Tick:
    made = Tick(instrument, 100, 100, 100, at, at, at, False, "test", None, None)
    return made._replace(**members)


def reached(refs: list[int], instrument: str = "NASDAQ:AAPL", owners: list[int] | None = None) -> Reached:
    """What a tick reached; unless said otherwise each alert is of a person of its own."""
    return Reached(tick(instrument), refs, Lap(), [1 + ref for ref in refs] if owners is None else owners)


class TestFairQueue:
    def test_a_turn_does_not_wait_behind_anothers_thousands(self) -> None:
        queue = FairQueue()
        queue.put("NSE:HOT", reached(list(range(10_000)), "NSE:HOT"))
        queue.take(256)
        queue.put("NSE:QUIET", reached([77_777], "NSE:QUIET"))
        chunk = queue.take(256)
        assert [77_777] in [each.refs for each in chunk]
        assert sum(len(each.refs) for each in chunk) == 256

    def test_what_waits_in_one_turn_leaves_in_the_order_of_its_coming(self) -> None:
        queue = FairQueue()
        for start in range(0, 300, 50):
            queue.put("A", reached(list(range(start, start + 50))))
        taken = [ref for _ in range(4) for each in queue.take(100) for ref in each.refs]
        assert taken == list(range(300))

    @given(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 3 * TURN)), max_size=12), st.integers(1, 200))
    def test_nothing_is_lost_and_nothing_comes_twice(self, puts: list[tuple[str, int]], limit: int) -> None:
        left: list[int] = []
        queue = FairQueue(lambda _, gone: left.extend(gone.owners))
        refs, expected = itertools.count(), set()
        for turn, count in puts:
            mine = list(itertools.islice(refs, count))
            expected |= set(mine)
            queue.put(turn, reached(mine, turn))
        taken: list[int] = []
        while len(queue):
            chunk = [ref for each in queue.take(limit) for ref in each.refs]
            assert 0 < len(chunk) <= limit
            taken += chunk
        assert len(taken) == len(expected)
        assert set(taken) == expected
        assert left == [1 + ref for ref in taken]


class TestLanes:
    def test_few_alerts_have_a_lane_that_thousands_never_enter(self) -> None:
        lanes = Lanes()
        lanes.put(reached(list(range(10_000)), "NSE:HOT"))
        lanes.put(reached([77_777], "NSE:QUIET"))
        lanes.put(reached([88_888], "NSE:HOT"))
        assert [each.refs for each in lanes.few.take(256)] == [[77_777]]
        assert (len(lanes.few), len(lanes.many), len(lanes)) == (0, 10_001, 10_001)

    def test_a_symbol_that_keeps_firing_moves_over_and_comes_back(self) -> None:
        lanes = Lanes()
        for ref in range(TURN + 1):
            lanes.put(reached([ref], "NSE:HOT"))
        assert (len(lanes.few), len(lanes.many)) == (TURN, 1)
        lanes.few.take(TURN)
        lanes.many.take(1)
        lanes.put(reached([99], "NSE:HOT"))
        assert (len(lanes.few), len(lanes.many)) == (1, 0)

    def test_a_person_with_thousands_has_one_turn_and_the_others_on_the_same_symbols_do_not_wait(self) -> None:
        lanes = Lanes()
        for symbol in range(50):  # five of each symbol are the greedy one's, and one is somebody else's
            refs = list(range(symbol * 6, symbol * 6 + 6))
            lanes.put(reached(refs, f"NSE:S{symbol}", [7, 7, 7, 7, 7, 1_000 + symbol]))
        first = lanes.few.take(1_000)
        assert {1_000 + symbol for symbol in range(50)} <= {owner for each in first for owner in each.owners}
        assert sum(each.owners.count(7) for each in first) <= TURN
        rest = lanes.many.take(1_000)
        assert {owner for each in rest for owner in each.owners} == {7}
        assert sum(len(each.refs) for each in (*first, *rest)) == 300

    def test_a_persons_thousands_do_not_fill_a_symbol(self) -> None:
        lanes = Lanes()
        lanes.put(reached(list(range(1_000)), "NSE:S", [7] * 1_000))
        lanes.put(reached([5_000], "NSE:S"))
        assert [each.refs for each in lanes.few.take(10)] == [[5_000]]


class TestOrderedTurns:
    @given(
        st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 3), st.integers(1, 60)), max_size=30),
        st.integers(1, 100),
    )
    def test_what_one_person_has_of_an_instrument_leaves_in_its_order(
        self, puts: list[tuple[str, int, int]], limit: int
    ) -> None:
        queue, refs = OrderedTurns(), itertools.count()
        wanted: dict[tuple[str, int], list[int]] = {}
        taken: dict[tuple[str, int], list[int]] = {}

        def take() -> None:
            for each in queue.take(limit):
                taken.setdefault((each.tick.instrument, each.owners[0]), []).extend(each.refs)

        for instrument, owner, count in puts:
            for ref in itertools.islice(refs, count):
                queue.put(reached([ref], instrument, [owner]))
                wanted.setdefault((instrument, owner), []).append(ref)
            take()
        while len(queue):
            take()
        assert taken == wanted

    def test_a_persons_thousands_hold_up_nobody(self) -> None:
        queue = OrderedTurns()
        for ref in range(100_000):
            queue.put(reached([ref], f"NSE:S{ref % 100}", [7]))
        queue.put(reached([200_000], "NSE:S70", [8]))
        assert [200_000] in [each.refs for each in queue.take((TURN + 2) * TURN)]


class TestOwners:
    def test_knows_whose_each_is_also_when_thousands_are_new(self) -> None:
        people = [uuid7() for _ in range(3)]
        owners = Owners()
        owners.load(np.array([30, 10, 20]), np.array([small_number(people[at]) for at in (0, 1, 2)], np.int32))
        assert owners.of(np.array([10, 20, 99])) == [small_number(people[1]), small_number(people[2]), NOBODY]
        for number in range(20, 20 + 2 * MERGE_AT):
            owners.note(number, people[0])
        assert owners.of(np.array([10, 20, 19 + 2 * MERGE_AT])) == [
            small_number(people[1]),
            small_number(people[0]),
            small_number(people[0]),
        ]
        assert Owners().of(np.array([1])) == [NOBODY]


class TestChunks:
    def test_a_slow_database_makes_smaller_chunks_at_once_and_a_fast_one_larger_ones_slowly(self) -> None:
        assert next_chunk(160, took_s=CHUNK_S, most=480) == 160
        assert next_chunk(400, took_s=4 * CHUNK_S, most=480) == 100
        assert next_chunk(160, took_s=CHUNK_S / 10, most=480) == 200

    def test_a_chunk_stays_within_its_bounds(self) -> None:
        assert next_chunk(160, took_s=60, most=480) == SMALLEST_CHUNK
        assert next_chunk(480, took_s=0, most=480) == 480
        size = SMALLEST_CHUNK
        for _ in range(20):
            size = next_chunk(size, took_s=0.001, most=480)
        assert size == 480


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
