"""What the socket's channels carry: prices, and a person's own events."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from gateway.tests.conftest import OpenGateway, Running, entitlements
from gateway.tests.socket_client import (
    APPLE,
    AT_MS,
    send_event,
    send_own_ticks,
    send_ticks,
    settled,
    socket_to,
    tick,
    triggered,
)
from libs.common.clock import from_ms
from libs.common.events.envelope import ENTRY_FIELD, stream_of
from libs.common.ids import uuid7
from libs.common.testing.tokens import Tokens
from libs.common.testing.waiting import eventually
from libs.contracts.alerts import AlertCreated, NotificationSent
from libs.contracts.billing import EntitlementsChanged
from libs.contracts.market import InstrumentInfo


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
            await eventually(lambda: settled(door.gateway.room.prices.knows("NASDAQ:AAPL")))
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

    async def test_own_prices_come_to_their_owner_only(self, door: Running, redis: Redis, tokens: Tokens) -> None:
        owner, other = uuid7(), uuid7()
        acting = tokens.user(owner, act=tokens.act(other), ttl=timedelta(minutes=15))
        own = tick(price_e4=2_310_000)._replace(recorded_ms=None, source="kite")
        async with (
            socket_to(door, tokens.user(owner)) as mine,
            socket_to(door, tokens.user(other)) as theirs,
            socket_to(door, acting) as staff,
        ):
            for client in (mine, theirs, staff):
                await client.answer_to(op="subscribe", channels=[APPLE])
            await send_own_ticks(redis, owner, own)
            assert (await mine.on(APPLE))["data"]["price"] == "231.00"
            shared = tick(price_e4=2_320_000, number=1)._replace(recorded_ms=None)
            await send_ticks(redis, shared)
            for client in (mine, theirs, staff):
                assert (await client.on(APPLE))["data"]["price"] == "232.00", "the first that the others hear"

    async def test_no_own_price_comes_over_a_replay(self, door: Running, redis: Redis, tokens: Tokens) -> None:
        owner = uuid7()
        async with socket_to(door, tokens.user(owner)) as client:
            await client.answer_to(op="subscribe", channels=[APPLE])
            await send_ticks(redis, tick())
            assert (await client.on(APPLE))["data"]["price"] == "230.00"
            await send_own_ticks(redis, owner, tick(price_e4=2_310_000)._replace(recorded_ms=None))
            await send_own_ticks(redis, owner, tick("NYSE:IBM", 2_500_000)._replace(recorded_ms=None))
            await client.answer_to(op="subscribe", channels=["ticks:NYSE:IBM"])
            await send_own_ticks(redis, owner, tick("NYSE:IBM", 2_500_000)._replace(recorded_ms=None))
            heard = await client.hear(lambda frame: str(frame.get("ch")).startswith("ticks:"))
            assert heard["ch"] == "ticks:NYSE:IBM"

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
            await eventually(lambda: settled(plans._kept[user][0].symbols == 3), within=2)
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
                lambda: settled(door.gateway.room.prices._newest[names[0]][1].price_e4 == 1_000_000 + last * 100)
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
            await eventually(lambda: settled(str(feed.newest) == entries[-1] and feed.tail._position == feed.newest))
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

            await eventually(lambda: settled(told()))
            client.socket.transport.abort()
