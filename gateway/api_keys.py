"""API keys at the door: each is swapped for a short access token, and that is what goes on.

A key is known by its hash. Its token is kept until shortly before its end, one exchange at a time gets it, and its list
of addresses is held against every request. The key itself goes nowhere but to auth.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

from gateway.answers import Header
from gateway.credentials import Credentials, Visitor
from gateway.limits.rules import PolicyBook
from libs.common import telemetry
from libs.common.errors import BadRequest, NotAuthenticated, NotFound, PermissionDenied, PlanFeature, Unavailable
from libs.common.http import HttpFailure, Refused
from libs.common.logging import get_logger
from libs.common.security.api_keys import PREFIXES, ApiKey, is_within, parse_networks
from libs.contracts.auth import KeyToken

log = get_logger(__name__)

RENEW_BEFORE_S = 30.0
REFUSED_S = 5.0
MAX_KEPT = 20_000
EXCHANGES_PER_ADDRESS = 4
"""At a time. Whoever floods us with keys that are none waits behind themselves, and nobody else does."""

SOCKET_LIFE_S = 150.0
"""A socket begins with a token that lives at least so long, or it would be asked for the next one at once."""

_PREFIXES = tuple(prefix.encode() for prefix in PREFIXES)
_exchanges = telemetry.counter("sharewise_door_key_exchanges_total", "API keys shown to auth.", ["outcome"])


class AsksAuth(Protocol):
    async def exchange_key(self, key: str, address: str) -> KeyToken:
        """Raises the errors of `libs.common.http`, and NotFound."""
        ...


class KeyVisitor(Visitor):
    """Whoever holds a good API key. `authorization` is what services see in its place."""

    __slots__ = ("authorization", "limit_key", "networks", "policy", "renew_at")

    def __init__(self, visitor: Visitor, token: KeyToken, policies: PolicyBook, now: float) -> None:
        super().__init__(visitor.principal, visitor.kid)
        self.authorization = b"Bearer " + token.access_token.encode()
        self.limit_key = b"rl:api:k:%b" % str(token.key_id).encode()
        self.networks = parse_networks(token.networks)  # once, and not at every request
        self.policy = policies.for_key(token.calls_per_minute)
        self.renew_at = self.ends_at - min(RENEW_BEFORE_S, (self.ends_at - now) / 4)

    @property
    def is_app(self) -> bool:
        """No: a key belongs into a program of its owner's, and into no page of anybody."""
        return False


def key_in(given: Mapping[bytes, bytes]) -> bytes | None:
    """Give the API key of a request's headers, None when it has none. Raises BadRequest beside another credential."""
    authorization = given.get(b"authorization")
    named = given.get(b"x-api-key")
    if named is not None:
        if authorization is not None:
            raise BadRequest("Send one credential: X-API-Key or Authorization.")
        return named.strip()
    if authorization is None or authorization[:7].lower() != b"bearer ":
        return None
    credential = authorization[7:].strip()
    return credential if credential.startswith(_PREFIXES) else None


def refuse_key_in_query(query: bytes) -> None:
    """Raises BadRequest: an address ends up in logs, histories and referrers, and its key with it."""
    plain = query.replace(b"%5F", b"_").replace(b"%5f", b"_")
    if any(prefix in plain for prefix in _PREFIXES):
        raise BadRequest("An API key does not belong into an address. Send it as X-API-Key, and revoke this one.")


def with_authorization(headers: list[Header], value: bytes | None) -> list[Header]:
    """Put another credential, or none, in the place of the one that came."""
    kept = [header for header in headers if header[0] not in (b"authorization", b"x-api-key")]
    return kept if value is None else [*kept, (b"authorization", value)]


