"""Credentials that are not good: refused at the door, refused by each service past the door, refused on the socket."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
import pytest_asyncio
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from deploy.local.dev_secrets import DevSecrets
from libs.common.clock import SystemClock
from libs.common.db import Database
from libs.common.tests.forgeries import CASES, Forger
from services.auth.settings import AuthSettings
from services.auth.wiring import make_cipher, make_keyring
from tests.security.refusals import NO_SUCH_LOGIN, NOT_ALLOWED, NOT_SIGNED_IN, check_refused
from tests.support.person import People, Person
from tests.support.platform import Platform

pytestmark = pytest.mark.journey

NOBODY = "00000000-0000-7000-8000-000000000000"
SERVICES = ("auth", "market", "alerts", "signals", "broker", "billing")

# A route of each service that wants a person, and one that wants a service.
OF_PEOPLE = {"auth": "/api/users/me/", "market": "/api/stocks/", "alerts": "/api/alerts/"}
OF_SERVICES = {
    **dict.fromkeys(SERVICES, f"/internal/users/{NOBODY}/export"),
    "auth": f"/internal/users/{NOBODY}",
    "market": "/internal/instruments/AAPL",
    "billing": f"/internal/entitlements/{NOBODY}",
}

IDENTITIES = {
    "X-User-Id": NOBODY,
    "X-User": NOBODY,
    "X-User-Role": "ADMIN",
    "X-Role": "ADMIN",
    "X-Tier": "ELITE",
    "X-Principal": json.dumps({"user_id": NOBODY, "role": "ADMIN"}),
    "X-Service": "auth",
    "X-Internal": "1",
    "X-Forwarded-User": "admin",
    "X-Authenticated-User": "admin",
    "X-Forwarded-For": "127.0.0.1",
    "X-Original-URL": "/internal/token",
    "X-Rewrite-URL": "/internal/token",
}
"""What some gateways put in front of their services, and what a client would like ours to believe."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def forger(platform: Platform) -> Forger:
    """A forger with the platform's own signing key: what is wrong with a token is only what its case says."""
    secrets = DevSecrets(platform.data_dir / "secrets.json")
    settings = AuthSettings(
        environment="development", database_url=platform.database_url("auth"), field_key=secrets.get("auth field_key")
    )
    db, clock = Database(settings), SystemClock()
    keyring = make_keyring(db, make_cipher(settings), clock, settings)
    await keyring.load()
    await db.close()
    (held, *_) = keyring._held.values()
    return Forger(held.key, clock.now(), settings.jwt_audience, settings.jwt_issuer)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}".strip()}


def test_the_forger_could_make_a_good_token(platform: Platform, forger: Forger, person: Person) -> None:
    token = forger.signed(claims=forger.claims(sub=person.user_id))
    answer = httpx.get(f"{platform.url}/api/alerts/", headers=bearer(token), timeout=10)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("case", CASES)
def test_a_forged_token_is_refused_at_the_door_and_past_it(platform: Platform, forger: Forger, case: str) -> None:
    headers = bearer(CASES[case](forger))
    with httpx.Client(timeout=10, headers=headers) as http:
        check_refused(http.get(f"{platform.url}/api/alerts/"), NOT_SIGNED_IN)
        for service in SERVICES:
            check_refused(http.get(platform.service_url(service) + OF_SERVICES[service]), NOT_SIGNED_IN)
        for service, path in OF_PEOPLE.items():
            check_refused(http.get(platform.service_url(service) + path), NOT_SIGNED_IN)


@pytest.mark.parametrize(
    "case", ["alg none", "HS256 with the PEM", "kid unknown", "expired", "typ service", "one part"]
)
def test_a_forged_token_opens_no_socket(platform: Platform, forger: Forger, case: str) -> None:
    with connect(platform.socket_url, origin=Origin(platform.url)) as socket:
        socket.send(json.dumps({"op": "auth", "token": CASES[case](forger)}))
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                assert json.loads(socket.recv(timeout=10))["op"] == "error"
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401


def test_headers_that_name_somebody_are_not_believed(platform: Platform, person: Person) -> None:
    with httpx.Client(timeout=10, headers=IDENTITIES) as http:
        check_refused(http.get(f"{platform.url}/api/alerts/"), NOT_SIGNED_IN)
        for service in SERVICES:
            check_refused(http.get(platform.service_url(service) + OF_SERVICES[service]), NOT_SIGNED_IN)
        for service, path in OF_PEOPLE.items():
            check_refused(http.get(platform.service_url(service) + path), NOT_SIGNED_IN)
    for base in (platform.url, platform.service_url("auth")):
        me = httpx.get(f"{base}/api/users/me/", headers={**IDENTITIES, **bearer(person.access_token)}, timeout=10)
        assert (me.json()["id"], me.json()["role"], me.json()["tier"]) == (person.user_id, "USER", "BASIC")


def test_another_persons_token_on_the_side_changes_nothing(platform: Platform, person: Person, people: People) -> None:
    other = people.ready()
    headers = {**bearer(person.access_token), "X-On-Behalf-Of": other.access_token}
    for base in (platform.url, platform.service_url("auth")):
        assert httpx.get(f"{base}/api/users/me/", headers=headers, timeout=10).json()["id"] == person.user_id


