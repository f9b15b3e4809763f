"""Many alerts in a real browser: a file is looked at and taken in, picked ones are acted on, a rule follows a list."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import Window
from tests.support.person import People, Person
from tests.support.platform import wait_until

pytestmark = [pytest.mark.journey, pytest.mark.browser]

FILE = """symbol,condition,threshold_price,operator,percent,window_s,frequency,tags,note
NASDAQ:AAPL,above,9991,,,,,tech,one
NASDAQ:AMZN,above,9992,,,,,,two
NOSUCH,above,9993,,,,,,three
NASDAQ:AMZN,,,moving_up_percent,40,3600,every_time,,
"""


def statuses(person: Person) -> list[str]:
    return sorted(alert["status"] for alert in person.http.get("/api/alerts/").json()["items"])


def test_a_file_is_shown_taken_in_and_its_alerts_are_acted_on(people: People, window: Window) -> None:
    page, person = window.page, people.ready()
    window.log_in(person.email, person.password, to="/alerts")
    page.get_by_role("main").get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Import from a file").click()
    page.get_by_label("Or paste its lines here").fill(FILE)
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("3 new alerts")).to_be_visible()
    expect(page.get_by_text("There is no instrument NOSUCH")).to_be_visible()
    window.shoot("alerts-import")
    assert window.axe_violations() == []
    assert window.width_overflow() <= 0
    assert statuses(person) == []
    page.get_by_role("button", name="Import 3 alerts").click()
    expect(page.get_by_text("3 alerts imported")).to_be_visible()

    rows = page.locator("li[data-alert-id]")
    expect(rows).to_have_count(3)
    for price in ("9,991.00", "9,992.00"):
        page.get_by_role("checkbox", name=re.compile(f"Select .*{price}")).check()
    expect(page.get_by_text("2 selected")).to_be_visible()
    window.shoot("alerts-selected")
    assert window.axe_violations() == []
    assert window.width_overflow() <= 0
    bar = page.get_by_role("toolbar", name="Actions on the selected alerts")
    bar.get_by_role("button", name="Tag", exact=True).click()
    page.get_by_role("textbox", name="Tags").fill("swing, watch")
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    expect(rows.filter(has_text="swing")).to_have_count(2)

    page.get_by_label("Tag", exact=True).click()
    page.get_by_role("option", name="swing").click()
    expect(rows).to_have_count(2)
    page.get_by_label("Select all that are shown").check()
    bar.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_text("2 alerts paused")).to_be_visible()
    assert statuses(person) == ["active", "paused", "paused"]
    page.get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(2)
    page.get_by_label("Stock or note").fill("two")
    expect(rows).to_have_count(1)
    # By key: the mouse still keeps the last toast open, which lies over the button.
    page.get_by_role("button", name="Clear filters").press("Enter")
    expect(rows).to_have_count(3)
    page.get_by_label("Select all that are shown").check()
    bar.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete alerts").click()
    expect(page.get_by_text("No active alerts")).to_be_visible()
    assert statuses(person) == []


def test_all_that_match_can_be_acted_on_though_they_fill_pages(people: People, window: Window) -> None:
    page, person = window.page, people.ready()
    lines = [f"NYSE:IBM,above,{9000 + number},paused\n" for number in range(60)]
    file = "symbol,condition,threshold_price,status\n" + "".join(lines)
    checked = person.http.post("/api/alerts/import/check/", json={"file": file}).json()
    made = person.http.post("/api/alerts/import/", json={"file": file, "digest": checked["digest"]})
    assert (made.status_code, made.json()["created"]) == (201, 60)
    window.log_in(person.email, person.password, to="/alerts?tab=paused")
    expect(page.locator("li[data-alert-id]")).to_have_count(50)
    page.get_by_label("Select all that are shown").check()
    page.get_by_role("button", name="Select all that match").click()
    expect(page.get_by_text("All that match are selected")).to_be_visible()
    window.shoot("alerts-all-selected")
    assert window.axe_violations() == []
    bar = page.get_by_role("toolbar", name="Actions on the selected alerts")
    bar.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete alerts").click()
    expect(page.get_by_text("60 alerts deleted")).to_be_visible()
    assert statuses(person) == []


def test_one_rule_over_a_watchlist_follows_the_list(people: People, window: Window) -> None:
    page, person = window.page, people.ready()
    made = person.http.post("/api/watchlists/", json={"name": "Tech", "instruments": ["NASDAQ:AAPL"]})
    assert made.status_code == 201, made.text
    window.log_in(person.email, person.password, to="/alerts/watchlist-rules")
    expect(page.get_by_text("No rule yet")).to_be_visible()
    page.get_by_role("link", name="New rule").click()
    expect(page.get_by_text("1 stock now")).to_be_visible()
    page.get_by_label("Condition", exact=True).click()
    page.get_by_role("option", name="Down by percent on the day").click()
    page.get_by_label("Percent", exact=True).fill("40")
    expect(page.get_by_text("is 40 % or more below the previous close")).to_be_visible()
    window.shoot("alerts-rule-new")
    assert window.axe_violations() == []
    page.get_by_role("button", name="Create rule").click()

    rule = page.locator("li[data-rule-id]")
    expect(rule).to_contain_text("For each stock of Tech, is 40 % or more below the previous close")
    expect(rule).to_contain_text("1 active")
    added = person.http.post(f"/api/watchlists/{made.json()['id']}/instruments/", json={"instruments": ["NYSE:IBM"]})
    assert added.status_code == 200, added.text
    wait_until(lambda: statuses(person) == ["active", "active"], within=30, what="the new stock's alert")
    page.reload()
    expect(rule).to_contain_text("2 active")
    window.shoot("alerts-rules")
    assert window.axe_violations() == []
    assert window.width_overflow() <= 0
    page.get_by_role("link", name=re.compile("See its alerts")).click()
    expect(page.locator("li[data-alert-id]")).to_have_count(2)
    page.go_back()
    page.get_by_role("link", name=re.compile("^Edit:")).click()
    page.get_by_label("Percent", exact=True).fill("45")
    page.get_by_role("button", name="Save changes").click()
    expect(rule).to_contain_text("is 45 % or more below the previous close")
    assert {alert["rule"]["percent"] for alert in person.http.get("/api/alerts/").json()["items"]} == {"45.00"}
    page.get_by_role("button", name=re.compile("^Pause:")).click()
    expect(rule).to_contain_text("2 paused")
    page.get_by_role("button", name=re.compile("^Delete:")).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete rule").click()
    expect(page.get_by_text("No rule yet")).to_be_visible()
    assert statuses(person) == []
