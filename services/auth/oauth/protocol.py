"""OAuth as Authlib has it, on our tables.

Authlib decides what the standards decide (which request is valid, in which order things are checked, which error goes
where); here it is told what we keep. It is synchronous, so one exchange of it runs inside `AsyncSession.run_sync`: it
sees the sync session of the very transaction that the use case has open. It signs nothing: `Server.signed` says what
the access token holds, and the use case signs it after the commit.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidGrantError, OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc9207 import IssuerParameter
from sqlalchemy.orm import Session

from libs.common.ids import uuid7
from libs.common.security.fields import FieldCipher
from libs.common.security.permissions import SCOPES
from libs.common.security.tokens import hash_secret, new_secret
from services.auth.accounts.rules import AccountStatus
from services.auth.accounts.tables import User
from services.auth.oauth import rules, tables
from services.auth.oauth.shown import ALL_METHODS, WITH_SECRET, Client, Code, Refresh, Request, Token
from services.auth.oauth.tables import OAuthCode, OAuthGrant, OAuthRefreshToken
from services.auth.sessions.rules import RefreshOutcome, RefreshState, judge_refresh


@dataclass(frozen=True, slots=True)
class Terms:
    """How long things live, who we are, and now."""

    issuer: str
    now: datetime
    token_ttl: timedelta
    refresh_ttl: timedelta
    grant_ttl: timedelta
    grace: timedelta


@dataclass(frozen=True, slots=True)
class Signed:
    """What the access token of an answer holds, for the use case to sign."""

    user: User
    grant: OAuthGrant
    scope: str
    ttl: timedelta


@dataclass(slots=True)
class Reply:
    """An answer of the protocol, in HTTP's terms."""

    status: int
    body: Any
    location: str | None
    challenge: str | None


class StrictChallenge(CodeChallenge):
    """PKCE by S256, from every app."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]  # noqa: RUF012

    def validate_code_challenge(self, grant: AuthorizationCodeGrant, redirect_uri: str) -> None:
        data = grant.request.payload.data
        if not data.get("code_challenge") or data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE is needed: code_challenge with code_challenge_method=S256.")
        super().validate_code_challenge(grant, redirect_uri)


class CodeGrant(AuthorizationCodeGrant):
    """A code for a person's word, and tokens for the code, once."""

    TOKEN_ENDPOINT_AUTH_METHODS = ALL_METHODS
    server: Server

    def generate_authorization_code(self) -> str:
        return f"oac_{new_secret()}"

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        server = self.server
        server.session.add(
            OAuthCode(
                code_hash=hash_secret(code),
                app_id=request.client.app.id,
                user_id=request.user.id,
                redirect_uri=request.payload.redirect_uri,
                scopes=request.scope.split(),
                code_challenge=request.payload.data["code_challenge"],
                auth_time=server.auth_time or server.terms.now,
                created_at=server.terms.now,
                expires_at=server.terms.now + timedelta(seconds=rules.CODE_LIFE_S),
                used_at=None,
                grant_id=None,
            )
        )

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        row = tables.take_code(self.server.session, hash_secret(code), client.app.id)
        if row is None or (row.used_at is None and row.expires_at <= self.server.terms.now):
            return None
        return Code(row)

    def create_token_response(self) -> Any:
        # Client, address and verifier were right, so this is no guess: somebody has a copy of what was used already.
        row: OAuthCode = self.request.authorization_code.row
        if row.used_at is not None:
            if row.grant_id is not None:
                self.server.end(tables.take_grant(self.server.session, row.grant_id), "code_replayed")
            raise InvalidGrantError("Invalid 'code' in request.")
        return super().create_token_response()

    def authenticate_user(self, authorization_code: Code) -> User | None:
        return self.server.active_user(authorization_code.row.user_id)

    def generate_token(self, user: User, scope: str, **_options: Any) -> dict[str, Any]:
        row: OAuthCode = self.request.authorization_code.row
        grant = self.server.open_grant(row)
        row.grant_id = grant.id
        return self.server.tokens(user, grant, scope, self.server.new_refresh_token(grant))

    def delete_authorization_code(self, authorization_code: Code) -> None:
        authorization_code.row.used_at = self.server.terms.now


