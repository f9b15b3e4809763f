"""Slack and Telegram: an address is confirmed before it is written to, and given up when it is gone."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
from pydantic import SecretStr

from libs.common.http import Answer, Http
from libs.common.testing import eventually
from services.alerts.addresses.service import Addresses
from services.alerts.channels.port import NotSent, Refused
from services.alerts.channels.push import PushChannel, PushOptions
from services.alerts.channels.slack import SlackChannel, SlackMessage
from services.alerts.channels.telegram import TelegramChannel, TelegramMessage
from services.alerts.notifications.chats import ChatChannel, ChatWriter
from services.alerts.notifications.rules import Lane
from services.alerts.notifications.sender import Sender
from services.alerts.notifications.service import BadAddresses
from services.alerts.tests.support import entitlements, queue, rows_of, running, states_in_turn, triggered

PATH = "/api/notification-addresses/"
HOOK = "https://hooks.slack.com/services/T0/B0/abcd"


class FakeGuarded:
    """Slack, as the guarded client sees it."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.said: list[str] = []

    async def post(self, _url: str, content: bytes, _headers: Any) -> Answer:
        self.said.append(orjson.loads(content)["text"])
        status, headers = self.answers.pop(0) if self.answers else (200, {})
        return Answer(status, headers, b"ok", 1)


class FakeTelegram:
    def __init__(self) -> None:
        self.answers: list[httpx.Response] = []
        self.said: list[dict[str, Any]] = []

    def client(self) -> Http:
        def answer(request: httpx.Request) -> httpx.Response:
            assert request.url.path == "/botT0KEN/sendMessage"
            self.said.append(orjson.loads(request.content))
            return self.answers.pop(0) if self.answers else httpx.Response(200, json={"ok": True})

        return Http("test", transport=httpx.MockTransport(answer), retries=0)


@pytest.fixture
def slack() -> FakeGuarded:
    return FakeGuarded()


@pytest.fixture
def telegram() -> FakeTelegram:
    return FakeTelegram()


@pytest.fixture
def settings(settings):
    return settings.model_copy(
        update={"telegram_bot": "sharewise_bot", "telegram_webhook_secret": SecretStr("from-telegram")}
    )


@pytest.fixture
def app(app, slack):
    addresses: Addresses = app.state.addresses
    addresses._slack = SlackChannel(slack)  # type: ignore[arg-type]
    return app


@pytest.fixture
def pro(peers, user_id) -> None:
    known = entitlements(user_id, active_alerts=50)
    limits = known.limits.model_copy(update={"channels": ("in_app", "email", "slack", "telegram")})
    peers.entitlements[user_id] = known.model_copy(update={"limits": limits})


@pytest.fixture
def chatting(db, rooms, slack, telegram):
    @contextlib.asynccontextmanager
    async def run():
        channel = ChatChannel(
            SlackChannel(slack),
            TelegramChannel(telegram.client(), SecretStr("T0KEN"), api_url="https://t.example"),
            PushChannel(slack, PushOptions(None, ())),
        )
        bad = BadAddresses(db, rooms.addresses)
        writer = ChatWriter(rooms.addresses, "http://localhost:8000")
        async with running(Sender(db, channel, writer.write, lanes=2, lane=Lane.CHAT, on_bad_address=bad.note).run()):
            yield

    return run


