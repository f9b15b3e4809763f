"""Notices, how one is told, and webhooks, in a real browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support.browser import Window
from tests.support.person import People
from tests.support.platform import Platform, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.browser]


def looks_right(window: Window, name: str) -> None:
    window.shoot(name)
    assert window.axe_violations() == []
    assert window.width_overflow() <= 0


def test_notices_are_read_and_counted(platform: Platform, people: People, window: Window) -> None:
    person = people.ready()
    window.log_in(person.email, person.password)
    page = window.page
    page.get_by_role("button", name="Notifications, ").click()
    dialog = page.get_by_role("dialog", name="Notifications")
    expect(dialog.get_by_text("Welcome to ShareWise")).to_be_visible()
    window.shoot("notifications-bell")
    dialog.get_by_role("link", name="All notifications").click()
    expect(page.get_by_role("heading", name="Notifications", level=1)).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Welcome to ShareWise").first).to_contain_text("Mail:")
    looks_right(window, "notifications")
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_role("button", name="Mark all as read")).to_be_disabled()
    page.get_by_role("button", name="Unread", exact=True).click()
    expect(page.get_by_text("You have read everything.")).to_be_visible()
    expect(page.get_by_role("button", name="Notifications", exact=True)).to_be_visible()


def test_ways_by_kind_quiet_hours_and_what_cannot_be_chosen(platform: Platform, people: People, window: Window) -> None:
    person = people.ready()
    window.log_in(person.email, person.password, to="/settings/notifications")
    page = window.page
    page.get_by_role("combobox", name="Alerts by Mail").click()
    page.get_by_role("option", name="Daily digest").click()
    expect(page.get_by_role("combobox", name="Alerts by Mail")).to_contain_text("Daily digest")
    expect(page.get_by_role("combobox", name="Security by Mail")).to_be_disabled()
    page.get_by_role("switch", name="Keep quiet hours").click()
    expect(page.get_by_label("From")).to_have_value("22:00")
    looks_right(window, "notification-preferences")

    def held() -> dict[str, Any] | None:
        told: dict[str, Any] = person.http.get("/api/notification-preferences/").json()
        return told if told["quiet_hours"] and told["kinds"][0]["channels"][1]["wish"] == "digest" else None

    assert wait_until(held, within=30, what="both wishes")["quiet_hours"] == {"begins": "22:00", "ends": "07:00"}


def test_a_webhook_asks_for_a_plan_that_has_it(platform: Platform, people: People, window: Window) -> None:
    person = people.ready()
    window.log_in(person.email, person.password, to="/settings/webhooks")
    page = window.page
    page.get_by_role("button", name="Add a webhook").click()
    page.get_by_label("Address").fill("https://example.com/hook")
    looks_right(window, "webhooks-form")
    page.get_by_role("button", name="Add webhook", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    window.shoot("webhooks-plan")
