"""Mails that carry a secret: taken from auth alone, sent once, and nowhere afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from libs.common.ids import uuid7
from libs.common.testing import eventually
from libs.contracts.auth import MailCommand
from services.alerts.tests.support import queue, rows_of, states, triggered, verify

SECRET_URL = "https://app.example.com/verify-email?token=s3cret-link"


class TestCommands:
    def command(self, **members: Any) -> MailCommand:
        values: dict[str, Any] = {
            "key": "verify:7",
            "user_id": uuid7(),
            "to": "new@example.com",
            "name": "A. Trader",
            "purpose": "verify_email",
            "secret_url": SECRET_URL,
        }
        return MailCommand(**{**values, **members})

    @pytest.fixture
    async def auth(self, app, client_for, tokens) -> AsyncIterator[Any]:
        token = tokens.service("auth", audience="alerts", scope="mails:send personal-data")
        async with client_for(app, user=token) as client:
            yield client

    async def test_is_sent_once_and_its_secret_is_nowhere_afterwards(
        self, auth, db, server, sender_to, published
    ) -> None:
        body = self.command().model_dump(mode="json")
        with capture_logs() as logs:
            for _ in range(2):
                assert (await auth.post("/internal/mails", json=body)).status_code == 202
            [before] = await rows_of(db, "SELECT * FROM deliveries")
            async with sender_to(server):
                await eventually(states(db, "sent"))
        [mail] = server.taken
        assert SECRET_URL in mail.get_body(("plain",)).get_content()
        assert mail["To"] == "new@example.com"
        assert before["sealed"] is not None
        for stored in (before, *(await rows_of(db, "SELECT * FROM deliveries"))):
            assert "s3cret-link" not in str(dict(stored))
            assert "new@example.com" not in str(dict(stored))
        [after] = await rows_of(db, "SELECT sealed, data FROM deliveries")
        assert (after["sealed"], after["data"]) == (None, None)
        assert "s3cret-link" not in str(logs)
        assert await published(db) == []

    @pytest.mark.parametrize(
        ("provider", "sent"), [("none", False), ("default", False), ("sink", True), ("http", True)]
    )
    async def test_auth_asks_whether_numbers_are_reached(self, app, auth, tokens, client_for, provider, sent) -> None:
        app.state.settings = app.state.settings.model_copy(update={"sms_provider": provider})
        assert (await auth.get("/internal/short-messages")).json() == {"are_sent": sent}
        async with client_for(app, user=tokens.service("billing", audience="alerts", scope="mails:send")) as other:
            assert (await other.get("/internal/short-messages")).status_code == 403

    async def test_goes_before_notices(self, auth, db, clock, notices, server, sender_to, user_id) -> None:
        await verify(db, notices, user_id)
        await queue(db, notices, *(triggered(clock, user_id) for _ in range(20)))
        await auth.post("/internal/mails", json=self.command().model_dump(mode="json"))
        async with sender_to(server, lanes=1):
            await eventually(states(db, *["sent"] * 21), within=20)
        assert server.taken[0]["To"] == "new@example.com"

    async def test_another_account_with_the_same_address_is_told(self, auth, db, server, sender_to) -> None:
        command = self.command(purpose="account_exists", secret_url="http://localhost:8000/login")
        await auth.post("/internal/mails", json=command.model_dump(mode="json"))
        async with sender_to(server):
            await eventually(states(db, "sent"))
        assert "already" in server.taken[0]["Subject"]

    async def test_is_for_auth_alone(self, app, client, client_for, tokens) -> None:
        body = self.command().model_dump(mode="json")
        assert (await client.post("/internal/mails", json=body)).status_code == 403
        for caller in (
            tokens.service("market", audience="alerts", scope="mails:send"),
            tokens.service("auth", audience="alerts", scope="personal-data"),
        ):
            async with client_for(app, user=caller) as other:
                assert (await other.post("/internal/mails", json=body)).status_code == 403
        async with client_for(app) as nobody:
            assert (await nobody.post("/internal/mails", json=body)).status_code == 401

    async def test_a_command_that_is_none_is_refused(self, auth) -> None:
        body = {**self.command().model_dump(mode="json"), "purpose": "advertisement"}
        assert (await auth.post("/internal/mails", json=body)).status_code == 422
