"""News in a real browser: headlines of a stock, as text, with how they sound, their source and their link."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.browser import Window
from tests.support.person import People
from tests.support.platform import Platform

pytestmark = [pytest.mark.journey, pytest.mark.browser]


def test_a_stock_shows_its_news(window: Window, platform: Platform, people: People, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    file = tmp_path / "headlines.csv"
    file.write_text(
        "published_at,headline,source,url\n"
        f"{now - timedelta(minutes=9):%FT%TZ},Apple shares surge on record profit,Wire,https://news.example/apple\n"
        f"{now - timedelta(hours=3):%FT%TZ},Apple and IBM shares plunge on losses,Wire,\n"
    )
    done = platform.operate("market", "import-news", str(file))
    assert done.returncode == 0, done.stderr
    assert "2 rows: " in done.stdout

    person, page = people.ready(), window.page
    window.log_in(person.email, person.password, to="/stocks/NASDAQ/AAPL")
    page.get_by_role("button", name="News", exact=True).click()
    expect(page.get_by_role("heading", name="News of AAPL")).to_be_visible()
    link = page.get_by_role("link", name="Apple shares surge on record profit")
    expect(link).to_have_attribute("href", "https://news.example/apple")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(page.get_by_text("Sounds positive").first).to_be_visible()
    expect(page.get_by_text("Sounds negative").first).to_be_visible()
    expect(page.get_by_text("Also about NYSE:IBM")).to_be_visible()
    expect(page.get_by_role("link", name="Apple and IBM")).to_have_count(0)
    window.shoot("stock-news")
    assert window.axe_violations() == []
    assert window.width_overflow() <= 0

    page.goto("/stocks/NASDAQ/MSFT")
    page.get_by_role("button", name="News", exact=True).click()
    expect(page.get_by_text("No news of MSFT yet")).to_be_visible()
    page.get_by_role("button", name="Chart", exact=True).click()
    expect(page.get_by_role("heading", name="News of MSFT")).to_have_count(0)
