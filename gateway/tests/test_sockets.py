"""The socket as a client sees it, through the `websockets` library: sign in, prices, events, limits, endings."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from gateway.tests.conftest import OpenGateway, Running, entitlements
from libs.common.clock import from_ms
from libs.common.events.envelope import ENTRY_FIELD, encode_envelope, stream_of
from libs.common.ids import uuid7
from libs.common.security.revocation import Revocation, RevocationKind, publish
from libs.common.testing.tokens import Tokens
from libs.common.testing.waiting import eventually
from libs.contracts.alerts import AlertCreated, AlertTriggered, NotificationSent
from libs.contracts.billing import EntitlementsChanged
from libs.contracts.market import TICK_FIELD, InstrumentInfo, Tick, encode_ticks, tick_stream

AT_MS = 1_768_507_200_000
APPLE = "ticks:NASDAQ:AAPL"


class Client:
    """A program on the other end."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def say(self, **frame: Any) -> None:
        await self.socket.send(json.dumps(frame))

    async def hear(self, wanted: Callable[[dict[str, Any]], bool] = lambda _frame: True, within: float = 5) -> Any:
        """Read until a frame that is wanted."""
        async with asyncio.timeout(within):
            while True:
                frame = json.loads(await self.socket.recv())
                if wanted(frame):
                    return frame

    async def answer_to(self, **frame: Any) -> Any:
        await self.say(id="q", **frame)
        return await self.hear(lambda frame: frame.get("id") == "q")

    async def on(self, channel: str, within: float = 5) -> Any:
        return await self.hear(lambda frame: frame.get("ch") == channel, within)

    async def closed(self, within: float = 5) -> int:
        """Wait for the end and give its code."""
        async with asyncio.timeout(within):
            with pytest.raises(ConnectionClosed) as end:
                while True:
                    await self.socket.recv()
        assert end.value.rcvd is not None
        return end.value.rcvd.code


@asynccontextmanager
async def socket_to(door: Running, token: str | None = None, **options: Any) -> AsyncIterator[Client]:
    async with connect(door.socket_url, **options) as socket:
        client = Client(socket)
        if token is not None:
            answer = await client.answer_to(op="auth", token=token)
            assert answer["op"] == "ack", answer
        yield client


def tick(instrument: str = "NASDAQ:AAPL", price_e4: int = 2_300_000, number: int = 0) -> Tick:
    at = AT_MS + number
    return Tick(instrument, price_e4, price_e4, price_e4, at, at, at + 5, False, "replay", 2_272_500, at - 86_400_000)


async def send_ticks(redis: Redis, *ticks: Tick) -> str:
    entry: bytes = await redis.xadd(tick_stream(0), {TICK_FIELD: encode_ticks(ticks)})
    return entry.decode()


def triggered(user: UUID, number: int = 0) -> AlertTriggered:
    now = from_ms(AT_MS)
    return AlertTriggered(
        triggered_id=uuid7(),
        alert_id=uuid7(),
        user_id=user,
        instrument="NASDAQ:AAPL",
        symbol="AAPL",
        name="Apple Inc.",
        currency="USD",
        condition="above",
        threshold_price="230.00",
        price=f"230.{number:02d}",
        reached_at=now,
        triggered_at=now,
    )


async def send_event(redis: Redis, service: str, event: Any, *, event_id: UUID | None = None, age_s: float = 0) -> str:
    envelope = encode_envelope(
        id=event_id or uuid7(),
        type=event.type,
        source=service,
        time=datetime.now(UTC) - timedelta(seconds=age_s),
        subject=event.subject(),
        seq=1,
        data=event.model_dump(mode="json"),
        traceparent=None,
    )
    entry: bytes = await redis.xadd(stream_of(service), {ENTRY_FIELD: envelope})
    return entry.decode()


