"""Indicators on a stock's chart, as a person chooses and reads them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import Window
from tests.support.platform import DEMO_EMAIL, DEMO_PASSWORD

pytestmark = [pytest.mark.journey, pytest.mark.browser]


def test_indicators_are_drawn_with_the_chart_and_read_in_its_table(window: Window) -> None:
    page = window.page
    window.log_in(DEMO_EMAIL, DEMO_PASSWORD, to="/stocks/NASDAQ/AAPL")
    expect(page.locator("canvas").first).to_be_visible()
    panes = page.locator("canvas").count()

    upper = expect(page.get_by_text("Upper band").first)  # A phone has no room for figures over the bars.

    page.get_by_role("button", name="Indicators").click()
    for name in ("SMA 20", "Bollinger bands 20, 2", "RSI 14", "MACD 12, 26, 9"):
        page.get_by_role("menuitemcheckbox", name=name).click()
    window.shoot("indicators-menu")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Indicators (4)")).to_be_visible()
    upper.to_be_visible(visible=window.size == "wide")
    expect(page.locator("canvas").nth(panes), "RSI and MACD have panes of their own").to_be_attached()
    window.shoot("indicators-chart")

    with page.expect_response(lambda answer: "/candles/" in answer.url and "dividends=true" in answer.url):
        page.get_by_role("button", name="Adjusted for splits and dividends").click()
    expect(page.get_by_text("Older prices are adjusted for splits and dividends")).to_be_visible()

    page.get_by_role("button", name="Data").click()
    table = page.get_by_role("table")
    expect(table.get_by_role("columnheader", name="RSI 14")).to_be_visible()
    newest = table.get_by_role("row").nth(1).get_by_role("cell")
    expect(newest.nth(9), "the RSI of the newest bar").to_have_text(re.compile(r"^\d{1,3}\.\d{2}$"))
    window.shoot("indicators-table")

    page.reload()
    expect(page.get_by_role("button", name="Indicators (4)")).to_be_visible()
    upper.to_be_visible(visible=window.size == "wide")
    page.get_by_role("button", name="Draw chart patterns").click()
    expect(page.get_by_text("It is no chance of profit")).to_be_visible()
    window.shoot("patterns-chart")
    assert window.axe_violations() == []
    assert window.width_overflow() <= 0
