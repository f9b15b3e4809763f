"""A person with a program: registers, confirms the address, logs in, and calls the API through the gateway."""

from __future__ import annotations

import re
import secrets

import httpx

from tests.support.platform import Platform, wait_until

PASSWORD = "a-long-enough-passphrase-81"


class Person:
    """One account and its tokens. `http` carries the access token once logged in."""

    def __init__(self, platform: Platform, email: str | None = None, password: str = PASSWORD) -> None:
        self.platform = platform
        self.email = email or f"journey-{secrets.token_hex(6)}@example.com"
        self.password = password
        # Each from an address of their own, as in life: the limits by address are not shared.
        self.home = f"127.{secrets.randbelow(255)}.{secrets.randbelow(255)}.{1 + secrets.randbelow(254)}"
        transport = httpx.HTTPTransport(local_address=self.home, verify=False)
        self.http = httpx.Client(base_url=platform.url, timeout=15, transport=transport)
        self.access_token = ""
        self.refresh_token = ""
        self.user_id = ""

    def register(self) -> None:
        answer = self.http.post(
            "/api/auth/register/",
            json={
                "email": self.email,
                "password": self.password,
                "first_name": "Test",
                "last_name": "Trader",
                "phone": "+919812345678",
                "accept_terms": True,
            },
        )
        assert answer.status_code == 202, answer.text

    def verify(self) -> None:
        """Open the mail and hand in the token of its link."""
        mail = self.platform.await_mail(self.email, "erify")
        token = re.search(r"/verify-email\?token=([A-Za-z0-9_-]+)", str(mail["Text"]))
        assert token is not None, mail["Text"]
        answer = self.http.post("/api/auth/verify-email/", json={"token": token.group(1)})
        assert answer.status_code == 200, answer.text

    def log_in(self) -> None:
        answer = self.http.post("/api/auth/login/", json={"email": self.email, "password": self.password})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        self.access_token, self.refresh_token = body["access_token"], body["refresh_token"]
        self.user_id = body["user"]["id"]
        self.http.headers["Authorization"] = f"Bearer {self.access_token}"

    def await_sign_out(self, within: float = 30.0) -> None:
        """Wait until this program's session has ended everywhere: the word of it takes its way to each process."""
        wait_until(lambda: self.http.get("/api/users/me/").status_code == 401, within=within, what="the sign-out")

    def close(self) -> None:
        self.http.close()

    def create_alert(self, symbol: str, condition: str, threshold: str, **more: object) -> httpx.Response:
        body = {
            "stock_symbol": symbol,
            "alert_type": "threshold",
            "condition": condition,
            "threshold_price": threshold,
            **more,
        }
        return self.http.post("/api/alerts/", json=body)


class People:
    """Makes people, and ends their connections with the test."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._known: list[Person] = []

    def newcomer(self) -> Person:
        """Somebody who has not registered yet."""
        person = Person(self._platform)
        self._known.append(person)
        return person

    def ready(self) -> Person:
        """Somebody who has registered, confirmed the address and logged in."""
        person = self.newcomer()
        person.register()
        person.verify()
        person.log_in()
        return person

    def __enter__(self) -> People:
        return self

    def __exit__(self, *_: object) -> None:
        for person in self._known:
            person.close()
