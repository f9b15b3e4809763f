"""Where a request comes from: address, network, device, and how it wants its refresh token."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Request

from services.auth.limits import rules
from services.auth.limits.devices import device_of
from services.auth.settings import AuthSettings

MAX_USER_AGENT_CHARS = 200


@dataclass(frozen=True)
class Visitor:
    """Who knocks, as far as the door can see. `device_id` is what the device cookie holds; it opens nothing."""

    address: str
    user_agent: str
    device_id: str | None
    origin: str | None
    wants_cookie: bool

    @cached_property
    def network(self) -> str:
        return rules.network_of(self.address)

    @cached_property
    def device_print(self) -> str | None:
        """What is stored and counted in place of the device's id."""
        return None if self.device_id is None else sha256(self.device_id.encode()).hexdigest()[:32]

    @cached_property
    def device(self) -> str:
        """The device in words for people."""
        return device_of(self.user_agent)

    @cached_property
    def seen_as(self) -> str:
        """What makes a device known: its cookie, or of a program that keeps none its name and network."""
        if self.device_print is not None:
            return self.device_print
        program = "\n".join((self.user_agent, self.network))
        return f"program:{sha256(program.encode()).hexdigest()[:32]}"

    @cached_property
    def client_print(self) -> bytes:
        """What makes two requests come from the same client: device, program and network (decisions 6)."""
        return sha256("\n".join((self.device_id or "", self.user_agent, self.network)).encode()).digest()

    def with_device(self, device_id: str) -> Visitor:
        """Give the same visitor with a device that has just been made."""
        return replace(self, device_id=device_id)


def visitor_of(request: Request) -> Visitor:
    """Read a request's visitor."""
    settings: AuthSettings = request.app.state.settings
    device_id = request.cookies.get(device_cookie_name(settings))
    return Visitor(
        address=_address(request, settings),
        user_agent=request.headers.get("user-agent", "")[:MAX_USER_AGENT_CHARS],
        device_id=device_id if device_id and 20 <= len(device_id) <= 64 else None,
        origin=request.headers.get("origin"),
        wants_cookie=request.headers.get("x-token-transport") == "cookie",
    )


VisitorOf = Annotated[Visitor, Depends(visitor_of)]


def device_cookie_name(settings: AuthSettings) -> str:
    return "__Host-device" if settings.has_secure_cookies else "device"


def _address(request: Request, settings: AuthSettings) -> str:
    """Give the address of the person: what the gateway says, when it is the gateway that says it."""
    peer = request.client.host if request.client is not None else "unknown"
    if peer not in settings.trusted_proxies:
        return peer
    # The gateway drops what came from outside and writes the header anew, so its last entry is its own word.
    forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    try:
        return str(ipaddress.ip_address(forwarded))
    except ValueError:
        return peer
