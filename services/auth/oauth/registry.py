"""The apps that developers register."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from libs.common.clock import Clock
from libs.common.db import Database, Transaction
from libs.common.errors import Conflict, InvalidInput, NotFound
from libs.common.ids import uuid7
from libs.common.security.principal import Principal
from libs.common.security.tokens import hash_secret, new_secret
from services.auth.audit import record
from services.auth.limits.visitor import Visitor
from services.auth.oauth import rules, tables
from services.auth.oauth.service import OAuth
from services.auth.oauth.tables import OAuthApp
from services.auth.revocations.service import Revocations


@dataclass(frozen=True, slots=True)
class RegisteredApp:
    """An app; `secret` is its secret, once."""

    row: OAuthApp
    secret: str | None = None


class AppRegistry:
    def __init__(self, db: Database, oauth: OAuth, revocations: Revocations, clock: Clock, *, most: int) -> None:
        self._db = db
        self._oauth = oauth
        self._revocations = revocations
        self._clock = clock
        self._most = most

    async def register(
        self, owner: Principal, name: str, redirect_uris: Sequence[str], visitor: Visitor, *, confidential: bool
    ) -> RegisteredApp:
        """Register an app. Raises InvalidInput, and Conflict for one too many."""
        _check(name, redirect_uris)
        secret = f"ocs_{new_secret()}" if confidential else None
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await tables.lock_owner(tx.session, owner.user_id)
            if await tables.count_apps(tx.session, owner.user_id) >= self._most:
                raise Conflict(f"You have {self._most} apps. Delete one first.")
            row = OAuthApp(
                id=uuid7(),
                owner_id=owner.user_id,
                name=name,
                redirect_uris=list(redirect_uris),
                secret_hash=None if secret is None else hash_secret(secret),
                created_at=now,
                updated_at=now,
            )
            tx.session.add(row)
            self._record(tx, "oauth_app.registered", row, owner, visitor)
        return RegisteredApp(row, secret)

    async def list_for(self, owner_id: UUID) -> Sequence[RegisteredApp]:
        """List a developer's apps, newest first."""
        async with self._db.read() as session:
            return [RegisteredApp(row) for row in await tables.list_apps(session, owner_id)]

    async def change(
        self,
        owner: Principal,
        app_id: UUID,
        visitor: Visitor,
        *,
        name: str | None = None,
        redirect_uris: Sequence[str] | None = None,
    ) -> RegisteredApp:
        """Change an app's name or addresses. Raises NotFound, InvalidInput."""
        _check(name, redirect_uris)
        async with self._db.transaction() as tx:
            row = await self._take(tx, owner, app_id)
            row.name = row.name if name is None else name
            row.redirect_uris = row.redirect_uris if redirect_uris is None else list(redirect_uris)
            row.updated_at = self._clock.now()
            self._record(tx, "oauth_app.changed", row, owner, visitor)
        return RegisteredApp(row)

    async def renew_secret(self, owner: Principal, app_id: UUID, visitor: Visitor) -> RegisteredApp:
        """Give an app another secret; the one before ends now. Raises NotFound, Conflict for an app without one."""
        secret = f"ocs_{new_secret()}"
        async with self._db.transaction() as tx:
            row = await self._take(tx, owner, app_id)
            if not row.is_confidential:
                raise Conflict("This app has no secret.")
            row.secret_hash = hash_secret(secret)
            row.updated_at = self._clock.now()
            self._record(tx, "oauth_app.secret_renewed", row, owner, visitor)
        return RegisteredApp(row, secret)

    async def delete(self, owner: Principal, app_id: UUID, visitor: Visitor) -> None:
        """Delete an app: all that people gave it ends within a second. Raises NotFound."""
        async with self._db.transaction() as tx:
            row = await self._take(tx, owner, app_id)
            revoked = await self._oauth.end_grants_of(tx, [row.id])
            self._record(tx, "oauth_app.deleted", row, owner, visitor)
            await tx.session.flush()
            await tables.drop_app(tx.session, row.id)
        await self._revocations.tell(*revoked)

    async def _take(self, tx: Transaction, owner: Principal, app_id: UUID) -> OAuthApp:
        row = await tables.take_app(tx.session, owner.user_id, app_id)
        if row is None:
            raise NotFound("There is no such app.")
        return row

    def _record(self, tx: Transaction, action: str, row: OAuthApp, owner: Principal, visitor: Visitor) -> None:
        record(
            tx,
            action,
            object_kind="oauth_app",
            object_id=row.id,
            caller=owner,
            visitor=visitor,
            details={"name": row.name, "redirect_uris": " ".join(row.redirect_uris)},
        )


def _check(name: str | None, redirect_uris: Sequence[str] | None) -> None:
    if name is not None and rules.poses_as_us(name):
        raise InvalidInput.of("/name", "reserved", "An app cannot have our name.")
    for place, uri in enumerate(redirect_uris or ()):
        try:
            rules.check_redirect(uri)
        except rules.BadRedirect as error:
            raise InvalidInput.of(f"/redirect_uris/{place}", "invalid_redirect", str(error)) from error
