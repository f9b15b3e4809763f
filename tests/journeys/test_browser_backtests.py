"""Backtests in a real browser: a strategy is tried over the past, its report is read, and two runs are compared."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Window
from tests.support.person import People

pytestmark = [pytest.mark.journey, pytest.mark.browser]

TEMPLATE = "turtle_20_10"
GOES_ON = re.compile("^(It waits for its turn|Reading prices|Trading|Measuring|Looking for mistakes)")
FINISH_MS = 90_000


def ask(page: Page, version_id: str, money: str) -> None:
    page.goto(f"/backtests/new?version={version_id}")
    page.get_by_label("Money at the start").fill(money)
    page.get_by_role("combobox", name="Charges of").click()
    page.get_by_role("option", name="US broker without commission").click()


def test_a_strategy_is_tried_and_two_runs_are_compared(window: Window, people: People) -> None:
    person, page = people.ready(), window.page
    templates = {one["key"]: one for one in person.http.get("/api/strategies/templates/").json()["items"]}
    strategy = {"name": "Breakouts", "instruments": ["NASDAQ:AAPL"], "rules": templates[TEMPLATE]["rules"]}
    made = person.http.post("/api/strategies/", json={**strategy, "template": TEMPLATE})
    assert made.status_code == 201, made.text
    version_id = made.json()["version"]["id"]
    window.log_in(person.email, person.password)
    window.place("Backtests").click()
    expect(page.get_by_text("No backtest yet")).to_be_visible()

    ask(page, version_id, "100000")
    window.shoot("backtest-new")
    assert window.axe_violations() == []
    assert window.width_overflow() <= 0
    page.get_by_role("button", name="Start the backtest").click()
    expect(page.get_by_role("status").filter(has_text=GOES_ON)).to_be_visible()
    expect(page.get_by_role("heading", name="Trades", exact=True)).to_be_visible(timeout=FINISH_MS)
    expect(page.get_by_role("table", name="Trades").get_by_role("row").nth(1)).to_be_visible()
    expect(page.get_by_text("Hypothetical: computed from recorded prices")).to_be_visible()
    window.shoot("backtest")
    assert window.axe_violations() == []
    assert window.width_overflow() <= 0

    ask(page, version_id, "5000")
    page.get_by_role("button", name="Start the backtest").click()
    expect(page.get_by_role("heading", name="Trades", exact=True)).to_be_visible(timeout=FINISH_MS)
    page.get_by_role("link", name="All backtests").click()
    boxes = page.get_by_role("checkbox")
    expect(boxes).to_have_count(2)
    for box in boxes.all():
        box.check()
    window.shoot("backtests")
    assert window.axe_violations() == []
    page.get_by_role("link", name="Compare (2)").click()
    expect(page.get_by_role("heading", name="Growth of 1")).to_be_visible()
    window.shoot("backtests-compared")
    assert window.axe_violations() == []
    assert window.width_overflow() <= 0
