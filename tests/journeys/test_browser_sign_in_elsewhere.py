"""Signing in at the operator's identity provider, in a browser, and linking it to an account that is there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from services.auth.tests.identity_provider import TheirServer, identity_provider
from tests.support.browser import Window
from tests.support.person import PASSWORD, People
from tests.support.platform import Platform, own_platform

pytestmark = [pytest.mark.journey, pytest.mark.browser]


@pytest.fixture(scope="module")
def provider() -> Iterator[TheirServer]:
    with identity_provider() as running:
        yield running


@pytest.fixture(scope="module")
def platform(provider: TheirServer) -> Iterator[Platform]:
    """A platform of this module's own: its operator has set a provider up."""
    settings = {
        "AUTH_OIDC_ISSUER": provider.url,
        "AUTH_OIDC_NAME": "Acme",
        "AUTH_OIDC_CLIENT_ID": "sharewise",
        "AUTH_OIDC_CLIENT_SECRET": "a-secret-of-the-test-provider",
    }
    with own_platform(port_offset=17_000, settings=settings) as running:
        yield running


@pytest.fixture
def window(browser: Browser, platform: Platform) -> Iterator[Window]:
    opened = Window(browser, platform.url)
    yield opened
    opened.close()
    # The provider's own page is at another origin and would load its style from a third.
    assert [one for one in opened.complaints if "another origin" not in one and "net::ERR" not in one] == []


def say_yes(page: Page, provider: TheirServer, sub: str) -> None:
    page.wait_for_url(f"{provider.url}/**")
    page.locator("input[name=sub]").fill(sub)
    page.get_by_role("button", name="Authorize").click()


def test_a_newcomer_comes_in_through_the_provider(window: Window, provider: TheirServer) -> None:
    provider.knows(
        "newcomer", email="newcomer@acme.example", email_verified=True, given_name="Noor", family_name="Jain"
    )
    window.page.goto("/login")
    expect(window.page.get_by_role("button", name="Continue with Acme")).to_be_visible()
    window.shoot("login-elsewhere")
    assert window.axe_violations() == []
    window.page.get_by_role("button", name="Continue with Acme").click()
    say_yes(window.page, provider, "newcomer")
    window.page.wait_for_url("**/dashboard")
    window.page.goto("/login/return?state=x&code=y")
    expect(window.page.get_by_role("alert")).to_contain_text("did not begin here")
    assert window.axe_violations() == []


def test_an_account_is_linked_and_opens_by_it(platform: Platform, window: Window, provider: TheirServer) -> None:
    people = People(platform)
    person = people.ready()
    provider.knows("colleague", email="colleague@acme.example", email_verified=True)
    window.log_in(person.email, PASSWORD, to="/settings/security")
    window.page.get_by_role("button", name="Link", exact=True).click()
    say_yes(window.page, provider, "colleague")
    window.page.wait_for_url("**/settings/security")
    expect(window.page.get_by_text("Acme opens this account.")).to_be_visible()
    window.shoot("security-elsewhere")
    other = Window(window.page.context.browser, platform.url)  # type: ignore[arg-type]
    other.page.goto("/login")
    other.page.get_by_role("button", name="Continue with Acme").click()
    say_yes(other.page, provider, "colleague")
    other.page.wait_for_url("**/dashboard")
    assert len(person.http.get("/api/auth/sessions/").json()["items"]) == 3
    other.close()
    people.__exit__()