def test_every_route_that_wants_a_person_refuses_nobody(platform: Platform) -> None:
    document = httpx.get(f"{platform.url}/api/openapi.json", timeout=10).json()
    closed = [
        (method, path.replace("{", "").replace("}", ""))
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if operation.get("security")
    ]
    assert len(closed) >= 15
    with httpx.Client(base_url=platform.url, timeout=10) as http:
        for method, path in closed:
            check_refused(http.request(method, path), NOT_SIGNED_IN)


class TestServices:
    """Tokens of services: for one callee, for what the table allows, and for no route of people."""

    @staticmethod
    def ask(platform: Platform, client: str, audience: str, secret: str | None = None) -> httpx.Response:
        secrets = DevSecrets(platform.data_dir / "secrets.json")
        body = {
            "client_id": client,
            "client_secret": secret or secrets.get(f"{client} service_secret"),
            "audience": audience,
        }
        return httpx.post(f"{platform.service_url('auth')}/internal/token", json=body, timeout=10)

    @pytest.fixture
    def token(self, platform: Platform) -> str:
        """A good token of alerts for market."""
        answer = self.ask(platform, "alerts", "market")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def test_a_good_one_is_taken_by_its_callee(self, platform: Platform, token: str) -> None:
        url = platform.service_url("market") + OF_SERVICES["market"]
        assert httpx.get(url, headers=bearer(token), timeout=10).status_code == 200

    @pytest.mark.parametrize("service", sorted(set(SERVICES) - {"market"}))
    def test_it_is_refused_by_all_others(self, platform: Platform, token: str, service: str) -> None:
        url = platform.service_url(service) + OF_SERVICES[service]
        check_refused(httpx.get(url, headers=bearer(token), timeout=10), NOT_SIGNED_IN)

    def test_it_does_not_reach_further_than_its_scope(self, platform: Platform, token: str) -> None:
        url = f"{platform.service_url('market')}/internal/users/{NOBODY}/export"
        check_refused(httpx.get(url, headers=bearer(token), timeout=10), NOT_ALLOWED)

    def test_it_is_no_person(self, platform: Platform, token: str) -> None:
        check_refused(httpx.get(f"{platform.url}/api/stocks/", headers=bearer(token), timeout=10), NOT_SIGNED_IN)
        direct = httpx.get(f"{platform.service_url('market')}/api/stocks/", headers=bearer(token), timeout=10)
        assert direct.status_code in {401, 403}, direct.text

    @pytest.mark.parametrize("service", SERVICES)
    def test_a_person_is_no_service(self, platform: Platform, person: Person, service: str) -> None:
        url = platform.service_url(service) + OF_SERVICES[service]
        answer = httpx.get(url, headers=bearer(person.access_token), timeout=10)
        assert answer.status_code in {401, 403}, answer.text
        assert answer.headers["Content-Type"] == "application/problem+json"

    def test_who_does_not_know_the_secret_gets_none(self, platform: Platform) -> None:
        check_refused(self.ask(platform, "alerts", "market", "wrong"), NO_SUCH_LOGIN)
        check_refused(self.ask(platform, "nobody", "market", "wrong"), NO_SUCH_LOGIN)
        check_refused(self.ask(platform, "alerts", "market", "development-only-service-secret"), NO_SUCH_LOGIN)
        check_refused(self.ask(platform, "market", "broker"), NOT_ALLOWED)


INSIDE: list[tuple[str, str, dict[str, Any] | None]] = [
    ("POST", "/internal/token", {"client_id": "alerts", "client_secret": "x", "audience": "market"}),
    ("POST", "/api/internal/token", {}),
    ("POST", "/api/v1/internal/token", {}),
    ("POST", "/api/auth/internal/token", {}),
    ("POST", "/internal/mails", {}),
    ("POST", "/internal/prices", {"instruments": ["NASDAQ:AAPL"]}),
    ("POST", f"/internal/users/{NOBODY}/erase", None),
    ("GET", f"/internal/users/{NOBODY}", None),
    ("GET", f"/internal/users/{NOBODY}/export", None),
    ("GET", f"/internal/entitlements/{NOBODY}", None),
    ("GET", "/internal/instruments/AAPL", None),
    ("GET", "/api/internal/instruments/AAPL", None),
    ("GET", "/api/stocks/%2e%2e/%2e%2e/internal/instruments/AAPL", None),
    ("GET", "/api/stocks/..%2f..%2finternal%2finstruments%2fAAPL", None),
    ("GET", "/api//internal/instruments/AAPL", None),
    ("GET", "/api/stocks/;/internal/instruments/AAPL", None),
    ("GET", "/api/alerts/docs", None),
    ("GET", "/api/alerts/openapi.json", None),
]


def without_nonce(page: httpx.Response) -> str:
    return re.sub(r'nonce="[^"]*"', "", page.text)


@pytest.mark.parametrize(("method", "path", "body"), INSIDE)
def test_no_way_leads_through_the_door_to_what_is_internal(
    platform: Platform, method: str, path: str, body: dict[str, Any] | None
) -> None:
    """Also with a token that the route itself would take. What is no API is a page of the app."""
    token = TestServices.ask(platform, "alerts", "market").json()["access_token"]
    answer = httpx.request(method, platform.url + path, json=body, headers=bearer(token), timeout=10)
    if method == "GET" and path.startswith("/internal"):
        assert answer.headers["Content-Type"].startswith("text/html")
        assert without_nonce(answer) == without_nonce(httpx.get(f"{platform.url}/", timeout=10))
    else:
        assert answer.status_code in {400, 401, 404, 405}, answer.text
        assert answer.headers["Content-Type"] == "application/problem+json"
