"""One platform for all journeys of a test process, started when the first of them asks."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.person import People, Person
from tests.support.platform import Platform

JOURNEY_OFFSET = 20_000

FAST_REPLAY = {
    "MARKET_REPLAY_SESSION_S": "4",  # a recorded day in four seconds, so that prices cross levels soon
    "MARKET_REPLAY_TICK_MS": "200",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no worker is left with it at the end; give it time to start a platform."""

    def is_quick(item: pytest.Item) -> bool:
        return not any(item.get_closest_marker(name) for name in ("journey", "chaos"))

    items.sort(key=is_quick)
    for item in items:
        if item.get_closest_marker("journey") and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(300))


PUSH_SERVICES_OF_TESTS = {"ALERTS_PUSH_HOSTS": '["127.0.0.1"]'}


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    with tempfile.TemporaryDirectory(prefix="sw", ignore_cleanup_errors=True) as folder:
        running = Platform(Path(folder), port_offset=JOURNEY_OFFSET, settings=FAST_REPLAY | PUSH_SERVICES_OF_TESTS)
        running.start()
        try:
            yield running
        finally:
            running.stop()


@pytest.fixture(scope="session")
def people(platform: Platform) -> Iterator[People]:
    with People(platform) as everybody:
        yield everybody


@pytest.fixture(scope="session")
def person(people: People) -> Person:
    """A verified, logged-in person."""
    return people.ready()
