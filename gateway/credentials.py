"""Checking access tokens at the door: the signature once, everything else on every request."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from gateway.limits.rules import LimitClass
from libs.common import telemetry
from libs.common.errors import NotAuthenticated, Unavailable
from libs.common.logging import get_logger, hashed_id
from libs.common.security.middleware import TokenVerifier
from libs.common.security.principal import Principal
from libs.common.security.tokens import TokenRefused, key_id_of

log = get_logger(__name__)

_refused = telemetry.counter("sharewise_door_tokens_refused_total", "Credentials refused at the door.", ["reason"])
_checked = telemetry.counter("sharewise_door_tokens_checked_total", "Signatures checked, for tokens not seen before.")


class Visitor:
    """Whoever holds a good access token, in the form that the hot path needs."""

    __slots__ = ("ends_at", "jti", "keys", "kid", "log_name", "principal", "sid", "sub", "tier", "version")

    def __init__(self, principal: Principal, kid: str) -> None:
        self.principal = principal
        self.kid = kid
        self.ends_at = principal.expires_at.timestamp()
        self.jti = principal.jti
        self.sid = str(principal.sid)
        self.sub = str(principal.user_id)
        self.version = principal.version
        self.tier = principal.tier
        self.log_name = hashed_id(principal.user_id)
        # An app or a key has limits of its own, so that it cannot use its owner's up; orders count for the person.
        subject = (self.sub if principal.client is None else self.sid).encode()
        self.keys = {kind: b"rl:%b:u:%b" % (kind.value.encode(), subject) for kind in LimitClass}
        self.keys[LimitClass.ORDERS] = b"rl:orders:u:%b" % self.sub.encode()

    @property
    def is_app(self) -> bool:
        """Whether this is an app of somebody else, on behalf of a person."""
        return self.principal.client is not None

    @property
    def is_acting(self) -> bool:
        return self.principal.actor is not None


class Credentials:
    """Knows the tokens it has checked. At most `size` of them, the least used forgotten first."""

    def __init__(self, verifier: TokenVerifier, *, size: int = 20_000, now: Callable[[], float] = time.time) -> None:
        self._verifier = verifier
        self._revocations = verifier.revocations
        self._size = size
        self._now = now
        self._seen: OrderedDict[bytes, Visitor] = OrderedDict()

    def known(self, authorization: bytes) -> Visitor | None:
        """Give the visitor of an `Authorization` value seen before, None when it must be checked.

        Raises NotAuthenticated when it was good and is no more.
        """
        visitor = self._seen.get(authorization)
        if visitor is None:
            return None
        if visitor.ends_at <= self._now():
            del self._seen[authorization]
            return None  # the check knows about leeway
        if self._is_revoked(visitor):
            _refused.labels("revoked").inc()
            raise NotAuthenticated
        self._seen.move_to_end(authorization)
        return visitor

    async def check(self, authorization: bytes | None) -> Visitor:
        """Check an `Authorization` value whole. Raises NotAuthenticated, which never says why, and Unavailable."""
        if authorization is None or authorization[:7].lower() != b"bearer ":
            raise NotAuthenticated
        visitor = await self.check_token(authorization[7:].strip().decode("latin-1"))
        if visitor.ends_at > self._now():
            self._seen[authorization] = visitor
            if len(self._seen) > self._size:
                self._seen.popitem(last=False)
        return visitor

    async def check_token(self, token: str) -> Visitor:
        """Check an access token that came by another way (the socket). Raises NotAuthenticated.

        Raises Unavailable while we have no key at all: a good token must not look like a bad one, or people are signed
        out because auth was away when we started.
        """
        try:
            kid = key_id_of(token)
            principal = await self._verifier.person(token)
        except TokenRefused as refusal:
            if refusal.reason == "kid" and not self._verifier.keys.is_loaded:
                raise Unavailable("Credentials cannot be checked at the moment.") from refusal
            _refused.labels(refusal.reason).inc()
            log.info("token_refused", reason=refusal.reason)
            raise NotAuthenticated from refusal
        _checked.inc()
        return Visitor(principal, kid)

    def is_good(self, visitor: Visitor) -> bool:
        """Say whether a visitor's token is still good: not ended, not revoked."""
        return visitor.ends_at > self._now() and not self._is_revoked(visitor)

    def _is_revoked(self, visitor: Visitor) -> bool:
        if self._revocations.is_revoked(visitor.jti, visitor.sid, visitor.sub, visitor.version):
            return True
        actor = visitor.principal.actor
        return actor is not None and self._revocations.has_ended(actor)

    @property
    def revocations_age_s(self) -> float:
        """How old our knowledge of revocations is."""
        return self._revocations.age_seconds

    def forget_dropped_keys(self) -> None:
        """Forget tokens whose key is no longer one of ours. Called now and then; it also keeps the key set fresh."""
        kids = {visitor.kid for visitor in self._seen.values()}
        dropped = {kid for kid in kids if self._verifier.keys.known(kid) is None}
        if dropped:
            for value in [value for value, visitor in self._seen.items() if visitor.kid in dropped]:
                del self._seen[value]
