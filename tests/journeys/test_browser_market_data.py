"""Staff pages of the market's data in a real browser: what was put aside, splits, providers, imports."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import Look
from tests.support.person import People, Person
from tests.support.platform import Platform
from tests.support.staff import administrator, execute, open_as

pytestmark = [pytest.mark.journey, pytest.mark.browser]

BHAVCOPY = """TradDt,Sgmt,Src,FinInstrmTp,ISIN,TckrSymb,SctySrs,FinInstrmNm,OpnPric,HghPric,LwPric,ClsPric,TtlTradgVol
2025-12-31,CM,NSE,STK,INE002A01018,RELIANCE,EQ,RELIANCE INDUSTRIES,1540.00,1571.90,1538.10,1570.40,9988
"""


@pytest.fixture(scope="module")
def admin(platform: Platform, people: People) -> Person:
    return administrator(platform, people)


@pytest.fixture
def put_aside(platform: Platform) -> None:
    """A jump of IBM that waits for a word."""
    execute(platform, "DELETE FROM market.quarantined_prices WHERE source = 'test'", ())
    execute(
        platform,
        """INSERT INTO market.quarantined_prices
            (id, instrument_id, source, reason, minute, times, price, low, high, before, at, received_at, state)
        SELECT gen_random_uuid(), id, 'test', 'jump', date_trunc('minute', now()), 2, 113.6, 113.6, 113.6, 227.25,
               now(), now(), 'open' FROM market.instruments WHERE instrument = $1""",
        ("NYSE:IBM",),
    )


@pytest.mark.usefixtures("put_aside")
def test_staff_decide_about_a_price_and_confirm_a_split(
    browser: Browser, platform: Platform, admin: Person, look: Look
) -> None:
    window = open_as(browser, platform, admin, look, to="/staff/data-quality")
    page = window.page
    page.get_by_role("searchbox", name="Source").fill("test")
    row = page.get_by_role("listitem").filter(has_text="NYSE:IBM · Impossible jump")
    expect(row).to_contain_text("113.60 (before: 227.25)")
    window.shoot("quality")
    violations = window.axe_violations()
    assert window.width_overflow() <= 0
    row.get_by_role("button", name="Dismiss").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("a wrong print of the source")
    page.get_by_role("dialog").get_by_role("button", name="Dismiss").click()
    expect(row).to_contain_text("Dismissed")
    expect(row).to_contain_text("a wrong print of the source")

    page.get_by_role("button", name="Confirm a split").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Stock (EXCHANGE:SYMBOL)").fill("NYSE:IBM")
    dialog.get_by_label("First day at the new price").fill("2026-01-15")
    dialog.get_by_label("Shares after").fill("5")
    dialog.get_by_label("Reason").fill("notice of the exchange")
    window.shoot("quality-split")
    violations += window.axe_violations()
    dialog.get_by_role("button", name="Confirm a split").click()
    split = page.get_by_role("listitem").filter(has_text="1 became 5 on 2026-01-15").first
    split.get_by_role("button", name="Undo the split of NYSE:IBM").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("of another company")
    page.get_by_role("dialog").get_by_role("button", name="Undo").click()
    expect(split.get_by_text("Undone")).to_be_visible()
    window.close()
    assert violations == []
    assert window.complaints == []


def test_staff_see_the_providers_and_import_a_file(
    browser: Browser, platform: Platform, admin: Person, look: Look
) -> None:
    window = open_as(browser, platform, admin, look, to="/staff/price-sources")
    page = window.page
    provider = page.get_by_role("region", name="replay")
    expect(provider).to_contain_text("Plays recorded prices")
    expect(provider.get_by_text("Well")).to_be_visible()
    expect(provider).to_contain_text("India: 1")
    expect(provider).to_contain_text("prices United States now")
    failovers = page.get_by_role("region", name="Failovers")
    expect(failovers).to_contain_text("No market has gone over")
    file = {"name": "bhavcopy.csv", "mimeType": "text/csv", "buffer": BHAVCOPY.encode()}
    prices = page.get_by_role("region", name="Imports of prices")
    prices.locator("input[type=file]").set_input_files([file])
    prices.get_by_label("Add stocks that we do not know").check()
    prices.get_by_role("button", name="Import").click()
    row = prices.get_by_role("listitem").filter(has_text="bhavcopy.csv").first
    expect(row).to_contain_text("1 bars (1d) of one stock, 2025-12-31 to 2025-12-31", timeout=30_000)
    window.shoot("price-sources")
    assert window.axe_violations() == []
    assert window.width_overflow() <= 0
    window.close()
    assert window.complaints == []
