"""Making, changing, rotating and ending API keys, and giving access tokens for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from libs.common.clock import Clock
from libs.common.db import Database, Transaction
from libs.common.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    PermissionDenied,
    PlanFeature,
    PlanLimit,
    SecondFactorRequired,
    UpstreamUnavailable,
)
from libs.common.http import HttpFailure, ServiceClient
from libs.common.ids import uuid7
from libs.common.logging import get_logger, hashed_id
from libs.common.security.api_keys import ApiKey, KeyKind, is_within, parse_networks
from libs.common.security.principal import Principal
from libs.common.security.revocation import Revocation, RevocationKind
from libs.common.security.tokens import Purpose
from libs.contracts.auth import KeyToken, SecurityKind
from libs.contracts.billing import Entitlements
from services.auth.accounts.rules import AccountStatus
from services.auth.accounts.tables import User
from services.auth.api_keys import rules, tables
from services.auth.api_keys.tables import ApiKeyRow, ApiKeySecret
from services.auth.audit import record
from services.auth.keys.service import Keyring
from services.auth.limits.visitor import Visitor
from services.auth.revocations.service import Revocations
from services.auth.security_log.service import SecurityLog

log = get_logger(__name__)

KEPT_AFTER_END = timedelta(days=30)
"""How long a key that ended stays known, so that its owner sees what it was."""


@dataclass(frozen=True, slots=True)
class KeyDraft:
    """What somebody asks for."""

    kind: KeyKind
    name: str
    scopes: Sequence[str]
    networks: Sequence[str]
    days: int


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key with its secrets that are good, oldest first; `shown` is the whole key, once."""

    row: ApiKeyRow
    secrets: Sequence[ApiKeySecret]
    shown: ApiKey | None = None


