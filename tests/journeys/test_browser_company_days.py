"""Results and ex-days in a real browser: a file, the calendar, the stock's page, an announced split."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import Window
from tests.support.person import People
from tests.support.platform import Platform
from tests.support.staff import administrator, open_as

pytestmark = [pytest.mark.journey, pytest.mark.browser]


def day(ahead: int) -> str:
    return (datetime.now(UTC) + timedelta(days=ahead)).strftime("%d-%b-%Y")


def test_everybody_sees_results_and_ex_days_and_filters_them(
    window: Window, people: People, platform: Platform, tmp_path: Path
) -> None:
    actions, meetings = tmp_path / "actions.csv", tmp_path / "meetings.csv"
    actions.write_text(
        f"SYMBOL,PURPOSE,EX-DATE,RECORD DATE\nAAPL,Dividend - Rs 0.26 Per Share,{day(9)},{day(9)}\n"
        f"MSFT,Rights 1:5 @ Premium Rs 90/-,{day(12)},-\n"
    )
    meetings.write_text(f"SYMBOL,PURPOSE,DETAILS,MEETING DATE\nAAPL,Financial Results,Quarter,{day(15)}\n")
    for file in (actions, meetings):
        done = platform.operate("market", "import-company-events", str(file), "--exchange", "NASDAQ")
        assert done.returncode == 0, done.stderr
    person, page = people.ready(), window.page
    window.log_in(person.email, person.password)
    page.get_by_role("link", name="Market calendar").click()
    expect(page.get_by_role("heading", name="Results and ex-days", level=1)).to_be_visible()
    expect(page.get_by_text("Rights 1:5 @ Premium Rs 90/-")).to_be_visible()
    expect(page.get_by_text("$0.26 a share")).to_be_visible()
    window.shoot("company-days")
    assert window.axe_violations() == []
    assert window.width_overflow() <= 0
    page.get_by_label("Kind").click()
    page.get_by_role("option", name="Results").click()
    expect(page.get_by_text("Rights 1:5")).to_have_count(0)
    page.get_by_role("link", name="AAPL").first.click()
    expect(page.get_by_role("heading", name="Days of AAPL to come")).to_be_visible()
    expect(page.get_by_text("Dividend - Rs 0.26 Per Share")).to_be_visible()
    window.shoot("stock-days")
    assert window.axe_violations() == []
    page.goto("/calendar")
    page.get_by_role("link", name="Trading hours").click()
    expect(page.get_by_role("heading", name="National Stock Exchange of India")).to_be_visible()


def test_staff_hand_a_file_in_and_confirm_the_split_that_it_announces(
    browser: Browser, platform: Platform, people: People, tmp_path: Path
) -> None:
    file = tmp_path / "actions.csv"
    file.write_text(
        f"SYMBOL,PURPOSE,EX-DATE\nIBM,Bonus 1:1,{day(20)}\nIBM,Rights 1:9,{day(21)}\n"
        f"NOSUCH,Buy Back,{day(20)}\nIBM,Buy Back,never\n"
    )
    window = open_as(browser, platform, administrator(platform, people), to="/staff/price-sources")
    page = window.page
    page.get_by_test_id("company-days").set_input_files(file)
    page.get_by_label("Exchange", exact=True).click()
    page.get_by_role("option", name="NYSE").click()
    page.get_by_role("button", name="Import the days").click()
    expect(page.get_by_text("3 events: 2 new, 0 changed, 0 no more, 1 rows refused.")).to_be_visible()
    expect(page.get_by_text("Not known: NOSUCH")).to_be_visible()
    window.shoot("staff-company-days")
    assert window.axe_violations() == []
    page.goto("/staff/data-quality")
    page.get_by_role("button", name="Confirm the split of NYSE:IBM").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Shares after")).to_have_value("2")
    dialog.get_by_label("Reason").fill("Circular of the exchange")
    dialog.get_by_role("button", name="Confirm a split").click()
    expect(page.get_by_role("button", name="Confirm the split of NYSE:IBM")).to_have_count(0)
    window.shoot("staff-splits-announced")
    page.goto("/calendar")
    page.get_by_role("button", name="Withdraw Rights 1:9 of IBM").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("Of another company")
    window.shoot("staff-withdraw-event")
    assert window.axe_violations() == []
    dialog.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("Rights 1:9")).to_have_count(0)
