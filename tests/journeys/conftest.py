"""A browser for each file, and a window in each look."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.browser import LOOKS, Look, Window, chromium, find_chromium
from tests.support.platform import Platform


# For a file only: while Playwright runs, no other loop can.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium: install Debian's package `chromium`")
    with chromium(path) as running:
        yield running


@pytest.fixture(params=LOOKS, ids="-".join)
def look(request: pytest.FixtureRequest) -> Look:
    chosen: Look = request.param
    return chosen


@pytest.fixture
def window(browser: Browser, platform: Platform, look: Look) -> Iterator[Window]:
    opened = Window(browser, platform.url, look)
    yield opened
    opened.close()
    assert opened.complaints == []
