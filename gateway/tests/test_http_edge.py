"""What arrives on the wire: limits of size and time, and requests that two readers could read differently."""

from __future__ import annotations

import asyncio
import json
import re

import pytest
from redis.asyncio import Redis

from gateway.tests.conftest import FakeService, OpenGateway, Received, Running

HOST = b"Host: localhost\r\n"


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def problem_of(answer: bytes) -> dict[str, object]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    document: dict[str, object] = json.loads(body)
    return document


def signed(bearer: dict[str, str]) -> bytes:
    return f"Authorization: {bearer['authorization']}\r\n".encode()


SMUGGLING = {
    "length and chunked": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked and length": b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
    "a list of lengths": b"Content-Length: 4, 4\r\n\r\nabcd",
    "a signed length": b"Content-Length: +4\r\n\r\nabcd",
    "a hexadecimal length": b"Content-Length: 0x4\r\n\r\nabcd",
    "an endless length": b"Content-Length: 99999999999999999999999\r\n\r\nabcd",
    "another coding": b"Transfer-Encoding: gzip\r\n\r\nabcd",
    "two codings": b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunked in two headers": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked and identity": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "a vertical tab before chunked": b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "a name with a blank": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a folded header": b"X-A: 1\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a bare line feed in a header": b"X-A: 1\nX-B: 2\r\n\r\n",
    "a bare carriage return": b"X-A: 1\rX-B: 2\r\n\r\n",
    "a NUL in a header": b"X-A: 1\x002\r\n\r\n",
    "a chunk size that is none": b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabcd\r\n0\r\n\r\n",
    "a negative chunk size": b"Transfer-Encoding: chunked\r\n\r\n-4\r\nabcd\r\n0\r\n\r\n",
    "a chunk without its end": b"Transfer-Encoding: chunked\r\n\r\n4\r\nabcdXX0\r\n\r\n",
    "an overflowing chunk size": b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
}


@pytest.mark.parametrize("rest", SMUGGLING.values(), ids=SMUGGLING)
async def test_a_framing_with_two_readings_is_refused(
    door: Running, service: FakeService, bearer: dict[str, str], rest: bytes
) -> None:
    answer = await door.raw(b"POST /api/alerts/ HTTP/1.1\r\n" + HOST + signed(bearer) + rest)
    assert status_of(answer) == 400, answer
    assert problem_of(answer)["code"] == "malformed_request"
    assert len(re.findall(rb"HTTP/1.1 \d{3}", answer)) == 1
    assert not [seen for seen in service.received if seen.body]


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /api/stocks/../internal/x HTTP/1.1",
        b"GET /api/stocks/./ HTTP/1.1",
        b"GET /api//stocks/ HTTP/1.1",
        b"GET //api/stocks/ HTTP/1.1",
        b"GET /api/stocks/%2e%2e/x HTTP/1.1",
        b"GET /api/stocks/%2E./x HTTP/1.1",
        b"GET /api/stocks/a%2fb HTTP/1.1",
        b"GET /api/stocks/a%5Cb HTTP/1.1",
        b"GET /api/stocks\\..\\x HTTP/1.1",
        b"GET /api/stocks/%00 HTTP/1.1",
        b"GET /api/stocks/%zz HTTP/1.1",
        b"GET /api/stocks/%c HTTP/1.1",
        b"GET /api/stocks/\xc3\xa9 HTTP/1.1",
        b"GET /api/stocks/#x HTTP/1.1",
    ],
)
async def test_a_path_with_two_readings_is_refused(
    door: Running, service: FakeService, bearer: dict[str, str], request_line: bytes
) -> None:
    answer = await door.raw(request_line + b"\r\nConnection: close\r\n" + HOST + signed(bearer) + b"\r\n")
    assert status_of(answer) == 400
    assert service.received == []


