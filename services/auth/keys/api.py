"""The public keys, for everybody who verifies our tokens."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Response
from pydantic import BaseModel

from libs.common.web import PUBLIC, Router, of_app
from services.auth.keys.service import Keyring

router = Router(tags=["auth"])

MAX_AGE_S = 300


class PublicKeyOut(BaseModel):
    """A P-256 key in the form of RFC 7517; `kid` is its RFC 7638 thumbprint."""

    kty: str
    crv: str
    use: str
    alg: str
    kid: str
    x: str
    y: str


class KeySetOut(BaseModel):
    keys: list[PublicKeyOut]


@router.get("/api/auth/.well-known/jwks.json", dependencies=[PUBLIC])
async def list_keys(response: Response, keyring: Annotated[Keyring, Depends(of_app("keyring"))]) -> KeySetOut:
    """List the public keys that verify our tokens, the next one included before it signs."""
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE_S}"
    return KeySetOut(keys=[PublicKeyOut(**jwk) for jwk in await keyring.published()])
