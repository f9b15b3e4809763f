"""Signing with the right key, publishing all of them, rotating."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.common.clock import Clock
from libs.common.db import Database, Transaction
from libs.common.errors import StoreUnavailable, Unavailable
from libs.common.logging import get_logger
from libs.common.security.fields import FieldCipher
from libs.common.security.tokens import LEEWAY_S, MAX_TTL, PublicKey, Purpose, SigningKey, issue
from services.auth.keys import rules, tables

log = get_logger(__name__)

RELOAD_S = 30.0
"""How old the keyring may be: far less than a key is published before it signs."""
MISSING_RELOAD_S = 1.0

_LONGEST_TOKEN = MAX_TTL[Purpose.ACCESS] + timedelta(seconds=LEEWAY_S, minutes=5)


@dataclass(frozen=True, slots=True)
class _Held:
    times: rules.KeyTimes
    key: SigningKey
    public: PublicKey


class KeyRotation:
    """Makes and drops signing keys."""

    def __init__(self, db: Database, cipher: FieldCipher, clock: Clock, *, lifetime: timedelta) -> None:
        self._db = db
        self._cipher = cipher
        self._clock = clock
        self._lifetime = lifetime

    async def rotate(self, *, forced: bool = False) -> rules.Rotation:
        """Do what is due, once however many processes try. Returns what was done."""
        async with self._db.transaction() as tx:
            await tables.lock_rotation(tx.session)
            now = self._clock.now()
            keys = [rules.KeyTimes(row.kid, row.active_from) for row in await tables.list_all(tx.session)]
            plan = rules.plan_rotation(keys, now, lifetime=self._lifetime, longest_token=_LONGEST_TOKEN, forced=forced)
            if plan.add_from is not None:
                self._add(tx, plan.add_from, now)
            if plan.drop:
                await tables.drop(tx.session, plan.drop)
                log.info("signing_keys_dropped", kids=list(plan.drop))
        return plan

    def _add(self, tx: Transaction, active_from: datetime, now: datetime) -> None:
        key = SigningKey.generate()
        sealed = self._cipher.encrypt(key.to_pem(), place=_place(key.kid))
        tx.session.add(tables.SigningKeyRow(kid=key.kid, private_key=sealed, active_from=active_from, created_at=now))
        log.info("signing_key_made", kid=key.kid, active_from=active_from.isoformat())


class Keyring:
    """The signing keys in memory. Signs, publishes, and finds keys for auth's own verifier (a `KeySource`)."""

    def __init__(
        self, db: Database, cipher: FieldCipher, clock: Clock, *, issuer: str, audience: str, rotation: KeyRotation
    ) -> None:
        self._db = db
        self._cipher = cipher
        self._clock = clock
        self._issuer = issuer
        self._audience = audience
        self._rotation = rotation
        self._held: dict[str, _Held] = {}
        self._loaded_at: float | None = None
        self._lock = asyncio.Lock()

    async def load(self) -> None:
        """Load the keys, making the first one where there is none."""
        await self._rotation.rotate()
        await self._reload()

    async def sign(
        self, claims: Mapping[str, object], *, purpose: Purpose, ttl: timedelta, audience: str | None = None
    ) -> tuple[str, datetime]:
        """Issue a token, by default for callers' audience. Returns it with its end. Raises Unavailable without keys."""
        await self._refresh_after(RELOAD_S)
        now = self._clock.now()
        current = rules.signing_key([held.times for held in self._held.values()], now)
        if current is None:
            raise Unavailable("No key is there to sign with.", retry_after=5)
        return issue(
            claims,
            purpose=purpose,
            key=self._held[current.kid].key,
            issuer=self._issuer,
            audience=audience or self._audience,
            now=now,
            ttl=ttl,
        )

    async def published(self) -> list[dict[str, str]]:
        """List the public keys, the next one included."""
        await self._refresh_after(RELOAD_S)
        return [held.key.public_jwk() for held in self._held.values()]

    @property
    def is_loaded(self) -> bool:
        return bool(self._held)

    def known(self, kid: str) -> PublicKey | None:
        held = self._held.get(kid)
        return None if held is None else held.public

    async def find(self, kid: str) -> PublicKey | None:
        if kid not in self._held:
            await self._refresh_after(MISSING_RELOAD_S)
        return self.known(kid)

    async def _refresh_after(self, seconds: float) -> None:
        """Load again when the keyring is older than this. Without the database the keys at hand serve on."""
        if self._is_younger(seconds):
            return
        async with self._lock:
            if self._is_younger(seconds):
                return
            try:
                await (self._reload() if self._held else self.load())
            except StoreUnavailable:
                if not self._held:
                    raise
                log.warning("signing_keys_not_reloaded", known_keys=len(self._held))
                self._loaded_at = time.monotonic()

    def _is_younger(self, seconds: float) -> bool:
        return self._loaded_at is not None and time.monotonic() - self._loaded_at < seconds

    async def _reload(self) -> None:
        async with self._db.read() as session:
            rows = await tables.list_all(session)
        held: dict[str, _Held] = {}
        for row in rows:
            known = self._held.get(row.kid)
            if known is None:
                key = SigningKey.from_pem(self._cipher.decrypt(row.private_key, place=_place(row.kid)))
                known = _Held(rules.KeyTimes(row.kid, row.active_from), key, key.public_key())
            held[row.kid] = known
        self._held = held
        self._loaded_at = time.monotonic()


def _place(kid: str) -> str:
    return f"signing_keys|{kid}|private_key"
