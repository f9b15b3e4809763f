"""Requests, apps, codes and tokens, in the words in which Authlib asks about them."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from authlib.oauth2.rfc6749 import ClientMixin, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

from libs.common.security.tokens import hash_secret
from services.auth.oauth import rules
from services.auth.oauth.tables import OAuthApp, OAuthCode, OAuthGrant, OAuthRefreshToken

SECURE_URI = "https://localhost/"
"""Authlib refuses http; whether the way to us is encrypted is the business of the proxy in front of the gateway."""

ALL_METHODS = ["client_secret_basic", "client_secret_post", "none"]
WITH_SECRET = ["client_secret_basic", "client_secret_post"]


class Request(OAuth2Request):
    """A request as Authlib reads it: each parameter once, which was made sure of before."""

    def __init__(self, method: str, fields: Mapping[str, str], authorization: str | None = None) -> None:
        super().__init__(method, SECURE_URI, headers={} if authorization is None else {"Authorization": authorization})
        self._fields = dict(fields)
        self.payload = BasicOAuth2Payload(self._fields)

    @property
    def args(self) -> Mapping[str, str]:
        return self._fields

    @property
    def form(self) -> Mapping[str, str]:
        return self._fields


class Client(ClientMixin):
    """An app, as Authlib asks about it."""

    def __init__(self, app: OAuthApp) -> None:
        self.app = app

    def get_client_id(self) -> str:
        return str(self.app.id)

    def get_default_redirect_uri(self) -> None:
        """There is none: the address is always named, so that it can always be compared."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        return rules.allowed_scope(scope, is_confidential=self.app.is_confidential)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return rules.is_registered(redirect_uri, self.app.redirect_uris)

    def check_client_secret(self, client_secret: str) -> bool:
        return hmac.compare_digest(self.app.secret_hash or b"", hash_secret(client_secret))

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in WITH_SECRET if self.app.is_confidential else method == "none"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in ("authorization_code", "refresh_token")


class Code:
    """A code, as Authlib asks about it."""

    code_challenge_method = "S256"

    def __init__(self, row: OAuthCode) -> None:
        self.row = row
        self.code_challenge = row.code_challenge

    def get_redirect_uri(self) -> str:
        return self.row.redirect_uri

    def get_scope(self) -> str:
        return " ".join(self.row.scopes)


class Token:
    """A token that somebody shows: what it stands for and whether it is good."""

    def __init__(self, grant: OAuthGrant, *, scope: str, good: bool, claims: Mapping[str, Any]) -> None:
        self.grant = grant
        self.scope = scope
        self.good = good
        self.claims = claims

    def check_client(self, client: Client) -> bool:
        return self.grant.app_id == client.app.id

    def is_expired(self) -> bool:
        return not self.good

    def is_revoked(self) -> bool:
        return self.grant.revoked_at is not None


class Refresh:
    """A refresh token whose secret is right, as Authlib asks about it."""

    def __init__(self, row: OAuthRefreshToken, grant: OAuthGrant) -> None:
        self.row = row
        self.grant = grant

    def check_client(self, client: Client) -> bool:
        return self.grant.app_id == client.app.id

    def get_scope(self) -> str:
        return " ".join(self.grant.scopes)
