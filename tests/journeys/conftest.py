"""A browser for each file, and a window in the look of its test."""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

import pytest
from playwright.sync_api import Browser

from tests.support.browser import EVERY_LOOK, LOOKS, Look, Window, chromium, find_chromium
from tests.support.platform import Platform


# For a file only: while Playwright runs, no other loop can.
@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    path = find_chromium(whole=getattr(request.module, "NEEDS_WHOLE_CHROMIUM", False))
    if path is None:
        pytest.skip("no Chromium: install Debian's package `chromium`")
    with chromium(path) as running:
        yield running


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a journey one look, by its name; each of them to a test that only looks at pages. `make looks`: to all."""
    if "look" not in metafunc.fixturenames:
        return
    every = EVERY_LOOK or metafunc.definition.get_closest_marker("every_look") is not None
    own = LOOKS[crc32(metafunc.function.__name__.encode()) % len(LOOKS)]
    metafunc.parametrize("look", LOOKS if every else (own,), ids="-".join, indirect=True)


@pytest.fixture
def look(request: pytest.FixtureRequest) -> Look:
    chosen: Look = request.param
    return chosen


@pytest.fixture
def window(browser: Browser, platform: Platform, look: Look) -> Iterator[Window]:
    opened = Window(browser, platform.url, look)
    yield opened
    opened.close()
    assert opened.complaints == []
