"""Signing in through the provider, and linking its identity to an account.

    start -> the provider's page -> finish

An identity opens the account that it is linked to. One that is not linked makes a new account when the provider says
that its address is confirmed and nobody has confirmed that address here; an account that is there is never taken over:
its owner signs in and links the identity in the settings.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import orjson

from libs.common.clock import Clock
from libs.common.db import Database, Transaction
from libs.common.errors import AccountLocked, Conflict, InvalidToken, NotFound
from libs.common.ids import uuid7
from libs.common.logging import get_logger, hashed_id
from libs.common.security.fields import FieldCipher
from libs.common.security.passwords import Passwords
from libs.common.security.principal import Principal
from libs.common.security.tokens import hash_secret, new_secret
from libs.contracts.auth import SecurityKind
from services.auth import audit
from services.auth.accounts import tables as accounts
from services.auth.accounts.rules import AccountStatus, email_key
from services.auth.accounts.service import Accounts
from services.auth.accounts.tables import User
from services.auth.limits.service import Limiter
from services.auth.limits.visitor import Visitor
from services.auth.oidc import tables
from services.auth.oidc.provider import Identity, Provider, SignInRefused
from services.auth.oidc.tables import ExternalIdentity, SignInAttempt
from services.auth.second_factors.proofs import Proofs, SecondStep
from services.auth.second_factors.rules import Amr
from services.auth.security_log.service import SecurityLog
from services.auth.sessions.grants import Grant
from services.auth.sessions.service import Sessions

log = get_logger(__name__)

ATTEMPT_TTL = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, repr=False)
class Started:
    """Where the browser goes, and the secret that its page keeps until it comes back."""

    authorization_url: str
    browser_key: str


class ExternalSignIn:
    def __init__(
        self,
        db: Database,
        provider: Provider | None,
        passwords: Passwords,
        accounts: Accounts,
        sessions: Sessions,
        proofs: Proofs,
        limiter: Limiter,
        security_log: SecurityLog,
        cipher: FieldCipher,
        clock: Clock,
    ) -> None:
        """provider: None when the operator has set none up; then all but `linked_to` raises NotFound."""
        self._db = db
        self._known_provider = provider
        self._passwords = passwords
        self._accounts = accounts
        self._sessions = sessions
        self._proofs = proofs
        self._limiter = limiter
        self._security_log = security_log
        self._cipher = cipher
        self._clock = clock

    @property
    def _provider(self) -> Provider:
        if self._known_provider is None:
            raise NotFound("Signing in elsewhere is not set up here.")
        return self._known_provider

    async def start(self, visitor: Visitor, *, link_to: UUID | None = None) -> Started:
        """Send somebody to the provider, to sign in or, with `link_to`, to link its identity to their account."""
        provider = self._provider
        await self._limiter.take_address(visitor)
        state, nonce, verifier, browser_key = (new_secret() for _ in range(4))
        # Asked first: a provider that is away leaves no attempt behind.
        url = await provider.authorization_url(state=state, nonce=nonce, verifier=verifier)
        async with self._db.transaction() as tx:
            attempt_id = uuid7()
            secrets = orjson.dumps({"nonce": nonce, "verifier": verifier})
            tx.session.add(
                SignInAttempt(
                    id=attempt_id,
                    state_hash=hash_secret(state),
                    browser_hash=hash_secret(browser_key),
                    sealed=self._cipher.encrypt(secrets, place=_place(attempt_id)),
                    user_id=link_to,
                    expires_at=self._clock.now() + ATTEMPT_TTL,
                )
            )
        return Started(url, browser_key)

    async def sign_in(self, state: str, code: str, browser_key: str, visitor: Visitor) -> Grant | SecondStep:
        """Open a session for who came back, or ask for the second factor that is set up.

        Raises InvalidToken for what did not begin in this browser or is not good, Conflict when the address belongs to
        an account that is not linked, AccountLocked.
        """
        identity = await self._come_back(state, code, browser_key, visitor, caller=None)
        # A password that nobody knows, for a newcomer; hashed before the transaction, since that takes its time.
        password_hash = None if await self._is_linked(identity) else await self._passwords.hash(new_secret())
        async with self._db.transaction() as tx:
            user = await self._owner(tx, identity, password_hash)
            user = await self._sessions.lock_user(tx, user.id)
            if user.status != AccountStatus.ACTIVE:
                raise AccountLocked("This account is locked. Write to the support to have it opened.")
            methods = await self._proofs.methods(tx.session, user.id)
            if methods:
                return await self._proofs.ask(tx, user, methods, visitor)
            opened = await self._sessions.open(tx, user, visitor, [Amr.FEDERATED])
        return await self._sessions.hand_out(opened)

    async def link(self, state: str, code: str, browser_key: str, visitor: Visitor, caller: Principal) -> None:
        """Link the identity of who came back to the caller's account. Raises InvalidToken, Conflict for another's."""
        identity = await self._come_back(state, code, browser_key, visitor, caller=caller)
        async with self._db.transaction() as tx:
            known = await tables.find_identity(tx.session, identity.issuer, identity.subject)
            if known is not None and known.user_id == caller.user_id:
                return
            if known is not None or not await self._link(tx, identity, caller.user_id):
                raise Conflict("This sign-in is linked to another account.")
            details = {"provider": identity.issuer}
            self._security_log.note(tx, caller.user_id, SecurityKind.SIGN_IN_LINKED, visitor, details=details)
            audit.record(
                tx, "sign_in.linked", object_kind="user", object_id=caller.user_id, caller=caller, visitor=visitor
            )

    async def unlink(self, visitor: Visitor, caller: Principal) -> None:
        """Take the link away. Raises NotFound without one. Who has no password asks for one by mail."""
        async with self._db.transaction() as tx:
            if not await tables.unlink(tx.session, caller.user_id):
                raise NotFound("No sign-in is linked.")
            self._security_log.note(tx, caller.user_id, SecurityKind.SIGN_IN_UNLINKED, visitor)
            audit.record(
                tx, "sign_in.unlinked", object_kind="user", object_id=caller.user_id, caller=caller, visitor=visitor
            )

    async def linked_to(self, user_id: UUID) -> list[ExternalIdentity]:
        """List the identities that open an account."""
        async with self._db.read() as session:
            return await tables.identities_of(session, user_id)

    async def _come_back(
        self, state: str, code: str, browser_key: str, visitor: Visitor, *, caller: Principal | None
    ) -> Identity:
        provider = self._provider
        await self._limiter.take_address(visitor)
        async with self._db.transaction() as tx:
            attempt = await tables.use_attempt(tx.session, hash_secret(state), self._clock.now())
        wanted = None if caller is None else caller.user_id
        if (
            attempt is None
            or attempt.user_id != wanted
            or not hmac.compare_digest(attempt.browser_hash, hash_secret(browser_key))
        ):
            log.info("external_sign_in_refused", reason="attempt")
            raise InvalidToken("This sign-in did not begin here, or too long ago. Begin anew.")
        secrets = orjson.loads(self._cipher.decrypt(attempt.sealed, place=_place(attempt.id)))
        try:
            return await provider.redeem(code, verifier=secrets["verifier"], nonce=secrets["nonce"])
        except SignInRefused as refusal:
            log.warning("external_sign_in_refused", reason=refusal.reason)
            raise InvalidToken("The sign-in service's answer is not good. Begin anew.") from refusal

    async def _is_linked(self, identity: Identity) -> bool:
        async with self._db.read() as session:
            return await tables.find_identity(session, identity.issuer, identity.subject) is not None

    async def _owner(self, tx: Transaction, identity: Identity, password_hash: str | None) -> User:
        """Find whose account an identity opens, making one for a newcomer."""
        known = await tables.find_identity(tx.session, identity.issuer, identity.subject)
        if known is not None:
            known.last_used_at = self._clock.now()
            user = await accounts.find(tx.session, known.user_id)
            assert user is not None, "the link goes with the account"
            return user
        if identity.email is None or password_hash is None:
            raise InvalidToken("The sign-in service does not say that your e-mail address is confirmed.")
        found = await accounts.find_by_email(tx.session, email_key(identity.email), lock=True)
        if found is not None and found.is_verified:
            raise Conflict(
                "An account with your address exists. Log in with its password and link this in the settings."
            )
        user = await self._accounts.enter_vouched(
            tx, identity.email, password_hash, first_name=identity.first_name or "Trader", last_name=identity.last_name
        )
        await self._link(tx, identity, user.id)
        log.info("account_made_by_sign_in", user=hashed_id(user.id))
        return user

    async def _link(self, tx: Transaction, identity: Identity, user_id: UUID) -> bool:
        now = self._clock.now()
        return await tables.link(
            tx.session,
            {
                "issuer": identity.issuer,
                "subject": identity.subject,
                "user_id": user_id,
                "linked_at": now,
                "last_used_at": now,
            },
        )


async def links_of(db: Database, user_id: UUID) -> list[dict[str, object]]:
    """Give what is kept about a person's identities elsewhere."""
    async with db.read() as session:
        links = await tables.identities_of(session, user_id)
    return [{"issuer": one.issuer, "subject": one.subject, "linked_at": one.linked_at} for one in links]


async def purge_attempts(db: Database, clock: Clock) -> None:
    """Drop attempts past their end."""
    async with db.transaction() as tx:
        await tables.drop_ended(tx.session, clock.now())


def _place(attempt_id: UUID) -> str:
    return f"oidc_attempts|{attempt_id}|sealed"