class ApiKeys:
    def __init__(
        self,
        db: Database,
        billing: ServiceClient,
        keyring: Keyring,
        revocations: Revocations,
        security_log: SecurityLog,
        clock: Clock,
    ) -> None:
        self._db = db
        self._billing = billing
        self._keyring = keyring
        self._revocations = revocations
        self._security_log = security_log
        self._clock = clock

    async def create(self, owner: Principal, draft: KeyDraft, visitor: Visitor) -> HeldKey:
        """Make a key and show it once.

        Raises InvalidInput; SecondFactorRequired for a scope that needs one; PlanLimit when the plan allows no further
        key; UpstreamUnavailable when the plan cannot be looked up.
        """
        networks = _networks(draft.networks)
        _check_orders(owner, draft.scopes, networks)
        plan = await self._plan(owner.user_id)
        now = self._clock.now()
        key = ApiKey.generate(draft.kind)
        async with self._db.transaction() as tx:
            await tables.lock_owner(tx.session, owner.user_id)
            used = await tables.count_open(tx.session, owner.user_id, now)
            if used >= plan.limits.api_keys:
                raise PlanLimit(
                    f"Your plan allows {plan.limits.api_keys} API keys. Revoke one, or choose a larger plan.",
                    limit=plan.limits.api_keys,
                    used=used,
                    upgrade_to=plan.upgrade_to,
                )
            row = ApiKeyRow(
                id=uuid7(),
                user_id=owner.user_id,
                created_by=owner.user_id,
                kind=draft.kind,
                public_id=key.public_id,
                name=draft.name,
                scopes=sorted(draft.scopes),
                networks=list(networks),
                calls_per_minute=plan.limits.api_calls_per_minute,
                created_at=now,
                expires_at=now + timedelta(days=draft.days),
                last_used_at=None,
                revoked_at=None,
            )
            tx.session.add(row)
            await tx.session.flush()
            secret = self._add_secret(tx, row, key)
            self._tell_owner(tx, SecurityKind.KEY_CREATED, "api_key.created", row, owner, visitor)
        return HeldKey(row, [secret], key)

    async def list_for(self, user_id: UUID) -> Sequence[HeldKey]:
        """List a person's keys, newest first."""
        now = self._clock.now()
        async with self._db.read() as session:
            rows = await tables.list_open(session, user_id)
            secrets = await tables.list_secrets(session, [row.id for row in rows], now)
        return [HeldKey(row, [one for one in secrets if one.key_id == row.id]) for row in rows]

    async def change(
        self,
        owner: Principal,
        key_id: UUID,
        visitor: Visitor,
        *,
        name: str | None = None,
        scopes: Sequence[str] | None = None,
        networks: Sequence[str] | None = None,
    ) -> HeldKey:
        """Change a key's name, take scopes from it, or set its list of addresses. Its tokens end at once.

        Raises NotFound, InvalidInput for scopes that it does not hold, SecondFactorRequired as `create` does.
        """
        allowed = None if networks is None else _networks(networks)
        async with self._db.transaction() as tx:
            row = await self._take(tx, owner.user_id, key_id)
            if scopes is not None and not rules.narrows(scopes, row.scopes):
                raise InvalidInput.of(
                    "/scopes", "not_narrower", "A key's scopes can only be taken away. Make a new key."
                )
            if name is not None:
                row.name = name
            if scopes is not None:
                row.scopes = sorted(scopes)
            if allowed is not None:
                row.networks = list(allowed)
            revoked: list[Revocation] = []
            secrets = await tables.list_secrets(tx.session, [row.id], self._clock.now())
            if scopes is not None or allowed is not None:
                _check_orders(owner, row.scopes, row.networks)
                revoked = [self._end_tokens(tx, one) for one in secrets]
            self._tell_owner(tx, SecurityKind.KEY_CHANGED, "api_key.changed", row, owner, visitor)
        await self._revocations.tell(*revoked)
        return HeldKey(row, secrets)

    async def rotate(self, owner: Principal, key_id: UUID, visitor: Visitor, *, overlap: timedelta) -> HeldKey:
        """Make a new secret for a key; the one before stays good for the overlap. At most two are good at a time.

        Without an overlap every older secret ends at once. Raises NotFound; SecondFactorRequired as `create` does;
        Conflict when an overlap is asked for while an earlier one runs.
        """
        now = self._clock.now()
        async with self._db.transaction() as tx:
            row = await self._take(tx, owner.user_id, key_id)
            if row.expires_at <= now:
                raise NotFound("There is no such key.")
            _check_orders(owner, row.scopes, row.networks)
            older = await tables.list_secrets(tx.session, [row.id], now)
            if overlap and len(older) >= rules.MAX_LIVE_SECRETS:
                raise Conflict(
                    "Two secrets of this key are good already. Wait for the older one, or choose no overlap."
                )
            revoked: list[Revocation] = []
            for one in older:
                one.ends_at = min(one.ends_at, now + overlap)
                if not overlap:
                    revoked.append(self._end_tokens(tx, one))
            key = ApiKey.generate(KeyKind(row.kind), row.public_id)
            secret = self._add_secret(tx, row, key)
            self._tell_owner(tx, SecurityKind.KEY_ROTATED, "api_key.rotated", row, owner, visitor)
        await self._revocations.tell(*revoked)
        return HeldKey(row, [*(older if overlap else ()), secret], key)

    async def revoke(self, owner: Principal, key_id: UUID, visitor: Visitor) -> None:
        """End a key: it and its tokens are refused everywhere within a second. Raises NotFound."""
        async with self._db.transaction() as tx:
            row = await self._take(tx, owner.user_id, key_id)
            revoked = await self._revoke(tx, row)
            self._tell_owner(tx, SecurityKind.KEY_REVOKED, "api_key.revoked", row, owner, visitor)
        await self._revocations.tell(*revoked)

    async def revoke_all(self, tx: Transaction, user_id: UUID) -> list[Revocation]:
        """End all of a person's keys with this transaction; tell of what this returns after it."""
        return [gone for row in await tables.list_open(tx.session, user_id) for gone in await self._revoke(tx, row)]

    async def exchange(self, text: str, address: str) -> KeyToken:
        """Give a short access token for a key shown at the gateway from an address.

        Raises NotFound for a key that is not good, whatever is wrong with it; PermissionDenied from an address that is
        not on its list; PlanFeature when the owner's plan holds no API.
        """
        try:
            shown = ApiKey.parse(text)
        except ValueError as error:
            raise NotFound("There is no such key.") from error
        now = self._clock.now()
        async with self._db.transaction() as tx:
            found = await tables.find_shown(tx.session, shown.public_id, shown.kind, now)
            if found is None:
                raise NotFound("There is no such key.")
            row, user, secrets = found
            live = [rules.LiveSecret(one.id, one.sid, one.secret_hash, one.ends_at) for one in secrets]
            secret = rules.matching(live, shown.secret_hash, now)
            if secret is None or user.status != AccountStatus.ACTIVE:
                raise NotFound("There is no such key.")
            if not is_within(address, parse_networks(row.networks)):
                log.warning("key_used_from_elsewhere", key_id=row.id, user=hashed_id(user.id))
                raise PermissionDenied("This key is not good from your address.")
            if row.calls_per_minute < 1:
                raise PlanFeature("Your plan holds no API calls by key.", upgrade_to=None)
            await tables.note_use(tx.session, row.id, now, every=rules.USE_NOTED_EVERY)
        ttl = rules.token_ttl(min(row.expires_at, secret.ends_at), now)
        token, ends_at = await self._keyring.sign(_claims(row, user, secret.sid), purpose=Purpose.ACCESS, ttl=ttl)
        return KeyToken(
            access_token=token,
            expires_in=int(ends_at.timestamp() - now.timestamp()),
            key_id=row.id,
            networks=tuple(row.networks),
            calls_per_minute=row.calls_per_minute,
        )

    async def export(self, user_id: UUID) -> Mapping[str, Any]:
        """Give what is kept about a person's keys."""
        return {
            "api_keys": [
                {
                    "name": held.row.name,
                    "scopes": held.row.scopes,
                    "networks": held.row.networks,
                    "created_at": held.row.created_at,
                    "expires_at": held.row.expires_at,
                    "last_used_at": held.row.last_used_at,
                }
                for held in await self.list_for(user_id)
            ]
        }

    async def _plan(self, user_id: UUID) -> Entitlements:
        try:
            return await self._billing.get(f"/internal/entitlements/{user_id}", Entitlements)
        except (HttpFailure, NotFound) as failure:
            log.warning("billing_not_asked", error=type(failure).__name__)
            raise UpstreamUnavailable("Your plan cannot be looked up at the moment. Try again soon.") from failure

    async def _take(self, tx: Transaction, user_id: UUID, key_id: UUID) -> ApiKeyRow:
        row = await tables.take(tx.session, user_id, key_id)
        if row is None:
            raise NotFound("There is no such key.")
        return row

    async def _revoke(self, tx: Transaction, row: ApiKeyRow) -> list[Revocation]:
        now = self._clock.now()
        row.revoked_at = now
        return [self._end_tokens(tx, one) for one in await tables.list_secrets(tx.session, [row.id], now)]

    def _end_tokens(self, tx: Transaction, secret: ApiKeySecret) -> Revocation:
        """Take back the tokens that were given for a secret; the next ones go by another name."""
        ended, secret.sid = secret.sid, uuid7()
        return self._revocations.record(tx, RevocationKind.SID, str(ended))

    def _add_secret(self, tx: Transaction, row: ApiKeyRow, key: ApiKey) -> ApiKeySecret:
        secret = ApiKeySecret(
            id=uuid7(),
            key_id=row.id,
            sid=uuid7(),
            secret_hash=key.secret_hash,
            created_at=self._clock.now(),
            ends_at=row.expires_at,
        )
        tx.session.add(secret)
        return secret

    def _tell_owner(
        self, tx: Transaction, kind: SecurityKind, action: str, row: ApiKeyRow, owner: Principal, visitor: Visitor
    ) -> None:
        self._security_log.note(tx, row.user_id, kind, visitor, details={"key": row.name, "kind": row.kind})
        record(
            tx,
            action,
            object_kind="api_key",
            object_id=row.id,
            caller=owner,
            visitor=visitor,
            details={"scopes": " ".join(row.scopes), "networks": " ".join(row.networks), "kind": row.kind},
        )


