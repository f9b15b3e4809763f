"""Letting apps in, giving them tokens, and ending what they were given."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error
from sqlalchemy.orm import Session

from libs.common.clock import Clock
from libs.common.db import Database, Transaction
from libs.common.errors import AppRequestRefused, NotFound, SecondFactorRequired, StepUpRequired
from libs.common.logging import get_logger, hashed_id
from libs.common.security.fields import FieldCipher
from libs.common.security.principal import RECENT, Principal
from libs.common.security.revocation import Revocation, RevocationKind
from libs.common.security.tokens import Purpose, TokenRefused, verify
from libs.contracts.auth import SecurityKind
from services.auth.audit import record
from services.auth.keys.service import Keyring
from services.auth.limits.visitor import Visitor
from services.auth.oauth import rules, tables
from services.auth.oauth.protocol import Reply, Server, Signed, Terms
from services.auth.oauth.shown import Request
from services.auth.oauth.tables import OAuthApp, OAuthGrant
from services.auth.revocations.service import Revocations
from services.auth.security_log.service import SecurityLog
from services.auth.settings import AuthSettings

log = get_logger(__name__)

T = TypeVar("T")

KEPT_AFTER_END = timedelta(days=7)
"""How long an ended grant stays, so that its stolen tokens and codes are known as such."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What an app asks a person for."""

    app: OAuthApp
    scopes: Sequence[str]
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class ConnectedApp:
    """An app with all that a person gave it."""

    app: OAuthApp
    grants: Sequence[OAuthGrant]

    @property
    def scopes(self) -> list[str]:
        return sorted({scope for grant in self.grants for scope in grant.scopes})


