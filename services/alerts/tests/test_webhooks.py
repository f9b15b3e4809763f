"""Outgoing webhooks, heard by a receiver that checks them with the package of Standard Webhooks."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from libs.common.events.envelope import Envelope
from libs.common.http import Guarded
from libs.common.ids import uuid7
from libs.common.testing import eventually
from libs.contracts.alerts import AlertTriggered
from services.alerts.notifications.rules import WEBHOOK_LADDER, Lane, next_try
from services.alerts.notifications.sender import Sender
from services.alerts.tests.support import entitlements, queue, rows_of, running, triggered
from services.alerts.webhooks import rules
from services.alerts.webhooks.sending import Endpoints, WebhookChannel, WebhookWriter
from services.alerts.wiring import make_cipher

PATH = "/api/webhooks/"
TRIGGERED = AlertTriggered.type


@dataclass
class Receiver:
    """Somebody's program. Answers with what it is told to, 204 when nothing is left."""

    answers: list[bytes] = field(default_factory=list)
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[Receiver]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        # The signature is base64: its case counts.
        headers |= dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line.startswith("webhook-"))
        self.heard.append((headers, await reader.readexactly(int(headers["content-length"]))))
        writer.write(self.answers.pop(0) if self.answers else b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()
        writer.close()


def answer(status: str, *headers: str, body: str = "") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers, "", body]).encode()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver().serving() as receiver:
        yield receiver


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"webhook_private_addresses": True})


@pytest.fixture
def pro(peers, user_id) -> None:
    """The person's plan has webhooks."""
    known = entitlements(user_id, active_alerts=50)
    limits = known.limits.model_copy(update={"channels": ("in_app", "email", "webhook")})
    peers.entitlements[user_id] = known.model_copy(update={"limits": limits})


@pytest.fixture
async def client(app, client_for, tokens, user_id) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(app, user=tokens.user(user_id)) as client:
        yield client


@pytest.fixture
def sending(db, settings, rooms):
    """Send to webhooks for the length of a block."""

    @contextlib.asynccontextmanager
    async def run() -> AsyncIterator[Endpoints]:
        guarded = Guarded("test", allow_private=True)
        endpoints = Endpoints(db, rooms.notices)
        channel = WebhookChannel(db, guarded, endpoints, db.clock)
        writer = WebhookWriter(db, make_cipher(settings))
        sender = Sender(db, channel, writer.write, lanes=4, lane=Lane.WEBHOOK)
        async with running(sender.run()):
            yield endpoints
        await guarded.aclose()

    return run


async def add(client, receiver: Receiver, **members: Any) -> dict[str, Any]:
    made = await client.post(PATH, json={"url": receiver.url, "events": [TRIGGERED], **members})
    assert made.status_code == 201, made.text
    return made.json()


async def fire(db, clock, notices, rooms, user_id) -> AlertTriggered:
    event = triggered(clock, user_id)
    await queue(db, notices, event)
    envelope = Envelope(uuid7(), event.type, "alerts", clock.now(), event.subject(), 1, event.model_dump(mode="json"))
    async with db.transaction() as tx:
        await rooms.webhooks.hear(tx, [(event, envelope)])
    async with db.transaction() as tx:
        assert await rooms.webhooks.hear(tx, [(event, envelope)]) == 0
    return event


def has(db, **counts: int):
    async def claim() -> bool:
        found = await rows_of(
            db, "SELECT status, count(*) AS n FROM deliveries WHERE channel = 'webhook' GROUP BY status"
        )
        return {row["status"]: row["n"] for row in found} == counts

    return claim


