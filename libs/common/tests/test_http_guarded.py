"""Calls to addresses that people gave: nothing of our own network is reached, whatever a name says when."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from collections.abc import AsyncIterator, Sequence

import pytest

from libs.common.http import ForbiddenAddress, Guarded, NotSent, OutcomeUnknown
from libs.common.http.guarded import is_public


class Receiver:
    """An HTTP server that answers with the bytes that it is told to, and keeps what it was sent."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.requests: list[bytes] = []
        self.port = 0

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[Receiver]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        self.requests.append(head + await reader.readexactly(length))
        with contextlib.suppress(ConnectionError):
            writer.write(self.answer)
            await writer.drain()
            writer.close()


OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nset-cookie: a=b\r\n\r\nok"


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "192.0.0.192",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "168.63.129.16",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2001:0:7f00:1::",
        "fe80::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
    ],
)
def test_what_is_not_in_the_public_internet_is_refused(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_what_is_public_is_called(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "https://user:word@example.com/",
        "https://",
        "//example.com",
        "https://[::1]/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://localhost/",
        "https://[::ffff:7f00:1]/",
    ],
)
async def test_addresses_of_ours_are_refused_in_every_spelling(url: str) -> None:
    guarded = Guarded("test")
    with pytest.raises(ForbiddenAddress):
        await guarded.post(url, b"{}", {})
    await guarded.aclose()


async def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return ["8.8.8.8", "10.0.0.1"]

    guarded = Guarded("test", resolve=resolve)
    with pytest.raises(ForbiddenAddress):
        await guarded.post("https://example.com/", b"{}", {})


async def test_a_name_is_asked_once_and_the_address_that_was_checked_is_called() -> None:
    """A name that answers a public address first and ours after that (DNS rebinding) gets one look only."""
    asked: list[str] = []

    async def resolve(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    async with Receiver(OK).serving() as receiver:
        guarded = Guarded("test", allow_private=True, resolve=resolve)
        answer = await guarded.post(f"http://hooks.example.com:{receiver.port}/in?x=1", b"{}", {"webhook-id": "msg_1"})
        await guarded.aclose()
    assert (answer.status, answer.body, asked) == (200, b"ok", ["hooks.example.com"])
    [request] = receiver.requests
    head = request.decode().lower()
    assert head.startswith("post /in?x=1 http/1.1")
    assert f"host: hooks.example.com:{receiver.port}" in head
    assert "webhook-id: msg_1" in head
    assert "cookie" not in head


async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    async with Receiver(OK).serving() as inside:
        away = f"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{inside.port}/\r\ncontent-length: 0\r\n\r\n"
        async with Receiver(away.encode()).serving() as receiver:
            guarded = Guarded("test", allow_private=True)
            answer = await guarded.post(f"http://127.0.0.1:{receiver.port}/", b"{}", {})
            await guarded.aclose()
        assert answer.status == 302
        assert inside.requests == []


async def test_an_endless_answer_is_read_to_the_limit() -> None:
    endless = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + b"x" * 2_000_000
    async with Receiver(endless).serving() as receiver:
        guarded = Guarded("test", allow_private=True, max_reply_bytes=1_000)
        answer = await guarded.post(f"http://127.0.0.1:{receiver.port}/", b"{}", {})
        await guarded.aclose()
    assert len(answer.body) == 1_000


async def test_silence_and_nobody_there_are_told_apart() -> None:
    guarded = Guarded("test", allow_private=True, total_s=0.2)
    hold = asyncio.Event()

    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await hold.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(OutcomeUnknown):
        await guarded.post(f"http://127.0.0.1:{port}/", b"{}", {})
    hold.set()
    server.close()
    await server.wait_closed()
    with pytest.raises(NotSent):
        await guarded.post(f"http://127.0.0.1:{port}/", b"{}", {})

    async def nowhere(_host: str, _port: int) -> Sequence[str]:
        raise OSError("no such host")

    with pytest.raises(NotSent):
        await Guarded("test", resolve=nowhere).post("https://nowhere.example/", b"{}", {})
    await guarded.aclose()
