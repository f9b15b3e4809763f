"""Web push: only the browser reads it, its push service knows who sends, and a device that is gone is forgotten."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import http_ece
import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from libs.common.http import Answer, ForbiddenAddress
from libs.common.http import OutcomeUnknown as NoAnswer
from libs.common.ids import uuid7
from libs.common.testing import eventually
from services.alerts.channels.port import NotSent, OutcomeUnknown, Refused
from services.alerts.channels.push import PushChannel, PushMessage, PushOptions, Subscription, Vapid
from services.alerts.channels.push.encryption import MOST_BYTES, encrypt, written
from services.alerts.channels.push.vapid import LASTS, b64, key_from, unb64
from services.alerts.channels.slack import SlackChannel
from services.alerts.channels.telegram import TelegramChannel
from services.alerts.notifications.chats import ChatChannel, ChatWriter
from services.alerts.notifications.rules import Lane
from services.alerts.notifications.sender import Sender
from services.alerts.notifications.service import BadAddresses
from services.alerts.settings import AlertsSettings
from services.alerts.tests.support import entitlements, queue, rows_of, running, states_in_turn, triggered

PATH = "/api/notification-addresses/"
HOST = "push.example.com"
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


class Browser:
    """The receiving side, by another implementation of the RFC than ours."""

    def __init__(self, name: str = "one") -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.secret = b"sixteen bytes..."
        self.endpoint = f"https://fcm.{HOST}/send/{name}"

    def body(self, **members: Any) -> dict[str, Any]:
        keys = {"p256dh": b64(written(self.key.public_key())), "auth": b64(self.secret)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys, "label": "Chrome on Linux", **members}

    def subscription(self) -> Subscription:
        return Subscription(self.endpoint, written(self.key.public_key()), self.secret)

    def read(self, body: bytes) -> bytes:
        return http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret, version="aes128gcm")


class FakePushService:
    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.calls: list[tuple[str, bytes, dict[str, str]]] = []

    async def post(self, url: str, content: bytes, headers: dict[str, str]) -> Answer:
        self.calls.append((url, content, headers))
        answer = self.answers.pop(0) if self.answers else (201, {})
        if isinstance(answer, Exception):
            raise answer
        status, given = answer
        return Answer(status, given, b"", 1)


def make_vapid(now: datetime = NOW) -> Vapid:
    return Vapid(key_from(SecretStr("a secret")), contact="mailto:help@example.com", now=lambda: now)


def make_message(browser: Browser, **members: Any) -> PushMessage:
    values = {"title": "T", "text": "x", "link": "/alerts", "tag": "t", "topic": "p", "is_urgent": True}
    return PushMessage(browser.subscription(), **{**values, **members})


@pytest.fixture
def push_service() -> FakePushService:
    return FakePushService()


@pytest.fixture
def channel(push_service) -> PushChannel:
    return PushChannel(push_service, PushOptions(make_vapid(), (HOST,)))


class TestEncryption:
    def test_the_example_of_the_rfc_comes_out_to_the_letter(self) -> None:
        own = int.from_bytes(unb64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
        body = encrypt(
            b"When I grow up, I want to be a watermelon",
            browser_point=unb64(
                "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
            ),
            browser_secret=unb64("BTBZMqHH6r4Tts7J_aSIgg"),
            own=ec.derive_private_key(own, ec.SECP256R1()),
            salt=unb64("DGv6ra1nlYgDCS1FRnbzlw"),
        )
        assert b64(body) == (
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
            "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        )

    @given(plain=st.binary(max_size=MOST_BYTES))
    def test_another_implementation_reads_it(self, plain: bytes) -> None:
        browser = Browser()
        subscription = browser.subscription()
        body = encrypt(plain, browser_point=subscription.point, browser_secret=subscription.secret)
        assert len(body) <= 4_096
        assert browser.read(body) == plain

    def test_nobody_else_reads_it_and_no_two_are_alike(self) -> None:
        browser, other = Browser(), Browser()
        subscription = browser.subscription()
        first, second = (
            encrypt(b"x", browser_point=subscription.point, browser_secret=subscription.secret) for _ in range(2)
        )
        assert first[:16] != second[:16]
        assert first[21:86] != second[21:86]
        with pytest.raises(http_ece.ECEException):
            other.read(first)

    def test_what_is_too_long_or_no_key_is_refused(self) -> None:
        point = Browser().subscription().point
        with pytest.raises(ValueError, match="3993"):
            encrypt(b"x" * (MOST_BYTES + 1), browser_point=point, browser_secret=b"s" * 16)
        with pytest.raises(ValueError, match="key"):
            encrypt(b"x", browser_point=b"\x04" + b"\x01" * 64, browser_secret=b"s" * 16)


class TestVapid:
    def test_a_push_service_proves_who_sends(self) -> None:
        vapid = make_vapid()
        scheme, _, rest = vapid.authorization("https://push.example.com").partition(" ")
        token, key = (part.split("=", 1)[1] for part in rest.split(", "))
        assert scheme == "vapid"
        assert key == vapid.public_key
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(key))
        claims = jwt.decode(
            token, public, algorithms=["ES256"], audience="https://push.example.com", options={"verify_exp": False}
        )
        assert claims["sub"] == "mailto:help@example.com"
        assert claims["exp"] == int((NOW + LASTS).timestamp())

    def test_one_signature_serves_for_hours_and_is_renewed_before_its_end(self) -> None:
        now = [NOW]
        vapid = Vapid(key_from(SecretStr("s")), contact="mailto:a@example.com", now=lambda: now[0])
        first = vapid.authorization("https://a.example")
        now[0] += timedelta(hours=10)
        assert vapid.authorization("https://a.example") == first
        assert vapid.authorization("https://b.example") != first
        now[0] += timedelta(hours=1)
        assert vapid.authorization("https://a.example") != first

    def test_a_key_stays_the_same_and_one_that_is_none_is_refused(self, service_settings) -> None:
        assert make_vapid().public_key == make_vapid().public_key
        with pytest.raises(ValidationError, match="32 bytes"):
            service_settings(AlertsSettings, push_private_key="AAAA")


class TestChannel:
    async def test_the_device_reads_the_notice(self, channel, push_service) -> None:
        browser = Browser()
        await channel.send(make_message(browser, title="AAPL is now $232.50", text="₹" * 5_000, topic="abc"))
        [(url, body, headers)] = push_service.calls
        assert url == browser.endpoint
        assert (headers["ttl"], headers["urgency"], headers["topic"]) == ("86400", "high", "abc")
        assert headers["content-encoding"] == "aes128gcm"
        said = orjson.loads(browser.read(body))
        assert (said["title"], said["link"], said["tag"]) == ("AAPL is now $232.50", "/alerts", "t")
        assert "232" not in repr(body)

    @pytest.mark.parametrize(
        ("answer", "failure", "gone"),
        [
            ((404, {}), Refused, True),
            ((410, {}), Refused, True),
            ((413, {}), Refused, False),
            ((403, {}), Refused, False),
            ((503, {}), NotSent, None),
            (ForbiddenAddress("the host is not in the public internet"), Refused, True),
            (NoAnswer("late"), OutcomeUnknown, None),
        ],
    )
    async def test_what_push_services_answer_is_understood(self, channel, push_service, answer, failure, gone) -> None:
        push_service.answers = [answer]
        with pytest.raises(failure) as met:
            await channel.send(make_message(Browser()))
        assert getattr(met.value, "bad_address", None) is gone

    async def test_patience_is_kept(self, channel, push_service) -> None:
        push_service.answers = [(429, {"retry-after": "90"})]
        with pytest.raises(NotSent) as met:
            await channel.send(make_message(Browser()))
        assert met.value.retry_after == timedelta(seconds=90)

    async def test_nothing_but_a_push_service_is_called(self, channel, push_service) -> None:
        browser = Browser()
        for endpoint in ("https://push.example.com.evil.test/x", "https://evil.test/push.example.com"):
            browser.endpoint = endpoint
            with pytest.raises(Refused):
                await channel.send(make_message(browser))
        assert push_service.calls == []


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"push_hosts": (HOST,), "push_private_key": SecretStr(b64(b"k" * 32))})


@pytest.fixture
def basic(peers, user_id) -> None:
    known = entitlements(user_id, active_alerts=50)
    limits = known.limits.model_copy(update={"channels": ("in_app", "email", "push", "telegram")})
    peers.entitlements[user_id] = known.model_copy(update={"limits": limits})


@pytest.fixture
def pushing(db, rooms, channel, telegram_less):
    @contextlib.asynccontextmanager
    async def run():
        channels = ChatChannel(SlackChannel(telegram_less), TelegramChannel(telegram_less, None, api_url=""), channel)
        writer = ChatWriter(rooms.addresses, "http://localhost:8000")
        bad = BadAddresses(db, rooms.addresses)
        async with running(Sender(db, channels, writer.write, lanes=2, lane=Lane.CHAT, on_bad_address=bad.note).run()):
            yield

    return run


@pytest.fixture
def telegram_less() -> Any:
    return object()


class TestDevices:
    async def test_a_device_that_was_added_shows_what_fires(
        self, client, basic, db, clock, notices, user_id, pushing, push_service
    ) -> None:
        browser = Browser()
        listed = (await client.get(PATH)).json()
        assert len(unb64(listed["push_key"])) == 65
        added = await client.post(f"{PATH}push/", json=browser.body())
        assert (added.status_code, added.json()["status"]) == (201, "active")
        event = triggered(clock, user_id)
        await queue(db, notices, event)
        async with pushing():
            await eventually(states_in_turn(db, "channel = 'push'", "sent"))
        [(_, body, headers)] = push_service.calls
        said = orjson.loads(browser.read(body))
        assert said == {
            "title": "AAPL is now $232.50",
            "text": "Apple Inc. is now $232.50 (above $230.00)",
            "link": "/stocks/NASDAQ/AAPL",
            "tag": str(event.triggered_id),
        }
        assert len(headers["topic"]) <= 32
        [kept] = await rows_of(db, "SELECT sealed FROM addresses")
        assert HOST not in kept["sealed"]

    async def test_a_device_that_is_gone_is_forgotten(
        self, client, basic, db, clock, notices, user_id, pushing, push_service
    ) -> None:
        await client.post(f"{PATH}push/", json=Browser().body())
        push_service.answers = [(410, {})]
        await queue(db, notices, triggered(clock, user_id))
        async with pushing():
            await eventually(states_in_turn(db, "channel = 'push'", "failed"))
        assert (await client.get(PATH)).json()["items"] == []
        [row] = await rows_of(db, "SELECT reason FROM deliveries WHERE channel = 'push'")
        assert row["reason"] == "the device takes no messages any more"

    async def test_the_same_browser_again_is_the_same_device(self, client, basic) -> None:
        browser = Browser()
        first = (await client.post(f"{PATH}push/", json=browser.body())).json()
        again = (await client.post(f"{PATH}push/", json=browser.body(label="My laptop"))).json()
        assert (again["id"], again["label"]) == (first["id"], "My laptop")
        assert len((await client.get(PATH)).json()["items"]) == 1

    async def test_a_browser_belongs_to_whoever_came_last(self, app, client, client_for, basic, peers, tokens) -> None:
        browser, other_id = Browser(), uuid7()
        await client.post(f"{PATH}push/", json=browser.body())
        peers.entitlements[other_id] = next(iter(peers.entitlements.values())).model_copy(update={"user_id": other_id})
        async with client_for(app, user=tokens.user(other_id)) as other:
            assert (await other.post(f"{PATH}push/", json=browser.body())).status_code == 201
        assert (await client.get(PATH)).json()["items"] == []

    @pytest.mark.parametrize(
        ("members", "field"),
        [
            ({"endpoint": "https://evil.test/x"}, "/endpoint"),
            ({"endpoint": f"https://{HOST}.evil.test/x"}, "/endpoint"),
            ({"keys": {"p256dh": "B" * 87, "auth": "A" * 22}}, "/keys"),
            ({"label": "a\nb"}, "/label"),
        ],
    )
    async def test_what_is_no_subscription_is_a_bad_field(self, client, basic, members, field) -> None:
        answer = await client.post(f"{PATH}push/", json=Browser().body(**members))
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)

    async def test_a_plan_without_push_is_402(self, client) -> None:
        answer = await client.post(f"{PATH}push/", json=Browser().body())
        assert (answer.status_code, answer.json()["code"]) == (402, "plan_feature")

    async def test_a_test_reaches_the_device_and_there_are_ten_an_hour(
        self, client, basic, db, clock, pushing, push_service
    ) -> None:
        browser = Browser()
        added = (await client.post(f"{PATH}push/", json=browser.body())).json()
        path = f"{PATH}{added['id']}/test/"
        key = {"Idempotency-Key": "once-1"}
        first = await client.post(path, headers=key)
        assert (first.status_code, (await client.post(path, headers=key)).json()) == (202, first.json())
        async with pushing():
            await eventually(states_in_turn(db, "channel = 'push'", "sent"))
        [(_, body, _)] = push_service.calls
        assert orjson.loads(browser.read(body))["title"] == "This is a test"
        for _ in range(9):
            assert (await client.post(path)).status_code == 202
        assert (await client.post(path)).status_code == 429
        clock.move(timedelta(hours=1, seconds=1))
        assert (await client.post(path)).status_code == 202

    async def test_another_persons_device_is_not_there(self, app, client, client_for, basic, tokens) -> None:
        added = (await client.post(f"{PATH}push/", json=Browser().body())).json()
        async with client_for(app, user=tokens.user(uuid7())) as other:
            assert (await other.post(f"{PATH}{added['id']}/test/")).status_code == 404


class TestMoved:
    async def move(self, app, client_for, previous: Browser, now_at: Browser, **members: Any):
        told = {"endpoint": previous.endpoint, "auth": b64(previous.secret), **members}
        body = {name: value for name, value in now_at.body().items() if name != "label"}
        async with client_for(app) as worker:
            return await worker.post(f"{PATH}push/moved/", json={**body, "previous": told})

    async def test_a_device_is_followed_to_its_new_address_however_often_it_tells(
        self, app, client, client_for, basic, db, pushing, push_service
    ) -> None:
        browser, moved = Browser(), Browser("two")
        added = (await client.post(f"{PATH}push/", json=browser.body())).json()
        for _ in range(2):
            assert (await self.move(app, client_for, browser, moved)).status_code == 204
        assert (await client.get(PATH)).json()["items"] == [added]
        await client.post(f"{PATH}{added['id']}/test/")
        async with pushing():
            await eventually(states_in_turn(db, "channel = 'push'", "sent"))
        [(url, body, _)] = push_service.calls
        assert url == moved.endpoint
        assert orjson.loads(moved.read(body))["title"] == "This is a test"

    async def test_nobody_else_moves_a_device(self, app, client, client_for, basic, db) -> None:
        browser, moved = Browser(), Browser("two")
        await client.post(f"{PATH}push/", json=browser.body())
        before = await rows_of(db, "SELECT sealed FROM addresses")
        refused = [
            await self.move(app, client_for, browser, moved, auth=b64(b"another secret..")),
            await self.move(app, client_for, browser, moved, endpoint=f"https://fcm.{HOST}/send/three"),
        ]
        assert [answer.status_code for answer in refused] == [404, 404]
        moved.endpoint = "https://evil.test/x"
        assert (await self.move(app, client_for, browser, moved)).status_code == 422
        assert (await self.move(app, client_for, browser, browser, auth="A" * 21)).status_code == 422
        assert await rows_of(db, "SELECT sealed FROM addresses") == before
