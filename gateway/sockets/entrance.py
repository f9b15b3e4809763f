"""The way to a socket: what is checked before a connection becomes one."""

from __future__ import annotations

from typing import Any

from gateway.answers import API_HEADERS, Receive, Send, problem_headers
from gateway.clients import HostList, TrustedHops, limit_key
from gateway.cross_origin import Origins
from gateway.limits.limiter import Limiter
from gateway.limits.rules import LimitClass, PolicyBook, address_key
from gateway.server.socket import OUTLET
from gateway.sockets.room import Room
from gateway.sockets.socket import welcome
from libs.common import telemetry
from libs.common.errors import BadRequest, NotFound, PermissionDenied, Problem, TooManyRequests, Unavailable
from libs.common.problem_json import problem_body

PATHS = (b"/ws", b"/ws/")

_refused = telemetry.counter("sharewise_ws_refused_total", "Connections refused before they were sockets.", ["code"])


class Entrance:
    """The ASGI app for WebSocket.

    A page's origin must be one of ours. A program sends none and is let in: the credential is in its first frame, not
    in a cookie that a browser would add by itself, so no page can use somebody else's.
    """

    def __init__(
        self,
        room: Room,
        *,
        hosts: HostList,
        hops: TrustedHops,
        origins: Origins,
        limiter: Limiter,
        policies: PolicyBook,
        most: int,
    ) -> None:
        self._room = room
        self._hosts = hosts
        self._hops = hops
        self._origins = origins
        self._limiter = limiter
        self._policy = policies.find(LimitClass.SOCKET)
        self._most = most
        self._open = 0
        self.is_leaving = False

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        peer: str = scope["client"][0] if scope["client"] else ""
        client = self._hops.client_of(peer, scope["headers"])
        address = limit_key(client)
        try:
            await self._check(scope, address)
        except Problem as problem:
            _refused.labels(problem.code).inc()
            headers = [*problem_headers(problem), *API_HEADERS]
            await send({"type": "websocket.http.response.start", "status": problem.status, "headers": headers})
            await send({"type": "websocket.http.response.body", "body": problem_body(problem, None)})
            return
        await send({"type": "websocket.accept"})
        self._open += 1
        try:
            await welcome(self._room, scope["extensions"][OUTLET], receive, client)
        finally:
            self._open -= 1

    async def _check(self, scope: dict[str, Any], address: bytes) -> None:
        headers = dict(scope["headers"])
        if scope["raw_path"] not in PATHS:
            raise NotFound("The socket is at /ws.")
        if scope["query_string"]:
            raise BadRequest("The socket takes no query: a credential in an address ends up in logs.")
        if not self._hosts.allows(headers.get(b"host", b"")):
            raise BadRequest("This is not served under that host name.")
        origin = headers.get(b"origin")
        if origin is not None and not self._origins.allows(origin):
            raise PermissionDenied("Pages of that origin may not open a socket.")
        if self.is_leaving or self._open >= self._most:
            raise Unavailable("No further sockets at the moment.", retry_after=5)
        verdict = await self._limiter.spend(self._policy, address_key(LimitClass.SOCKET, address))
        if not verdict.allowed:
            raise TooManyRequests("Too many connections from your network.", retry_after=verdict.retry_after_s)
