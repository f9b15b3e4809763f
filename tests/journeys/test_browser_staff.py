"""Staff pages in a real browser: finding somebody, seeing the platform as they do, and being oneself again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import Look
from tests.support.person import People, Person
from tests.support.platform import DEMO_EMAIL, Platform
from tests.support.staff import administrator, appoint, forget_factors, open_as, prove_by_two

pytestmark = [pytest.mark.journey, pytest.mark.browser]


@pytest.fixture(scope="module")
def admin(platform: Platform, people: People) -> Person:
    return administrator(platform, people)


def test_seeing_the_platform_as_somebody_else_and_coming_back(
    browser: Browser, platform: Platform, people: People, admin: Person, look: Look
) -> None:
    person = people.ready()
    window = open_as(browser, platform, admin, look)
    page = window.page
    window.place("Staff").click()
    page.get_by_role("searchbox", name="Search people").fill(person.email)
    row = page.locator(f"[data-user-id='{person.user_id}']")
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Test Trader", level=1)).to_be_visible()
    page.get_by_role("button", name="See as Test Trader").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="See as").click()
    expect(dialog.get_by_text("Say why, in a few words.")).to_be_visible()
    dialog.get_by_label("Reason").fill("sees no prices, asked by phone")
    window.shoot("staff-act-dialog")
    dialog.get_by_role("button", name="See as").click()

    banner = page.get_by_role("region", name="Acting as another person")
    page.wait_for_url("**/dashboard")
    expect(banner).to_contain_text(f"Acting as {person.email} (BASIC)")
    expect(banner).to_contain_text(admin.email)
    expect(banner).to_contain_text(re.compile(r"1[45]:\d\d left"))
    window.shoot("staff-acting-dashboard")
    assert window.axe_violations() == []
    assert window.width_overflow() <= 0
    expect(window.place("Staff")).to_have_count(0)
    window.place("Settings").click()
    expect(banner).to_be_visible()
    expect(page.get_by_role("button", name="Save").first).to_be_disabled()
    expect(page.get_by_text("Who acts as another user does not see this.").first).to_be_visible()
    window.shoot("staff-acting-settings")

    banner.get_by_role("button", name="Exit").click()
    page.wait_for_url(f"**/staff/users/{person.user_id}")
    expect(banner).to_have_count(0)
    expect(page.get_by_role("heading", name="Test Trader", level=1)).to_be_visible()
    expect(page.get_by_text("acting started (by staff)").first).to_be_visible()
    log = person.http.get("/api/users/me/security-log/").json()["items"]
    assert [item["kind"] for item in log[:2]] == ["acting_ended", "acting_started"]
    window.close()
    assert window.complaints == []


def test_a_demoted_member_of_staff_is_out_of_the_other_place(
    browser: Browser, platform: Platform, people: People, admin: Person
) -> None:
    support, person = people.ready(), people.ready()
    appoint(platform, support.email, "SUPPORT")
    person.http.put("/api/users/me/support-access/", json={"hours": 1}).raise_for_status()
    window = open_as(browser, platform, support)
    page = window.page
    window.place("Staff").click()
    page.get_by_role("navigation", name="Staff pages").get_by_role("link", name="Role testing").click()
    page.get_by_role("heading", name="Role testing", level=1).wait_for()
    page.get_by_role("searchbox", name="Search people").fill(person.email)
    page.locator(f"[data-user-id='{person.user_id}']").get_by_role("button").click()
    page.get_by_label("Reason").fill("asked to look")
    page.get_by_role("dialog").get_by_role("button", name="See as").click()
    banner = page.get_by_role("region", name="Acting as another person")
    expect(banner).to_be_visible()

    forget_factors(platform, admin.email)
    admin.log_in()
    prove_by_two(platform, admin.email)
    answer = admin.http.post("/api/auth/refresh/", json={"refresh_token": admin.refresh_token})
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    body = {"role": "USER", "reason": "left the team"}
    admin.http.patch(f"/api/users/{support.user_id}/", json=body, headers=headers).raise_for_status()
    # The socket is told; nothing needs to be clicked.
    expect(banner).to_have_count(0)
    expect(window.place("Staff")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)
    window.close()
    assert window.complaints == []


@pytest.mark.every_look
def test_axe_finds_nothing_on_staff_pages(
    browser: Browser, platform: Platform, people: People, admin: Person, look: Look
) -> None:
    window = open_as(browser, platform, admin, look, to="/staff")
    page = window.page
    found: dict[str, list[str]] = {}

    def see(name: str) -> None:
        window.await_heading()
        page.wait_for_load_state("networkidle")
        found[name] = window.axe_violations()
        assert window.width_overflow() <= 0, name
        window.shoot(f"staff-{name}")

    see("users")
    page.goto("/staff?search=nobody+at+all")
    see("users-empty")
    page.goto(f"/staff?search={DEMO_EMAIL}")
    page.get_by_role("link", name="Open Demo Trader").click()
    see("person")
    page.get_by_role("button", name="Change role").click()
    page.get_by_role("dialog").wait_for()
    found["role"] = window.axe_violations()
    window.shoot("staff-role")
    page.goto("/staff/role-changes")
    see("role-changes")
    page.goto("/staff/role-testing")
    see("role-testing")
    window.close()
    assert {name: violations for name, violations in found.items() if violations} == {}
    assert window.complaints == []
