"""How fast messages go out: never faster than was set, to everybody and to one address, and in no other order."""

from __future__ import annotations

import itertools
import math

from hypothesis import given
from hypothesis import strategies as st

from services.alerts.channels.pace import MOST_REMEMBERED, Pace, Pacer

PACES = {"telegram": Pace(total=5, each=1), "slack": Pace(each=1)}


@given(st.lists(st.tuples(st.sampled_from(["telegram", "slack", "mail"]), st.integers(0, 3), st.floats(0, 0.5))))
def test_no_second_has_more_than_its_pace(calls) -> None:
    pacer, now, turns = Pacer(PACES), 0.0, []
    for channel, address, passes_s in calls:
        now += passes_s
        turns.append((channel, address, now + pacer.wait_s(channel, address, now, longest_s=math.inf)))
    for channel, pace in PACES.items():
        of_channel = sorted(at for name, _, at in turns if name == channel)
        if pace.total is not None:
            gaps = [later - earlier for earlier, later in itertools.pairwise(of_channel)]
            assert all(gap >= 1 / pace.total - 1e-6 for gap in gaps)
        for address in range(4):
            own = sorted(at for name, to, at in turns if (name, to) == (channel, address))
            assert all(later - earlier >= 1 - 1e-6 for earlier, later in itertools.pairwise(own))


@given(st.integers(1, 50))
def test_what_has_no_pace_waits_for_nothing(count) -> None:
    pacer = Pacer(PACES)
    assert {pacer.wait_s("mail", None, 0.0, longest_s=1) for _ in range(count)} == {0.0}


def test_addresses_of_the_past_are_forgotten() -> None:
    pacer = Pacer({"slack": Pace(each=1)})
    for address in range(MOST_REMEMBERED + 2):
        pacer.wait_s("slack", address, 0.0, longest_s=1)
    pacer.wait_s("slack", "one more", 10.0, longest_s=1)
    assert len(pacer._free_at) <= 2


def test_a_turn_that_is_too_late_is_not_taken() -> None:
    pacer = Pacer({"slack": Pace(each=1)})
    waits = [pacer.wait_s("slack", "a", 0.0, longest_s=1) for _ in range(5)]
    assert waits == [0.0, 1.0, 2.0, 2.0, 2.0], "who was told to come back did not push the others further back"