class TestSigningIn:
    async def test_a_token_in_the_first_frame(self, door: Running, tokens: Tokens) -> None:
        user = uuid7()
        door.billing.plans[user] = entitlements(user, symbols=50, ticks_per_s=4)
        async with socket_to(door) as client:
            answer = await client.answer_to(op="auth", token=tokens.user(user))
        assert answer["op"] == "ack"
        assert answer["user_id"] == str(user)
        assert answer["status"] == "live"
        assert answer["limits"] == {"symbols": 50, "interval_s": 0.25}

    @pytest.mark.parametrize(
        "first",
        [
            '{"op":"subscribe","channels":["notifications"]}',
            "nonsense",
            '{"op":"auth","token":"a.b.c"}',
            '{"op":"ping"}',
        ],
    )
    async def test_anything_else_first_closes_4401(self, door: Running, first: str) -> None:
        async with socket_to(door) as client:
            await client.socket.send(first)
            assert (await client.hear())["op"] == "error"
            assert await client.closed() == 4401

    async def test_silence_closes_4401(self, open_gateway: OpenGateway, redis: Redis) -> None:
        async with open_gateway(socket_auth_s=0.2) as door, socket_to(door) as client:
            assert await client.closed() == 4401

    async def test_a_ticket_is_good_once(self, door: Running, tokens: Tokens) -> None:
        headers = {"authorization": f"Bearer {tokens.user()}"}
        answer = await door.http.post("/api/ws/ticket/", headers=headers)
        assert (answer.status_code, answer.json()["expires_in"]) == (200, 30)
        assert answer.headers["cache-control"] == "no-store"
        ticket = answer.json()["ticket"]
        async with socket_to(door, ticket) as client:
            assert (await client.answer_to(op="subscribe", channels=["notifications"]))["op"] == "ack"
        async with socket_to(door) as second:
            await second.say(op="auth", token=ticket)
            assert await second.closed() == 4401

    async def test_a_ticket_ends_after_its_time_and_with_its_session(
        self, door: Running, redis: Redis, tokens: Tokens
    ) -> None:
        sid = uuid7()
        headers = {"authorization": f"Bearer {tokens.user(sid=sid)}"}
        ticket = (await door.http.post("/api/ws/ticket/", headers=headers)).json()["ticket"]
        (key,) = await redis.keys("wst:*")
        assert 25_000 < await redis.pttl(key) <= 30_000
        assert ticket.encode() not in key + (await redis.get(key))
        await publish(redis, Revocation(RevocationKind.SID, str(sid), 4_000_000_000))
        await eventually(lambda: _is(door.gateway.security.verifier.revocations.is_revoked("", str(sid), "", 1)))
        async with socket_to(door) as client:
            await client.say(op="auth", token=ticket)
            assert await client.closed() == 4401

    async def test_a_ticket_needs_a_credential(self, door: Running) -> None:
        assert (await door.http.post("/api/ws/ticket/")).status_code == 401
        assert (await door.http.get("/api/ws/ticket/")).status_code == 405

    async def test_pages_of_other_origins_are_refused(self, door: Running) -> None:
        for origin in ("https://evil.example", "null", f"http://127.0.0.1:{door.port}.evil.example"):
            with pytest.raises(InvalidStatus) as refused:
                await connect(door.socket_url, origin=origin)  # type: ignore[arg-type]
            assert refused.value.response.status_code == 403
            assert json.loads(refused.value.response.body)["code"] == "permission_denied"
        async with connect(door.socket_url, origin=door.url):  # type: ignore[arg-type]
            pass

    async def test_a_credential_in_the_address_is_refused(self, door: Running, tokens: Tokens) -> None:
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"{door.socket_url}?token={tokens.user()}")
        assert refused.value.response.status_code == 400

    async def test_another_path_is_404(self, door: Running) -> None:
        with pytest.raises(InvalidStatus) as refused:
            await connect(door.socket_url + "/other")
        assert refused.value.response.status_code == 404


async def _is(value: bool) -> bool:
    return value