def verified(secret: str, heard: tuple[dict[str, str], bytes], clock, monkeypatch) -> dict[str, Any]:
    """Read a message as a receiver does: signature and time by the package."""
    headers, body = heard

    class Now(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return clock.now()

    monkeypatch.setattr("standardwebhooks.webhooks.datetime", Now)
    Webhook(secret).verify(body, headers)
    payload: dict[str, Any] = json.loads(body)
    return payload


class TestSending:
    async def test_a_firing_reaches_the_receiver_signed_once(
        self, client, pro, db, clock, notices, rooms, user_id, receiver, sending, monkeypatch
    ) -> None:
        made = await add(client, receiver)
        event = await fire(db, clock, notices, rooms, user_id)
        async with sending():
            await eventually(has(db, sent=1))
        [heard] = receiver.heard
        payload = verified(made["secret"], heard, clock, monkeypatch)
        assert (payload["type"], payload["sequence"]) == (TRIGGERED, 1)
        assert payload["data"]["triggered_id"] == str(event.triggered_id)
        assert payload["data"]["price"] == "232.50"
        assert "user_id" not in payload["data"]
        assert "." not in heard[0]["webhook-id"]
        [item] = (await client.get("/api/notifications/")).json()["items"]
        assert {one["channel"]: one["status"] for one in item["deliveries"]} == {"mail": "queued", "webhook": "sent"}

    async def test_tries_go_on_by_the_ladder_under_one_id_with_a_time_of_their_own(
        self, client, pro, db, clock, notices, rooms, user_id, receiver, sending
    ) -> None:
        made = await add(client, receiver)
        receiver.answers = [answer("500 No", body="broken"), answer("302 Found", "location: http://127.0.0.1:1/")]
        await fire(db, clock, notices, rooms, user_id)
        async with sending():
            for status, wait in ((500, 6), (302, 400)):

                async def was_tried(status: int = status) -> bool:
                    [row] = await rows_of(db, "SELECT reason FROM deliveries WHERE channel = 'webhook'")
                    return row["reason"] == f"the endpoint answered {status}"

                await eventually(was_tried)
                clock.move(timedelta(seconds=wait))
            await eventually(has(db, sent=1))
        assert len({headers["webhook-id"] for headers, _ in receiver.heard}) == 1
        assert len({headers["webhook-timestamp"] for headers, _ in receiver.heard}) == 3
        [message] = (await client.get(f"{PATH}{made['id']}/messages/")).json()["items"]
        assert [one["http_status"] for one in message["attempts"]] == [500, 302, 204]
        assert message["attempts"][0]["response"] == "broken"
        assert "webhook-signature: v1," in message["attempts"][0]["request"]
        assert (await client.get(f"{PATH}{made['id']}/")).json()["failing_since"] is None

    async def test_a_key_sends_a_test_or_a_replay_once(self, client, pro, db, receiver, sending) -> None:
        made = await add(client, receiver)
        for body, path in ((None, "test/"), ({"begins": "2020-01-01T00:00:00Z"}, "replay/")):
            answers = [
                await client.post(f"{PATH}{made['id']}/{path}", json=body, headers={"idempotency-key": "once"})
                for _ in range(2)
            ]
            assert answers[0].status_code == 202
            assert answers[0].content == answers[1].content
            assert answers[1].headers["idempotent-replayed"] == "true"
        assert len(await rows_of(db, "SELECT id FROM deliveries WHERE lane = 'webhook'")) == 1

    async def test_gone_switches_it_off_and_tells_the_owner(
        self, client, pro, db, clock, notices, rooms, user_id, receiver, sending
    ) -> None:
        made = await add(client, receiver)
        receiver.answers = [answer("410 Gone")]
        await fire(db, clock, notices, rooms, user_id)
        async with sending():
            await eventually(has(db, failed=1))
        shown = (await client.get(f"{PATH}{made['id']}/")).json()
        assert (shown["status"], shown["reason"]) == ("disabled", "it answered 410 Gone")
        told = (await client.get("/api/notifications/", params={"kind": "account"})).json()["items"]
        assert [item["title"] for item in told] == ["A webhook was switched off"]
        assert [one["channel"] for one in told[0]["deliveries"]] == ["mail"]

    async def test_five_days_of_failure_switch_it_off(
        self, client, pro, db, clock, notices, rooms, user_id, receiver, sending
    ) -> None:
        made = await add(client, receiver)
        receiver.answers = [answer("500 No")]
        await fire(db, clock, notices, rooms, user_id)
        async with sending() as endpoints:

            async def fails() -> bool:
                return (await client.get(f"{PATH}{made['id']}/")).json()["failing_since"] is not None

            await eventually(fails)
        clock.move(timedelta(days=4, hours=23))
        assert await endpoints.switch_off_failing() == 0
        clock.move(timedelta(hours=2))
        assert (await endpoints.switch_off_failing(), await endpoints.switch_off_failing()) == (1, 0)

    async def test_both_secrets_sign_while_a_rotation_overlaps(
        self, client, pro, db, clock, notices, rooms, user_id, receiver, sending, monkeypatch
    ) -> None:
        made = await add(client, receiver)
        renewed = (await client.post(f"{PATH}{made['id']}/rotate/", json={"overlap_hours": 24})).json()
        assert renewed["secret"] != made["secret"]
        await fire(db, clock, notices, rooms, user_id)
        async with sending():
            await eventually(has(db, sent=1))
            for secret in (made["secret"], renewed["secret"]):
                verified(secret, receiver.heard[0], clock, monkeypatch)
            clock.move(timedelta(hours=25))
            await fire(db, clock, notices, rooms, user_id)
            await eventually(has(db, sent=2))
        verified(renewed["secret"], receiver.heard[1], clock, monkeypatch)
        assert " " not in receiver.heard[1][0]["webhook-signature"]

    async def test_test_replay_of_one_and_of_a_range(
        self, client, pro, db, clock, notices, rooms, user_id, receiver, sending
    ) -> None:
        made = await add(client, receiver)
        began = clock.now().isoformat()
        queued = (await client.post(f"{PATH}{made['id']}/test/")).json()
        await fire(db, clock, notices, rooms, user_id)
        again = f"{PATH}{made['id']}/messages/{queued['id']}/replay/"
        assert (await client.post(again)).status_code == 404  # it still waits
        async with sending():
            await eventually(has(db, sent=2))
            assert (await client.post(again)).status_code == 202
            await eventually(has(db, sent=2))
            clock.move(timedelta(seconds=1))
            replayed = await client.post(f"{PATH}{made['id']}/replay/", json={"begins": began})
            assert replayed.json() == {"replayed": 2}
            await eventually(has(db, sent=2))

            async def five() -> bool:
                return len(receiver.heard) == 5

            await eventually(five)
        ids = [headers["webhook-id"] for headers, _ in receiver.heard]
        assert sorted(ids.count(one) for one in set(ids)) == [2, 3]


class TestEndpoints:
    async def test_a_plan_without_webhooks_is_402(self, client, receiver) -> None:
        made = await client.post(PATH, json={"url": receiver.url, "events": [TRIGGERED]})
        assert (made.status_code, made.json()["code"]) == (402, "plan_feature")

    async def test_the_secret_is_shown_once_and_kept_encrypted(self, client, pro, db, receiver) -> None:
        made = await add(client, receiver, description="mine")
        [kept] = await rows_of(db, "SELECT sealed FROM webhook_secrets")
        assert made["secret"] not in kept["sealed"]
        [listed] = (await client.get(PATH)).json()["items"]
        assert "secret" not in listed
        assert (listed["description"], listed["status"]) == ("mine", "active")

    @pytest.mark.parametrize(
        "body",
        [
            {"url": "ftp://example.com", "events": [TRIGGERED]},
            {"url": "http://user@127.0.0.1/", "events": [TRIGGERED]},
            {"url": "http://127.0.0.1/ x", "events": [TRIGGERED]},
            {"url": "http://127.0.0.1/", "events": []},
            {"url": "http://127.0.0.1/", "events": ["other"]},
            {"url": "http://127.0.0.1/" + "x" * 500, "events": [TRIGGERED]},
            {"url": "http://127.0.0.1/", "events": [TRIGGERED], "more": 1},
        ],
    )
    async def test_bad_input_is_refused(self, client, pro, body) -> None:
        assert (await client.post(PATH, json=body)).status_code == 422

    async def test_somebody_elses_is_not_there(self, app, client, pro, client_for, tokens, receiver) -> None:
        made = await add(client, receiver)
        one = f"{PATH}{made['id']}/"
        async with client_for(app, user=tokens.user(uuid7())) as other:
            assert (await other.get(PATH)).json()["items"] == []
            for answered in (
                await other.get(one),
                await other.patch(one, json={"status": "disabled"}),
                await other.delete(one),
                await other.post(f"{one}rotate/", json={}),
                await other.post(f"{one}test/"),
                await other.get(f"{one}messages/"),
                await other.post(f"{one}messages/{made['id']}/replay/"),
                await other.post(f"{one}replay/", json={"begins": "2026-01-01T00:00:00Z"}),
            ):
                assert answered.status_code == 404
        assert (await client.delete(one)).status_code == 204
        assert (await client.get(one)).status_code == 404

    async def test_off_hears_nothing_and_ten_are_enough(
        self, client, pro, db, clock, notices, rooms, user_id, receiver
    ) -> None:
        made = await add(client, receiver)
        off = await client.patch(f"{PATH}{made['id']}/", json={"status": "disabled"})
        assert off.json()["reason"] == "switched off by you"
        await fire(db, clock, notices, rooms, user_id)
        assert await rows_of(db, "SELECT id FROM deliveries WHERE channel = 'webhook'") == []
        assert (await client.post(f"{PATH}{made['id']}/test/")).status_code == 409
        for _ in range(rules.MAX_ENDPOINTS - 1):
            await add(client, receiver)
        assert (await client.post(PATH, json={"url": receiver.url, "events": [TRIGGERED]})).status_code == 409


class TestRules:
    def test_the_vector_of_the_specification(self) -> None:
        signed = rules.signatures(
            ["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="],
            message="msg_0001",
            timestamp=1795287685,
            body=b'{"type":"alerts.alert.triggered.v1","timestamp":"2026-11-21T10:00:00Z","data":{"id":"al_1"}}',
        )
        assert signed == "v1,Z7H42KNbhFWtJVCHt34irtXYTJECFdHgIxooFv6E8Kc="

    def test_the_ladder_is_that_of_the_specification(self) -> None:
        now = datetime(2026, 11, 20, tzinfo=UTC)
        waits = []
        for attempts in range(1, 10):
            due = next_try(attempts, opened_at=now, now=now, jitter=0.5, lane=Lane.WEBHOOK)
            assert due is not None
            waits.append(due - now)
        assert tuple(waits) == WEBHOOK_LADDER
        assert next_try(10, opened_at=now, now=now, jitter=0.5, lane=Lane.WEBHOOK) is None
        asked = timedelta(minutes=2)
        due = next_try(1, opened_at=now, now=now, jitter=0.5, lane=Lane.WEBHOOK, retry_after=asked)
        assert due == now + asked
