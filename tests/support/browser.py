"""Chromium without a window, which fails a test for any console error and any request to another origin."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, expect, sync_playwright

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES: dict[str, tuple[int, int]] = {"wide": (1280, 900), "phone": (390, 844)}
AWAIT_HEADING = """() => new Promise((found) => {
    const look = () => document.querySelector("h1") && (watching.disconnect(), found());
    const watching = new MutationObserver(look);
    watching.observe(document, { childList: true, subtree: true });
    look();
})"""
# Once in a tab: who signs out is not signed in again by the next page.
NOTE_SESSION = """if (sessionStorage.getItem("noted") === null && location.protocol.startsWith("http")) {
    sessionStorage.setItem("noted", "1");
    localStorage.setItem("sharewise.signed-in", "1");
}"""
Size = Literal["wide", "phone"]
Scheme = Literal["light", "dark"]
Look = tuple[Size, Scheme]
WIDE: Look = ("wide", "light")
LOOKS: tuple[Look, ...] = (WIDE, ("phone", "dark"))
"""Each size and each scheme once."""
EVERY_LOOK = os.environ.get("SHAREWISE_LOOKS") == "all"
"""Whether each test takes all four (`make looks`)."""
if EVERY_LOOK:
    LOOKS += (("wide", "dark"), ("phone", "light"))
SHOTS = Path(__file__).resolve().parents[2] / "test-artifacts" / "screenshots"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def find_chromium(*, whole: bool = False) -> str | None:
    """Find the system's Chromium, or what CHROMIUM names.

    whole: not its shell, which is the same engine and draws a frame at a fifth of the cost, but shows no notification.
    """
    shell = () if whole else ("chromium-headless-shell",)
    names = (*shell, "chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next((found for name in names if (found := shutil.which(name))), None)


# A busy machine is slow, not wrong.
expect.set_options(timeout=20_000)


@contextmanager
def chromium(path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Window:
    """One window of one person: a size, a colour scheme, storage of its own."""

    def __init__(self, browser: Browser, base_url: str, look: Look = WIDE) -> None:
        self.size, self.scheme = look
        self._base_url = base_url
        width, height = SIZES[self.size]
        self._context = browser.new_context(
            base_url=base_url,
            viewport={"width": width, "height": height},
            color_scheme=self.scheme,
            reduced_motion="reduce",
        )
        self.page: Page = self._context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", self._on_request)

    def close(self) -> None:
        self._context.close()

    def log_in(self, email: str, password: str, to: str = "/dashboard") -> None:
        """Have somebody's session and open a page, as a browser does that was here before."""
        self.enter(email, password)
        self.page.goto(to)

    def enter(self, email: str, password: str) -> None:
        """Have somebody's session, from the next page on: the cookie of a login, and what the app notes of it."""
        answer = self._context.request.post(
            "/api/auth/login/",
            data={"email": email, "password": password},
            headers={"X-Token-Transport": "cookie", "Origin": self._base_url},
        )
        assert answer.status == 200, answer.text()
        assert "rt" in {cookie.get("name") for cookie in self._context.cookies()}
        self._context.add_init_script(NOTE_SESSION)

    def log_in_by_form(self, identifier: str, password: str) -> None:
        self.page.goto("/login")
        self.page.get_by_label("E-mail or user name").fill(identifier)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("main").get_by_role("button", name="Log in").click()
        self.page.wait_for_url(re.compile(r"/(dashboard|welcome)$"))
        if self.page.url.endswith("/welcome"):
            self.page.get_by_role("button", name="Do this later").click()
            self.page.wait_for_url("**/dashboard")

    def place(self, name: str | re.Pattern[str]) -> Locator:
        """Find a place of the main navigation; a phone keeps those that its bar has no room for under More."""
        bar = self.page.get_by_role("navigation", name="Main")
        expect(bar).to_be_visible()
        link, more = bar.get_by_role("link", name=name, exact=True), bar.get_by_role("button", name="More", exact=True)
        if link.count() == 0 and more.count() > 0:
            more.click()
            expect(self.page.get_by_role("dialog", name="More")).to_be_visible()
        return link

    def shoot(self, name: str) -> None:
        """Keep a picture for a person to look at."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}-{self.size}-{self.scheme}.png")

    def axe_violations(self) -> list[str]:
        """Let axe look at the page as it stands; say what it finds against WCAG 2.2 A and AA."""
        results = Axe().run(self.page, options={"runOnly": WCAG, "resultTypes": ["violations"]}).response
        return [
            f"{one['id']}: {node['target']} {node['failureSummary']}"
            for one in results["violations"]
            for node in one["nodes"]
        ]

    def await_heading(self) -> None:
        """Wait for the page's own heading, told of each change: a locator's wait looks again after half a second."""
        self.page.evaluate(AWAIT_HEADING)

    def width_overflow(self) -> int:
        """Measure by how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def _on_console(self, message: ConsoleMessage) -> None:
        # Chromium itself reports every refused request as an error; whether an answer was right is the test's matter.
        if message.type == "error" and not re.match(r"Failed to load resource: .* status of 4\d\d", message.text):
            self.complaints.append(f"console: {message.text}")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self._base_url, "data:", "blob:", self._base_url.replace("http", "ws", 1))):
            self.complaints.append(f"request to another origin: {request.url}")
