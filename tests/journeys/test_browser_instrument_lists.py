"""Staff import a list of instruments in a real browser, and what it names is found."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import Look
from tests.support.person import People
from tests.support.platform import Platform
from tests.support.staff import administrator, open_as

pytestmark = [pytest.mark.journey, pytest.mark.browser]

LIST = (
    "SYMBOL,NAME OF COMPANY,SERIES,DATE OF LISTING,PAID UP VALUE,MARKET LOT,ISIN NUMBER,FACE VALUE\n"
    "RELIANCE,Reliance Industries Limited,EQ,29-NOV-1995,10,1,INE002A01018,10\n"
    "WRONG,Wrong Limited,EQ,29-NOV-1995,10,1,INE002A01019,10\n"
)


def test_a_list_is_imported_and_found_with_a_typing_mistake(
    browser: Browser, platform: Platform, people: People, look: Look
) -> None:
    window = open_as(browser, platform, administrator(platform, people), look, to="/staff/price-sources")
    page = window.page
    lists = page.get_by_role("region", name="Lists of instruments")
    page.get_by_test_id("instrument-list").set_input_files(
        {"name": f"EQUITY_L-{look[0]}.csv", "mimeType": "text/csv", "buffer": LIST.encode()}
    )
    lists.get_by_label("Kind of list").click()
    page.get_by_role("option", name="NSE EQUITY_L.csv").click()
    lists.get_by_role("button", name="Import the list").click()
    row = lists.get_by_role("listitem").filter(has_text=f"EQUITY_L-{look[0]}.csv")
    expect(row).to_contain_text("1 refused", timeout=15_000)
    expect(row).to_contain_text("Line 3: 'INE002A01019' is no ISIN")
    window.shoot("staff-instrument-lists")
    page.evaluate("scrollTo(0, 0)")  # a tab half under the bar at the top would count as too small
    assert window.axe_violations() == []
    assert window.width_overflow() <= 0

    page.get_by_role("button", name="Search stocks").click()
    page.get_by_role("combobox", name="Search stocks").fill("relaince")
    expect(page.get_by_role("option", name="RELIANCE")).to_contain_text("Reliance Industries Limited")
    window.shoot("search-mistyped")
    window.close()
    assert window.complaints == []