class TestSlack:
    async def test_a_channel_is_written_to_once_its_code_was_confirmed(
        self, client, pro, db, clock, notices, user_id, slack, chatting
    ) -> None:
        begun = (await client.post(f"{PATH}slack/", json={"url": HOOK})).json()
        assert begun["status"] == "pending"
        await queue(db, notices, triggered(clock, user_id))
        assert await rows_of(db, "SELECT id FROM deliveries WHERE channel = 'slack'") == []
        code = slack.said[0][:6]
        confirmed = await client.post(f"{PATH}{begun['id']}/confirm/", json={"code": code})
        assert confirmed.json()["status"] == "active"
        await queue(db, notices, triggered(clock, user_id, name="A & B <x>"))
        async with chatting():
            await eventually(states_in_turn(db, "lane = 'chat'", "sent"))
        assert slack.said[1].startswith("AAPL is now $232.50\nA &amp; B &lt;x&gt; is now $232.50 (above $230.00)")
        [kept] = await rows_of(db, "SELECT sealed FROM addresses")
        assert HOOK not in kept["sealed"]

    async def test_a_key_posts_one_code(self, client, pro, slack) -> None:
        for _ in range(2):
            answer = await client.post(f"{PATH}slack/", json={"url": HOOK}, headers={"idempotency-key": "one"})
            assert answer.status_code == 201
        assert len(slack.said) == 1

    async def test_a_wrong_code_counts_and_five_are_enough(self, client, pro, slack) -> None:
        begun = (await client.post(f"{PATH}slack/", json={"url": HOOK})).json()
        right = slack.said[0][:6]
        wrong = "000000" if right != "000000" else "111111"
        for _ in range(5):
            answer = await client.post(f"{PATH}{begun['id']}/confirm/", json={"code": wrong})
            assert answer.status_code == 422
        assert (await client.post(f"{PATH}{begun['id']}/confirm/", json={"code": right})).status_code == 422

    @pytest.mark.parametrize("url", ["https://example.com/services/T", "https://hooks.slack.com.evil.test/services/x"])
    async def test_other_addresses_are_refused(self, client, pro, url) -> None:
        assert (await client.post(f"{PATH}slack/", json={"url": url})).status_code == 422

    async def test_a_plan_without_slack_is_402(self, client) -> None:
        answer = await client.post(f"{PATH}slack/", json={"url": HOOK})
        assert (answer.status_code, answer.json()["code"]) == (402, "plan_feature")

    async def test_patience_is_kept_and_a_dead_channel_given_up(
        self, client, pro, db, clock, notices, user_id, slack, chatting
    ) -> None:
        begun = (await client.post(f"{PATH}slack/", json={"url": HOOK})).json()
        await client.post(f"{PATH}{begun['id']}/confirm/", json={"code": slack.said[0][:6]})
        slack.answers = [(429, {"retry-after": "600"}), (404, {})]
        await queue(db, notices, triggered(clock, user_id))
        async with chatting():

            async def waits() -> bool:
                [row] = await rows_of(db, "SELECT due_at FROM deliveries WHERE lane = 'chat'")
                return row["due_at"] - clock.now() == timedelta(seconds=600)

            await eventually(waits)
            clock.move(timedelta(seconds=601))
            await eventually(states_in_turn(db, "lane = 'chat'", "failed"))
        [shown] = (await client.get(PATH)).json()["items"]
        assert (shown["status"], shown["reason"]) == ("disabled", "Slack answered 404")


class TestTelegram:
    async def test_the_chat_that_opened_the_link_is_written_to(
        self, app, client, client_for, pro, db, clock, notices, user_id, telegram, chatting
    ) -> None:
        begun = (await client.post(f"{PATH}telegram/")).json()
        assert begun["link"].startswith("https://t.me/sharewise_bot?start=")
        token = begun["link"].partition("=")[2]
        update = {"update_id": 1, "message": {"text": f"/start {token}", "chat": {"id": 77}, "date": 1}}
        async with client_for(app) as outside:
            refused = await outside.post("/api/telegram/updates/", json=update)
            assert refused.status_code == 403
            header = {"X-Telegram-Bot-Api-Secret-Token": "from-telegram"}
            said = await outside.post("/api/telegram/updates/", json=update, headers=header)
            assert said.json()["text"] == "ShareWise writes to you here now."
            said = await outside.post("/api/telegram/updates/", json=update, headers=header)
            assert "too old" in said.json()["text"]
        await queue(db, notices, triggered(clock, user_id))
        async with chatting():
            await eventually(states_in_turn(db, "lane = 'chat'", "sent"))
        assert telegram.said[0]["chat_id"] == 77
        assert telegram.said[0]["text"].endswith("http://localhost:8000/stocks/NASDAQ/AAPL")

    async def test_what_telegram_answers_is_understood(self, telegram) -> None:
        channel = TelegramChannel(telegram.client(), SecretStr("T0KEN"), api_url="https://t.example/")
        telegram.answers = [
            httpx.Response(429, json={"ok": False, "parameters": {"retry_after": 5}}),
            httpx.Response(403, json={"ok": False, "description": "Forbidden: bot was blocked by the user"}),
            httpx.Response(400, json={"ok": False, "description": "Bad Request: chat not found"}),
            httpx.Response(400, json={"ok": False, "description": "Bad Request: text is empty"}),
        ]
        with pytest.raises(NotSent) as patience:
            await channel.send(TelegramMessage(1, "x"))
        assert patience.value.retry_after == timedelta(seconds=5)
        for gone in (True, True, False):
            with pytest.raises(Refused) as refused:
                await channel.send(TelegramMessage(1, "x"))
            assert refused.value.bad_address is gone


async def test_another_persons_address_is_not_there(app, client, client_for, pro, slack, tokens) -> None:
    from libs.common.ids import uuid7

    begun = (await client.post(f"{PATH}slack/", json={"url": HOOK})).json()
    async with client_for(app, user=tokens.user(uuid7())) as other:
        assert (await other.delete(f"{PATH}{begun['id']}/")).status_code == 404
        code = {"code": slack.said[0][:6]}
        assert (await other.post(f"{PATH}{begun['id']}/confirm/", json=code)).status_code == 404
        assert (await other.get(PATH)).json()["items"] == []
    assert (await client.delete(f"{PATH}{begun['id']}/")).status_code == 204


async def test_slack_reads_no_mark_up(slack) -> None:
    await SlackChannel(slack).send(SlackMessage(HOOK, "<!channel> & co"))
    assert slack.said == ["&lt;!channel&gt; &amp; co"]
