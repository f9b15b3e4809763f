"""The outgoing client against a server that behaves as badly as the world does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pydantic import BaseModel, SecretStr

from libs.common import telemetry
from libs.common.errors import NotFound
from libs.common.http import Breaker, BreakerState, Http, NotSent, OutcomeUnknown, Refused, ServiceClient, Timeouts
from libs.common.security.service_tokens import ServiceTokens
from libs.common.testing.tokens import Tokens
from libs.common.testing.waiting import eventually

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """A TCP server that answers each connection with the next of its `answers`, and keeps the requests."""

    def __init__(self) -> None:
        self.answers: list[bytes | Answer] = []
        self.requests: list[bytes] = []
        self.url = ""
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        self.url = f"http://{host}:{port}"

    async def was_asked(self) -> bool:
        return bool(self.requests)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.requests.append(await reader.readuntil(b"\r\n\r\n"))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                await answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def reply(status: int, body: bytes = b"{}", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n".encode() + body


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)


async def cut_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    return


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not reader.at_eof():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.01)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    await made.start()
    yield made
    await made.stop()


@pytest_asyncio.fixture
async def http() -> AsyncIterator[Http]:
    async with Http("test", timeouts=Timeouts(connect=0.5, read=0.3, total=2.0), backoff_s=0.001) as client:
        yield client


async def test_an_answer_is_read_whole(server: Server, http: Http) -> None:
    server.answers = [reply(200, b'{"a":1}')]
    answer = await http.get(server.url + "/x", params={"q": "1"})
    assert (answer.status, answer.json()) == (200, {"a": 1})
    assert server.requests[0].startswith(b"GET /x?q=1 HTTP/1.1\r\n")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 301, 304])
async def test_a_no_is_final(server: Server, http: Http, status: int) -> None:
    server.answers = [reply(status, b'{"code":"because"}', "Location: http://169.254.169.254/\r\n")]
    with pytest.raises(Refused) as refusal:
        await http.get(server.url)
    assert refusal.value.status == status
    assert len(server.requests) == 1
    if status != 304:
        assert refusal.value.code == "because"


async def test_what_is_no_problem_document_has_no_code(server: Server, http: Http) -> None:
    server.answers = [reply(404, b"<html>")]
    with pytest.raises(Refused) as refusal:
        await http.get(server.url)
    assert refusal.value.code is None


def name_of(answer: Any) -> str:
    """Name a case alike in every process, as running tests in parallel needs it."""
    return answer.__name__ if callable(answer) else answer.split(b"\r\n")[0].decode()


@pytest.mark.parametrize("answer", [reply(500), reply(503), reply(408), hang_up, cut_off, silence], ids=name_of)
async def test_a_lost_answer_is_unknown_and_a_post_is_not_repeated(server: Server, http: Http, answer: Any) -> None:
    server.answers = [answer]
    with pytest.raises(OutcomeUnknown):
        await http.post(server.url, json={"x": 1})
    assert len(server.requests) == 1


@pytest.mark.parametrize("answer", [reply(500), hang_up, cut_off, silence], ids=name_of)
async def test_a_lost_answer_of_a_get_is_asked_for_again(server: Server, http: Http, answer: Any) -> None:
    server.answers = [answer, answer, reply(200)]
    assert (await http.get(server.url)).status == 200
    assert len(server.requests) == 3


async def test_a_post_that_says_so_is_repeated(server: Server, http: Http) -> None:
    server.answers = [reply(502), reply(200)]
    assert (await http.post(server.url, json={}, repeatable=True)).status == 200


async def test_nobody_there_is_not_sent_and_tried_again(http: Http, unused_tcp_port_factory: Any) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port_factory()}"
    with pytest.raises(NotSent):
        await http.post(url)
    host = url.removeprefix("http://")
    counted = telemetry.render_metrics().decode()
    assert f'sharewise_outgoing_calls_total{{client="test",host="{host}",outcome="not_sent"}} 3.0' in counted


async def test_a_429_was_not_taken_and_waits_as_told(server: Server, http: Http) -> None:
    server.answers = [reply(429, headers="Retry-After: 30\r\n")]
    with pytest.raises(NotSent) as refusal:
        await http.post(server.url)
    assert refusal.value.retry_after == 30
    assert len(server.requests) == 1


async def test_the_whole_call_is_bounded(server: Server, http: Http) -> None:
    server.answers = [drip]
    started = asyncio.get_running_loop().time()
    with pytest.raises(OutcomeUnknown, match="in time"):
        await http.get(server.url, timeout_s=0.3)
    assert asyncio.get_running_loop().time() - started < 1.5


async def test_an_endless_answer_is_cut(server: Server) -> None:
    server.answers = [reply(200, b"x" * 5000)]
    async with Http("test", max_reply_bytes=1000, retries=0) as http:
        with pytest.raises(OutcomeUnknown, match="more than 1000"):
            await http.get(server.url)


async def test_an_answer_that_is_no_json_is_unknown(server: Server, http: Http) -> None:
    server.answers = [reply(200, b"<html>")]
    with pytest.raises(OutcomeUnknown):
        (await http.get(server.url)).json()


async def test_reasons_hold_no_query(server: Server, http: Http) -> None:
    server.answers = [reply(403, b"canary-body")]
    with pytest.raises(Refused) as refusal:
        await http.get(server.url + "/quote?apikey=canary-key")
    assert "canary" not in str(refusal.value)


async def test_the_request_id_and_the_trace_travel_along(server: Server, http: Http) -> None:
    server.answers = [reply(200)]
    telemetry.set_request_id("request-42")
    trace = telemetry.enter_trace(None)
    await http.get(server.url)
    assert b"x-request-id: request-42" in server.requests[0]
    assert b"traceparent: 00-" + trace.trace_id.encode() in server.requests[0]


async def test_a_host_that_is_down_is_left_alone_and_probed(server: Server) -> None:
    async with Http("test", retries=0, timeouts=Timeouts(read=0.2)) as http:
        server.answers = [reply(500)]
        for _ in range(5):
            with pytest.raises(OutcomeUnknown):
                await http.get(server.url)
        with pytest.raises(NotSent, match="breaker") as refusal:
            await http.get(server.url)
        assert len(server.requests) == 5
        assert 0 < (refusal.value.retry_after or 0) <= 1
        assert http.breaker("http://another.example/").state is BreakerState.CLOSED


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_breaker_lets_one_probe_through_and_closes_on_success() -> None:
    clock = Clock()
    breaker = Breaker(failures=3, open_s=1, longest_open_s=3, now=clock)
    for _ in range(3):
        assert breaker.allows()
        breaker.failed()
    assert breaker.state is BreakerState.OPEN
    assert not breaker.allows()
    clock.now += 1
    assert breaker.allows()
    assert not breaker.allows()
    breaker.succeeded()
    assert breaker.state is BreakerState.CLOSED
    assert breaker.allows()


def test_a_failed_probe_opens_for_longer_up_to_a_bound() -> None:
    clock = Clock()
    breaker = Breaker(failures=1, open_s=1, longest_open_s=3, now=clock)
    breaker.failed()
    waits = []
    for _ in range(4):
        waits.append(breaker.retry_after)
        clock.now += breaker.retry_after
        assert breaker.allows()
        breaker.failed()
    assert waits == [1, 2, 3, 3]


def test_a_cancelled_probe_lets_another_through() -> None:
    clock = Clock()
    breaker = Breaker(failures=1, open_s=1, now=clock)
    breaker.failed()
    clock.now += 1
    assert breaker.allows()
    breaker.abandoned()
    assert breaker.allows()


def test_a_success_between_failures_starts_the_count_anew() -> None:
    breaker = Breaker(failures=2)
    for _ in range(5):
        breaker.failed()
        breaker.succeeded()
    assert breaker.state is BreakerState.CLOSED


async def test_a_cancelled_call_says_nothing_of_the_host(server: Server, http: Http) -> None:
    server.answers = [silence]
    task = asyncio.create_task(http.get(server.url))
    await eventually(server.was_asked)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert http.breaker(server.url).state is BreakerState.CLOSED


class Thing(BaseModel):
    name: str


def service_client(handler: Callable[[httpx.Request], httpx.Response], tokens: Tokens) -> ServiceClient:
    http = Http("test", transport=httpx.MockTransport(handler), backoff_s=0.001)
    return ServiceClient(http, "http://market/", "market", tokens.source("alerts"))


async def test_a_service_is_called_with_a_token_for_it(tokens: Tokens) -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"name": "AAPL", "more": 1})

    person = tokens.principal()
    client = service_client(handler, tokens)
    assert (await client.get("/internal/things/1", Thing, on_behalf_of=person)).name == "AAPL"
    assert seen[0].headers["authorization"].startswith("Bearer ey")
    assert seen[0].headers["x-on-behalf-of"] == person.token
    await client.send("/internal/things", Thing(name="x"), idempotency_key="k-1")
    assert seen[1].headers["idempotency-key"] == "k-1"
    assert seen[1].content == b'{"name":"x"}'


async def test_a_missing_thing_is_not_found(tokens: Tokens) -> None:
    body = {"code": "not_found", "detail": "There is no such instrument."}
    client = service_client(lambda _request: httpx.Response(404, json=body), tokens)
    with pytest.raises(NotFound, match="no such instrument"):
        await client.get("/internal/things/1", Thing)


async def test_a_missing_route_is_a_mistake_and_not_a_missing_thing(tokens: Tokens) -> None:
    client = service_client(lambda _request: httpx.Response(404, text="nothing here"), tokens)
    with pytest.raises(Refused):
        await client.get("/internal/things/1", Thing)


async def test_an_answer_of_another_shape_is_unknown(tokens: Tokens) -> None:
    client = service_client(lambda _request: httpx.Response(200, json={"nom": 1}), tokens)
    with pytest.raises(OutcomeUnknown, match="no Thing"):
        await client.get("/internal/things/1", Thing)


async def test_a_refused_service_token_is_fetched_anew_once() -> None:
    handed: list[str] = []
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/internal/token":
            handed.append(f"token-{len(handed)}")
            return httpx.Response(200, json={"access_token": handed[-1], "expires_in": 300, "scope": "x"})
        seen.append(request.headers["authorization"])
        return httpx.Response(401 if seen[-1] != "Bearer token-1" else 200, json={"name": "x"})

    http = Http("test", transport=httpx.MockTransport(handler))
    tokens = ServiceTokens(http, service="alerts", secret=SecretStr("s"), auth_url="http://auth")
    client = ServiceClient(http, "http://market", "market", tokens)
    await client.get("/x", Thing)
    await client.get("/x", Thing)
    assert seen == ["Bearer token-0", "Bearer token-1", "Bearer token-1"]


async def test_a_service_token_is_kept_until_shortly_before_its_end() -> None:
    clock, asked = Clock(), 0

    def handler(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return httpx.Response(200, json={"access_token": f"t{asked}", "expires_in": 300, "scope": ""})

    http = Http("test", transport=httpx.MockTransport(handler))
    tokens = ServiceTokens(http, service="alerts", secret=SecretStr("s"), auth_url="http://auth", now=clock)
    assert set(await asyncio.gather(*(tokens.token_for("market") for _ in range(20)))) == {"t1"}
    clock.now += 269
    assert await tokens.token_for("market") == "t1"
    clock.now += 2
    assert await tokens.token_for("market") == "t2"
    assert await tokens.token_for("billing") == "t3"
