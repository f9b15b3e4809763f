"""The token route of services."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from libs.common.errors import InvalidCredentials, PermissionDenied
from libs.common.security.service_tokens import ServiceToken
from libs.common.web import PUBLIC, Router, of_app, problems
from services.auth.clients.service import Clients

router = Router(tags=["internal"])


class ClientCredentials(BaseModel):
    model_config = ConfigDict(extra="forbid")

    client_id: str = Field(max_length=40)
    client_secret: SecretStr = Field(max_length=200)
    audience: str = Field(max_length=40)


@router.post("/internal/token", dependencies=[PUBLIC], responses=problems(InvalidCredentials, PermissionDenied))
async def issue_token(
    body: ClientCredentials, response: Response, clients: Annotated[Clients, Depends(of_app("clients"))]
) -> ServiceToken:
    """Give a service a token of five minutes for one other service, by its client secret."""
    issued = await clients.issue(body.client_id, body.client_secret.get_secret_value(), body.audience)
    response.headers["Cache-Control"] = "no-store"
    return ServiceToken(access_token=issued.token, expires_in=issued.expires_in_s, scope=issued.scope)
