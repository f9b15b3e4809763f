"""What happens to a request, in the order in which it happens. Raw ASGI: this is the path that everything takes.

1. the host must be ours, the path must have one reading
2. a preflight is answered; our own pages and files are served
3. the routing table says which service, who may come, which limit counts
4. the credential is checked (an API key becomes a token of minutes), sensitive routes need a fresh revocation list,
   acting as another user is read-only
5. one call is taken from the limit of the user, or of the address for who has none
6. the request goes to the service, without anything that claims to be from us
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.answers import API_HEADERS, TRANSPORT_SECURITY, Header, Receive, Send, answer, problem_headers
from gateway.api_keys import KeyDesk, KeyVisitor, key_in, refuse_key_in_query, with_authorization
from gateway.clients import HostList, TrustedHops, limit_key
from gateway.credentials import Credentials, Visitor
from gateway.cross_origin import Origins
from gateway.limits.limiter import Limiter
from gateway.limits.rules import LimitClass, Policy, PolicyBook, address_key, too_many
from gateway.observation import AccessLog, Traffic, loggable
from gateway.paths import AmbiguousPath, canonical
from gateway.proxy.headers import upstream_lines
from gateway.proxy.relay import AnswerBroken, Passage, relay
from gateway.proxy.upstream import Upstream
from gateway.routes import Access, Pages, Route, RouteTable
from gateway.server.exchange import BodyTooSlow
from libs.common.errors import (
    ActingAs,
    BadRequest,
    MethodNotAllowed,
    NotAuthenticated,
    NotFound,
    PermissionDenied,
    Problem,
    RequestTimeout,
    Unavailable,
)
from libs.common.problem_json import problem_body

REMEMBERED_PATHS = 10_000
LONGEST_REMEMBERED = 256
CLIENT_LEFT = 499
"""nginx' word in logs for a client that did not wait for its answer."""

_REQUEST_ID = re.compile(rb"[A-Za-z0-9_-]{8,64}")
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"))
_ONCE = frozenset(
    (
        b"host",
        b"authorization",
        b"x-api-key",
        b"origin",
        b"content-type",
        b"x-request-id",
        b"idempotency-key",
        b"cookie",
    )
)
_READS = ("GET", "HEAD")


class Visit:
    """One request on its way through the door: what is known of it so far."""

    __slots__ = (
        "address",
        "client",
        "for_anybody",
        "given",
        "headers",
        "is_probe",
        "limit_headers",
        "method",
        "path",
        "request_id",
        "route_name",
        "scheme",
        "user",
    )

    def __init__(self, scope: dict[str, Any]) -> None:
        self.method: str = scope["method"]
        headers: list[Header] = scope["headers"]
        self.headers = headers
        self.given: dict[bytes, bytes] = dict(headers)
        asked = self.given.get(b"x-request-id")
        self.request_id: bytes = (
            asked if asked is not None and _REQUEST_ID.fullmatch(asked) else b"%032x" % random.getrandbits(128)
        )
        self.client = ""
        self.scheme = "http"
        self.path = b""
        self.route_name = "none"
        self.is_probe = False
        self.for_anybody = False
        """Whether pages of every origin may read the answer."""
        self.user: str | None = None
        self.limit_headers: tuple[Header, ...] = ()


Page = tuple[int, list[Header], bytes]
"""An answer of the door itself: status, headers, body."""


@dataclass(frozen=True, slots=True)
class OwnRoute:
    """One of the gateway's own addresses. A probe is asked for by address and not by name, so any host will do."""

    serve: Callable[[Visit, Visitor | None], Awaitable[Page]]
    method: str = "GET"
    access: Access = Access.PUBLIC
    limit: LimitClass | None = LimitClass.PUBLIC
    is_probe: bool = False

    @property
    def methods(self) -> tuple[str, ...]:
        return ("GET", "HEAD") if self.method == "GET" else (self.method,)


