"""Second factors in a real browser: an app's codes, Chromium's own authenticator, step-up, and who must have one."""

from __future__ import annotations

import asyncio
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import pyotp
import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.support.browser import Look, Window
from tests.support.person import PASSWORD, People
from tests.support.platform import Platform

pytestmark = [pytest.mark.journey, pytest.mark.browser]

STEP_UP_REQUIRED = {"type": "/docs/errors/step_up_required", "code": "step_up_required", "title": "x", "status": 403}


class App:
    """An authenticator app: pyotp, which gives each code once, as the platform takes it once."""

    def __init__(self, secret: str) -> None:
        self._totp = pyotp.TOTP(secret.replace(" ", ""))
        self._last = 0

    def code(self) -> str:
        step = max(int(time.time()) // 30 - 1, self._last + 1)
        self._last = step
        return self._totp.at(step * 30)


def authenticator_of(page: Page) -> CDPSession:
    """Give a page an authenticator that holds passkeys and knows its owner."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return devtools


def begin_login(page: Page, email: str) -> None:
    page.goto("/login")
    page.get_by_label("E-mail or user name").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()


def set_app_up(page: Page) -> tuple[App, list[str]]:
    page.goto("/settings/security")
    page.get_by_role("button", name="Set up an app").click()
    expect(page.get_by_role("img", name="QR code for the authenticator app")).to_be_visible()
    app = App(page.locator("code").inner_text())
    page.get_by_label("Code").fill(app.code())
    page.get_by_role("button", name="Turn on").click()
    codes = page.get_by_role("list", name="Recovery codes").get_by_role("listitem")
    expect(codes).to_have_count(10)
    return app, codes.all_inner_texts()


def test_an_app_from_its_qr_code_to_the_last_recovery_code(
    browser: Browser, platform: Platform, people: People, look: Look
) -> None:
    window, person = Window(browser, platform.url, look), people.ready()
    page = window.page
    try:
        window.log_in_by_form(person.email, PASSWORD)
        page.goto("/settings/security")
        expect(page.get_by_role("button", name="Sign out everywhere else")).to_be_visible()
        window.shoot("security-1-off")
        page.get_by_role("button", name="Set up an app").click()
        expect(page.get_by_role("img", name="QR code for the authenticator app")).to_be_visible()
        assert window.axe_violations() == []
        window.shoot("security-2-enrol")
        app = App(page.locator("code").inner_text())
        page.get_by_label("Code").fill("000000")
        page.get_by_role("button", name="Turn on").click()
        expect(page.get_by_role("alert").filter(has_text="This code is wrong")).to_be_visible()
        page.get_by_label("Code").fill(app.code())
        page.get_by_role("button", name="Turn on").click()
        codes = page.get_by_role("list", name="Recovery codes").get_by_role("listitem")
        expect(codes).to_have_count(10)
        recovery = codes.all_inner_texts()
        with page.expect_download() as download:
            page.get_by_role("button", name="Download").click()
        assert recovery[0] in download.value.path().read_text()
        assert window.axe_violations() == []
        window.shoot("security-3-codes")
        page.get_by_role("button", name="I have kept them").click()
        expect(page.get_by_text("10 recovery codes left.")).to_be_visible()
        expect(page.get_by_text("Authenticator app turned on")).to_be_visible()
        person.await_sign_out()
        page.wait_for_load_state("networkidle")
        assert window.axe_violations() == []
        assert window.width_overflow() <= 0
        window.shoot("security-4-on")
    finally:
        window.close()

    other = Window(browser, platform.url, look)
    page = other.page
    try:
        begin_login(page, person.email)
        expect(page.get_by_label("Code")).to_be_focused()
        assert page.get_by_label("Code").get_attribute("autocomplete") == "one-time-code"
        assert other.axe_violations() == []
        other.shoot("login-second-step")
        page.get_by_label("Code").fill(app.code())
        page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()
        page.wait_for_url("**/dashboard")
        sign_out(page)
        begin_login(page, person.email)
        page.get_by_role("button", name="Use a recovery code instead").click()
        page.get_by_label("Recovery code").fill(recovery[0].lower())
        other.shoot("login-recovery-code")
        page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()
        page.wait_for_url("**/dashboard")
        page.goto("/settings/security")
        expect(page.get_by_text("9 recovery codes left.")).to_be_visible()
        expect(page.get_by_text("Login from a new device").first).to_be_visible()
        page.get_by_role("button", name="Turn off").click()
        page.get_by_role("dialog").get_by_label("Code").fill(app.code())
        page.get_by_role("dialog").get_by_role("button", name="Turn off").click()
        expect(page.get_by_role("button", name="Set up an app")).to_be_visible()
    finally:
        other.close()
    assert window.complaints + other.complaints == []


def test_a_passkey_logs_in_alone_beside_the_password_and_proves_it_anew(
    browser: Browser, platform: Platform, people: People, look: Look
) -> None:
    window, person = Window(browser, platform.url, look), people.ready()
    page = window.page
    try:
        authenticator_of(page)
        window.log_in_by_form(person.email, PASSWORD)
        page.goto("/settings/security")
        page.get_by_role("button", name="Add a passkey").click()
        page.get_by_label("Name of the passkey").fill("Work laptop")
        page.get_by_role("button", name="Add a passkey").click()
        expect(page.get_by_text("Work laptop", exact=True)).to_be_visible()
        expect(page.get_by_role("list", name="Recovery codes").get_by_role("listitem")).to_have_count(10)
        page.get_by_role("button", name="I have kept them").click()
        page.get_by_role("button", name="Rename Work laptop").click()
        page.get_by_label("Name of the passkey").fill("Laptop")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Laptop", exact=True)).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert window.axe_violations() == []
        window.shoot("security-5-passkey")

        sign_out(page)
        page.goto("/login")
        expect(page.get_by_role("button", name="Use a passkey instead")).to_be_visible()
        window.shoot("login-passkey")
        assert window.axe_violations() == []
        page.get_by_role("button", name="Use a passkey instead").click()
        page.wait_for_url("**/dashboard")

        sign_out(page)
        begin_login(page, person.email)
        page.get_by_role("button", name="Use a passkey").click()
        page.wait_for_url("**/dashboard")

        # The page holds a token that has become old for what comes now.
        page.route(
            "**/api/auth/passkeys/*/",
            lambda route: route.fulfill(
                status=403,
                content_type="application/problem+json",
                body=json.dumps(STEP_UP_REQUIRED),
            ),
            times=1,
        )
        page.goto("/settings/security")
        page.get_by_role("button", name="Remove Laptop").click()
        page.get_by_role("dialog").get_by_role("button", name="Remove").click()
        question = page.get_by_role("dialog", name="Confirm that it is you")
        expect(question).to_be_visible()
        assert window.axe_violations() == []
        window.shoot("step-up")
        question.get_by_role("button", name="Use a passkey").click()
        expect(page.get_by_text("No passkey yet.")).to_be_visible()
        expect(question).to_be_hidden()
    finally:
        window.close()
    assert window.complaints == []


def test_a_password_proves_it_anew_where_there_is_no_second_factor(
    browser: Browser, platform: Platform, people: People
) -> None:
    window, person = Window(browser, platform.url), people.ready()
    page = window.page
    try:
        window.log_in_by_form(person.email, PASSWORD)
        page.goto("/settings/security")
        page.route(
            "**/api/auth/sessions/",
            lambda route: (
                route.fulfill(
                    status=403,
                    content_type="application/problem+json",
                    body=json.dumps(STEP_UP_REQUIRED),
                )
                if route.request.method == "DELETE"
                else route.continue_()
            ),
            times=3,
        )
        page.get_by_role("button", name="Sign out everywhere else").click()
        page.get_by_role("dialog").get_by_role("button", name="Sign out everywhere else").click()
        question = page.get_by_role("dialog", name="Confirm that it is you")
        question.get_by_label("Password", exact=True).fill("not-the-password")
        question.get_by_role("button", name="Confirm").click()
        expect(question.get_by_text("The password is wrong.")).to_be_visible()
        window.shoot("step-up-password")
        page.unroute("**/api/auth/sessions/")
        question.get_by_label("Password", exact=True).fill(PASSWORD)
        question.get_by_role("button", name="Confirm").click()
        expect(page.get_by_text("All other devices are signed out")).to_be_visible()
        person.await_sign_out()
    finally:
        window.close()
    assert window.complaints == []


def test_staff_without_a_second_factor_are_led_to_set_one_up(
    browser: Browser, platform: Platform, people: People
) -> None:
    window, person = Window(browser, platform.url), people.ready()
    become(platform, person.email, "SUPPORT")
    page = window.page
    try:
        begin_login(page, person.email)
        page.wait_for_url("**/settings/security")
        expect(page.get_by_text("Your role needs a second factor.")).to_be_visible()
        page.goto("/alerts")
        page.wait_for_url("**/settings/security")
        expect(page.get_by_text("Your role needs a second factor.")).to_be_visible()
        window.shoot("security-6-required")
        set_app_up(page)
        page.get_by_role("button", name="I have kept them").click()
        page.goto("/alerts")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert re.search("/alerts$", page.url)
    finally:
        window.close()
    assert window.complaints == []


def become(platform: Platform, email: str, role: str) -> None:
    """Give somebody a role, as the operator of the database could."""

    async def write() -> None:
        connection = await asyncpg.connect(platform.admin_database_url)
        try:
            await connection.execute("UPDATE auth.users SET role = $1 WHERE email_key = $2", role, email)
        finally:
            await connection.close()

    # The browser's driver has a loop of its own in this thread.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, write()).result()


def sign_out(page: Page) -> None:
    """Leave by losing what the browser holds; the authenticator keeps its passkey."""
    page.goto("/help")
    page.wait_for_load_state("networkidle")  # what is on its way would bring the session back
    page.context.clear_cookies()
    page.evaluate("localStorage.clear()")