class OAuth:
    def __init__(
        self,
        db: Database,
        keyring: Keyring,
        cipher: FieldCipher,
        revocations: Revocations,
        security_log: SecurityLog,
        clock: Clock,
        settings: AuthSettings,
    ) -> None:
        self._db = db
        self._keyring = keyring
        self._cipher = cipher
        self._revocations = revocations
        self._security_log = security_log
        self._clock = clock
        self._settings = settings

    @property
    def issuer(self) -> str:
        return self._settings.public_url.rstrip("/")

    async def look(self, fields: Mapping[str, str]) -> Asked:
        """Check what an app asks for, to show it to a person. Raises AppRequestRefused."""
        async with self._db.transaction() as tx:
            asked, _ = await self._run(tx, [], lambda server: self._asked(server, fields))
        return asked

    async def decide(self, person: Principal, fields: Mapping[str, str], visitor: Visitor, *, allow: bool) -> str:
        """Carry out what a person decided. Returns where to go: back to the app, with a code or with the refusal.

        Raises AppRequestRefused; SecondFactorRequired and StepUpRequired where the app would place orders.
        """

        def answer(server: Server) -> tuple[Asked, Reply]:
            asked = self._asked(server, fields)
            if allow and not rules.NEEDS_SECOND_FACTOR.isdisjoint(asked.scopes):
                self._must_be_strong(person)
            request = Request("POST", fields)
            user = tables.user_of(server.session, person.user_id) if allow else None
            grant = server.get_consent_grant(request, user)
            return asked, server.create_authorization_response(request, grant_user=user, grant=grant)

        async with self._db.transaction() as tx:
            (asked, reply), _ = await self._run(tx, [], answer, auth_time=person.auth_time)
            if allow:
                details = {"app": asked.app.name, "scopes": " ".join(asked.scopes)}
                self._security_log.note(tx, person.user_id, SecurityKind.APP_AUTHORISED, visitor, details=details)
                record(
                    tx,
                    "app.authorised",
                    object_kind="oauth_app",
                    object_id=asked.app.id,
                    caller=person,
                    visitor=visitor,
                    details={"scopes": " ".join(asked.scopes)},
                )
        assert reply.location is not None
        return str(reply.location)

    async def token(self, fields: Mapping[str, str], authorization: str | None, visitor: Visitor) -> Reply:
        """Answer at the token endpoint (RFC 6749, 3.2). What was stolen and is shown again ends its grant."""
        refused = _refused(fields)
        if refused is not None:
            return refused
        request = Request("POST", fields, _readable(authorization))
        revoked: list[Revocation] = []
        async with self._db.transaction() as tx:
            reply, signed = await self._run(
                tx,
                revoked,
                lambda server: _reply(server.create_token_response(request)),
                client_print=visitor.client_print,
            )
        await self._revocations.tell(*revoked)
        if signed is not None:
            reply.body["access_token"] = await self._sign(signed)
        return reply

    async def revoke(self, fields: Mapping[str, str], authorization: str | None) -> Reply:
        """Answer at the revocation endpoint (RFC 7009): all tokens of the grant end, everywhere within a second."""
        return await self._endpoint("revocation", fields, authorization)

    async def introspect(self, fields: Mapping[str, str], authorization: str | None) -> Reply:
        """Answer at the introspection endpoint (RFC 7662)."""
        return await self._endpoint("introspection", fields, authorization)

    async def list_connected(self, user_id: UUID) -> Sequence[ConnectedApp]:
        """List the apps that a person let in, the latest first."""
        async with self._db.read() as session:
            found = await tables.list_granted(session, user_id, self._clock.now())
        by_app: dict[UUID, tuple[OAuthApp, list[OAuthGrant]]] = {}
        for grant, app in found:
            by_app.setdefault(app.id, (app, []))[1].append(grant)
        return [ConnectedApp(app, grants) for app, grants in by_app.values()]

    async def disconnect(self, person: Principal, app_id: UUID, visitor: Visitor) -> None:
        """Take back all that a person gave an app. Raises NotFound."""
        async with self._db.transaction() as tx:
            grants = await tables.take_granted(tx.session, person.user_id, app_id)
            if not grants:
                raise NotFound("No such app is connected.")
            revoked = [self._end(tx, grant, "revoked_by_user") for grant in grants]
            app = await tx.session.get(OAuthApp, app_id)
            details = {} if app is None else {"app": app.name}
            self._security_log.note(tx, person.user_id, SecurityKind.APP_REVOKED, visitor, details=details)
            record(tx, "app.revoked", object_kind="oauth_app", object_id=app_id, caller=person, visitor=visitor)
        await self._revocations.tell(*revoked)

    async def end_grants_of(self, tx: Transaction, app_ids: Sequence[UUID]) -> list[Revocation]:
        """End what everybody gave these apps with this transaction; tell of what this returns after it."""
        return [self._end(tx, grant, "app_deleted") for grant in await tables.take_grants_of(tx.session, app_ids)]

    async def end_all(self, tx: Transaction, user_id: UUID) -> list[Revocation]:
        """End all that a person gave, and the apps that they registered, as `end_grants_of` does."""
        given = [self._end(tx, one, "account_closed") for one in await tables.take_granted(tx.session, user_id)]
        own = [app.id for app in await tables.list_apps(tx.session, user_id)]
        return given + await self.end_grants_of(tx, own)

    async def export(self, user_id: UUID) -> Mapping[str, Any]:
        """Give what is kept about a person's apps."""
        connected = await self.list_connected(user_id)
        async with self._db.read() as session:
            own = await tables.list_apps(session, user_id)
        return {
            "connected_apps": [
                {"name": one.app.name, "scopes": one.scopes, "since": one.grants[-1].created_at} for one in connected
            ],
            "registered_apps": [
                {"name": app.name, "redirect_uris": app.redirect_uris, "created_at": app.created_at} for app in own
            ],
        }

    async def _endpoint(self, name: str, fields: Mapping[str, str], authorization: str | None) -> Reply:
        refused = _refused(fields)
        if refused is not None:
            return refused
        request = Request("POST", fields, _readable(authorization))
        revoked: list[Revocation] = []
        async with self._db.transaction() as tx:
            reply, _ = await self._run(
                tx, revoked, lambda server: _reply(server.create_endpoint_response(name, request))
            )
        await self._revocations.tell(*revoked)
        return reply

    async def _run(
        self,
        tx: Transaction,
        revoked: list[Revocation],
        work: Callable[[Server], T],
        *,
        client_print: bytes = b"",
        auth_time: datetime | None = None,
    ) -> tuple[T, Signed | None]:
        """Let Authlib work inside the transaction. Returns what it gave, and what the access token is to hold."""

        def ended(grant: OAuthGrant, reason: str) -> None:
            log.warning("app_grant_ended", user=hashed_id(grant.user_id), grant=grant.id, reason=reason)
            revoked.append(self._revocations.record(tx, RevocationKind.SID, str(grant.id)))
            self._security_log.note(
                tx, grant.user_id, SecurityKind.APP_REVOKED, details={"reason": reason}, by_mail=reason != "too_many"
            )

        def inside(session: Session) -> tuple[T, Signed | None]:
            server = Server(
                session,
                self._terms(),
                self._cipher,
                client_print=client_print,
                auth_time=auth_time,
                ended=ended,
                read_access_token=self._read_access_token,
            )
            return work(server), server.signed

        return await tx.session.run_sync(inside)

    def _asked(self, server: Server, fields: Mapping[str, str]) -> Asked:
        for name, value in fields.items():
            if not rules.is_plain(name, value):
                raise AppRequestRefused(f"The app sent a {name} of characters that it may not hold, or too long.")
        request = Request("GET", fields)
        try:
            grant = server.get_consent_grant(request)
        except OAuth2Error as error:
            raise self._refusal(error, fields) from error
        assert grant.redirect_uri is not None
        return Asked(request.client.app, request.scope.split(), grant.redirect_uri)

    def _refusal(self, error: OAuth2Error, fields: Mapping[str, str]) -> AppRequestRefused:
        """Say what is wrong. Back to the app goes only who came from one that we know, to an address of it."""
        back = None
        if error.redirect_uri:
            _status, _body, headers = error()
            back = str(add_params_to_uri(dict(headers)["Location"], [("iss", self.issuer)]))
        return AppRequestRefused(error.description or None, error=error.error, redirect_to=back)

    def _must_be_strong(self, person: Principal) -> None:
        if not person.has_second_factor:
            raise SecondFactorRequired("An app that places orders needs a login with a second factor.")
        if not person.proved_within(RECENT, self._clock.now()):
            raise StepUpRequired()

    def _read_access_token(self, text: str) -> Mapping[str, Any] | None:
        try:
            return verify(
                text,
                purpose=Purpose.ACCESS,
                key_for=self._keyring.known,
                issuer=self._settings.jwt_issuer,
                audience=self._settings.jwt_audience,
                now=self._clock.now(),
            )
        except TokenRefused:
            return None

    async def _sign(self, signed: Signed) -> str:
        user, grant = signed.user, signed.grant
        claims = {
            "sub": str(user.id),
            "sid": str(grant.id),
            "role": user.role,
            "tier": user.tier,
            "scope": signed.scope,
            "ver": user.token_version,
            "amr": [],
            "auth_time": int(grant.auth_time.timestamp()),
            "client_id": str(grant.app_id),
        }
        token, _ = await self._keyring.sign(claims, purpose=Purpose.ACCESS, ttl=signed.ttl)
        return token

    def _end(self, tx: Transaction, grant: OAuthGrant, reason: str) -> Revocation:
        grant.revoked_at, grant.revoked_reason = self._clock.now(), reason
        return self._revocations.record(tx, RevocationKind.SID, str(grant.id))

    def _terms(self) -> Terms:
        settings = self._settings
        return Terms(
            issuer=self.issuer,
            now=self._clock.now(),
            token_ttl=timedelta(minutes=settings.app_token_minutes),
            refresh_ttl=timedelta(days=settings.app_refresh_days),
            grant_ttl=timedelta(days=settings.app_grant_days),
            grace=timedelta(seconds=settings.refresh_grace_s),
        )


async def purge_ended(db: Database, clock: Clock) -> None:
    """Drop what ended some time ago."""
    async with db.transaction() as tx:
        await tables.drop_ended(tx.session, clock.now() - KEPT_AFTER_END)


def _refused(fields: Mapping[str, str]) -> Reply | None:
    for name, value in fields.items():
        if not rules.is_plain(name, value):
            body = {"error": "invalid_request", "error_description": "A field holds characters that it may not hold."}
            return Reply(400, body, None, None)
    return None


def _reply(given: Any) -> Reply:
    assert isinstance(given, Reply)
    return given


def _readable(authorization: str | None) -> str | None:
    """Drop a Basic credential that is not text: Authlib would stumble over it."""
    if authorization is None or not authorization.lower().startswith("basic "):
        return None
    try:
        base64.b64decode(authorization[6:], validate=True).decode()
    except ValueError:
        return None
    return authorization