class RotatingGrant(RefreshTokenGrant):
    """New tokens for a refresh token, which is used up; a used one ends its family (decisions 6)."""

    TOKEN_ENDPOINT_AUTH_METHODS = ALL_METHODS
    server: Server

    def authenticate_refresh_token(self, refresh_token: str) -> Refresh | None:
        return self.server.shown_refresh_token(refresh_token)

    def create_token_response(self) -> Any:
        shown: Refresh = self.request.refresh_token
        server = self.server
        outcome = judge_refresh(
            RefreshState(
                expires_at=shown.row.expires_at,
                used_at=shown.row.used_at,
                used_by=shown.row.used_by,
                session_ends_at=shown.grant.ends_at,
                session_revoked=shown.grant.revoked_at is not None,
            ),
            server.client_print,
            server.terms.now,
            grace=server.terms.grace,
        )
        if outcome is RefreshOutcome.REUSED:
            server.end(shown.grant, "reuse_detected")
        if outcome in (RefreshOutcome.REUSED, RefreshOutcome.ENDED) or self.authenticate_user(shown) is None:
            raise InvalidGrantError("Invalid 'refresh_token' in request.")
        return super().create_token_response()

    def authenticate_user(self, refresh_token: Refresh) -> User | None:
        return self.server.active_user(refresh_token.grant.user_id)

    def issue_token(self, user: User, refresh_token: Refresh) -> dict[str, Any]:
        scope = " ".join(sorted(set((self.request.payload.scope or refresh_token.get_scope()).split())))
        successor = self.server.successor(refresh_token)
        return self.server.tokens(user, refresh_token.grant, scope, successor)

    def revoke_old_credential(self, refresh_token: Refresh) -> None:
        """`Server.successor` has used it up."""


class Revoking(RevocationEndpoint):
    """RFC 7009. Whichever token is shown, all that came of the same grant ends."""

    CLIENT_AUTH_METHODS = ALL_METHODS
    server: Server

    def query_token(self, token_string: str, token_type_hint: str | None) -> Token | None:
        return self.server.shown_token(token_string)

    def revoke_token(self, token: Token, request: OAuth2Request) -> None:
        self.server.end(token.grant, "revoked_by_app")


class Introspecting(IntrospectionEndpoint):
    """RFC 7662, for apps with a secret, about their own tokens."""

    CLIENT_AUTH_METHODS = WITH_SECRET
    server: Server

    def query_token(self, token_string: str, token_type_hint: str | None) -> Token | None:
        return self.server.shown_token(token_string)

    def check_permission(self, token: Token, client: Client, request: OAuth2Request) -> bool:
        return token.check_client(client)

    def introspect_token(self, token: Token) -> dict[str, Any]:
        return {
            "active": True,
            "client_id": str(token.grant.app_id),
            "scope": token.scope,
            "sub": str(token.grant.user_id),
            "iss": self.server.terms.issuer,
            **token.claims,
        }


class _OurName(IssuerParameter):
    """RFC 9207: every answer at the authorization endpoint says who gives it, so that apps cannot be mixed up."""

    def __init__(self, server: Server) -> None:
        self._issuer = server.terms.issuer
        self(server)

    def get_issuer(self) -> str:
        return self._issuer


