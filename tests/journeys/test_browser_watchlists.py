"""Watchlists in a real browser: making one, filling it by search, its order, and the dashboard that shows it."""

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


def order_of(page: Page) -> list[str]:
    rows = page.locator("li[data-instrument]")
    return [str(rows.nth(index).get_attribute("data-instrument")) for index in range(rows.count())]


def test_a_list_is_made_filled_ordered_and_shown_on_the_dashboard(
    window: Window, platform: Platform, people: People
) -> None:
    person, page = people.ready(), window.page
    window.log_in(person.email, person.password)
    window.place(re.compile("Watchlists|Lists")).click()
    expect(page.get_by_text("No watchlist yet")).to_be_visible()
    page.get_by_role("button", name="New list").click()
    page.get_by_role("button", name="Create list").click()
    expect(page.get_by_text("Give the list a name.")).to_be_visible()
    page.get_by_label("Name of the list").fill("Tech")
    page.get_by_role("button", name="Create list").click()
    expect(page.get_by_role("heading", name="Tech", level=2)).to_be_visible()
    expect(page.get_by_text("Nothing in this list yet")).to_be_visible()

    choose(page, "apple", "AAPL")
    expect(page.locator("[data-instrument='NASDAQ:AAPL']")).to_be_visible()
    choose(page, "IBM", "IBM")
    expect(page.locator("[data-instrument='NYSE:IBM']")).to_be_visible()
    page.get_by_role("button", name="Move IBM up").click()
    expect(page.locator("li[data-instrument]").first).to_have_attribute("data-instrument", "NYSE:IBM")
    expect(page.locator("[data-instrument='NYSE:IBM']")).to_contain_text(re.compile(r"\$\d"))
    window.shoot("watchlists")
    assert window.axe_violations() == []
    assert window.width_overflow() <= 0

    page.get_by_role("button", name="Take AAPL out of the list").click()
    expect(page.locator("[data-instrument='NASDAQ:AAPL']")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-instrument='NASDAQ:AAPL']")).to_be_visible()
    assert order_of(page) == ["NYSE:IBM", "NASDAQ:AAPL"]
    (kept,) = person.http.get("/api/watchlists/").json()["items"]
    assert (kept["instruments"], kept["is_default"]) == (["NYSE:IBM", "NASDAQ:AAPL"], True)

    page.goto("/dashboard")
    expect(page.get_by_label("Show", exact=True)).to_contain_text("Tech")
    expect(page.locator("li[data-instrument]")).to_have_count(2)
    assert order_of(page) == ["NYSE:IBM", "NASDAQ:AAPL"]
    window.shoot("dashboard-watchlist")
    assert window.axe_violations() == []
    page.get_by_label("Show", exact=True).click()
    page.get_by_role("option", name="All watched stocks").click()
    expect(page.locator("li[data-instrument]").nth(4)).to_be_visible()

    page.goto("/watchlists")
    page.get_by_role("button", name="Rename").click()
    page.get_by_label("Name of the list").fill("Technology")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Technology", level=2)).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No watchlist yet")).to_be_visible()
