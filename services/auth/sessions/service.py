"""Logging in, staying in, going out."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from libs.common.clock import Clock
from libs.common.db import Database, Transaction
from libs.common.errors import (
    AccountLocked,
    EmailUnverified,
    InvalidCredentials,
    NotAuthenticated,
    NotFound,
    TooManyRequests,
)
from libs.common.ids import uuid7
from libs.common.logging import get_logger, hashed_id
from libs.common.security.passwords import Passwords
from libs.common.security.permissions import NEEDS_SECOND_FACTOR
from libs.common.security.principal import Principal
from libs.common.security.revocation import Revocation
from libs.common.security.tokens import hash_secret, new_secret
from libs.contracts.auth import SecurityKind
from services.auth.accounts import tables as accounts
from services.auth.accounts.rules import AccountStatus, login_key
from services.auth.accounts.tables import User
from services.auth.audit import record_login
from services.auth.limits.service import Limiter
from services.auth.limits.visitor import Visitor
from services.auth.second_factors.proofs import Proofs, SecondStep
from services.auth.second_factors.rules import Amr, proved_anew
from services.auth.security_log.service import SecurityLog
from services.auth.sessions import rules, tables
from services.auth.sessions.endings import Endings, Reason
from services.auth.sessions.grants import Grant, Grants
from services.auth.sessions.rules import LoginOutcome, RefreshOutcome, RefreshState
from services.auth.sessions.tables import RefreshToken, UserSession
from services.auth.settings import AuthSettings

log = get_logger(__name__)

KEPT_AFTER_END = timedelta(days=7)
"""How long an ended session stays, so that its stolen tokens are known as such."""

DEVICES_KEPT = timedelta(days=400)
"""How long a device stays known without being used: somewhat longer than its cookie."""


class OnBlocked(Protocol):
    """Hears that tries at somebody's account are refused. Must not wait: a stranger would measure it."""

    def __call__(self, user_id: UUID, visitor: Visitor) -> None: ...


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """A session that was opened with a transaction; after its commit `Sessions.hand_out` makes the tokens."""

    user: User
    held: UserSession
    refresh_token: str
    device_id: str | None
    revoked: Sequence[Revocation]