@pytest.mark.parametrize(
    "path", ["/internal/users/1", "/api/internal/x", "/api/%61lerts/", "/healthz/../internal", "/api/alertsx/", "/api"]
)
async def test_no_way_leads_inside(door: Running, service: FakeService, bearer: dict[str, str], path: str) -> None:
    answer = await door.raw(
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: */*\r\n\r\n".encode()
    )
    assert status_of(answer) in {400, 404, 503}  # 503: the app's page, not built here
    assert service.received == []


@pytest.mark.parametrize(
    "lines",
    [
        b"Host: localhost\r\nHost: evil.example\r\n",
        b"Host: evil.example\r\n",
        b"Host: localhost.evil.example\r\n",
        b"Host: \r\n",
        b"",
    ],
)
async def test_we_are_asked_by_our_own_name(door: Running, bearer: dict[str, str], lines: bytes) -> None:
    answer = await door.raw(b"GET /api/stocks/ HTTP/1.1\r\nConnection: close\r\n" + lines + signed(bearer) + b"\r\n")
    assert status_of(answer) == 400


async def test_two_credentials_are_none(door: Running, service: FakeService, bearer: dict[str, str]) -> None:
    answer = await door.raw(b"GET /api/stocks/ HTTP/1.1\r\nConnection: close\r\n" + HOST + signed(bearer) * 2 + b"\r\n")
    assert status_of(answer) == 400
    assert service.received == []


async def test_an_absolute_address_is_read_by_its_path(
    door: Running, service: FakeService, bearer: dict[str, str]
) -> None:
    head = b"GET http://localhost/api/stocks/?a=1 HTTP/1.1\r\nConnection: close\r\n"
    assert status_of(await door.raw(head + HOST + signed(bearer) + b"\r\n")) == 200
    assert service.received[0].line == "GET /api/stocks/?a=1 HTTP/1.1"


@pytest.mark.parametrize("method", [b"TRACE", b"PROPFIND", b"CONNECT"])
async def test_other_methods_are_refused(door: Running, service: FakeService, method: bytes) -> None:
    target = b"localhost:80" if method == b"CONNECT" else b"/api/stocks/"
    answer = await door.raw(method + b" " + target + b" HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n")
    assert status_of(answer) in {400, 405}
    assert service.received == []


class TestBodies:
    async def test_a_declared_length_beyond_the_limit_is_refused_at_once(
        self, door: Running, service: FakeService, bearer: dict[str, str]
    ) -> None:
        answer = await door.http.post("/api/alerts/", headers=bearer, content=b"x" * (256 * 1024 + 1))
        assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")
        assert answer.json()["limit"] == 256 * 1024
        assert service.received == []

    async def test_the_limit_itself_passes(self, door: Running, service: FakeService, bearer: dict[str, str]) -> None:
        assert (await door.http.post("/api/alerts/", headers=bearer, content=b"x" * 256 * 1024)).status_code == 200
        assert len(service.received[0].body) == 256 * 1024

    async def test_a_chunked_body_beyond_the_limit_is_cut(self, door: Running, bearer: dict[str, str]) -> None:
        head = b"POST /api/alerts/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + HOST + signed(bearer) + b"\r\n"
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        answer = await door.raw(head + chunk * 5)  # and no end
        assert problem_of(answer)["code"] == "payload_too_large"

    async def test_the_service_is_not_left_with_half_a_body(
        self, door: Running, service: FakeService, bearer: dict[str, str]
    ) -> None:
        head = b"POST /api/alerts/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + HOST + signed(bearer) + b"\r\n"
        await door.raw(head + (b"10000\r\n" + b"x" * 0x10000 + b"\r\n") * 5)
        assert (await door.http.get("/api/alerts/", headers=bearer)).status_code == 200
        assert [seen.connection for seen in service.received if seen.line.startswith("GET")] == [2]

    async def test_trailers_do_not_become_headers(
        self, door: Running, service: FakeService, bearer: dict[str, str]
    ) -> None:
        head = b"POST /api/alerts/ HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n" + HOST
        body = b"2\r\n{}\r\n0\r\nAuthorization: Bearer x\r\nX-User-Id: 1\r\n\r\n"
        assert status_of(await door.raw(head + signed(bearer) + b"\r\n" + body)) == 200
        assert service.received[0].body == b"{}"
        assert service.received[0].one("x-user-id") is None

    async def test_who_waits_for_100_continue_gets_it(
        self, door: Running, service: FakeService, bearer: dict[str, str]
    ) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        head = b"POST /api/alerts/ HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n" + HOST
        writer.write(head + signed(bearer) + b"\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"{}")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        assert service.received[0].one("expect") is None
        writer.close()

    async def test_who_waits_for_100_continue_in_vain_is_told_so_at_once(self, door: Running) -> None:
        head = b"POST /api/alerts/ HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n" + HOST + b"\r\n"
        assert status_of(await door.raw(head)) == 401


class TestTime:
    async def test_a_slow_head_ends_in_408(self, open_gateway: OpenGateway, redis: Redis) -> None:
        async with open_gateway(head_s=0.3) as door:
            answer = await door.raw(b"GET /api/stocks/ HTTP/1.1\r\nHost: loc")
            assert (status_of(answer), problem_of(answer)["code"]) == (408, "request_timeout")

    async def test_a_slow_body_ends_in_408(
        self, open_gateway: OpenGateway, redis: Redis, bearer: dict[str, str]
    ) -> None:
        async with open_gateway(body_s=0.3) as door:
            head = b"POST /api/alerts/ HTTP/1.1\r\nContent-Length: 10\r\n" + HOST + signed(bearer)
            answer = await door.raw(head + b"\r\nabc")
            assert (status_of(answer), problem_of(answer)["code"]) == (408, "request_timeout")

    async def test_an_idle_connection_is_closed_without_a_word(self, open_gateway: OpenGateway, redis: Redis) -> None:
        async with open_gateway(idle_s=0.3) as door:
            assert await door.raw(b"") == b""

    async def test_too_many_connections_are_turned_away(self, open_gateway: OpenGateway, redis: Redis) -> None:
        async with open_gateway(connections=3) as door:
            held = [await asyncio.open_connection("127.0.0.1", door.port) for _ in range(3)]
            answer = await door.raw(b"")
            assert (status_of(answer), problem_of(answer)["code"]) == (503, "unavailable")
            for _, writer in held:
                writer.close()


class TestHeads:
    @pytest.mark.parametrize(
        "head",
        [
            b"GET /api/stocks/ HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"x" * 20_000 + b"\r\n\r\n",
            b"GET /api/stocks/ HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"x" * 20_000,
            b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(2_000)) + b"\r\n",
        ],
    )
    async def test_a_head_beyond_the_limit_is_refused(self, door: Running, head: bytes) -> None:
        answer = await door.raw(head)
        assert (status_of(answer), problem_of(answer)["code"]) == (431, "headers_too_large")
        assert f"x-request-id: {problem_of(answer)['request_id']}\r\n".encode() in answer

    @pytest.mark.parametrize(
        "nonsense", [b"hello\r\n\r\n", b"GET /\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01"]
    )
    async def test_what_is_no_http_gets_a_clear_400(self, door: Running, nonsense: bytes) -> None:
        answer = await door.raw(nonsense)
        assert (status_of(answer), problem_of(answer)["code"]) == (400, "malformed_request")

    async def test_an_http_1_0_client_is_served(
        self, door: Running, service: FakeService, bearer: dict[str, str]
    ) -> None:
        answer = await door.raw(b"GET /api/stocks/ HTTP/1.0\r\n" + HOST + signed(bearer) + b"\r\n")
        assert status_of(answer) == 200
        assert b"transfer-encoding" not in answer
        assert service.received[0].line.endswith("HTTP/1.1")

    async def test_a_streamed_answer_to_http_1_0_ends_with_its_connection(
        self, door: Running, service: FakeService, bearer: dict[str, str]
    ) -> None:
        async def reply(_request: Received, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n")
            await writer.drain()
            writer.write(b"2\r\ncd\r\n0\r\n\r\n")

        service.reply = reply
        answer = await door.raw(b"GET /api/stocks/ HTTP/1.0\r\n" + HOST + signed(bearer) + b"\r\n")
        assert answer.endswith(b"\r\n\r\nabcd")


async def test_pipelined_requests_are_answered_in_order(
    door: Running, service: FakeService, bearer: dict[str, str]
) -> None:
    async def reply(request: Received, writer: asyncio.StreamWriter) -> None:
        name = (request.one("x-name") or "").encode()
        await asyncio.sleep(0.05 if name == b"1" else 0)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(name), name))

    service.reply = reply
    one = b"GET /api/stocks/ HTTP/1.1\r\n" + HOST + signed(bearer) + b"X-Name: %d\r\n%b\r\n"
    answer = await door.raw(one % (1, b"") + one % (2, b"") + one % (3, b"Connection: close\r\n"))
    assert [part[-1:] for part in answer.split(b"HTTP/1.1 200 OK")[1:]] == [b"1", b"2", b"3"]


async def test_a_bad_request_after_a_good_one_does_not_mix_answers(
    door: Running, service: FakeService, bearer: dict[str, str]
) -> None:
    good = b"GET /api/stocks/ HTTP/1.1\r\n" + HOST + signed(bearer) + b"\r\n"
    answer = await door.raw(good + b"NONSENSE\r\n\r\n")
    assert status_of(answer) == 200
    assert answer.count(b"HTTP/1.1") == 1


async def test_an_unknown_upgrade_is_ignored(door: Running, service: FakeService, bearer: dict[str, str]) -> None:
    head = b"GET /api/stocks/ HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"
    answer = await door.raw(head + HOST + signed(bearer) + b"\r\n")
    assert status_of(answer) == 200
    assert service.received[0].one("upgrade") is None


@pytest.mark.parametrize("upgrade", [b"h2c", b"websocket"])
async def test_an_upgrade_with_a_body_is_refused(door: Running, bearer: dict[str, str], upgrade: bytes) -> None:
    head = b"POST /api/alerts/ HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: " + upgrade + b"\r\nContent-Length: 2\r\n"
    assert status_of(await door.raw(head + HOST + signed(bearer) + b"\r\n{}")) in {400, 405}


async def test_a_socket_behind_an_unanswered_request_ends_with_its_answer(
    door: Running, bearer: dict[str, str]
) -> None:
    one = b"GET /api/stocks/ HTTP/1.1\r\n" + HOST + signed(bearer) + b"\r\n"
    two = b"GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" + HOST + b"\r\n"
    answer = await door.raw(one + two)
    assert len(re.findall(rb"HTTP/1.1 \d{3}", answer)) == 1
    assert status_of(answer) == 200


async def test_requests_far_ahead_of_their_answers_are_refused(door: Running, bearer: dict[str, str]) -> None:
    one = b"GET /api/stocks/ HTTP/1.1\r\n" + HOST + signed(bearer) + b"\r\n"
    answer = await door.raw(one * 100)
    assert 1 <= len(re.findall(rb"HTTP/1.1 200", answer)) <= 40


async def test_a_failure_of_ours_is_a_clear_500(door: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: object) -> None:
        raise ZeroDivisionError("of no concern to a client")

    monkeypatch.setattr(door.gateway, "door", fails)
    answer = await door.raw(b"GET /api/plans/ HTTP/1.1\r\n" + HOST + b"\r\n")
    assert problem_of(answer)["code"] == "internal_error"
    assert b"ZeroDivision" not in answer


async def test_the_answer_says_that_the_connection_ends(door: Running, service: FakeService) -> None:
    answer = await door.raw(b"GET /healthz HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n")
    assert b"connection: close" in answer