class TestPrices:
    async def test_a_tick_arrives_in_the_form_of_the_api(self, door: Running, redis: Redis, tokens: Tokens) -> None:
        async with socket_to(door, tokens.user()) as client:
            assert await client.answer_to(op="subscribe", channels=[APPLE]) == {
                "op": "ack", "id": "q", "of": "subscribe", "channels": [APPLE], "refused": [],
            }  # fmt: skip
            entry = await send_ticks(redis, tick())
            assert await client.on(APPLE) == {
                "ch": APPLE,
                "seq": entry,
                "data": {
                    "instrument": "NASDAQ:AAPL",
                    "symbol": "AAPL",
                    "price": "230.00",
                    "previous_close": "227.25",
                    "change_percent": "1.21",
                    "at": "2026-01-15T20:00:00.000Z",
                    "received_at": "2026-01-15T20:00:00.005Z",
                    "recorded_at": "2026-01-14T20:00:00.000Z",
                    "stale": False,
                    "source": "replay",
                },
            }

    async def test_the_newest_known_price_comes_at_once(
        self, open_gateway: OpenGateway, redis: Redis, tokens: Tokens
    ) -> None:
        await send_ticks(redis, tick(price_e4=2_310_000), tick("NSE:RELIANCE", 13_000_000))
        await send_ticks(redis, tick(price_e4=2_320_000))
        async with open_gateway() as door:
            await eventually(lambda: _is(door.gateway.room.prices.knows("NASDAQ:AAPL")))
            async with socket_to(door, tokens.user()) as client:
                await client.say(op="subscribe", channels=[APPLE, "ticks:NSE:RELIANCE"])
                assert (await client.on(APPLE))["data"]["price"] == "232.00"
                assert (await client.on("ticks:NSE:RELIANCE"))["data"]["price"] == "1300.00"

    async def test_an_instrument_that_never_ticked_is_asked_of_market(self, door: Running, tokens: Tokens) -> None:
        at = from_ms(AT_MS)
        door.billing.prices["NYSE:IBM"] = InstrumentInfo(
            instrument="NYSE:IBM", exchange="NYSE", symbol="IBM", name="IBM", currency="USD", price="190.5",
            previous_close="190.00", at=at, received_at=at, source="twelvedata",
        )  # fmt: skip
        async with socket_to(door, tokens.user()) as client:
            await client.say(op="subscribe", channels=["ticks:NYSE:IBM"])
            data = (await client.on("ticks:NYSE:IBM"))["data"]
        assert (data["price"], data["change_percent"], data["recorded_at"]) == ("190.50", "0.26", None)

    async def test_prices_are_conflated_to_the_rate_of_the_plan(
        self, door: Running, redis: Redis, tokens: Tokens
    ) -> None:
        user = uuid7()
        door.billing.plans[user] = entitlements(user, ticks_per_s=4)
        async with socket_to(door, tokens.user(user)) as client:
            await client.answer_to(op="subscribe", channels=[APPLE])
            await send_ticks(redis, tick())
            await client.on(APPLE)
            began = time.monotonic()
            for number in range(50):
                await send_ticks(redis, tick(price_e4=2_300_000 + number * 100, number=number))
            assert (await client.on(APPLE))["data"]["price"] == "230.49"
            assert time.monotonic() - began > 0.2

    async def test_a_plan_without_a_rate_gets_every_tick(self, door: Running, redis: Redis, tokens: Tokens) -> None:
        user = uuid7()
        door.billing.plans[user] = entitlements(user, ticks_per_s=None)
        async with socket_to(door, tokens.user(user)) as client:
            await client.answer_to(op="subscribe", channels=[APPLE])
            await send_ticks(redis, *(tick(price_e4=2_300_000 + number * 100, number=number) for number in range(50)))
            heard = [(await client.on(APPLE))["data"]["price"] for _ in range(50)]
        assert heard == [f"230.{number:02d}" for number in range(50)]

    async def test_after_unsubscribing_nothing_comes(self, door: Running, redis: Redis, tokens: Tokens) -> None:
        async with socket_to(door, tokens.user()) as client:
            await client.answer_to(op="subscribe", channels=[APPLE, "ticks:NASDAQ:MSFT"])
            await client.answer_to(op="unsubscribe", channels=[APPLE])
            await send_ticks(redis, tick(), tick("NASDAQ:MSFT"))
            assert (await client.hear())["ch"] == "ticks:NASDAQ:MSFT"
        assert "NASDAQ:AAPL" not in door.gateway.room.prices._readers

    async def test_the_plan_limits_the_instruments(self, door: Running, tokens: Tokens) -> None:
        user = uuid7()
        door.billing.plans[user] = entitlements(user, symbols=2)
        names = [f"ticks:NSE:S{number}" for number in range(4)]
        async with socket_to(door, tokens.user(user)) as client:
            answer = await client.answer_to(op="subscribe", channels=names)
            assert answer["channels"] == names[:2]
            assert [refused["channel"] for refused in answer["refused"]] == names[2:]
            assert {"code": "plan_limit", "limit": 2, "used": 2, "upgrade_to": "PRO"}.items() <= answer["refused"][
                0
            ].items()
            await client.answer_to(op="unsubscribe", channels=names[:1])
            assert (await client.answer_to(op="subscribe", channels=[names[3]]))["channels"] == [names[3]]

    async def test_a_changed_plan_is_in_force_at_once(self, door: Running, redis: Redis, tokens: Tokens) -> None:
        user = uuid7()
        door.billing.plans[user] = entitlements(user, symbols=2)
        async with socket_to(door, tokens.user(user)) as client:
            await client.answer_to(op="subscribe", channels=["ticks:NSE:A", "ticks:NSE:B"])
            await send_event(redis, "billing", EntitlementsChanged(entitlements=entitlements(user, symbols=3)))

            plans = door.gateway.room.plans
            await eventually(lambda: _is(plans._kept[user][0].symbols == 3), within=2)
            assert (await client.answer_to(op="subscribe", channels=["ticks:NSE:C"]))["channels"] == ["ticks:NSE:C"]
            await send_event(redis, "billing", EntitlementsChanged(entitlements=entitlements(user, symbols=1)))
            told = await client.hear(lambda frame: frame["op"] == "error")
            assert (told["code"], told["channels"]) == ("plan_limit", ["ticks:NSE:B", "ticks:NSE:C"])

    async def test_without_billing_the_free_allowance_holds_until_it_is_back(
        self, door: Running, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        user = uuid7()
        door.billing.is_away = True
        async with socket_to(door) as client:
            answer = await client.answer_to(op="auth", token=tokens.user(user))
            assert answer["limits"] == {"symbols": 10, "interval_s": 1.0}
            door.billing.is_away = False
            door.billing.plans[user] = entitlements(user, symbols=20)
            await door.gateway.room.plans.settle()
            names = [f"ticks:NSE:S{number}" for number in range(15)]
            assert len((await client.answer_to(op="subscribe", channels=names))["channels"]) == 15

    @pytest.mark.parametrize(
        "channel", ["ticks:AAPL", "ticks:", "ticks:nasdaq:aapl", "ticks:NASDAQ:<b>", "orders:someone", "nothing", ""]
    )
    async def test_an_unknown_channel_is_refused_by_itself(self, door: Running, tokens: Tokens, channel: str) -> None:
        async with socket_to(door, tokens.user()) as client:
            answer = await client.answer_to(op="subscribe", channels=[channel, "notifications"])
        assert answer["channels"] == ["notifications"]
        assert [(r["channel"], r["code"]) for r in answer["refused"]] == [(channel, "not_found")]

    async def test_a_client_that_does_not_read_costs_no_memory_and_gets_the_newest(
        self, door: Running, redis: Redis, tokens: Tokens
    ) -> None:
        user = uuid7()
        door.billing.plans[user] = entitlements(user, symbols=200, ticks_per_s=None)
        names = [f"NSE:S{number}" for number in range(200)]
        async with socket_to(door, tokens.user(user), max_queue=1, compression=None) as client:
            await client.answer_to(op="subscribe", channels=[f"ticks:{name}" for name in names])
            client.socket.transport.pause_reading()
            (session,) = door.gateway.room.sessions.all()
            last = 400
            for round_ in range(last + 1):
                ticks = [tick(name, 1_000_000 + round_ * 100, number=round_) for name in names]
                await send_ticks(redis, *ticks)
            await eventually(
                lambda: _is(door.gateway.room.prices._newest[names[0]][1].price_e4 == 1_000_000 + last * 100)
            )
            assert session.outlet.unread_bytes < 4 * 1024 * 1024
            client.socket.transport.resume_reading()
            async with asyncio.timeout(20):
                while (await client.on(f"ticks:{names[-1]}"))["data"]["price"] != "104.00":
                    pass


class TestNotifications:
    async def test_a_users_own_events_arrive(self, door: Running, redis: Redis, tokens: Tokens) -> None:
        user, other = uuid7(), uuid7()
        async with socket_to(door, tokens.user(user)) as client:
            await client.answer_to(op="subscribe", channels=["notifications"])
            await send_event(redis, "alerts", triggered(other))
            event, event_id = triggered(user), uuid7()
            entry = await send_event(redis, "alerts", event, event_id=event_id)
            frame = await client.hear()
        assert (frame["ch"], frame["seq"]) == ("notifications", entry)
        assert frame["data"]["id"] == str(event_id)
        assert frame["data"]["type"] == "alerts.alert.triggered.v1"
        assert frame["data"]["time"].endswith("Z")
        assert frame["data"]["data"] == event.model_dump(mode="json")

    async def test_other_types_of_the_stream_do_not(self, door: Running, redis: Redis, tokens: Tokens) -> None:
        user = uuid7()
        state = {
            "alert_id": uuid7(), "number": 1, "version": 1, "user_id": user, "instrument": "NASDAQ:AAPL",
            "condition": "above", "threshold_price": "1", "status": "active", "armed_at": from_ms(AT_MS),
        }  # fmt: skip
        sent = NotificationSent(
            delivery_id=uuid7(), user_id=user, channel="mail", triggered_id=None, sent_at=from_ms(AT_MS)
        )
        async with socket_to(door, tokens.user(user)) as client:
            await client.answer_to(op="subscribe", channels=["notifications"])
            await send_event(redis, "alerts", AlertCreated.model_validate({"alert": state}))
            await redis.xadd(stream_of("alerts"), {ENTRY_FIELD: b"not an envelope"})
            await redis.xadd(stream_of("alerts"), {ENTRY_FIELD: b'{"type":"alerts.alert.triggered.v1"}'})
            await send_event(redis, "alerts", sent)
            assert (await client.hear())["data"]["type"] == "alerts.notification.sent.v1"

    async def test_any_process_replays_what_was_missed(
        self, open_gateway: OpenGateway, redis: Redis, tokens: Tokens
    ) -> None:
        user = uuid7()
        entries = [await send_event(redis, "alerts", triggered(user, number)) for number in range(5)]
        async with open_gateway() as door:  # started after they were sent
            feed = door.gateway.room._events[0]
            await eventually(lambda: _is(str(feed.newest) == entries[-1] and feed.tail._position == feed.newest))
            async with socket_to(door, tokens.user(user)) as client:
                await client.say(op="subscribe", channels=["notifications"], since={"notifications": entries[1]})
                assert (await client.hear())["op"] == "ack"
                assert [(await client.hear())["seq"] for _ in range(3)] == entries[2:]
                await send_event(redis, "alerts", triggered(user))
                assert (await client.hear())["ch"] == "notifications"

    @pytest.mark.parametrize("since", ["0-0", "1000-0", "nonsense", ""])
    async def test_what_cannot_be_replayed_asks_for_a_resync(self, door: Running, tokens: Tokens, since: str) -> None:
        async with socket_to(door, tokens.user()) as client:
            await client.say(op="subscribe", channels=["notifications"], since={"notifications": since})
            frame = await client.hear(lambda frame: frame["op"] != "ack")
        assert frame == {"op": "resync_required", "channels": ["notifications"]}

    async def test_an_event_published_twice_is_told_once(self, door: Running, redis: Redis, tokens: Tokens) -> None:
        user, event_id = uuid7(), uuid7()
        async with socket_to(door, tokens.user(user)) as client:
            await client.answer_to(op="subscribe", channels=["notifications"])
            for _ in range(3):
                await send_event(redis, "alerts", triggered(user), event_id=event_id)
            await send_event(redis, "alerts", triggered(user, 99))
            told = [(await client.hear())["data"]["data"]["price"] for _ in range(2)]
        assert told == ["230.00", "230.99"]

    async def test_old_history_alarms_nobody_but_asks_for_a_resync(
        self, door: Running, redis: Redis, tokens: Tokens
    ) -> None:
        user = uuid7()
        async with socket_to(door, tokens.user(user)) as client:
            await client.answer_to(op="subscribe", channels=["notifications"])
            await send_event(redis, "alerts", triggered(user), age_s=86_400)
            assert (await client.hear())["op"] == "resync_required"

    async def test_who_cannot_keep_up_is_closed_4413(
        self, open_gateway: OpenGateway, redis: Redis, tokens: Tokens
    ) -> None:
        user = uuid7()
        async with (
            open_gateway(socket_unread_max_bytes=64 * 1024) as door,
            socket_to(door, tokens.user(user), max_queue=1, compression=None) as client,
        ):
            await client.answer_to(op="subscribe", channels=["notifications"])
            client.socket.transport.pause_reading()
            sessions = door.gateway.room.sessions
            frame = b"\x81\x7e\xff\xff" + b" " * 65_535

            def told() -> bool:
                sessions.tell(str(user), "notifications", frame)
                return sessions.count_of(str(user)) == 0

            await eventually(lambda: _is(told()))
            client.socket.transport.abort()


class TestLimits:
    async def test_a_message_beyond_32_kib_closes_1009(self, door: Running, tokens: Tokens) -> None:
        async with socket_to(door, tokens.user()) as client:
            await client.socket.send('{"op":"ping","id":"' + "x" * 33_000 + '"}')
            assert await client.closed() == 1009

    async def test_more_than_20_messages_a_second_closes_4429(self, door: Running, tokens: Tokens) -> None:
        async with socket_to(door, tokens.user()) as client:
            for _ in range(30):
                await client.say(op="ping")
            assert await client.closed() == 4429

    async def test_a_sixth_socket_is_closed_4429_whichever_process_it_meets(
        self, open_gateway: OpenGateway, redis: Redis, tokens: Tokens
    ) -> None:
        token = tokens.user()
        async with AsyncExitStack() as stack:
            one, other = [await stack.enter_async_context(open_gateway()) for _ in range(2)]
            for door in (one, one, other, other):
                await stack.enter_async_context(socket_to(door, token))
            async with socket_to(one, token), socket_to(other) as sixth:
                await sixth.say(op="auth", token=token)
                assert await sixth.closed() == 4429

            async def place_is_free() -> bool:
                async with socket_to(other) as again:
                    await again.say(op="auth", token=token, id="q")
                    try:
                        return bool((await again.hear())["op"] == "ack")
                    except ConnectionClosed:
                        return False

            await eventually(place_is_free)

    @pytest.mark.parametrize(
        ("frame", "code"),
        [
            ("nonsense", "malformed_json"),
            ("[]", "malformed_json"),
            ("[" * 20_000, "malformed_json"),
            ('{"op":"order.place","id":"x","data":{}}', "validation_failed"),
            ('{"op":"subscribe"}', "validation_failed"),
            ('{"op":"subscribe","channels":"notifications"}', "validation_failed"),
            ('{"op":"subscribe","channels":[1]}', "validation_failed"),
            ('{"op":"subscribe","channels":["notifications"],"since":[]}', "ack"),
            ('{"op":"subscribe","channels":["notifications"],"since":{"notifications":{}}}', "validation_failed"),
            ('{"op":"ping","id":7}', "validation_failed"),
            ('{"op":null}', "validation_failed"),
            ('{"op":"auth"}', "validation_failed"),
        ],
    )
    async def test_a_bad_frame_is_told_so_and_the_socket_stays(
        self, door: Running, tokens: Tokens, frame: str, code: str
    ) -> None:
        async with socket_to(door, tokens.user()) as client:
            await client.socket.send(frame)
            told = await client.hear()
            assert told.get("code", told["op"]) == code
            assert (await client.answer_to(op="ping"))["op"] == "pong"

    async def test_bytes_are_told_so_too(self, door: Running, tokens: Tokens) -> None:
        async with socket_to(door, tokens.user()) as client:
            await client.socket.send(b'{"op":"ping"}')
            assert (await client.hear())["code"] == "malformed_request"


class TestEndings:
    @pytest.mark.parametrize("kind", list(RevocationKind))
    async def test_a_revocation_closes_within_a_second(
        self, door: Running, redis: Redis, tokens: Tokens, kind: RevocationKind
    ) -> None:
        user, sid = uuid7(), uuid7()
        async with socket_to(door, tokens.user()) as bystander:
            async with socket_to(door, tokens.user(user, sid=sid, jti="the-token")) as client:
                what = {"user": str(user), "sid": str(sid), "jti": "the-token"}[kind]
                await publish(redis, Revocation(kind, what, 4_000_000_000))
                assert await client.closed(within=1.0) == 4401
            assert (await bystander.answer_to(op="ping"))["op"] == "pong"

    async def test_the_tokens_end_is_announced_and_closes(
        self, open_gateway: OpenGateway, redis: Redis, tokens: Tokens
    ) -> None:
        async with open_gateway() as door, socket_to(door, tokens.user(ttl=timedelta(seconds=3))) as client:
            frame = await client.hear(lambda frame: frame["op"] == "token_expiring")
            assert frame["expires_at"].endswith("Z")
            assert await client.closed(within=6) == 4401

    async def test_a_new_token_on_the_same_socket_goes_on(self, door: Running, tokens: Tokens) -> None:
        user = uuid7()
        async with socket_to(door, tokens.user(user, ttl=timedelta(seconds=2))) as client:
            assert (await client.answer_to(op="subscribe", channels=["notifications"]))["op"] == "ack"
            answer = await client.answer_to(op="auth", token=tokens.user(user))
            assert (answer["op"], answer["of"]) == ("ack", "auth")
            (session,) = door.gateway.room.sessions.all()
            assert door.gateway.credentials.is_good(session.visitor)
            assert session.visitor.ends_at > datetime.now(UTC).timestamp() + 3_000
            assert session.channels == {"notifications"}

    async def test_a_bad_new_token_changes_nothing(self, door: Running, tokens: Tokens) -> None:
        async with socket_to(door, tokens.user()) as client:
            answer = await client.answer_to(op="auth", token="a.b.c")
            assert (answer["op"], answer["code"]) == ("error", "not_authenticated")
            assert (await client.answer_to(op="ping"))["op"] == "pong"

    async def test_a_socket_stays_with_its_user(self, door: Running, tokens: Tokens) -> None:
        async with socket_to(door, tokens.user()) as client:
            await client.say(op="auth", token=tokens.user())
            assert await client.closed() == 4403

    async def test_silence_closes_4408_and_pings_keep_alive(
        self, open_gateway: OpenGateway, redis: Redis, tokens: Tokens
    ) -> None:
        async with (
            open_gateway(socket_ping_s=0.3) as door,
            socket_to(door, tokens.user()) as alive,
            socket_to(door, tokens.user()) as silent,
        ):
            silent.socket.transport.pause_reading()  # so its library does not answer our pings either
            ping = await alive.hear(lambda frame: frame["op"] == "ping")
            assert set(ping["seq"]) == {"notifications"}
            await alive.say(op="pong")
            sessions = door.gateway.room.sessions
            await eventually(lambda: _is(len(list(sessions.all())) == 1))
            silent.socket.transport.resume_reading()
            assert await silent.closed() == 4408
            assert (await alive.answer_to(op="ping"))["op"] == "pong"

    async def test_a_server_that_leaves_says_1001(
        self, open_gateway: OpenGateway, redis: Redis, tokens: Tokens
    ) -> None:
        async with open_gateway() as door, socket_to(door, tokens.user()) as client:
            await door.gateway.leave()
            assert await client.closed() == 1001
            with pytest.raises(InvalidStatus) as refused:
                await connect(door.socket_url)
            assert refused.value.response.status_code == 503

    async def test_a_client_that_leaves_is_forgotten(self, door: Running, redis: Redis, tokens: Tokens) -> None:
        user = uuid7()
        async with socket_to(door, tokens.user(user)) as client:
            await client.answer_to(op="subscribe", channels=[APPLE, "notifications"])
        room = door.gateway.room
        await eventually(lambda: _is(room.sessions.count_of(str(user)) == 0 and not room.prices._readers))

        async def place_is_free() -> bool:
            return not await redis.exists(f"ws:places:{user}")

        await eventually(place_is_free)

    async def test_status_tells_when_redis_goes_and_comes_back(
        self, door: Running, redis: Redis, tokens: Tokens
    ) -> None:
        async with socket_to(door, tokens.user()) as client:
            await redis.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            assert (await client.hear(lambda frame: frame["op"] == "status"))["state"] == "degraded"
            assert (await client.hear(lambda frame: frame["op"] == "status"))["state"] == "live"
            await client.answer_to(op="subscribe", channels=[APPLE])
            await send_ticks(redis, tick())
            assert (await client.on(APPLE))["data"]["price"] == "230.00"
