"""Strategies and the screener in a real browser: from a template to a version, a link that is copied, and a scan."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Window
from tests.support.person import People
from tests.support.platform import Platform

pytestmark = [pytest.mark.journey, pytest.mark.browser]


def choose(page: Page, text: str, option: str) -> None:
    field = page.get_by_role("combobox", name="Add a stock")
    field.fill(text)
    page.get_by_role("option", name=re.compile(f"^{option}")).first.click()
    expect(page.get_by_role("button", name=re.compile(f"Take .*{option} out"))).to_be_visible()


def test_a_strategy_is_made_changed_shared_and_copied(window: Window, platform: Platform, people: People) -> None:
    person, page = people.ready(), window.page
    window.log_in(person.email, person.password)
    window.place("Strategies").click()
    expect(page.get_by_text("No strategy yet")).to_be_visible()
    expect(page.get_by_text("Golden cross", exact=True)).to_be_visible()
    window.shoot("strategies")
    assert window.axe_violations() == []
    assert window.width_overflow() <= 0

    page.get_by_role("link", name="Use RSI(2) pullback").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("RSI(2) pullback")
    page.get_by_role("button", name="Create strategy").click()
    expect(page.get_by_text("Choose at least one stock.")).to_be_visible()
    choose(page, "apple", "AAPL")
    expect(page.get_by_text(re.compile("^On daily bars. Buys when"))).to_be_visible()
    entry = page.get_by_role("textbox", name="Enter when")
    entry.fill("close > sma(200) and rsi(2) <")
    expect(page.get_by_text("A number is missing after `<`. (column 30)")).to_be_visible()
    entry.fill("close > sma(200) and rsi(2) < 5")
    expect(page.get_by_text(re.compile("RSI of the close is below 5|below 5"))).to_be_visible()
    blocks = page.get_by_role("group", name="Enter when, in blocks")
    blocks.get_by_role("group", name="Condition 2").get_by_role("textbox", name="Number").fill("7")
    expect(entry).to_have_value("close > sma(close, 200) and rsi(close, 2) < 7")
    expect(page.get_by_text(re.compile("RSI of the close is below 7"))).to_be_visible()
    assert window.width_overflow() <= 0
    window.shoot("strategy-new")
    assert window.axe_violations() == []
    page.get_by_role("button", name="Create strategy").click()

    expect(page.get_by_role("heading", name="RSI(2) pullback", level=1)).to_be_visible()
    page.get_by_role("button", name="Change", exact=True).click()
    page.get_by_label("Hold at most (bars)").fill("7")
    page.get_by_label("What the change is for").fill("Shorter")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_text("Longest hold: 7 bars; before: 10 bars.")).to_be_visible()
    expect(page.get_by_role("heading", name="Version 2")).to_be_visible()
    page.get_by_role("button", name="Share version 2").click()
    link = page.get_by_label("Link", exact=True).input_value()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("Link to version 2")).to_be_visible()
    window.shoot("strategy")
    assert window.axe_violations() == []
    assert window.width_overflow() <= 0

    page.goto(link)
    page.get_by_role("button", name="Copy to my strategies").click()
    expect(page.get_by_role("heading", name="RSI(2) pullback (copy)", level=1)).to_be_visible()
    items = person.http.get("/api/strategies/").json()["items"]
    assert [one["version"]["rules"]["max_bars"] for one in items] == [7, 7]
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator("[data-strategy-id]")).to_have_count(1)


def test_a_scan_finds_stocks_with_their_numbers(window: Window, platform: Platform, people: People) -> None:
    person, page = people.ready(), window.page
    window.log_in(person.email, person.password)
    page.goto("/screener")
    condition = page.get_by_role("textbox", name="Condition")
    condition.fill("close >")
    page.get_by_role("button", name="Scan", exact=True).click()
    expect(page.get_by_text("A number is missing after `>`.").first).to_be_visible()
    condition.fill("close > sma(close, 2) or close <= sma(close, 2)")
    page.get_by_role("button", name="Scan", exact=True).click()
    expect(page.locator("tr[data-instrument='NASDAQ:AAPL']")).to_be_visible()
    expect(page.get_by_role("columnheader", name="sma(close, 2)")).to_be_visible()
    window.shoot("screener")
    assert window.axe_violations() == []
    assert window.width_overflow() <= 0
    page.reload()
    expect(page.locator("tr[data-instrument='NASDAQ:AAPL']")).to_be_visible()
