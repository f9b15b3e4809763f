"""Requests to services and answers back: what goes through, what does not, and what happens when a service fails."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest

from gateway.tests.conftest import OK, FakeService, OpenGateway, Received, Running
from libs.common.http import BreakerState
from libs.common.testing.waiting import eventually

BIG = 512 * 1024


async def test_a_request_goes_through_and_its_answer_comes_back(
    door: Running, service: FakeService, bearer: dict[str, str]
) -> None:
    answer = await door.http.get("/api/stocks/?symbol=A%20B", headers=bearer)
    assert (answer.status_code, answer.json()) == (200, {})
    seen = service.received[0]
    assert seen.line == "GET /api/stocks/?symbol=A%20B HTTP/1.1"
    assert seen.one("authorization") == bearer["authorization"]
    assert seen.one("host") == f"127.0.0.1:{service.port}"
    assert seen.all("content-length") == seen.all("transfer-encoding") == []


@pytest.mark.parametrize("path", ["/api/v1/stocks/", "/api/v1/stocks", "/api/stocks", "/api/stocks/"])
async def test_the_version_is_an_alias_and_the_last_slash_means_nothing(
    door: Running, service: FakeService, bearer: dict[str, str], path: str
) -> None:
    assert (await door.http.get(path, headers=bearer)).status_code == 200
    assert service.received[0].line == f"GET {path.replace('/v1', '')} HTTP/1.1"


async def test_nothing_that_claims_to_be_from_us_goes_through(
    door: Running, service: FakeService, bearer: dict[str, str]
) -> None:
    forged = {
        "X-User-Id": "1",
        "x-USER-role": "ADMIN",
        "X_User_Id": "1",
        "X-Internal-Call": "yes",
        "X-On-Behalf-Of": "token",
        "X-Forwarded-For": "1.2.3.4",
        "X-Forwarded-Host": "evil.example",
        "X-Real-IP": "1.2.3.4",
        "Forwarded": "for=1.2.3.4",
        "X-Original-URL": "/internal/users",
        "X-HTTP-Method-Override": "DELETE",
        "Cookie": "rt=secret",
        "Te": "trailers",
        "Proxy-Authorization": "Basic eA==",
        "Connection": "keep-alive, X-Custom-Hop",
        "X-Custom-Hop": "for one hop",
        "X-Kept": "yes",
    }
    assert (await door.http.get("/api/stocks/", headers=bearer | forged)).status_code == 200
    seen = service.received[0]
    assert seen.one("x-kept") == "yes"
    assert seen.all("x-forwarded-for") == ["127.0.0.1"]
    assert seen.all("x-forwarded-host") == [f"127.0.0.1:{door.port}"]
    names = {name for name, _ in seen.headers}
    assert not names & {
        "x-user-id", "x-user-role", "x_user_id", "x-internal-call", "x-on-behalf-of", "x-real-ip", "forwarded",
        "cookie", "x-original-url", "x-http-method-override", "te", "proxy-authorization", "connection", "x-custom-hop",
    }  # fmt: skip


async def test_cookies_reach_auth_and_nobody_else(door: Running, service: FakeService) -> None:
    await door.http.post("/api/auth/refresh/", headers={"cookie": "rt=1; a=b", "origin": door.url})
    assert service.received[0].one("cookie") == "rt=1; a=b"


async def test_what_a_service_says_about_itself_stays_inside(
    door: Running, service: FakeService, bearer: dict[str, str]
) -> None:
    async def reply(_request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 200 OK\r\nServer: uvicorn\r\nX-Powered-By: x\r\nX-Request-ID: theirs\r\nX-Internal-Note: n\r\n"
            b"Access-Control-Allow-Origin: *\r\nContent-Security-Policy: none\r\nKeep-Alive: timeout=5\r\n"
            b'Content-Length: 2\r\nETag: "1"\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n{}'
        )

    service.reply = reply
    answer = await door.http.get("/api/stocks/", headers=bearer)
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["x-request-id"] != "theirs"
    for name in ("server", "x-powered-by", "x-internal-note", "access-control-allow-origin", "keep-alive"):
        assert name not in answer.headers
    assert len(answer.headers.get_list("content-security-policy")) == len(answer.headers.get_list("date")) == 1


async def test_a_cacheable_answer_stays_cacheable(door: Running, service: FakeService) -> None:
    async def reply(_request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=300\r\nContent-Length: 2\r\n\r\n{}")

    service.reply = reply
    answer = await door.http.get("/api/auth/.well-known/jwks.json")
    assert answer.headers.get_list("cache-control") == ["max-age=300"]


async def test_a_body_arrives_as_it_was_sent(door: Running, service: FakeService, bearer: dict[str, str]) -> None:
    body = bytes(range(256)) * 300
    assert (await door.http.post("/api/alerts/", headers=bearer, content=body)).status_code == 200
    assert service.received[0].body == body
    assert service.received[0].one("content-length") == str(len(body))


async def test_a_chunked_body_streams_through(door: Running, service: FakeService, bearer: dict[str, str]) -> None:
    went_through = asyncio.Event()

    async def pieces() -> Any:
        yield b"first "
        await eventually(lambda: _is_true(bool(service.received)))  # the head is there before the body is whole
        went_through.set()
        yield b"second"

    assert (await door.http.post("/api/alerts/", headers=bearer, content=pieces())).status_code == 200
    assert went_through.is_set()
    assert service.received[0].body == b"first second"


async def _is_true(value: bool) -> bool:
    return value


async def test_an_answer_streams_through_piece_by_piece(
    door: Running, service: FakeService, bearer: dict[str, str]
) -> None:
    go_on = asyncio.Event()

    async def reply(_request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        await writer.drain()
        await go_on.wait()
        writer.write(b"6\r\nsecond\r\n0\r\n\r\n")

    service.reply = reply
    async with door.http.stream("GET", "/api/stocks/", headers=bearer) as answer:
        pieces = answer.aiter_raw()
        assert await anext(pieces) == b"first"
        go_on.set()
        assert b"".join([piece async for piece in pieces]) == b"second"
        assert "content-length" not in answer.headers


async def test_a_slow_reader_makes_the_service_wait_and_not_our_memory_grow(
    door: Running, service: FakeService, bearer: dict[str, str]
) -> None:
    total = 64 * 1024 * 1024
    written = 0

    async def reply(_request: Received, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % total)
        while written < total:
            writer.write(b"x" * BIG)
            await writer.drain()
            written += BIG

    service.reply = reply
    async with door.http.stream("GET", "/api/stocks/", headers=bearer) as answer:
        pieces = answer.aiter_raw()
        await anext(pieces)
        before = -1

        async def has_stopped() -> bool:
            nonlocal before
            moved, before = written != before, written
            if not moved:
                return True
            await asyncio.sleep(0.1)
            return False

        await eventually(has_stopped, within=20)
        assert written < total / 2
        size = 0
        async for piece in pieces:
            size += len(piece)
    assert written == total


async def test_head_has_no_body(door: Running, service: FakeService, bearer: dict[str, str]) -> None:
    async def reply(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" if request.line.startswith("HEAD") else OK)

    service.reply = reply
    answer = await door.http.head("/api/stocks/", headers=bearer)
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, "100", b"")
    assert (await door.http.get("/api/stocks/", headers=bearer)).content == b"{}"


@pytest.mark.parametrize("status", [204, 304])
async def test_answers_without_a_body(door: Running, service: FakeService, bearer: dict[str, str], status: int) -> None:
    async def reply(_request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 %d X\r\n\r\n" % status)

    service.reply = reply
    for _ in range(2):
        answer = await door.http.delete("/api/alerts/1/", headers=bearer)
        assert (answer.status_code, answer.content) == (status, b"")
    assert service.connections == 1


async def test_an_answer_that_ends_with_its_connection(
    door: Running, service: FakeService, bearer: dict[str, str]
) -> None:
    async def reply(_request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it")
        await writer.drain()
        writer.close()

    service.reply = reply
    assert (await door.http.get("/api/stocks/", headers=bearer)).content == b"all of it"


async def test_a_100_continue_of_a_service_is_no_answer(
    door: Running, service: FakeService, bearer: dict[str, str]
) -> None:
    async def reply(_request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" + OK)

    service.reply = reply
    assert (await door.http.post("/api/alerts/", headers=bearer, content=b"{}")).content == b"{}"


async def test_connections_are_kept(door: Running, service: FakeService, bearer: dict[str, str]) -> None:
    for _ in range(5):
        await door.http.get("/api/stocks/", headers=bearer)
    assert service.connections == 1


class TestAServiceThatFails:
    async def test_one_that_is_away_gives_503_with_retry_after(
        self, door: Running, service: FakeService, bearer: dict[str, str]
    ) -> None:
        await service.stop()
        answer = await door.http.get("/api/stocks/", headers=bearer)
        assert (answer.status_code, answer.json()["code"]) == (503, "upstream_unavailable")
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.json()["request_id"] == answer.headers["x-request-id"]

    async def test_one_that_does_not_answer_gives_504_in_time(
        self, open_gateway: OpenGateway, redis: Any, service: FakeService, bearer: dict[str, str]
    ) -> None:
        async def reply(_request: Received, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(30)

        service.reply = reply
        async with open_gateway(upstream_total_s=0.3) as door:
            began = time.monotonic()
            answer = await door.http.get("/api/stocks/", headers=bearer)
            assert (answer.status_code, answer.json()["code"]) == (504, "upstream_timeout")
            assert time.monotonic() - began < 2
        await service.drop_connections()

    @pytest.mark.parametrize(
        "nonsense", [b"not http\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", b"HTTP/1.1 101 X\r\n\r\n"]
    )
    async def test_one_that_speaks_nonsense_gives_503(
        self, door: Running, service: FakeService, bearer: dict[str, str], nonsense: bytes
    ) -> None:
        async def reply(_request: Received, writer: asyncio.StreamWriter) -> None:
            writer.write(nonsense)

        service.reply = reply
        assert (await door.http.get("/api/stocks/", headers=bearer)).status_code == 503

    async def test_one_that_breaks_off_breaks_our_answer_too(
        self, door: Running, service: FakeService, bearer: dict[str, str]
    ) -> None:
        async def reply(_request: Received, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.close()

        service.reply = reply
        with pytest.raises(httpx.RemoteProtocolError):
            await door.http.get("/api/stocks/", headers=bearer)

    async def test_a_stale_connection_is_replaced_for_a_read(
        self, door: Running, service: FakeService, bearer: dict[str, str]
    ) -> None:
        async def reply(request: Received, writer: asyncio.StreamWriter) -> None:
            if request.connection == 1 and len(service.received) == 2:
                writer.close()  # after it took the second request, and before a byte of answer
            else:
                writer.write(OK)

        service.reply = reply
        for _ in range(2):
            assert (await door.http.get("/api/stocks/", headers=bearer)).status_code == 200
        assert [seen.connection for seen in service.received] == [1, 1, 2]

    async def test_a_write_is_never_sent_twice(
        self, door: Running, service: FakeService, bearer: dict[str, str]
    ) -> None:
        async def reply(request: Received, writer: asyncio.StreamWriter) -> None:
            if request.line.startswith("POST"):
                writer.close()
            else:
                writer.write(OK)

        service.reply = reply
        await door.http.get("/api/stocks/", headers=bearer)
        assert (await door.http.post("/api/alerts/", headers=bearer, content=b"{}")).status_code == 503
        assert sum(seen.line.startswith("POST") for seen in service.received) == 1

    async def test_the_breaker_spares_a_service_that_is_down_and_probes_it(
        self, door: Running, service: FakeService, bearer: dict[str, str]
    ) -> None:
        breaker = door.gateway.upstreams["market"].breaker
        await service.stop()
        for _ in range(6):
            assert (await door.http.get("/api/stocks/", headers=bearer)).status_code == 503
        assert breaker.state is BreakerState.OPEN
        await service.start()
        assert (await door.http.get("/api/alerts/", headers=bearer)).status_code == 200  # others go on
        assert service.connections == 1

        async def is_back() -> bool:
            return (await door.http.get("/api/stocks/", headers=bearer)).status_code == 200

        await eventually(is_back)
        assert breaker.state is BreakerState.CLOSED

    async def test_a_service_may_not_give_two_answers(
        self, door: Running, service: FakeService, bearer: dict[str, str]
    ) -> None:
        async def reply(request: Received, writer: asyncio.StreamWriter) -> None:
            second = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
            writer.write(OK + second if request.connection == 1 else OK)

        service.reply = reply
        for _ in range(3):
            answer = await door.http.get("/api/stocks/", headers=bearer)
            assert answer.status_code in {200, 503}
            assert answer.content != b"forged"


async def test_what_one_client_left_behind_never_reaches_another(
    door: Running, service: FakeService, bearer: dict[str, str]
) -> None:
    arrived = asyncio.Event()

    async def reply(request: Received, writer: asyncio.StreamWriter) -> None:
        mine = (request.one("x-name") or "").encode()
        if mine == b"first":
            arrived.set()
            await asyncio.sleep(0.02)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(mine), mine))

    service.reply = reply
    for _ in range(20):
        arrived.clear()
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        head = f"GET /api/stocks/ HTTP/1.1\r\nhost: localhost\r\nauthorization: {bearer['authorization']}\r\n"
        writer.write(f"{head}x-name: first\r\n\r\n".encode())
        await arrived.wait()
        writer.transport.abort()
        answer = await door.http.get("/api/stocks/", headers=bearer | {"x-name": "second"})
        assert answer.content == b"second"
        del reader


async def test_a_client_that_leaves_frees_the_service(
    door: Running, service: FakeService, bearer: dict[str, str]
) -> None:
    async def reply(_request: Received, writer: asyncio.StreamWriter) -> None:
        await writer.wait_closed()

    service.reply = reply
    _, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(
        f"GET /api/stocks/ HTTP/1.1\r\nhost: localhost\r\nauthorization: {bearer['authorization']}\r\n\r\n".encode()
    )
    upstream = door.gateway.upstreams["market"]
    await eventually(lambda: _is_true(len(upstream.busy) == 1))
    writer.close()
    await eventually(lambda: _is_true(not upstream.busy))
    await service.drop_connections()
