"""The public keys that verify our tokens, fetched from auth and kept.

A key id that we do not know makes us look again, at most once in 30 seconds, so that forged ids cause no storm of
fetches; when auth is down the last good set serves on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Protocol

from libs.common import telemetry
from libs.common.clock import Clock, SystemClock
from libs.common.logging import get_logger
from libs.common.security.tokens import PublicKey

log = get_logger(__name__)

REFETCH_MS = 30_000
MAX_AGE_MS = 300_000
MAX_KEYS = 20

_fetches = telemetry.counter("sharewise_jwks_fetches_total", "Fetches of the key set from auth.", ["outcome"])

FetchKeySet = Callable[[], Awaitable[Mapping[str, Any]]]


class KeySource(Protocol):
    """Finds the public key of a key id, among our own only."""

    @property
    def is_loaded(self) -> bool:
        """Whether any key is at hand: without one no token can be checked."""
        ...

    def known(self, kid: str) -> PublicKey | None:
        """Give a key that is at hand, without waiting."""
        ...

    async def find(self, kid: str) -> PublicKey | None:
        """Give a key, asking its origin when it is not at hand. None when there is no such key."""
        ...


class StaticKeys:
    """Keys that are all at hand: auth's own, and those of tests."""

    def __init__(self, keys: Iterable[PublicKey] = ()) -> None:
        self._keys = {key.kid: key for key in keys}

    @property
    def is_loaded(self) -> bool:
        return bool(self._keys)

    def replace(self, keys: Iterable[PublicKey]) -> None:
        self._keys = {key.kid: key for key in keys}

    def known(self, kid: str) -> PublicKey | None:
        return self._keys.get(kid)

    async def find(self, kid: str) -> PublicKey | None:
        return self._keys.get(kid)


class JwksCache:
    """The key set of auth, kept and refreshed."""

    def __init__(self, fetch: FetchKeySet, clock: Clock | None = None) -> None:
        self._fetch = fetch
        self._clock = clock or SystemClock()
        self._keys: dict[str, PublicKey] = {}
        self._tried_ms: int | None = None
        self._good_ms: int | None = None
        self._lock = asyncio.Lock()
        self._refreshing: asyncio.Task[None] | None = None

    @property
    def is_loaded(self) -> bool:
        return bool(self._keys)

    def known(self, kid: str) -> PublicKey | None:
        if self._good_ms is not None and self._clock.now_ms() - self._good_ms > MAX_AGE_MS and self._may_fetch():
            # Nobody waits for the refresh of a set that still serves.
            self._tried_ms = self._clock.now_ms()
            self._refreshing = asyncio.get_running_loop().create_task(self._refresh())
        return self._keys.get(kid)

    async def find(self, kid: str) -> PublicKey | None:
        key = self.known(kid)
        if key is None:
            async with self._lock:
                key = self._keys.get(kid)
                if key is None and self._may_fetch():
                    await self._refresh()
        return key or self._keys.get(kid)

    def _may_fetch(self) -> bool:
        # Until a first set is there every request needs it, so we then ask once a second.
        wait_ms = REFETCH_MS if self._good_ms is not None else 1_000
        return self._tried_ms is None or self._clock.now_ms() - self._tried_ms >= wait_ms

    async def _refresh(self) -> None:
        self._tried_ms = self._clock.now_ms()
        try:
            keys = parse_key_set(await self._fetch())
        except Exception as error:  # whatever auth answers, the last good set serves on
            _fetches.labels("failed").inc()
            log.warning("key_set_not_fetched", error=type(error).__name__, known_keys=len(self._keys))
            return
        _fetches.labels("ok").inc()
        self._keys = keys
        self._good_ms = self._clock.now_ms()


def parse_key_set(document: Mapping[str, Any]) -> dict[str, PublicKey]:
    """Read a JWKS document. Raises ValueError unless it holds 1 to 20 keys, all of ours."""
    entries = document.get("keys")
    if not isinstance(entries, list) or not 0 < len(entries) <= MAX_KEYS:
        raise ValueError("A key set holds 1 to 20 keys.")
    keys = [PublicKey.from_jwk(entry) for entry in entries]
    return {key.kid: key for key in keys}
