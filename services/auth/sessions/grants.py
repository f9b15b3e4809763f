"""Making the tokens of a session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from libs.common.clock import Clock
from libs.common.db import Transaction
from libs.common.ids import uuid7
from libs.common.security.fields import FieldCipher
from libs.common.security.permissions import SESSION_SCOPE
from libs.common.security.principal import Actor, Principal
from libs.common.security.tokens import Purpose, hash_secret, new_secret
from services.auth.accounts.tables import User
from services.auth.keys.service import Keyring
from services.auth.sessions import rules
from services.auth.sessions.tables import RefreshToken, UserSession
from services.auth.settings import AuthSettings


@dataclass(frozen=True, slots=True, repr=False)
class Grant:
    """What a login or a refresh gives."""

    user: User
    access_token: str
    expires_in_s: int
    refresh_token: str
    refresh_expires_in_s: int
    device_id: str | None = None
    needs_second_factor: bool = False
    """Whether the role asks for a second factor and none is set up."""


class Grants:
    """Signs access tokens and makes refresh tokens."""

    def __init__(self, keyring: Keyring, cipher: FieldCipher, clock: Clock, settings: AuthSettings) -> None:
        self._keyring = keyring
        self._cipher = cipher
        self._clock = clock
        self._settings = settings

    async def access_token(self, user: User, held: UserSession) -> tuple[str, int]:
        """Sign an access token of a session. Returns it and its seconds; it does not outlive the session."""
        now = self._clock.now()
        ttl = min(self._settings.access_token_ttl, held.ends_at - now)
        idle = self._settings.idle_limit(user.role)
        if idle is not None:
            # Only a refresh tells that somebody is still there, so it comes often within the idle time.
            ttl = min(ttl, idle / 3)
        claims = {
            "sub": str(user.id),
            "sid": str(held.id),
            "role": user.role,
            "tier": user.tier,
            "scope": SESSION_SCOPE,
            "ver": user.token_version,
            "amr": held.amr,
            "auth_time": int(held.auth_time.timestamp()),
        }
        token, ends_at = await self._keyring.sign(claims, purpose=Purpose.ACCESS, ttl=ttl)
        return token, int(ends_at.timestamp() - now.timestamp())

    async def acting_token(self, user: User, sid: UUID, actor: Principal, ttl: timedelta) -> tuple[str, int]:
        """Sign a token by which a member of staff acts as a person. Returns it and its seconds.

        It says how the member of staff has proved who they are, since that is who is there.
        """
        now = self._clock.now()
        claims = {
            "sub": str(user.id),
            "sid": str(sid),
            "role": user.role,
            "tier": user.tier,
            "scope": SESSION_SCOPE,
            "ver": user.token_version,
            "amr": list(actor.amr),
            "auth_time": int(actor.auth_time.timestamp()),
            "act": Actor(actor.user_id, actor.sid, actor.version).claim(),
        }
        token, ends_at = await self._keyring.sign(claims, purpose=Purpose.ACCESS, ttl=ttl)
        return token, int(ends_at.timestamp() - now.timestamp())

    def first_token(self, tx: Transaction, held: UserSession) -> str:
        """Make the refresh token that opens a family."""
        return self._make(tx, held, None)

    def successor(self, tx: Transaction, held: UserSession, used: RefreshToken, client_print: bytes) -> str:
        """Use a refresh token up and make the next, kept encrypted for the same client that asks again."""
        text = self._make(tx, held, used)
        used.used_at = self._clock.now()
        used.used_by = client_print
        used.successor = self._cipher.encrypt(text, place=_place(used))
        return text

    def same_successor(self, used: RefreshToken) -> str | None:
        """Give the successor that was made before; None when it is not kept any more."""
        return None if used.successor is None else self._cipher.decrypt_text(used.successor, place=_place(used))

    def _make(self, tx: Transaction, held: UserSession, parent: RefreshToken | None) -> str:
        now = self._clock.now()
        token_id, secret = uuid7(), new_secret()
        tx.session.add(
            RefreshToken(
                id=token_id,
                session_id=held.id,
                parent_id=None if parent is None else parent.id,
                secret_hash=hash_secret(secret),
                issued_at=now,
                expires_at=min(now + self._settings.refresh_token_ttl, held.ends_at),
            )
        )
        return rules.write_refresh_token(token_id, secret)


def _place(token: RefreshToken) -> str:
    return f"refresh_tokens|{token.id}|successor"
