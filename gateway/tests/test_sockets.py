"""The socket as a client sees it, through the `websockets` library: signing in, limits, endings."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from gateway.tests.conftest import OpenGateway, Running, entitlements
from gateway.tests.socket_client import APPLE, send_ticks, settled, socket_to, tick
from libs.common.ids import uuid7
from libs.common.security.revocation import Revocation, RevocationKind, publish
from libs.common.testing.tokens import Tokens
from libs.common.testing.waiting import eventually


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
        await eventually(lambda: settled(door.gateway.security.verifier.revocations.is_revoked("", str(sid), "", 1)))
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
            assert set(ping["seq"]) == {"notifications", "signals", "jobs"}
            await alive.say(op="pong")
            sessions = door.gateway.room.sessions
            await eventually(lambda: settled(len(list(sessions.all())) == 1))
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
        await eventually(lambda: settled(room.sessions.count_of(str(user)) == 0 and not room.prices._readers))

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
