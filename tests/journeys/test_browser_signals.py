"""Signals in a real browser: a strategy is followed, its candles make a signal, and the record holds it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import Window
from tests.support.person import People
from tests.support.platform import wait_until

pytestmark = [pytest.mark.journey, pytest.mark.browser]

RULES = {
    "interval": "1m",
    "side": "long",
    "entry": "close > 0",
    "stop": {"percent": "40"},
    "target": {"percent": "40"},
    "size": {"percent": "10"},
    "max_bars": 2,
    "max_positions": 1,
}


def test_a_followed_strategy_makes_a_signal_that_is_explained_and_kept(window: Window, people: People) -> None:
    person, page = people.ready(), window.page
    strategy = {"name": "Every minute", "instruments": ["NASDAQ:AAPL"], "rules": RULES}
    made = person.http.post("/api/strategies/", json=strategy)
    assert made.status_code == 201, made.text
    window.log_in(person.email, person.password, to="/alerts/new?kind=rule&symbol=NASDAQ:AAPL")
    page.get_by_label("Condition", exact=True).click()
    page.get_by_role("option", name="Signal of a strategy").click()
    page.get_by_label("Strategy", exact=True).click()
    page.get_by_role("option", name="Every minute").click()
    expect(page.get_by_text("Tell me", exact=False).first).to_be_visible()
    window.shoot("alert-on-signals")
    assert window.axe_violations() == []
    page.get_by_role("button", name="Create alert").click()
    expect(page.get_by_role("link", name="a signal of Every minute", exact=True)).to_be_visible()
    [alert] = person.http.get("/api/alerts/").json()["items"]
    page.goto("/signals?tab=follows")
    expect(page.get_by_text("You follow no strategy", exact=True)).to_be_visible()
    page.get_by_role("combobox", name="Strategy").click()
    page.get_by_role("option", name=re.compile("Every minute")).click()
    page.get_by_label("Capital (optional)").fill("100000")
    page.get_by_role("button", name="Follow", exact=True).click()
    expect(page.get_by_role("button", name="Stop following Every minute")).to_be_visible()
    assert window.axe_violations() == []

    page.get_by_role("tab", name="Over").click()
    expect(page.get_by_role("link", name="Details of AAPL").first).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Dismiss AAPL").first.click()
    expect(page.get_by_text("Taken out of your list")).to_be_visible()
    window.shoot("signals")
    assert window.axe_violations() == []
    assert window.width_overflow() <= 0

    # By its address: in a day of seconds new signals come between the pointer and the link.
    details = page.get_by_role("link", name="Details of AAPL").first.get_attribute("href")
    assert details is not None
    page.goto(details)
    expect(page.get_by_role("heading", name="Buy AAPL", level=1)).to_be_visible()
    expect(page.get_by_text("The close is above 0")).to_be_visible()
    fired = f"/api/alerts/{alert['id']}/"
    wait_until(lambda: person.http.get(fired).json()["status"] == "triggered", within=30, what="the alert on signals")
    expect(page.get_by_text("Investment in securities market are subject to market risks.")).to_be_visible()
    window.shoot("signal")
    assert window.axe_violations() == []
    assert window.width_overflow() <= 0

    page.get_by_role("link", name="Track record").click()
    expect(page.get_by_role("heading", name="Track record of Every minute, version 1", level=1)).to_be_visible()
    expect(page.get_by_text("Hypothetical: fills are assumed")).to_be_visible()
    window.shoot("track-record")
    assert window.axe_violations() == []
    page.goto("/signals?tab=follows")
    page.get_by_role("button", name="Stop following Every minute").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Ended", exact=True)).to_be_visible()