class Server(AuthorizationServer):
    """One exchange with Authlib, inside one transaction.

    ended: called for each grant that this exchange ends. read_access_token: gives the claims of a good access token of
    ours. auth_time: when the person who decides proved who they are.
    """

    def __init__(
        self,
        session: Session,
        terms: Terms,
        cipher: FieldCipher,
        *,
        client_print: bytes = b"",
        auth_time: datetime | None = None,
        ended: Callable[[OAuthGrant, str], None],
        read_access_token: Callable[[str], Mapping[str, Any] | None],
    ) -> None:
        super().__init__(scopes_supported=sorted(SCOPES))
        self.session = session
        self.terms = terms
        self.client_print = client_print
        self.auth_time = auth_time
        self.signed: Signed | None = None
        self._cipher = cipher
        self._ended = ended
        self._read_access_token = read_access_token
        self.register_grant(CodeGrant, [StrictChallenge(required=True)])
        self.register_grant(RotatingGrant)
        self.register_endpoint(Revoking)
        self.register_endpoint(Introspecting)
        self.register_extension(_OurName)

    # What Authlib asks of a framework

    def query_client(self, client_id: str) -> Client | None:
        try:
            app = tables.app_of(self.session, UUID(client_id))
        except ValueError:
            return None
        return None if app is None or str(app.id) != client_id else Client(app)

    def create_oauth2_request(self, request: Request) -> Request:
        return request

    def save_token(self, token: Mapping[str, Any], request: OAuth2Request) -> None:
        """`open_grant` and `successor` have stored what is to be stored."""

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def handle_response(self, status: int, body: Any, headers: Sequence[tuple[str, str]]) -> Reply:
        given = dict(headers)
        return Reply(status, body, given.get("Location"), given.get("WWW-Authenticate"))

    # What the grants ask of us

    def active_user(self, user_id: UUID) -> User | None:
        user = tables.user_of(self.session, user_id)
        return user if user is not None and user.status == AccountStatus.ACTIVE else None

    def open_grant(self, code: OAuthCode) -> OAuthGrant:
        """Open what a code promised; the oldest of too many ends for it."""
        now = self.terms.now
        for old in tables.take_oldest(self.session, code.user_id, code.app_id, beyond=rules.MAX_GRANTS - 1):
            self.end(old, "too_many")
        grant = OAuthGrant(
            id=uuid7(),
            app_id=code.app_id,
            user_id=code.user_id,
            scopes=code.scopes,
            auth_time=code.auth_time,
            created_at=now,
            last_used_at=now,
            ends_at=now + self.terms.grant_ttl,
            revoked_at=None,
            revoked_reason=None,
        )
        self.session.add(grant)
        self.session.flush()
        return grant

    def new_refresh_token(self, grant: OAuthGrant) -> str:
        token_id, secret, now = uuid7(), new_secret(), self.terms.now
        self.session.add(
            OAuthRefreshToken(
                id=token_id,
                grant_id=grant.id,
                secret_hash=hash_secret(secret),
                issued_at=now,
                expires_at=min(now + self.terms.refresh_ttl, grant.ends_at),
                used_at=None,
                used_by=None,
                successor=None,
            )
        )
        return rules.write_refresh_token(token_id, secret)

    def shown_refresh_token(self, text: str) -> Refresh | None:
        parts = rules.read_refresh_token(text)
        found = None if parts is None else tables.take_refresh_token(self.session, parts[0])
        if parts is None or found is None or not hmac.compare_digest(found[0].secret_hash, hash_secret(parts[1])):
            return None
        return Refresh(*found)

    def successor(self, shown: Refresh) -> str:
        """Use a refresh token up and give the next; the same one again within the grace time."""
        row, place = shown.row, f"oauth_refresh_tokens|{shown.row.id}|successor"
        if row.used_at is not None and row.successor is not None:
            return self._cipher.decrypt_text(row.successor, place=place)
        text = self.new_refresh_token(shown.grant)
        row.used_at, row.used_by = self.terms.now, self.client_print
        row.successor = self._cipher.encrypt(text, place=place)
        shown.grant.last_used_at = self.terms.now
        return text

    def tokens(self, user: User, grant: OAuthGrant, scope: str, refresh_token: str) -> dict[str, Any]:
        """Say what goes to the app. The access token is signed after the commit."""
        ttl = min(self.terms.token_ttl, grant.ends_at - self.terms.now)
        self.signed = Signed(user, grant, scope, ttl)
        return {
            "access_token": "",
            "token_type": "Bearer",
            "expires_in": int(ttl.total_seconds()),
            "refresh_token": refresh_token,
            "scope": scope,
        }

    def shown_token(self, text: str) -> Token | None:
        """Find what a token of ours stands for, an access token or a refresh token."""
        refresh = self.shown_refresh_token(text)
        if refresh is not None:
            row = refresh.row
            good = row.used_at is None and self.terms.now < min(row.expires_at, refresh.grant.ends_at)
            claims = {"exp": int(row.expires_at.timestamp()), "iat": int(row.issued_at.timestamp())}
            return Token(refresh.grant, scope=refresh.get_scope(), good=good, claims=claims)
        read = self._read_access_token(text)
        grant = None if read is None else tables.take_grant(self.session, UUID(read["sid"]))
        if read is None or grant is None or read.get("client_id") != str(grant.app_id):
            return None
        kept = {name: read[name] for name in ("exp", "iat", "jti")}
        return Token(grant, scope=read["scope"], good=True, claims={**kept, "token_type": "Bearer"})

    def end(self, grant: OAuthGrant | None, reason: str) -> None:
        """End a grant, with all that came of it."""
        if grant is None or grant.revoked_at is not None:
            return
        grant.revoked_at, grant.revoked_reason = self.terms.now, reason
        self._ended(grant, reason)