class KeyDesk:
    """Knows the keys that were shown lately. At most `size`, the least used forgotten first."""

    def __init__(
        self,
        credentials: Credentials,
        auth: AsksAuth,
        policies: PolicyBook,
        *,
        size: int = MAX_KEPT,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._credentials = credentials
        self._auth = auth
        self._policies = policies
        self._size = size
        self._now = now
        self._kept: OrderedDict[bytes, KeyVisitor] = OrderedDict()
        self._refused: OrderedDict[tuple[bytes, str], tuple[float, Exception]] = OrderedDict()
        self._flights: dict[tuple[bytes, str], asyncio.Task[KeyVisitor]] = {}
        self._lanes: dict[str, tuple[asyncio.Semaphore, set[object]]] = {}

    async def visitor(self, key: bytes, address: str, *, life_s: float = 0.0) -> KeyVisitor:
        """Give who holds a key that was shown from an address. life_s: for how long the token must be good at least.

        Raises NotAuthenticated for a key that is not good, PermissionDenied from an address that is not on its list,
        PlanFeature when the plan holds no API, Unavailable while auth cannot be asked.
        """
        digest = hashlib.sha256(key).digest()
        visitor = self._kept.get(digest)
        if visitor is not None and not self._credentials.is_good(visitor):
            del self._kept[digest]
            visitor = None
        if visitor is None:
            visitor = await self._single_flight(digest, _read(key), address)
        elif self._now() >= min(visitor.renew_at, visitor.ends_at - life_s):
            visitor = await self._renewed(visitor, digest, _read(key), address)
        if not is_within(address, visitor.networks):
            raise PermissionDenied("This key is not good from your address.")
        return visitor

    async def _renewed(self, visitor: KeyVisitor, digest: bytes, text: str, address: str) -> KeyVisitor:
        try:
            return await self._single_flight(digest, text, address)
        except Unavailable:
            return visitor  # auth is away for a moment, and what we hold is still good

    async def _single_flight(self, digest: bytes, text: str, address: str) -> KeyVisitor:
        """Ask once for all who show the same key from the same address at the same time."""
        self._refuse_known(digest, address)
        place = (digest, address)
        flight = self._flights.get(place)
        if flight is None:
            flight = self._flights[place] = asyncio.ensure_future(self._exchange(digest, text, address))
            flight.add_done_callback(lambda done: self._land(place, done))
        # One who leaves does not take the answer from the others.
        return await asyncio.shield(flight)

    def _land(self, place: tuple[bytes, str], flight: asyncio.Task[KeyVisitor]) -> None:
        self._flights.pop(place, None)
        if not flight.cancelled():
            flight.exception()  # everybody may have left before it failed

    async def _exchange(self, digest: bytes, text: str, address: str) -> KeyVisitor:
        async with self._lane(address):
            try:
                token = await self._auth.exchange_key(text, address)
            except NotFound as error:
                _exchanges.labels("refused").inc()
                raise self._remember((digest, ""), NotAuthenticated()) from error
            except Refused as refusal:
                _exchanges.labels("refused").inc()
                if refusal.status == PermissionDenied.status:
                    raise self._remember((digest, address), PermissionDenied(_detail(refusal))) from refusal
                if refusal.status == PlanFeature.status:
                    raise self._remember((digest, ""), PlanFeature(_detail(refusal), upgrade_to=None)) from refusal
                raise _away(refusal) from refusal
            except HttpFailure as failure:
                raise _away(failure) from failure
        _exchanges.labels("given").inc()
        checked = await self._credentials.check_token(token.access_token)
        visitor = self._kept[digest] = KeyVisitor(checked, token, self._policies, self._now())
        self._kept.move_to_end(digest)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return visitor

    def _refuse_known(self, digest: bytes, address: str) -> None:
        now = self._now()
        for place in ((digest, ""), (digest, address)):
            known = self._refused.get(place)
            if known is None:
                continue
            if now < known[0]:
                raise known[1].with_traceback(None)
            del self._refused[place]

    def _remember(self, place: tuple[bytes, str], refusal: Exception) -> Exception:
        """Refuse the very same key for some seconds without asking. A good key has another hash, so it is not meant."""
        self._refused[place] = (self._now() + REFUSED_S, refusal)
        if len(self._refused) > self._size:
            self._refused.popitem(last=False)
        return refusal

    @asynccontextmanager
    async def _lane(self, address: str) -> AsyncIterator[None]:
        gate, inside = self._lanes.setdefault(address, (asyncio.Semaphore(EXCHANGES_PER_ADDRESS), set()))
        me = object()
        inside.add(me)
        try:
            async with gate:
                yield
        finally:
            inside.discard(me)
            if not inside:
                self._lanes.pop(address, None)


def _read(key: bytes) -> str:
    """Give a key as text. Raises NotAuthenticated for what is none: a typo is not worth asking auth."""
    try:
        text = key.decode("ascii")
        ApiKey.parse(text)
    except ValueError as error:
        raise NotAuthenticated from error
    return text


def _away(failure: HttpFailure) -> Unavailable:
    _exchanges.labels("away").inc()
    log.warning("key_not_exchanged", error=type(failure).__name__)
    return Unavailable("API keys cannot be checked at the moment.")


def _detail(refusal: Refused) -> str | None:
    detail = refusal.problem.get("detail")
    return detail if isinstance(detail, str) else None
