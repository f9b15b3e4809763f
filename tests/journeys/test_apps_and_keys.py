"""Programs of others on the whole platform: a key and an app in a browser, and clients that we did not write."""

from __future__ import annotations

import re
import time
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from playwright.sync_api import Route, expect
from requests_oauthlib import OAuth2Session

from tests.support.browser import Window
from tests.support.person import PASSWORD, People, Person
from tests.support.platform import Platform

pytestmark = pytest.mark.journey

REDIRECT = "https://charts.example/callback"
SCOPE = ["alerts:read", "market:read"]


def register_app(developer: Person) -> tuple[str, str]:
    answer = developer.http.post("/api/oauth/apps/", json={"name": "Chart Mill", "redirect_uris": [REDIRECT]})
    assert answer.status_code == 201, answer.text
    return answer.json()["client_id"], answer.json()["client_secret"]


def refused_within_a_second(platform: Platform, headers: dict[str, str]) -> None:
    until = time.monotonic() + 1
    while httpx.get(f"{platform.url}/api/alerts/", headers=headers).status_code != 401:
        assert time.monotonic() < until, "still let in after a second"


def test_a_key_serves_until_it_is_revoked(platform: Platform, people: People) -> None:
    owner = people.ready()
    answer = owner.http.post("/api/api-keys/", json={"name": "Screener", "scopes": ["alerts:read"]})
    assert answer.status_code == 201, answer.text
    key, key_id = answer.json()["key"], answer.json()["id"]
    headers = {"x-api-key": key}
    served = httpx.get(f"{platform.url}/api/alerts/", headers=headers)
    assert served.status_code == 200
    assert served.headers["ratelimit-policy"].startswith('"api"')
    assert httpx.get(f"{platform.url}/api/stocks/", headers=headers).status_code == 403
    assert httpx.get(f"{platform.url}/api/alerts/?api_key={key}").status_code == 400
    one_more = owner.http.post("/api/api-keys/", json={"name": "Second", "scopes": ["alerts:read"]})
    assert (one_more.status_code, one_more.json()["code"]) == (402, "plan_limit")
    assert owner.http.delete(f"/api/api-keys/{key_id}/").status_code == 204
    refused_within_a_second(platform, headers)
    assert key not in platform.log()


def test_the_flow_with_requests_oauthlib(platform: Platform, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # http on this machine
    developer, owner = people.ready(), people.ready()
    client_id, secret = register_app(developer)
    described = httpx.get(f"{platform.url}/.well-known/oauth-authorization-server").json()
    session = OAuth2Session(client_id, redirect_uri=REDIRECT, scope=SCOPE, pkce="S256")
    url, state = session.authorization_url(described["authorization_endpoint"])
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert asked["state"] == state
    back = owner.http.post("/api/oauth/authorize/", json={**asked, "allow": True}).json()["redirect_to"]
    token = session.fetch_token(described["token_endpoint"], authorization_response=back, client_secret=secret)
    assert session.get(f"{platform.url}/api/alerts/").status_code == 200
    assert session.get(f"{platform.url}/api/users/me/").status_code == 403
    renewed = session.refresh_token(described["token_endpoint"], token["refresh_token"], auth=(client_id, secret))
    assert renewed["refresh_token"] != token["refresh_token"]
    told = session.post(
        described["introspection_endpoint"],
        data={"token": renewed["access_token"]},
        withhold_token=True,
        auth=(client_id, secret),
    )
    assert told.json()["active"] is True
    assert owner.http.delete(f"/api/users/me/apps/{client_id}/").status_code == 204
    refused_within_a_second(platform, {"authorization": f"Bearer {renewed['access_token']}"})


@pytest.mark.browser
def test_keys_and_apps_in_a_browser(platform: Platform, people: People, window: Window) -> None:
    developer, owner = people.ready(), people.ready()
    client_id, _ = register_app(developer)
    page = window.page
    window.log_in(owner.email, PASSWORD, to="/settings/integrations")
    page.get_by_role("button", name="Create a key").click()
    page.get_by_role("button", name="Create key").click()
    expect(page.get_by_text("Tick at least one.")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Screener")
    page.get_by_label("See your alerts and when they triggered").check()
    assert window.axe_violations() == []
    window.shoot("keys-form")
    page.get_by_role("button", name="Create key").click()
    expect(page.get_by_label("Secret")).to_have_value(re.compile("^sw_live_"))
    assert window.axe_violations() == []
    window.shoot("keys-secret")
    page.get_by_role("button", name="I have kept it").click()
    expect(page.get_by_text("Never used")).to_be_visible()
    page.get_by_role("button", name="Edit Screener").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Only from these addresses").fill("203.0.113.0/24")
    assert window.axe_violations() == []
    window.shoot("keys-edit")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Key changed")).to_be_visible()
    expect(page.get_by_text(re.compile(r"203\.0\.113\.0/24"))).to_be_visible()

    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": REDIRECT,
        "scope": " ".join(SCOPE),
        "state": "xyz",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }
    page.goto("/oauth/authorize?" + urlencode({**asked, "redirect_uri": "https://evil.example/"}))
    expect(page.get_by_role("heading", name="We cannot go on")).to_be_visible()
    expect(page.get_by_role("link", name="Back to the app")).to_have_count(0)
    assert window.axe_violations() == []
    window.shoot("consent-refused")

    page.goto("/oauth/authorize?" + urlencode(asked))
    expect(page.get_by_role("heading", name="Chart Mill asks for access")).to_be_visible()
    expect(page.get_by_text("charts.example")).to_be_visible()
    assert window.axe_violations() == []
    assert window.width_overflow() <= 0
    window.shoot("consent")
    sent: list[str] = []

    def arrive(route: Route) -> None:
        sent.append(route.request.url)
        route.fulfill(status=200, body="arrived")

    page.route("https://charts.example/**", arrive)
    page.get_by_role("button", name="Allow", exact=True).click()
    page.wait_for_url("https://charts.example/**")
    assert "code=oac_" in sent[0]
    window.complaints.clear()  # the app's own address is another origin, as it should be

    register_app(owner)
    page.goto("/settings/integrations")
    page.get_by_role("button", name="Edit Chart Mill").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Redirect addresses").fill("http://charts.example/callback")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("A redirect address is https, or http on localhost.")).to_be_visible()
    assert window.axe_violations() == []
    window.shoot("apps-edit")
    dialog.get_by_label("Redirect addresses").fill("https://charts.example/back")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("App changed")).to_be_visible()
    expect(page.get_by_text("https://charts.example/back")).to_be_visible()
    assert window.axe_violations() == []
    assert window.width_overflow() <= 0
    window.shoot("integrations")
    page.get_by_role("button", name="Revoke Screener").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Key revoked")).to_be_visible()
