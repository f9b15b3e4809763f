"""Coming back in, the first steps, how one is reached, and one's own data: in a real browser, wide and on a phone."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import Window
from tests.support.person import PASSWORD, People
from tests.support.platform import Platform, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.browser]

NEW_PASSWORD = "monsoon-lanterns-by-the-river-9"


def link_in(platform: Platform, to: str, subject: str, page: str) -> str:
    """Give the link of a mail, without its host."""
    text = str(platform.await_mail(to, subject)["Text"])
    found = re.search(rf"https?://\S+?({page}\?token=[\w-]+)", text)
    assert found is not None, text
    return found[1]


def look(window: Window, name: str) -> None:
    """Keep a picture, and let axe look too."""
    window.page.wait_for_load_state("networkidle")
    window.shoot(name)
    assert window.axe_violations() == []
    assert window.width_overflow() <= 0


def test_a_forgotten_password_is_set_anew(platform: Platform, people: People, window: Window) -> None:
    page, person = window.page, people.ready()
    page.goto("/login")
    page.get_by_label("E-mail or user name").fill(person.email)
    page.get_by_role("link", name="Forgot your password?").click()
    expect(page.get_by_label("E-mail")).to_have_value(person.email)
    look(window, "account-forgot")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()

    page.goto(link_in(platform, person.email, "Set a new password", "/reset-password"))
    expect(page.get_by_role("heading", name="Set a new password")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/reset-password$"))
    field = page.get_by_label("New password", exact=True)
    field.fill("sharewise-2026")
    expect(page.get_by_text("Could be stronger")).to_be_visible()
    look(window, "account-reset-weak")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_text(re.compile("This password is easy to guess"))).to_be_visible()
    field.fill(NEW_PASSWORD)
    expect(page.get_by_text(re.compile("^(Very s|S)trong"))).to_be_visible()
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("heading", name="Your password is set")).to_be_visible()
    person.await_sign_out()
    window.log_in_by_form(person.email, NEW_PASSWORD)
    platform.await_mail(person.email, "Your password was set anew")


def test_the_first_steps_are_walked_once_and_resumed(platform: Platform, people: People, window: Window) -> None:
    page, person = window.page, people.ready()
    page.goto("/login")
    page.get_by_label("E-mail or user name").fill(person.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    page.wait_for_url("**/welcome")
    expect(page.get_by_role("heading", name="Your profile")).to_be_visible()
    look(window, "account-welcome-profile")
    page.get_by_label("First name").fill("Asha")
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("heading", name="Your plan")).to_be_visible()
    page.get_by_role("button", name="Skip for now").click()
    expect(page.get_by_role("heading", name="Your preferences")).to_be_visible()
    look(window, "account-welcome-preferences")
    page.get_by_role("combobox", name="Time zone").click()
    page.get_by_role("option", name="New York (ET)").click()
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("heading", name="Your first alert")).to_be_visible()
    page.get_by_role("button", name="Do this later").click()
    page.wait_for_url("**/dashboard")
    expect(page.get_by_text("2 of 4 done")).to_be_visible()
    look(window, "account-checklist")
    assert person.http.get("/api/users/me/settings/").json()["time_zone"] == "America/New_York"

    assert person.create_alert("MSFT", "above", "9000.00").status_code == 201
    wait_until(
        lambda: (
            {"step": "first_alert", "state": "done"} in person.http.get("/api/users/me/onboarding/").json()["steps"]
        ),
        within=20,
        what="the noted first alert",
    )
    page.reload()
    expect(page.get_by_text("3 of 4 done")).to_be_visible()
    page.get_by_role("button", name="Hide this list").click()
    expect(page.get_by_text("3 of 4 done")).to_be_hidden()
    platform.await_mail(person.email, "Welcome to ShareWise")


def test_address_number_and_password_are_changed(platform: Platform, people: People, window: Window) -> None:
    page, person = window.page, people.ready()
    fresh = person.email.replace("journey-", "moved-")
    phone = f"+9198{int(person.user_id[-6:], 16) % 10**8:08d}"
    window.log_in(person.email, PASSWORD, to="/settings")
    page.get_by_role("button", name="Confirm a number").click()
    page.get_by_label("Mobile number").fill(phone)
    page.get_by_role("button", name="Send the code").click()
    sms = platform.await_mail(f"{phone[1:]}@sms.sharewise.local", f"SMS to {phone}")
    code = re.search(r"\d{6}", str(sms["Text"]))
    assert code is not None
    page.get_by_label("Code", exact=True).fill(code[0])
    window.shoot("account-phone-code")
    page.get_by_role("button", name="Confirm", exact=True).click()
    expect(page.get_by_text("Confirmed", exact=True)).to_be_visible()

    page.get_by_role("button", name="Change your address").click()
    page.get_by_label("New e-mail").fill(fresh)
    page.get_by_role("button", name="Send the links").click()
    expect(page.get_by_text("Open the links in both mails.")).to_be_visible()
    look(window, "account-settings")
    for to, subject in ((fresh, "Confirm your new"), (person.email, "Is your e-mail address")):
        page.goto(link_in(platform, to, subject, "/confirm-email"))
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_role("heading", name=re.compile("One more link|Your address has changed"))).to_be_visible()
    expect(page.get_by_role("heading", name="Your address has changed")).to_be_visible()

    page.goto("/settings")
    expect(page.get_by_text(fresh)).to_be_visible()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text(re.compile("Password changed"))).to_be_visible()
    platform.await_mail(fresh, "Your password was changed")


def test_ones_data_is_taken_along_and_deleted_and_kept_after_all(
    platform: Platform, people: People, window: Window
) -> None:
    page, person = window.page, people.ready()
    assert person.create_alert("MSFT", "above", "9000.00").status_code == 201
    window.log_in(person.email, PASSWORD, to="/settings/data")
    page.get_by_role("button", name="Gather my data").click()
    expect(page.get_by_role("button", name="Download")).to_be_visible(timeout=30_000)
    look(window, "account-data")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    file = json.loads(download.value.path().read_text())
    assert file["data"]["auth"]["account"]["email"] == person.email
    assert file["data"]["alerts"]["alerts"]
    assert file["missing"] == {}

    page.get_by_role("button", name="Delete my account").click()
    page.get_by_label("Your password").fill(PASSWORD)
    window.shoot("account-delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete my account").click()
    expect(page.get_by_text("Your account is being deleted")).to_be_visible()
    person.await_sign_out()

    page.goto(link_in(platform, person.email, "Your account will be deleted", "/keep-account"))
    page.get_by_role("button", name="Keep my account").click()
    expect(page.get_by_role("heading", name="Your account stays")).to_be_visible()
    person.log_in()
    assert person.http.get("/api/alerts/").json()["items"], "nothing was lost"
