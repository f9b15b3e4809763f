"""Somebody with an account who sets second factors up and uses them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import orjson
import pyotp
from sqlalchemy import update
from webauthn.helpers import base64url_to_bytes

from libs.common.clock import FixedClock
from libs.common.db import Database
from services.auth.accounts.tables import User
from services.auth.tests.authenticator import Authenticator

if TYPE_CHECKING:
    from services.auth.tests.conftest import Person

STEP = timedelta(seconds=30)


class Owner:
    """Signed in by the password. Codes are those of the service's clock, one time step further with each."""

    def __init__(self, person: Person, clock: FixedClock) -> None:
        self.person = person
        self.client = person.client
        self.clock = clock
        self.tokens: dict[str, Any] = {}
        self.secret = ""
        self.recovery_codes: list[str] = []

    async def sign_up(self) -> None:
        await self.person.register_and_verify()
        self.tokens = await self.person.tokens()

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.tokens['access_token']}"}

    async def post(self, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        return await self.client.post(path, json=body, headers=self.headers)

    async def get(self, path: str) -> dict[str, Any]:
        answer = await self.client.get(path, headers=self.headers)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def code(self) -> str:
        """Give a code that was not used yet."""
        self.clock.move(STEP)
        return pyotp.TOTP(self.secret).at(self.clock.now())

    async def set_totp_up(self) -> None:
        answer = await self.post("/api/auth/two-factor/enroll/")
        assert answer.status_code == 200, answer.text
        self.secret = answer.json()["secret"]
        answer = await self.post("/api/auth/two-factor/confirm/", {"code": self.code()})
        assert answer.status_code == 200, answer.text
        self.recovery_codes = answer.json()["recovery_codes"]

    async def add_passkey(self, authenticator: Authenticator, name: str = "Phone") -> httpx.Response:
        options = (await self.post("/api/auth/passkeys/options/")).json()["public_key"]
        body = {"name": name, "credential": authenticator.create(options)}
        return await self.post("/api/auth/passkeys/", body)

    async def begin_login(self) -> dict[str, Any]:
        answer = await self.person.log_in()
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        assert body["two_factor_required"] is True
        return body

    async def finish_login(self, challenge: str, **proof: Any) -> httpx.Response:
        return await self.client.post("/api/auth/login/two-factor/", json={"challenge": challenge, **proof})


async def become(db: Database, role: str) -> None:
    """Give everybody in the table a role."""
    async with db.transaction() as tx:
        await tx.session.execute(update(User).values(role=role))


def claims(token: str) -> dict[str, Any]:
    """Read what an access token says, unchecked."""
    payload = token.split(".")[1]
    found: dict[str, Any] = orjson.loads(base64url_to_bytes(payload))
    return found
