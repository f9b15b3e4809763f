"""Tickets: a credential for one socket, for clients that should not put an access token into a frame (decisions 13)."""

from __future__ import annotations

import hashlib
import secrets

import orjson

from gateway.answers import API_HEADERS, NO_STORE
from gateway.clients import limit_key
from gateway.credentials import Visitor
from gateway.door import Page, Visit
from gateway.links.resp import CommandFailed, LinkDown, RespLink
from libs.common.errors import NotAuthenticated, Unavailable
from libs.common.security.principal import Principal
from libs.common.security.tokens import TokenRefused

LIFETIME_S = 30
PREFIX = "wst_"


class Tickets:
    """Makes and takes tickets. A ticket is 256 random bits, good for 30 s, once, from the network that asked for it.

    Redis holds its hash with the claims of the token it stands for, never the token itself.
    """

    def __init__(self, link: RespLink) -> None:
        self._link = link

    async def make(self, visitor: Visitor, address: bytes) -> str:
        """Make a ticket for a visitor at a network address. Raises Unavailable without Redis."""
        ticket = PREFIX + secrets.token_urlsafe(32)
        claims = orjson.dumps({"address": address.decode(), "kid": visitor.kid, "claims": _claims(visitor.principal)})
        try:
            await self._link.ask("SET", _key(ticket), claims, "PX", LIFETIME_S * 1_000)
        except (LinkDown, CommandFailed) as error:
            raise Unavailable("Tickets cannot be made at the moment. Use the access token.") from error
        return ticket

    async def take(self, ticket: str, address: bytes) -> Visitor:
        """Take a ticket, which ends it. Raises NotAuthenticated, and Unavailable without Redis."""
        try:
            held = await self._link.ask("GETDEL", _key(ticket))
        except (LinkDown, CommandFailed) as error:
            raise Unavailable("Tickets cannot be checked at the moment. Use the access token.") from error
        if held is None:
            raise NotAuthenticated
        stored = orjson.loads(held)
        if stored["address"] != address.decode():
            raise NotAuthenticated
        try:
            return Visitor(Principal.of(stored["claims"], ""), stored["kid"])
        except TokenRefused as refusal:
            raise NotAuthenticated from refusal


class TicketOffice:
    """`POST /api/ws/ticket/`."""

    def __init__(self, tickets: Tickets) -> None:
        self._tickets = tickets

    async def serve(self, visit: Visit, visitor: Visitor | None) -> Page:
        assert visitor is not None  # the route is for users
        ticket = await self._tickets.make(visitor, limit_key(visit.client))
        headers = [(b"content-type", b"application/json"), NO_STORE, *API_HEADERS]
        return 200, headers, orjson.dumps({"ticket": ticket, "expires_in": LIFETIME_S})


def _claims(principal: Principal) -> dict[str, object]:
    claims: dict[str, object] = {
        "sub": str(principal.user_id),
        "sid": str(principal.sid),
        "jti": principal.jti,
        "role": principal.role,
        "tier": principal.tier,
        "scope": " ".join(sorted(principal.scopes)),
        "ver": principal.version,
        "amr": list(principal.amr),
        "auth_time": int(principal.auth_time.timestamp()),
        "exp": int(principal.expires_at.timestamp()),
    }
    if principal.actor is not None:
        claims["act"] = principal.actor.claim()
    if principal.client is not None:
        claims["client_id"] = principal.client
    if principal.is_test:
        claims["test"] = True
    return claims


def _key(ticket: str) -> str:
    return "wst:" + hashlib.sha256(ticket.encode()).hexdigest()
