"""Every mail in a real browser, wide and on a phone, light and dark: nothing sticks out, and everything can be read."""

from __future__ import annotations

import base64
import itertools
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from libs.common.ids import uuid7
from libs.contracts.alerts import AlertTriggered, Condition
from libs.contracts.auth import SecurityKind, SecurityNoticed
from services.alerts.charts.drawing import Picture, draw
from services.alerts.charts.service import Chart
from services.alerts.notifications.letters import Letter, Letters
from services.alerts.notifications.rules import Purpose
from tests.support.browser import SHOTS, SIZES, WCAG, Look

pytestmark = pytest.mark.browser

AT = datetime(2026, 11, 24, 10, 1, 5, tzinfo=UTC)
LONG = "Averylongnamewithoutanyplacetobreakit" * 3
LINK = f"https://app.example.in/verify-email?token={'x' * 120}"
LETTERS = Letters("https://app.example.in")


def fired(**members: object) -> Letter:
    closes = tuple(2_200_000 + (number * 7_919) % 60_000 for number in range(90))
    event = AlertTriggered.model_validate(
        {
            "triggered_id": uuid7(),
            "alert_id": uuid7(),
            "user_id": uuid7(),
            "instrument": "NSE:RELIANCE",
            "symbol": "RELIANCE",
            "name": "Reliance Industries Ltd",
            "currency": "INR",
            "condition": Condition.ABOVE,
            "threshold_price": Decimal("225.00"),
            "price": Decimal("226.50"),
            "reached_at": AT,
            "triggered_at": AT,
            "recorded_at": AT,
            **members,
        }
    )
    chart = Chart(draw(Picture(closes, 2_250_000, "09:15", "15:30")), "Chart of RELIANCE")
    return LETTERS.alert_triggered(event, first_name="Asha", time_zone="Asia/Kolkata", chart=chart)


def noticed() -> Letter:
    event = SecurityNoticed.model_validate(
        {
            "event_id": uuid7(),
            "user_id": uuid7(),
            "kind": SecurityKind.PASSWORD_CHANGED,
            "at": AT,
            "device": "Chrome on Linux",
            "network": "203.0.113.0/24",
            "details": {},
        }
    )
    return LETTERS.security(event, first_name="Asha", time_zone="Asia/Kolkata")


def letters() -> Iterator[tuple[str, Letter]]:
    yield "fired", fired()
    yield "fired-long", fired(name=LONG, message=f"{LONG} {LONG}")
    yield "verify", LETTERS.with_secret(Purpose.VERIFY_EMAIL, name=LONG, secret_url=LINK)
    yield "exists", LETTERS.with_secret(Purpose.ACCOUNT_EXISTS, name="Asha", secret_url=LINK)
    yield "reset", LETTERS.with_secret(Purpose.PASSWORD_RESET, name="Asha", secret_url=LINK)
    yield "welcome", LETTERS.welcome(first_name="Asha")
    item = {"title": LONG, "text": "RELIANCE is now ₹226.50", "link": "/alerts", "at": AT.isoformat()}
    yield "digest", LETTERS.digest([item, item], 3, first_name="Asha", time_zone="Asia/Kolkata")
    yield "notice", LETTERS.notice("A webhook was switched off", f"It failed: {LINK}", "/x", first_name="Asha")
    yield "security", noticed()


def shown(page: Page, letter: Letter) -> None:
    """Show a mail as a mail program does, its pictures in place."""
    html = letter.html
    for picture in letter.pictures:
        html = html.replace(f"cid:{picture.cid}", "data:image/png;base64," + base64.b64encode(picture.png).decode())
    assert "cid:" not in html
    # Policies of mail programs: no script runs, nothing is fetched.
    assert not re.search(r"<script|<link|@import|url\(", html)
    page.set_content(html)


@pytest.mark.parametrize("drawn", list(itertools.product(SIZES, ("light", "dark"))), ids="-".join)
def test_mails_look_right(browser: Browser, drawn: Look) -> None:
    size, scheme = drawn
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    SHOTS.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    for name, letter in letters():
        shown(page, letter)
        page.screenshot(path=SHOTS / f"mail-{name}-{size}-{scheme}.png", full_page=True)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.append(f"{name} sticks out")
        found = Axe().run(page, options={"runOnly": WCAG, "resultTypes": ["violations"]}).response["violations"]
        wrong += [
            f"{name}: {one['id']} {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]
        ]
    context.close()
    assert wrong == []
