"""The main job in a real browser, wide and on a phone, and what axe says of every page."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from tests.support.browser import Window
from tests.support.person import PASSWORD, People, Person
from tests.support.platform import DEMO_EMAIL, DEMO_PASSWORD, Platform, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.browser]

PUBLIC_PAGES = (
    "/",
    "/pricing",
    "/login",
    "/register",
    "/verify-email",
    "/forgot-password",
    "/reset-password?token=none",
    "/unblock?token=none",
    "/confirm-email?token=none",
    "/keep-account?token=none",
    "/help",
    "/no-such-page",
)
OWN_PAGES = (
    "/dashboard",
    "/stocks/NASDAQ/AAPL",
    "/alerts",
    "/alerts/new",
    "/settings",
    "/settings/security",
    "/settings/data",
    "/welcome",
)


def test_from_registration_to_the_triggered_alert(platform: Platform, people: People, window: Window) -> None:
    page, person = window.page, people.newcomer()
    page.goto("/register")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("First name").fill("Test")
    page.get_by_label("Last name").fill("Trader")
    page.get_by_label("Phone").fill("+919812345678")
    page.get_by_role("checkbox").check()
    window.shoot("1-register")
    page.get_by_role("main").get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()

    link = re.search(
        r"https?://\S+(/verify-email\?token=[\w-]+)", str(platform.await_mail(person.email, "erify")["Text"])
    )
    assert link is not None
    page.goto(link.group(1))
    page.get_by_role("button", name="Verify my address").click()
    expect(page.get_by_role("heading", name="Your address is verified")).to_be_visible()
    assert "token" not in page.url, "a secret stays out of the address bar and the history"

    window.log_in_by_form(person.email, PASSWORD)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(page.get_by_role("main").get_by_text("AAPL").first).to_be_visible()
    window.shoot("2-dashboard")

    page.goto("/stocks/NASDAQ/AAPL")
    expect(page.get_by_role("heading", name="AAPL", exact=True)).to_be_visible()
    expect(page.locator("canvas").first).to_be_visible()
    window.shoot("3-stock")

    person.log_in()
    price = Decimal(person.http.get("/api/stocks/AAPL/").json()["current_price"])
    page.goto("/alerts/new")
    page.get_by_role("combobox", name="Stock").fill("AAPL")
    page.get_by_role("option", name=re.compile("AAPL")).click()
    page.get_by_role("main").get_by_text("At or below").click()
    page.get_by_role("textbox", name=re.compile("^Price")).fill(str(price * 2))
    expect(page.get_by_text("already true")).to_be_visible()
    window.shoot("4-new-alert")
    page.get_by_role("main").get_by_role("button", name="Create alert").click()
    expect(page.get_by_text("Alert created successfully!")).to_be_visible()
    window.shoot("5-created")

    expect(page.get_by_text(re.compile("AAPL reached")).first).to_be_visible(timeout=30_000)
    platform.await_mail(person.email, "Stock Alert: AAPL")
    page.goto("/alerts?tab=triggered")
    page.get_by_role("tab", name=re.compile("Triggered")).click()
    expect(page.get_by_text("Mail sent").first).to_be_visible(timeout=15_000)
    window.shoot("6-triggered")


def test_an_alert_is_paused_resumed_edited_and_deleted(window: Window, people: People) -> None:
    page, person = window.page, people.ready()
    assert person.create_alert("MSFT", "above", "9000.00").status_code == 201
    window.log_in(person.email, PASSWORD, to="/alerts")
    expect(page.get_by_text("MSFT").first).to_be_visible()
    page.get_by_role("button", name=re.compile("^Pause: MSFT")).click()
    wait_until(lambda: _only(person)["status"] == "paused", within=30, what="the pause")
    page.get_by_role("tab", name=re.compile("Paused")).click()
    page.get_by_role("button", name=re.compile("^Resume: MSFT")).click()
    wait_until(lambda: _only(person)["status"] == "active", within=30, what="the resumption")
    page.get_by_role("tab", name=re.compile("Active")).click()
    page.get_by_role("link", name=re.compile("^Edit: MSFT")).click()
    page.get_by_role("textbox", name=re.compile("^Price")).fill("9100")
    page.get_by_role("button", name="Save changes").click()
    wait_until(lambda: _only(person)["threshold_price"] == "9100.00", within=30, what="the edit")
    page.get_by_role("button", name=re.compile("^Delete: MSFT")).click()
    page.get_by_role("button", name="Delete alert").click()
    wait_until(lambda: person.http.get("/api/alerts/").json()["items"] == [], within=30, what="the deletion")


def _only(person: Person) -> dict[str, str]:
    (alert,) = person.http.get("/api/alerts/").json()["items"]
    assert isinstance(alert, dict)
    return alert


@pytest.mark.every_look
def test_axe_finds_nothing_and_nothing_is_too_wide(window: Window) -> None:
    found: dict[str, list[str]] = {}
    for path in PUBLIC_PAGES:
        window.page.goto(path)
        window.await_heading()
        found[path] = window.axe_violations()
        assert window.width_overflow() <= 0, path
    window.enter(DEMO_EMAIL, DEMO_PASSWORD)
    for path in OWN_PAGES:
        window.page.goto(path)
        window.await_heading()
        window.page.wait_for_load_state("networkidle")
        found[path] = window.axe_violations()
        assert window.width_overflow() <= 0, path
        window.shoot("page" + path.replace("/", "-"))
    assert {path: violations for path, violations in found.items() if violations} == {}
