"""Signed tokens: the only importer of python-jose, behind every guard that it lacks (security reference, section 2).

Two kinds exist, told apart by their `typ` header so that neither passes for the other: `at+jwt` for callers, also while
they act as another user, and `svc+jwt` between services. Both are ES256, and nothing else is ever accepted.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Self, cast

import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jose import jwt
from jose.backends.cryptography_backend import CryptographyECKey
from jose.constants import ALGORITHMS
from jose.jwk import get_key

from libs.common.ids import uuid7

ALGORITHM = "ES256"
LEEWAY_S = 30
MAX_TOKEN_BYTES = 8 * 1024

_SEGMENT = re.compile(r"[A-Za-z0-9_-]+")
_KID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FORBIDDEN_HEADERS = frozenset({"jku", "x5u", "jwk", "x5c", "x5t", "x5t#S256", "crit", "b64", "zip", "enc"})
_ORDER_OF_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

# Without cryptography python-jose falls back to the `ecdsa` package, whose signing leaks time (CVE-2024-23342).
if get_key(ALGORITHM) is not CryptographyECKey:
    raise RuntimeError("python-jose must use the cryptography backend: install python-jose[cryptography].")


class Purpose(StrEnum):
    """What a token is for; the value is its `typ` header."""

    ACCESS = "at+jwt"
    SERVICE = "svc+jwt"


MAX_TTL: Mapping[Purpose, timedelta] = {
    Purpose.ACCESS: timedelta(minutes=60),
    Purpose.SERVICE: timedelta(minutes=5),
}
ACTING_MAX_TTL = timedelta(minutes=15)


class TokenRefused(Exception):
    """The token is not good. The reason is for our logs and metrics, never for the client."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A P-256 key that verifies. `kid` is its RFC 7638 thumbprint."""

    kid: str
    key: CryptographyECKey

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, object]) -> Self:
        """Read a JWK of a key set. Raises ValueError unless it is a P-256 signing key under its own thumbprint."""
        if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256" or jwk.get("use", "sig") != "sig" or "d" in jwk:
            raise ValueError("A key set holds public P-256 signing keys only.")
        x, y = jwk.get("x"), jwk.get("y")
        if not isinstance(x, str) or not isinstance(y, str) or jwk.get("kid") != thumbprint(x, y):
            raise ValueError("A key's id must be its RFC 7638 thumbprint.")
        point = ec.EllipticCurvePublicNumbers(
            int.from_bytes(_unb64(x), "big"), int.from_bytes(_unb64(y), "big"), ec.SECP256R1()
        )
        return cls(thumbprint(x, y), CryptographyECKey(point.public_key(), ALGORITHMS.ES256))


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """A P-256 key that signs. Only auth holds any."""

    kid: str
    private: ec.EllipticCurvePrivateKey

    @classmethod
    def generate(cls) -> Self:
        return cls._of(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Read what `to_pem` wrote. Raises ValueError for anything but an unencrypted P-256 private key."""
        private = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
            raise ValueError("A signing key is a P-256 key.")
        return cls._of(private)

    @classmethod
    def _of(cls, private: ec.EllipticCurvePrivateKey) -> Self:
        jwk = _public_jwk(private.public_key())
        return cls(jwk["kid"], private)

    def to_pem(self) -> bytes:
        """Write the private key in PEM (PKCS 8, not encrypted: the caller encrypts)."""
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def public_jwk(self) -> dict[str, str]:
        """The public half, as an entry of a key set."""
        return _public_jwk(self.private.public_key())

    def public_key(self) -> PublicKey:
        return PublicKey.from_jwk(self.public_jwk())


KeyFor = Callable[[str], PublicKey | None]
"""Finds a public key by its id, among our own only."""


def sign(claims: Mapping[str, object], *, purpose: Purpose, key: SigningKey) -> str:
    """Sign claims as they are. `issue` is what fills them in."""
    signing = CryptographyECKey(key.private, ALGORITHMS.ES256)
    return cast(
        str, jwt.encode(dict(claims), signing, algorithm=ALGORITHM, headers={"typ": purpose.value, "kid": key.kid})
    )


def issue(
    claims: Mapping[str, object],
    *,
    purpose: Purpose,
    key: SigningKey,
    issuer: str,
    audience: str,
    now: datetime,
    ttl: timedelta,
) -> tuple[str, datetime]:
    """Sign a token that is good from now for `ttl`, under a fresh `jti`. Returns it with the instant of its end."""
    if ttl > MAX_TTL[purpose]:
        raise ValueError(f"A token of kind {purpose} lives at most {MAX_TTL[purpose]}.")
    start = int(now.timestamp())
    end = start + int(ttl.total_seconds())
    full = {"iss": issuer, "aud": audience, "jti": str(uuid7()), "iat": start, "nbf": start, "exp": end, **claims}
    return sign(full, purpose=purpose, key=key), datetime.fromtimestamp(end, UTC)


def key_id_of(token: str) -> str:
    """Read the key id of a token before its signature is checked, to fetch a key that is not at hand.

    Raises TokenRefused for anything whose header we would refuse anyway.
    """
    kid: str = _header(token)["kid"]
    return kid


def claimed_purpose(token: str) -> Purpose:
    """Tell which kind a token says it is, before anything is checked. Raises TokenRefused for neither kind."""
    try:
        return Purpose(_header(token)["typ"])
    except ValueError as error:
        raise TokenRefused("typ") from error


def verify(
    token: str, *, purpose: Purpose, key_for: KeyFor, issuer: str, audience: str, now: datetime
) -> dict[str, Any]:
    """Check a token whole and return its claims. Raises TokenRefused, and nothing else, for every token not good.

    Revocation is not looked at here: it changes while a checked token is kept (see `middleware`).
    """
    header = _header(token)
    if header["typ"] != purpose.value:
        raise TokenRefused("typ")
    key = key_for(header["kid"])
    if key is None:
        raise TokenRefused("kid")
    _check_signature_form(token)
    try:
        claims = jwt.decode(
            token,
            key.key,
            algorithms=[ALGORITHM],
            audience=audience,
            issuer=issuer,
            # Times are required and checked below, typed and against our clock: python-jose takes numeric strings for
            # times, knows no clock but the machine's, and checks by it whatever it is told to require.
            options={
                "require_aud": True,
                "require_iss": True,
                "require_sub": True,
                "require_jti": True,
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
    except Exception as error:
        # Whatever a forged token makes the library raise, it is the forger's fault and never a 500.
        raise TokenRefused("signature_or_claims") from error
    _check_claims(token, claims, purpose, audience, now)
    return cast(dict[str, Any], claims)


def new_secret(nbytes: int = 32) -> str:
    """Make an opaque token of 256 random bits, safe in a URL."""
    return secrets.token_urlsafe(nbytes)


def hash_secret(secret: str) -> bytes:
    """Hash an opaque token for storing: it is random, so no slow hash is needed."""
    return hashlib.sha256(secret.encode()).digest()


def thumbprint(x: str, y: str) -> str:
    """RFC 7638 thumbprint of a P-256 key given by its base64url coordinates."""
    return _b64(hashlib.sha256(orjson.dumps({"crv": "P-256", "kty": "EC", "x": x, "y": y})).digest())


def _header(token: str) -> dict[str, Any]:
    if len(token) > MAX_TOKEN_BYTES or token.count(".") != 2:
        raise TokenRefused("form")
    first, second, third = token.split(".")
    if not (_SEGMENT.fullmatch(first) and _SEGMENT.fullmatch(second) and _SEGMENT.fullmatch(third)):
        raise TokenRefused("form")
    header = _object(first)
    if header.get("alg") != ALGORITHM:
        raise TokenRefused("alg")
    if not _FORBIDDEN_HEADERS.isdisjoint(header):
        raise TokenRefused("header")
    kid = header.get("kid")
    if not isinstance(kid, str) or not _KID.fullmatch(kid):
        raise TokenRefused("kid")
    if not isinstance(header.get("typ"), str):
        raise TokenRefused("typ")
    return header


def _object(segment: str) -> dict[str, Any]:
    """Decode a segment to a JSON object with no member twice: two readers could believe two different ones."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            raise TokenRefused("duplicate_member")
        return members

    try:
        value = json.loads(_unb64(segment), object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise TokenRefused("form") from error
    if not isinstance(value, dict):
        raise TokenRefused("form")
    return value


def _check_signature_form(token: str) -> None:
    try:
        signature = _unb64(token.rpartition(".")[2])
    except ValueError as error:
        raise TokenRefused("signature_form") from error
    if len(signature) != 64:
        raise TokenRefused("signature_form")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < _ORDER_OF_P256 and 0 < s < _ORDER_OF_P256):
        raise TokenRefused("signature_form")


def _check_claims(token: str, claims: object, purpose: Purpose, audience: str, now: datetime) -> None:
    if not isinstance(claims, dict):
        raise TokenRefused("claims")
    _object(token.split(".")[1])
    # A list of audiences would let one token pass at several services.
    if claims["aud"] != audience:
        raise TokenRefused("aud")
    times: list[int] = []
    for name in ("iat", "nbf", "exp"):
        value = claims.get(name)
        if type(value) is not int or not 0 < value < 1 << 40:
            raise TokenRefused(name)
        times.append(value)
    iat, nbf, exp = times
    at = now.timestamp()
    if exp <= at - LEEWAY_S:
        raise TokenRefused("expired")
    if iat > at + LEEWAY_S or nbf > at + LEEWAY_S:
        raise TokenRefused("not_yet")
    longest = ACTING_MAX_TTL if "act" in claims else MAX_TTL[purpose]
    if not 0 < exp - iat <= longest.total_seconds():
        raise TokenRefused("lifetime")
    if not isinstance(claims["sub"], str) or not isinstance(claims["jti"], str):
        raise TokenRefused("claims")


def _public_jwk(public: ec.EllipticCurvePublicKey) -> dict[str, str]:
    numbers = public.public_numbers()
    x, y = _b64(numbers.x.to_bytes(32, "big")), _b64(numbers.y.to_bytes(32, "big"))
    return {"kty": "EC", "crv": "P-256", "use": "sig", "alg": ALGORITHM, "kid": thumbprint(x, y), "x": x, "y": y}


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    """Decode base64url. Raises ValueError for any spelling but the canonical one: one token has one spelling."""
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _b64(raw) != text:
        raise ValueError("not canonical base64url")
    return raw
