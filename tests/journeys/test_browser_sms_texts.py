"""Staff keep the texts of short messages as they are registered, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.test_browser_staff import open_as
from tests.support.browser import Look
from tests.support.person import People
from tests.support.platform import Platform
from tests.support.staff import appoint, execute

pytestmark = [pytest.mark.journey, pytest.mark.browser]


def test_staff_enter_what_was_registered(browser: Browser, platform: Platform, people: People, look: Look) -> None:
    execute(platform, "DELETE FROM alerts.sms_texts", ())
    admin = people.ready()
    appoint(platform, admin.email, "SUPER_ADMIN")
    window = open_as(browser, platform, admin, look)
    page = window.page
    page.goto("/staff/sms-texts")
    notice = page.get_by_role("region", name="Notice", exact=True)
    expect(notice).to_contain_text("ShareWise: {#var#}. See the app for more.")
    expect(notice).to_contain_text("none: Indian operators will drop it")
    notice.get_by_role("button", name="Change the text: Notice").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Text", exact=True).fill("No slot at all.")
    dialog.get_by_label("Number of the template").fill("1107160000000012345")
    dialog.get_by_label("Reason").fill("registered today")
    dialog.get_by_role("button", name="Change").click()
    expect(dialog.get_by_text("The text needs the slot {title}.").last).to_be_visible()
    window.shoot("sms-text-dialog")
    violations = window.axe_violations()
    dialog.get_by_label("Text", exact=True).fill("{title} at ShareWise.")
    dialog.get_by_role("button", name="Change").click()
    expect(notice).to_contain_text("{#var#} at ShareWise.")
    expect(notice).to_contain_text("1107160000000012345")
    window.shoot("sms-texts")
    assert violations + window.axe_violations() == []
    assert window.width_overflow() <= 0
    window.close()
    assert window.complaints == []