class Door:
    """The ASGI app for HTTP. `own` holds the gateway's own addresses, `pages` takes what is no API."""

    def __init__(
        self,
        *,
        table: RouteTable,
        upstreams: Mapping[str, Upstream],
        credentials: Credentials,
        keys: KeyDesk,
        limiter: Limiter,
        policies: PolicyBook,
        hosts: HostList,
        hops: TrustedHops,
        origins: Origins,
        own: Mapping[bytes, OwnRoute],
        pages: OwnRoute,
        traffic: Traffic,
        access_log: AccessLog,
        max_body_bytes: int,
        revocations_max_age_s: float,
    ) -> None:
        self._table = table
        self._upstreams = upstreams
        self._credentials = credentials
        self._keys = keys
        self._limiter = limiter
        self._policies = policies
        self._hosts = hosts
        self._hops = hops
        self._origins = origins
        self._own = own
        self._pages = pages
        self._traffic = traffic
        self._access_log = access_log
        self._max_body_bytes = max_body_bytes
        self._revocations_max_age_s = revocations_max_age_s
        self._places: dict[bytes, tuple[bytes, Route | None]] = {}
        self._address_keys: dict[str, bytes] = {}

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        visit = Visit(scope)
        try:
            status = await self._serve(visit, scope, receive, send)
        except AnswerBroken as broken:
            # The server sees an answer without an end and breaks the connection, so that nobody takes it for whole.
            self._note(visit, started, broken.status, "answer_broken")
        except (Problem, BodyTooSlow) as refusal:
            problem = RequestTimeout() if isinstance(refusal, BodyTooSlow) else refusal
            headers = problem_headers(problem)
            headers += self.answer_headers(visit)
            await answer(send, problem.status, headers, problem_body(problem, visit.request_id.decode()))
            self._note(visit, started, problem.status, problem.code)
        except asyncio.CancelledError:
            self._note(visit, started, CLIENT_LEFT, "client_left")
            raise
        else:
            self._note(visit, started, status, None)

    def _note(self, visit: Visit, started: float, status: int, code: str | None) -> None:
        """Count and log an answer, once."""
        if visit.is_probe:
            return
        seconds = time.perf_counter() - started
        self._traffic.count(visit.route_name, visit.method if visit.method in _METHODS else "other", status, seconds)
        fields: dict[str, Any] = {
            "request_id": visit.request_id.decode(),
            "method": visit.method,
            "route": visit.route_name,
            "path": loggable(visit.path),
            "status": status,
            "duration_ms": round(seconds * 1_000, 2),
            "client": visit.client,
        }
        if visit.user is not None:
            fields["user"] = visit.user
        if code is not None:
            fields["code"] = code
        self._access_log.write(fields)

    async def _serve(self, visit: Visit, scope: dict[str, Any], receive: Receive, send: Send) -> int:
        given = visit.given
        peer: str = scope["client"][0] if scope["client"] else ""
        visit.client = self._hops.client_of(peer, visit.headers)
        visit.scheme = self._hops.scheme_of(peer, visit.headers)
        path, route = self._place(visit, scope["raw_path"])
        if len(given) != len(visit.headers):
            _refuse_repeated(visit.headers)
        query: bytes = scope["query_string"]
        if query:
            refuse_key_in_query(query)
        if route is None:
            return await self._serve_own(visit, path, send)
        self._must_be_ours(given)
        visit.route_name = route.prefix
        visit.for_anybody = route.pages is Pages.ALL
        method = visit.method
        if method == "OPTIONS":
            return await self._preflight(visit, send, for_anybody=route.pages is not Pages.OURS)
        if method not in _METHODS:
            raise MethodNotAllowed(f"Nothing here takes {method[:20]}.", allow=sorted(_METHODS))
        visitor = None if route.access is Access.PUBLIC else await self._admit(visit, route.pages)
        if route.sensitive and self._credentials.revocations_age_s > self._revocations_max_age_s:
            raise Unavailable("We cannot be sure at the moment who has signed out, so this has to wait.", retry_after=5)
        await self._count(visit, visitor, route.limit(method))
        upstream = self._upstreams[route.upstream]
        target = path + b"?" + query if query else path
        head = upstream_lines(_shown_upstream(visit, visitor), cookies=route.cookies)
        head[:0] = (
            b"%b %b HTTP/1.1\r\nhost: %b\r\n" % (method.encode(), target, upstream.authority),
            b"x-request-id: %b\r\nx-forwarded-for: %b\r\nx-forwarded-proto: %b\r\nx-forwarded-host: %b\r\n"
            % (visit.request_id, visit.client.encode(), visit.scheme.encode(), given.get(b"host", b"")),
        )
        most = route.body_max_bytes or self._max_body_bytes
        passage = Passage(method, head, self.answer_headers(visit), most, visitor is not None)
        return await relay(upstream, passage, scope, receive, send)

    async def _serve_own(self, visit: Visit, path: bytes, send: Send) -> int:
        """Serve the gateway's own addresses, and its pages for what is no API."""
        address = path.rstrip(b"/")
        own = self._own.get(address)
        if own is None:
            if path.startswith(b"/api/") or path == b"/api":
                self._must_be_ours(visit.given)
                raise NotFound("There is no such address.")
            own = self._pages
            visit.route_name = "pages"
        else:
            visit.route_name = address.decode()
        visit.is_probe = own.is_probe
        if not own.is_probe:
            self._must_be_ours(visit.given)
        if visit.method == "OPTIONS":
            return await self._preflight(visit, send)
        if visit.method not in own.methods:
            raise MethodNotAllowed(f"This address takes {own.method}.", allow=own.methods)
        visitor = None if own.access is Access.PUBLIC else await self._admit(visit)
        if own.limit is not None:
            await self._count(visit, visitor, own.limit)
        status, headers, body = await own.serve(visit, visitor)
        headers += [(b"x-request-id", visit.request_id), *visit.limit_headers]
        headers += self._origins.answer_headers(visit.given.get(b"origin"))
        if visit.scheme == "https":
            headers.append(TRANSPORT_SECURITY)
        await answer(send, status, headers, body)
        return status

    def _place(self, visit: Visit, raw_path: bytes) -> tuple[bytes, Route | None]:
        place = self._places.get(raw_path)
        if place is None:
            try:
                path = canonical(raw_path)
            except AmbiguousPath as error:
                raise BadRequest("The address has more than one reading.") from error
            place = (path, self._table.find(path))
            if len(raw_path) <= LONGEST_REMEMBERED:
                if len(self._places) >= REMEMBERED_PATHS:
                    self._places.clear()
                self._places[raw_path] = place
        visit.path = place[0]
        return place

    def _must_be_ours(self, given: Mapping[bytes, bytes]) -> None:
        host = given.get(b"host")
        if host is None or not self._hosts.allows(host):
            raise BadRequest("This is not served under that host name.")

    async def _preflight(self, visit: Visit, send: Send, *, for_anybody: bool = False) -> int:
        origin = visit.given.get(b"origin")
        if origin is None or b"access-control-request-method" not in visit.given:
            raise MethodNotAllowed("OPTIONS is for preflights only.", allow=sorted(_METHODS))
        headers = self._origins.preflight_headers(origin, for_anybody=for_anybody)
        if headers is None:
            raise PermissionDenied("Pages of that origin may not call.")
        headers += (*API_HEADERS, (b"x-request-id", visit.request_id))
        await answer(send, 204, headers, b"")
        return 204

    async def _admit(self, visit: Visit, pages: Pages = Pages.OURS) -> Visitor:
        """Check who comes. Raises NotAuthenticated, ActingAs, TooManyRequests."""
        if pages is Pages.APPS:
            # A refused credential reads nothing, and the app must learn that it needs another token.
            visit.for_anybody = True
        visitor = await self.visitor(visit)
        if pages is Pages.APPS:
            visit.for_anybody = visitor.is_app
        if visitor.is_acting and visit.method not in _READS:
            raise ActingAs
        return visitor

    async def visitor(self, visit: Visit) -> Visitor:
        """Give who holds the request's credential. A bad one costs its address a call of the REFUSED limit."""
        authorization = visit.given.get(b"authorization")
        visitor: Visitor | None = None
        try:
            if authorization is not None and b"x-api-key" not in visit.given:
                visitor = self._credentials.known(authorization)
            if visitor is None:
                key = key_in(visit.given)
                if key is None:
                    visitor = await self._credentials.check(authorization)
                else:
                    visitor = await self._keys.visitor(key, visit.client)
        except (NotAuthenticated, PermissionDenied):
            refused = LimitClass.REFUSED
            await self.take(visit, self._policies.find(refused), self.address_key(visit, refused))
            raise
        visit.user = visitor.log_name
        return visitor

    async def _count(self, visit: Visit, visitor: Visitor | None, limit: LimitClass) -> None:
        """Take the call from the limits that hold for it: an API key's own is in the place of reads and writes."""
        if visitor is None:
            await self.take(visit, self._policies.find(limit), self.address_key(visit, limit))
            return
        is_key = isinstance(visitor, KeyVisitor)
        if not is_key or limit not in (LimitClass.READ, LimitClass.WRITE):
            await self.take(visit, self._policies.find(limit, visitor.tier), visitor.keys[limit])
        if isinstance(visitor, KeyVisitor):
            await self.take(visit, visitor.policy, visitor.limit_key)

    async def take(self, visit: Visit, policy: Policy, key: bytes) -> None:
        """Take one call from a limit, and say on the answer what is left. Raises TooManyRequests."""
        allowed, remaining, reset_s, retry_after_s = await self._limiter.spend(policy, key)
        visit.limit_headers = (
            policy.policy_header,
            (b"ratelimit", b"%b;r=%d;t=%d" % (policy.quoted_name, remaining, reset_s)),
        )
        if not allowed:
            raise too_many(policy, retry_after_s)

    def address_key(self, visit: Visit, kind: LimitClass) -> bytes:
        part = self._address_keys.get(visit.client)
        if part is None:
            if len(self._address_keys) >= REMEMBERED_PATHS:
                self._address_keys.clear()
            part = self._address_keys[visit.client] = limit_key(visit.client)
        return address_key(kind, part)

    def answer_headers(self, visit: Visit) -> list[Header]:
        """What every answer of the API carries."""
        headers: list[Header] = [(b"x-request-id", visit.request_id), *visit.limit_headers, *API_HEADERS]
        headers += self._origins.answer_headers(visit.given.get(b"origin"), for_anybody=visit.for_anybody)
        if visit.scheme == "https":
            headers.append(TRANSPORT_SECURITY)
        return headers


def _shown_upstream(visit: Visit, visitor: Visitor | None) -> list[Header]:
    """The headers as a service may see them: an API key ends at the door, also where nobody asked for it."""
    if isinstance(visitor, KeyVisitor):
        return with_authorization(visit.headers, visitor.authorization)
    if visitor is None and key_in(visit.given) is not None:
        return with_authorization(visit.headers, None)
    return visit.headers


def _refuse_repeated(headers: list[Header]) -> None:
    """Refuse a header that stands twice where the second reader might take the other one."""
    seen: set[bytes] = set()
    for name, _ in headers:
        if name in _ONCE:
            if name in seen:
                raise BadRequest(f"The header {name.decode()} stands twice.")
            seen.add(name)