class Sessions:
    def __init__(
        self,
        db: Database,
        passwords: Passwords,
        limiter: Limiter,
        grants: Grants,
        endings: Endings,
        proofs: Proofs,
        security_log: SecurityLog,
        clock: Clock,
        settings: AuthSettings,
        on_blocked: OnBlocked,
    ) -> None:
        self._db = db
        self._on_blocked = on_blocked
        self._passwords = passwords
        self._limiter = limiter
        self._grants = grants
        self._endings = endings
        self._proofs = proofs
        self._security_log = security_log
        self._clock = clock
        self._settings = settings

    async def log_in(self, name: str, password: str, visitor: Visitor) -> Grant | SecondStep:
        """Open a session for an address or username and its password, or ask for the second factor that is set up.

        Raises InvalidCredentials without the right password, whoever is named; with it EmailUnverified or
        AccountLocked; TooManyRequests for too many tries, Unavailable when too many log in at once (decisions 5).
        """
        await self._limiter.take_address(visitor)
        key = login_key(name)
        user, knows_device = await self._look_up(key, visitor)
        try:
            tries = await self._limiter.take_login(key, visitor, is_known_device=knows_device)
        except TooManyRequests:
            if user is not None:
                self._on_blocked(user.id, visitor)
            raise
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
        if outcome is not LoginOutcome.WELCOME:
            await self._limiter.forgive(tries)
        if outcome is LoginOutcome.UNVERIFIED:
            raise EmailUnverified("Open the link in the mail that we sent you, or ask for a new one.")
        if outcome is LoginOutcome.LOCKED:
            raise AccountLocked(rules.WHY_LOCKED[AccountStatus(user.status)])
        new_hash = await self._passwords.hash(password) if verdict.is_outdated else None
        async with self._db.transaction() as tx:
            checked, user = user, await self.lock_user(tx, user.id)
            if user.password_changed_at != checked.password_changed_at:
                # It was replaced while it was checked: the old one opens nothing any more.
                raise InvalidCredentials("The name or the password is wrong.")
            if new_hash is not None:
                user.password_hash = new_hash
            methods = await self._proofs.methods(tx.session, user.id)
            if methods:
                # The tries are forgotten by the whole login only.
                return await self._proofs.ask(tx, user, methods, visitor, tries)
            opened = await self.open(tx, user, visitor, ["pwd"])
        await self._limiter.forgive(tries)
        return await self.hand_out(opened)

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
            reason: Reason = "reuse_detected"
            idle_limit = self._settings.idle_limit(user.role)
            if outcome is not RefreshOutcome.REUSED and rules.is_idle(held.last_seen_at, self._clock.now(), idle_limit):
                reason = "idle"
            elif outcome is RefreshOutcome.ROTATE:
                successor = self._grants.successor(tx, held, used, visitor.client_print)
                held.last_seen_at = self._clock.now()
                held.network, held.user_agent = visitor.network, visitor.user_agent
            elif outcome is RefreshOutcome.SAME_SUCCESSOR:
                successor = self._grants.same_successor(used)
            revoked = [] if successor is not None else [self._endings.end(tx, held, reason)]
            if revoked and reason == "reuse_detected":
                log.warning("refresh_token_reused", user=hashed_id(user.id), sid=held.id)
                self._security_log.note(tx, user.id, SecurityKind.REFRESH_REUSED, visitor)
        if successor is None:
            await self.tell(revoked)
            raise NotAuthenticated()
        return await self._grant(user, held, successor)

    async def end(self, user_id: UUID, session_id: UUID, reason: Reason) -> None:
        """End one of a person's sessions: its tokens are refused everywhere within a second. Raises NotFound."""
        async with self._db.transaction() as tx:
            revoked = await self.end_one(tx, user_id, session_id, reason)
        await self.tell([revoked])

    async def end_one(self, tx: Transaction, user_id: UUID, session_id: UUID, reason: Reason) -> Revocation:
        """End one session with this transaction; give what this returns to `tell` after it. Raises NotFound."""
        held = await tables.get_for(tx.session, user_id, session_id)
        if held is None:
            raise NotFound("There is no such session.")
        return self._endings.end(tx, held, reason)

    async def end_others(self, caller: Principal, visitor: Visitor) -> int:
        """End all of a person's sessions but the one that asks. Returns how many."""
        async with self._db.transaction() as tx:
            revoked = await self.end_others_with(tx, caller.user_id, caller.sid, "revoked_by_user")
            if revoked:
                details = {"sessions": str(len(revoked))}
                self._security_log.note(tx, caller.user_id, SecurityKind.SESSIONS_ENDED, visitor, details=details)
        await self.tell(revoked)
        return len(revoked)

    async def end_others_with(self, tx: Transaction, user_id: UUID, kept: UUID, reason: Reason) -> list[Revocation]:
        """End all of a person's sessions but one with this transaction; give what this returns to `tell` after it."""
        held = await tables.list_open(tx.session, user_id, self._clock.now())
        return [self._endings.end(tx, one, reason) for one in held if one.id != kept]

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
            revoked = [] if found[1].revoked_at is not None else [self._endings.end(tx, found[1], "logout")]
        await self.tell(revoked)

    async def list_open(self, user_id: UUID) -> Sequence[UserSession]:
        """List a person's open sessions, newest first."""
        async with self._db.read() as session:
            return await tables.list_open(session, user_id, self._clock.now())

    async def end_all(self, tx: Transaction, user_id: UUID, reason: Reason = "revoked_by_user") -> list[Revocation]:
        """End all of a person's sessions with this transaction; give what this returns to `tell` after it."""
        held = await tables.list_open(tx.session, user_id, self._clock.now())
        return [self._endings.end(tx, one, reason) for one in held]

    async def tell(self, revoked: Sequence[Revocation]) -> None:
        """Tell every verifier what was ended, after the commit."""
        await self._endings.tell(revoked)

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

    async def open(self, tx: Transaction, user: User, visitor: Visitor, amr: Sequence[str]) -> Opened:
        """Open a session with this transaction, for somebody whom `lock_user` holds."""
        if visitor.wants_cookie and visitor.device_id is None:
            visitor = replace(visitor, device_id=new_secret())
        now = self._clock.now()
        revoked = await self._make_room(tx, user.id, now)
        held = UserSession(
            id=uuid7(),
            user_id=user.id,
            created_at=now,
            last_seen_at=now,
            ends_at=now + self._settings.session_ttl,
            auth_time=now,
            amr=list(amr),
            by_cookie=visitor.wants_cookie,
            user_agent=visitor.user_agent,
            network=visitor.network,
            device_print=visitor.device_print,
        )
        tx.session.add(held)
        await tx.session.flush()
        await self._know_device(tx, user.id, visitor, now)
        record_login(tx, user, held.id, held.amr, visitor)
        return Opened(user, held, self._grants.first_token(tx, held), visitor.device_id, revoked)

    async def hand_out(self, opened: Opened) -> Grant:
        """Make the tokens of a session that was opened, after the commit."""
        await self.tell(opened.revoked)
        return await self._grant(opened.user, opened.held, opened.refresh_token, opened.device_id)

    async def prove_anew(self, tx: Transaction, caller: Principal, by: Amr) -> UserSession:
        """Note that the caller proved who they are once more. Raises NotAuthenticated for a session that ended."""
        held = await tables.get_for(tx.session, caller.user_id, caller.sid)
        if held is None:
            raise NotAuthenticated()
        held.auth_time = self._clock.now()
        held.amr = proved_anew(held.amr, by)
        return held

    async def access_token(self, user: User, held: UserSession) -> tuple[str, int]:
        """Sign a new access token of a session, for what was proved anew. Returns it and its seconds."""
        return await self._grants.access_token(user, held)

    async def lock_user(self, tx: Transaction, user_id: UUID) -> User:
        """Let one login of a person happen at a time. Raises InvalidCredentials for an account that has gone."""
        await tables.lock_user(tx.session, user_id)
        user = await accounts.find(tx.session, user_id)
        if user is None:
            raise InvalidCredentials("The name or the password is wrong.")
        return user

    async def _know_device(self, tx: Transaction, user_id: UUID, visitor: Visitor, now: datetime) -> None:
        """Remember a device; its owner is told of one that was not known, save of the very first."""
        is_known = await tables.is_known_device(tx.session, user_id, visitor.seen_as)
        if not is_known and await tables.has_any_device(tx.session, user_id):
            self._security_log.note(tx, user_id, SecurityKind.NEW_DEVICE, visitor, details={"device": visitor.device})
        await tables.remember_device(tx.session, user_id, visitor.seen_as, now)

    async def _make_room(self, tx: Transaction, user_id: UUID, now: datetime) -> list[Revocation]:
        """End the oldest sessions, so that one more stays within the cap."""
        held = await tables.list_open(tx.session, user_id, now)
        too_many = held[self._settings.sessions_per_user - 1 :]
        return [self._endings.end(tx, old, "too_many_sessions") for old in too_many]

    async def _grant(self, user: User, held: UserSession, refresh_token: str, device_id: str | None = None) -> Grant:
        access_token, expires_in_s = await self._grants.access_token(user, held)
        refresh_ttl = min(self._settings.refresh_token_ttl, held.ends_at - self._clock.now())
        return Grant(
            user,
            access_token,
            expires_in_s,
            refresh_token,
            int(refresh_ttl.total_seconds()),
            device_id,
            needs_second_factor=await self._lacks_second_factor(user),
        )

    async def _lacks_second_factor(self, user: User) -> bool:
        if user.role not in NEEDS_SECOND_FACTOR:
            return False
        async with self._db.read() as session:
            return not await self._proofs.methods(session, user.id)


async def purge_ended(db: Database, clock: Clock) -> None:
    """Drop sessions that ended some time ago, with their tokens, and devices that nobody uses any more."""
    async with db.transaction() as tx:
        await tables.drop_ended(tx.session, clock.now() - KEPT_AFTER_END)
        await tables.drop_devices(tx.session, clock.now() - DEVICES_KEPT)


def _state(token: RefreshToken, held: UserSession) -> RefreshState:
    return RefreshState(
        expires_at=token.expires_at,
        used_at=token.used_at,
        used_by=token.used_by,
        session_ends_at=held.ends_at,
        session_revoked=held.revoked_at is not None,
    )