class KeyUpkeep:
    """The worker's part."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def note_plan(self, tx: Transaction, entitlements: Entitlements) -> None:
        """Note how often a person's keys may call."""
        await tables.set_calls_per_minute(tx.session, entitlements.user_id, entitlements.limits.api_calls_per_minute)

    async def purge_ended(self) -> None:
        """Drop keys that ended some time ago."""
        async with self._db.transaction() as tx:
            await tables.drop_ended(tx.session, self._clock.now() - KEPT_AFTER_END)


def _networks(texts: Sequence[str]) -> tuple[str, ...]:
    try:
        return rules.read_networks(texts)
    except rules.BadNetwork as error:
        raise InvalidInput.of("/networks", "invalid_network", str(error)) from error


def _check_orders(owner: Principal, scopes: Sequence[str], networks: Sequence[str]) -> None:
    """Hold back what may trade from who proved too little, and from keys that would be good from anywhere."""
    if rules.NEEDS_NETWORKS.isdisjoint(scopes):
        return
    if not owner.has_second_factor:
        raise SecondFactorRequired("A key that places orders needs a login with a second factor.")
    if not networks:
        raise InvalidInput.of("/networks", "required", "A key that places orders needs a list of addresses.")


def _claims(row: ApiKeyRow, user: User, sid: UUID) -> dict[str, object]:
    claims: dict[str, object] = {
        "sub": str(user.id),
        "sid": str(sid),
        "role": user.role,
        "tier": user.tier,
        "scope": " ".join(row.scopes),
        "ver": user.token_version,
        "amr": [],
        "auth_time": _seconds(row.created_at),
        "client_id": str(row.id),
    }
    return {**claims, "test": True} if row.kind == KeyKind.TEST else claims


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
