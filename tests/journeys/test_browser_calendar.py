"""The calendar of the exchanges in a real browser: what everybody sees, and a day that staff change."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import Window
from tests.support.person import People
from tests.support.platform import Platform
from tests.support.staff import administrator, open_as

pytestmark = [pytest.mark.journey, pytest.mark.browser]


def test_everybody_sees_when_an_exchange_trades(window: Window, people: People) -> None:
    person, page = people.ready(), window.page
    window.log_in(person.email, person.password)
    page.get_by_role("link", name="Market calendar").click()
    page.get_by_role("link", name="Trading hours").click()
    expect(page.get_by_role("heading", name="National Stock Exchange of India")).to_be_visible()
    expect(page.get_by_text("the market counts as open")).to_be_visible()
    page.get_by_label("Year").click()
    page.get_by_role("option", name="2026").click()
    expect(page.locator("[data-day='2026-02-01']")).to_contain_text(re.compile(r"Special session, 9:15.am to 3:30.pm"))
    expect(page.locator("[data-day='2026-12-25']")).to_contain_text("Christmas")
    expect(page.get_by_role("button", name="Change a day")).to_have_count(0)
    window.shoot("calendar")
    assert window.axe_violations() == []
    assert window.width_overflow() <= 0
    page.get_by_role("button", name="NYSE").click()
    expect(page.get_by_role("heading", name="New York Stock Exchange")).to_be_visible()
    expect(page.locator("[data-day='2026-11-27']")).to_contain_text(re.compile(r"Special session, 9:30.am to 1:00.pm"))


def test_staff_change_a_day_and_say_why(browser: Browser, platform: Platform, people: People) -> None:
    window = open_as(browser, platform, administrator(platform, people), to="/calendar/hours?exchange=BSE")
    page = window.page
    page.get_by_label("Year").click()
    page.get_by_role("option", name="2026").click()
    page.get_by_role("button", name="Change 2026-11-08").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Muhurat trading")
    dialog.get_by_label("Opens").fill("18:00")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("Fill this in.").first).to_be_visible()
    dialog.get_by_label("Closes").fill("19:00")
    dialog.get_by_label("Reason").fill("BSE notice 20261020-1")
    window.shoot("calendar-change")
    assert window.axe_violations() == []
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("[data-day='2026-11-08']")).to_contain_text("Muhurat trading")
    expect(page.locator("[data-day='2026-11-08']")).to_contain_text(re.compile(r"6:00.pm to 7:00.pm"))
    expect(page.get_by_text("BSE notice 20261020-1")).to_be_visible()
    window.close()
    assert window.complaints == []
