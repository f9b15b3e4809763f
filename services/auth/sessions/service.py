"""Logging in, staying in, going out."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from libs.common.clock import Clock
from libs.common.db import Database, Transaction
from libs.common.errors import AccountLocked, EmailUnverified, InvalidCredentials, NotAuthenticated, NotFound
from libs.common.ids import uuid7
from libs.common.logging import get_logger, hashed_id
from libs.common.security.passwords import Passwords
from libs.common.security.revocation import Revocation, RevocationKind
from libs.common.security.tokens import hash_secret, new_secret
from libs.contracts.auth import SessionRevoked
from services.auth.accounts import tables as accounts
from services.auth.accounts.rules import AccountStatus, login_key
from services.auth.accounts.tables import User
from services.auth.limits.service import Limiter
from services.auth.limits.visitor import Visitor
from services.auth.revocations.service import Revocations
from services.auth.sessions import rules, tables
from services.auth.sessions.grants import Grant, Grants
from services.auth.sessions.rules import LoginOutcome, RefreshOutcome, RefreshState
from services.auth.sessions.tables import RefreshToken, UserSession
from services.auth.settings import AuthSettings

log = get_logger(__name__)

KEPT_AFTER_END = timedelta(days=7)
"""How long an ended session stays, so that its stolen tokens are known as such."""

Reason = Literal["logout", "reuse_detected", "revoked_by_user", "revoked_by_staff", "too_many_sessions"]


class Sessions:
    def __init__(
        self,
        db: Database,
        passwords: Passwords,
        limiter: Limiter,
        grants: Grants,
        revocations: Revocations,
        clock: Clock,
        settings: AuthSettings,
    ) -> None:
        self._db = db
        self._passwords = passwords
        self._limiter = limiter
        self._grants = grants
        self._revocations = revocations
        self._clock = clock
        self._settings = settings

    async def log_in(self, name: str, password: str, visitor: Visitor) -> Grant:
        """Open a session for an address or username and its password.

        Raises InvalidCredentials without the right password, whoever is named; with it EmailUnverified or
        AccountLocked; TooManyRequests for too many tries, Unavailable when too many log in at once (decisions 5).
        """
        await self._limiter.take_address(visitor)
        key = login_key(name)
        user, knows_device = await self._look_up(key, visitor)
        await self._limiter.take_login(key, visitor, is_known_device=knows_device)
        # One bcrypt in every case, a dummy's when nobody is meant.
        verdict = await self._passwords.check(password, None if user is None else user.password_hash)
        outcome = (
            LoginOutcome.WRONG
            if user is None
            else rules.judge_login(verdict, is_verified=user.is_verified, status=user.status)
        )
        log.info("login_judged", outcome=outcome.name.lower(), user=None if user is None else hashed_id(user.id))
        if user is None or outcome is LoginOutcome.WRONG:
            raise InvalidCredentials("The name or the password is wrong.")
        await self._limiter.forgive_login(key, visitor, is_known_device=knows_device)
        if outcome is LoginOutcome.UNVERIFIED:
            raise EmailUnverified("Open the link in the mail that we sent you, or ask for a new one.")
        if outcome is LoginOutcome.LOCKED:
            raise AccountLocked("This account is locked. Write to the support to have it opened.")
        new_hash = await self._passwords.hash(password) if verdict.is_outdated else None
        return await self._open(user.id, visitor, new_hash)

    async def refresh(self, token: str, visitor: Visitor) -> Grant:
        """Exchange a refresh token for a new pair.

        Raises NotAuthenticated for a token that is unknown, ended or used before; a used one ends its whole family,
        save within the grace time by the same client, which gets the same successor (decisions 6).
        """
        parts = rules.read_refresh_token(token)
        if parts is None:
            raise NotAuthenticated()
        token_id, secret = parts
        async with self._db.transaction() as tx:
            found = await tables.lock_for_refresh(tx.session, token_id)
            if found is None or not hmac.compare_digest(found[0].secret_hash, hash_secret(secret)):
                raise NotAuthenticated()
            used, held = found
            outcome = rules.judge_refresh(
                _state(used, held),
                visitor.client_print,
                self._clock.now(),
                grace=timedelta(seconds=self._settings.refresh_grace_s),
            )
            user = await accounts.find(tx.session, held.user_id)
            if user is None or outcome is RefreshOutcome.ENDED or user.status != AccountStatus.ACTIVE:
                raise NotAuthenticated()
            successor: str | None = None
            if outcome is RefreshOutcome.ROTATE:
                successor = self._grants.successor(tx, held, used, visitor.client_print)
                held.last_seen_at = self._clock.now()
                held.network, held.user_agent = visitor.network, visitor.user_agent
            elif outcome is RefreshOutcome.SAME_SUCCESSOR:
                successor = self._grants.same_successor(used)
            revoked = None if successor is not None else self._end(tx, held, "reuse_detected")
        if successor is None or revoked is not None:
            log.warning("refresh_token_reused", user=hashed_id(user.id), sid=held.id)
            await self._tell(revoked)
            raise NotAuthenticated()
        return await self._grant(user, held, successor)

    async def end(self, user_id: UUID, session_id: UUID, reason: Reason) -> None:
        """End one of a person's sessions: its tokens are refused everywhere within a second. Raises NotFound."""
        async with self._db.transaction() as tx:
            revoked = await self.end_one(tx, user_id, session_id, reason)
        await self._tell(revoked)

    async def end_one(self, tx: Transaction, user_id: UUID, session_id: UUID, reason: Reason) -> Revocation:
        """End one session with this transaction; give what this returns to `tell` after it. Raises NotFound."""
        held = await tables.get_for(tx.session, user_id, session_id)
        if held is None:
            raise NotFound("There is no such session.")
        return self._end(tx, held, reason)

    async def end_others(self, user_id: UUID, kept: UUID) -> int:
        """End all of a person's sessions but one. Returns how many."""
        async with self._db.transaction() as tx:
            held = [one for one in await tables.list_open(tx.session, user_id, self._clock.now()) if one.id != kept]
            revoked = [self._end(tx, one, "revoked_by_user") for one in held]
        await self._tell(*revoked)
        return len(revoked)

    async def log_out(self, refresh_token: str) -> None:
        """End the session of a refresh token. What is no token of ours, or ended already, changes nothing."""
        parts = rules.read_refresh_token(refresh_token)
        if parts is None:
            return
        token_id, secret = parts
        async with self._db.transaction() as tx:
            found = await tables.lock_for_refresh(tx.session, token_id)
            if found is None or not hmac.compare_digest(found[0].secret_hash, hash_secret(secret)):
                return
            revoked = None if found[1].revoked_at is not None else self._end(tx, found[1], "logout")
        await self._tell(revoked)

    async def list_open(self, user_id: UUID) -> Sequence[UserSession]:
        """List a person's open sessions, newest first."""
        async with self._db.read() as session:
            return await tables.list_open(session, user_id, self._clock.now())

    async def end_all(self, tx: Transaction, user_id: UUID, reason: Reason = "revoked_by_user") -> list[Revocation]:
        """End all of a person's sessions with this transaction; give what this returns to `tell` after it."""
        return [self._end(tx, held, reason) for held in await tables.list_open(tx.session, user_id, self._clock.now())]

    async def tell(self, revoked: Sequence[Revocation]) -> None:
        await self._tell(*revoked)

    async def export(self, user_id: UUID) -> Mapping[str, Any]:
        """Give what is kept about a person's sessions and devices."""
        async with self._db.read() as session:
            held = await tables.list_open(session, user_id, self._clock.now())
            devices = await tables.list_devices(session, user_id)
        return {
            "sessions": [
                {
                    "id": one.id,
                    "created_at": one.created_at,
                    "last_seen_at": one.last_seen_at,
                    "network": one.network,
                    "user_agent": one.user_agent,
                }
                for one in held
            ],
            "devices": [{"first_seen_at": one.first_seen_at, "last_seen_at": one.last_seen_at} for one in devices],
        }

    async def _look_up(self, key: str, visitor: Visitor) -> tuple[User | None, bool]:
        async with self._db.read() as session:
            user = await accounts.find_by_login(session, key)
            if user is None or visitor.device_print is None:
                return user, False
            return user, await tables.is_known_device(session, user.id, visitor.device_print)

    async def _open(self, user_id: UUID, visitor: Visitor, new_hash: str | None) -> Grant:
        device_id, device_print = visitor.device_id, visitor.device_print
        if visitor.wants_cookie and device_id is None:
            device_id = new_secret()
            device_print = Visitor("", "", device_id, None, True).device_print
        async with self._db.transaction() as tx:
            now = self._clock.now()
            user = await self._lock_user(tx, user_id)
            if new_hash is not None:
                user.password_hash = new_hash
            revoked = await self._make_room(tx, user_id, now)
            held = UserSession(
                id=uuid7(),
                user_id=user_id,
                created_at=now,
                last_seen_at=now,
                ends_at=now + self._settings.session_ttl,
                auth_time=now,
                amr=["pwd"],
                by_cookie=visitor.wants_cookie,
                user_agent=visitor.user_agent,
                network=visitor.network,
                device_print=device_print,
            )
            tx.session.add(held)
            await tx.session.flush()
            refresh_token = self._grants.first_token(tx, held)
            if device_print is not None:
                await tables.remember_device(tx.session, user_id, device_print, now)
        await self._tell(*revoked)
        return await self._grant(user, held, refresh_token, device_id)

    async def _lock_user(self, tx: Transaction, user_id: UUID) -> User:
        await tables.lock_user(tx.session, user_id)
        user = await accounts.find(tx.session, user_id)
        if user is None:
            raise InvalidCredentials("The name or the password is wrong.")
        return user

    async def _make_room(self, tx: Transaction, user_id: UUID, now: datetime) -> list[Revocation]:
        """End the oldest sessions, so that one more stays within the cap."""
        held = await tables.list_open(tx.session, user_id, now)
        return [self._end(tx, old, "too_many_sessions") for old in held[self._settings.sessions_per_user - 1 :]]

    def _end(self, tx: Transaction, held: UserSession, reason: Reason) -> Revocation:
        held.revoked_at = self._clock.now()
        held.revoked_reason = reason
        tx.announce(SessionRevoked(user_id=held.user_id, sid=held.id, reason=reason))
        log.info("session_ended", user=hashed_id(held.user_id), sid=held.id, reason=reason)
        return self._revocations.record(tx, RevocationKind.SID, str(held.id))

    async def _tell(self, *revoked: Revocation | None) -> None:
        await self._revocations.tell(*(one for one in revoked if one is not None))

    async def _grant(self, user: User, held: UserSession, refresh_token: str, device_id: str | None = None) -> Grant:
        access_token, expires_in_s = await self._grants.access_token(user, held)
        refresh_ttl = min(self._settings.refresh_token_ttl, held.ends_at - self._clock.now())
        return Grant(user, access_token, expires_in_s, refresh_token, int(refresh_ttl.total_seconds()), device_id)


async def purge_ended(db: Database, clock: Clock) -> None:
    """Drop sessions that ended some time ago, with their tokens."""
    async with db.transaction() as tx:
        await tables.drop_ended(tx.session, clock.now() - KEPT_AFTER_END)


def _state(token: RefreshToken, held: UserSession) -> RefreshState:
    return RefreshState(
        expires_at=token.expires_at,
        used_at=token.used_at,
        used_by=token.used_by,
        session_ends_at=held.ends_at,
        session_revoked=held.revoked_at is not None,
    )
