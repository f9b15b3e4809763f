"""POSTs to addresses that people gave us (SSRF guard; messaging reference, section 9).

The host is resolved once, every address that it has must be a public one, and the connection goes to the very address
that was checked, so that a name that changes its mind between look and call (DNS rebinding) changes nothing. TLS still
proves the name. Redirects are not followed, nothing of the environment (proxies, .netrc) is used, no cookie is kept,
and an answer is read up to a limit and not unpacked.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import httpx

from libs.common import telemetry
from libs.common.http.client import trusted
from libs.common.http.failures import HttpFailure, NotSent, OutcomeUnknown

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the addresses of a host. Raises OSError when there are none."""

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_PUBLIC_IN_NAME_ONLY = (
    ipaddress.IPv4Network("168.63.129.16/32"),  # a cloud's metadata
    ipaddress.IPv4Network("192.0.0.0/24"),  # kept for protocols, another cloud's metadata among them
)

_calls = telemetry.counter(
    "sharewise_guarded_calls_total", "Calls to addresses that people gave.", ["client", "outcome"]
)


class ForbiddenAddress(HttpFailure):
    """We do not call there, whoever asks."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Any answer, whatever its status. `body` is at most the limit; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    took_ms: int


def is_public(address: Address) -> bool:
    """Say whether an address is in the public internet: not private, loopback, link-local, shared, multicast, reserved.

    An IPv6 address that carries an IPv4 address (mapped, compatible, 6to4, Teredo, NAT64) is judged by that one too.
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = _carried(address)
        if inner is not None and not is_public(inner):
            return False
        if inner is not None and (address.ipv4_mapped is not None or address in _NAT64):
            return True  # it is that one in another spelling
    elif any(address in network for network in _PUBLIC_IN_NAME_ONLY):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64 or address in _COMPATIBLE:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system for a host's addresses."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Guarded:
    """A client for addresses of people. Make one per process and close it at the end.

    allow_private: let plain http and addresses of one's own network through, so that people can try things on their
    machine; never in production. connect_s and total_s bound a call; max_reply_bytes what is read of an answer.
    """

    def __init__(
        self,
        name: str,
        *,
        allow_private: bool = False,
        connect_s: float = 3.0,
        total_s: float = 15.0,
        max_reply_bytes: int = 64 * 1024,
        resolve: Resolve = resolve,
    ) -> None:
        self._name = name
        self._allow_private = allow_private
        self._connect_s = connect_s
        self._total_s = total_s
        self._max_reply_bytes = max_reply_bytes
        self._resolve = resolve
        # No connection is kept: the next call checks the address anew.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._transport = httpx.AsyncHTTPTransport(verify=trusted(), trust_env=False, limits=limits, retries=0)

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def check(self, url: str) -> tuple[httpx.URL, str]:
        """Look at an address without calling it: give it with the IP address that a call would go to.

        Raises ForbiddenAddress, or NotSent when the host has no address.
        """
        try:
            parsed = httpx.URL(url)
        except (httpx.InvalidURL, TypeError, ValueError) as error:
            raise ForbiddenAddress("the address is not valid") from error
        if parsed.scheme != "https" and not (self._allow_private and parsed.scheme == "http"):
            raise ForbiddenAddress("the address must begin with https://")
        if not parsed.host or parsed.userinfo:
            raise ForbiddenAddress("the address must name a host, and neither a user nor a password")
        try:
            port = parsed.port or (443 if parsed.scheme == "https" else 80)
            async with asyncio.timeout(self._connect_s):
                found = await self._resolve(parsed.raw_host.decode("ascii"), port)
        except (OSError, UnicodeError, TimeoutError) as error:
            raise NotSent("the host has no address") from error
        if not found:
            raise NotSent("the host has no address")
        for text in found:
            # A zone (fe80::1%eth0) only exists on link-local addresses.
            if not self._allow_private and ("%" in text or not is_public(ipaddress.ip_address(text))):
                raise ForbiddenAddress("the host is not in the public internet")
        return parsed, found[0]

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        """POST and give the answer, whatever its status.

        Raises ForbiddenAddress, NotSent when nothing was taken, OutcomeUnknown when the answer was lost.
        """
        started, outcome = time.monotonic(), "failed"
        try:
            async with asyncio.timeout(self._total_s):
                parsed, ip = await self.check(url)
                answer = await self._call(parsed, ip, content, headers, started)
            outcome = "answered"
            return answer
        except TimeoutError as error:
            raise OutcomeUnknown(f"no answer within {self._total_s:g} s") from error
        except ForbiddenAddress:
            outcome = "forbidden"
            raise
        finally:
            _calls.labels(self._name, outcome).inc()

    async def _call(
        self, url: httpx.URL, ip: str, content: bytes, headers: Mapping[str, str], started: float
    ) -> Answer:
        request = httpx.Request(
            "POST",
            url.copy_with(host=ip, fragment=None),
            content=content,
            headers={
                "user-agent": "ShareWise-Webhooks/1",
                "accept-encoding": "identity",
                **headers,
                "host": url.netloc.decode("ascii"),
            },
            extensions={
                "sni_hostname": url.raw_host.decode("ascii"),
                "timeout": {"connect": self._connect_s, "read": self._total_s, "write": self._total_s, "pool": None},
            },
        )
        try:
            response = await self._transport.handle_async_request(request)
            try:
                body = bytearray()
                async for piece in response.aiter_raw():
                    body += piece
                    if len(body) >= self._max_reply_bytes:
                        break
            finally:
                await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as error:
            raise NotSent(f"no connection: {_words(error)}") from error
        except httpx.HTTPError as error:
            raise OutcomeUnknown(f"broken off: {type(error).__name__}") from error
        took_ms = round((time.monotonic() - started) * 1000)
        return Answer(response.status_code, dict(response.headers), bytes(body[: self._max_reply_bytes]), took_ms)


def _words(error: Exception) -> str:
    return "certificate not trusted" if "CERTIFICATE_VERIFY_FAILED" in str(error) else type(error).__name__
