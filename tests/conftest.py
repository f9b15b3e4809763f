"""One platform for all journeys of a test run, from when the first of them asks until the last has ended."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.person import People, Person
from tests.support.platform import Platform
from tests.support.shared_platform import SharedPlatform

JOURNEY_OFFSET = 20_000

FAST_REPLAY = {
    "MARKET_REPLAY_SESSION_S": "4",  # a recorded day in four seconds, so that prices cross levels soon
    "MARKET_REPLAY_TICK_MS": "200",
}


def is_quick(item: pytest.Item) -> bool:
    return not any(item.get_closest_marker(name) for name in ("journey", "chaos", "data"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no worker is left with it at the end; give it time to start a platform."""
    items.sort(key=is_quick)
    for item in items:
        if item.get_closest_marker("journey") and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(300))


PUSH_SERVICES_OF_TESTS = {"ALERTS_PUSH_HOSTS": '["127.0.0.1"]'}


class LetsGo:
    """Leaves the platform when only quick tests are to come, of whichever folder: at rest it still costs much."""

    def __init__(self, shared: SharedPlatform) -> None:
        self._shared = shared

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if is_quick(item):
            self._shared.leave()


@pytest.fixture(scope="session")
def platform(pytestconfig: pytest.Config) -> Iterator[Platform]:
    shared = SharedPlatform(port_offset=JOURNEY_OFFSET, settings=FAST_REPLAY | PUSH_SERVICES_OF_TESTS)
    pytestconfig.pluginmanager.register(LetsGo(shared))
    try:
        yield shared.enter()
    finally:
        shared.close()


@pytest.fixture(scope="session")
def people(platform: Platform) -> Iterator[People]:
    with People(platform) as everybody:
        yield everybody


@pytest.fixture(scope="session")
def person(people: People) -> Person:
    """A verified, logged-in person."""
    return people.ready()
