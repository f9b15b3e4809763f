"""Alerts of any condition in a real browser: built with a preview, listed, looked into, and clean for axe."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import Window
from tests.support.person import PASSWORD, People

pytestmark = [pytest.mark.journey, pytest.mark.browser]


def test_a_condition_is_built_with_its_preview_and_looked_into(people: People, window: Window) -> None:
    page, person = window.page, people.ready()
    window.log_in(person.email, PASSWORD, to="/alerts/new?kind=rule&symbol=NASDAQ:AAPL")
    page.get_by_label("Condition", exact=True).click()
    page.get_by_role("option", name="Moving up by percent").click()
    page.get_by_label("Percent", exact=True).fill("0.2")
    page.get_by_label("How often").click()
    page.get_by_role("option", name="Every time").click()
    expect(page.get_by_text("rises by 0.2 % within 1 hour")).to_be_visible()
    expect(page.get_by_text("Over the last 30 days")).to_be_visible()
    window.shoot("alerts-1-builder")
    assert window.axe_violations() == []
    page.get_by_role("button", name="Create alert").click()

    row = page.get_by_role("link", name="rises by 0.2 % within 1 hour", exact=True)
    expect(row).to_be_visible()
    window.shoot("alerts-2-list")
    assert window.axe_violations() == []
    row.click()
    expect(page.get_by_role("heading", name="What has happened")).to_be_visible()
    expect(page.get_by_text("Created", exact=True)).to_be_visible()
    window.shoot("alerts-3-detail")
    assert window.axe_violations() == []
    page.get_by_role("button", name="Snooze for an hour").click()
    expect(page.get_by_role("button", name="End the snooze")).to_be_visible()


def test_a_ready_made_condition_writes_the_expression_and_is_explained(people: People, window: Window) -> None:
    page, person = window.page, people.ready()
    window.log_in(person.email, PASSWORD, to="/alerts/new?kind=rule&symbol=NASDAQ:AAPL")
    page.get_by_label("Condition", exact=True).click()
    page.get_by_role("option", name="Expression over bars").click()
    page.get_by_role("combobox", name="Start from").click()
    page.get_by_role("option", name="Up on the previous close").click()
    page.get_by_label("Percent", exact=True).fill("0.5")
    expect(page.get_by_label("Expression", exact=True)).to_have_value('close >= at("1d", close) * 1.005')
    page.get_by_label("And what is written already").click()
    page.get_by_role("option", name="Both must hold").click()
    page.get_by_role("combobox", name="Start from").click()
    page.get_by_role("option", name="New low of so many days").click()
    page.get_by_label("Days", exact=True).fill("250")
    expect(page.get_by_text("and the low is below the lowest of the low over 250 bars on daily bars")).to_be_visible()
    window.shoot("alerts-4-presets")
    assert window.axe_violations() == []
    page.get_by_role("button", name="Create alert").click()
    page.get_by_role("link", name=re.compile("^the close is at or above")).click()
    expect(page.get_by_role("heading", name="Why did it fire, or not?")).to_be_visible()
