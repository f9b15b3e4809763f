"""Tokens that must all be refused: each a name and how to make it from what an attacker could hold."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from libs.common.security.tokens import SigningKey

Forgery = Callable[["Forger"], str]


class Forger:
    """Holds a good key, so that a case shows the one thing that is wrong; and keys of nobody."""

    def __init__(self, key: SigningKey, now: datetime, audience: str, issuer: str) -> None:
        self.key = key
        self.stranger = SigningKey.generate()
        self.now = int(now.timestamp())
        self.audience = audience
        self.issuer = issuer

    def header(self, **changes: Any) -> dict[str, Any]:
        return {"alg": "ES256", "typ": "at+jwt", "kid": self.key.kid, **changes}

    def claims(self, **changes: Any) -> dict[str, Any]:
        claims = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": str(uuid4()),
            "sid": str(uuid4()),
            "jti": str(uuid4()),
            "iat": self.now,
            "nbf": self.now,
            "exp": self.now + 600,
            "role": "USER",
            "tier": "BASIC",
            "scope": "user",
            "ver": 1,
            "amr": ["pwd"],
            "auth_time": self.now,
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not ...}

    def signed(
        self, header: Any = None, claims: Any = None, *, key: SigningKey | None = None, raw: bytes | None = None
    ) -> str:
        first = b64(header if isinstance(header, bytes) else to_json(self.header() if header is None else header))
        second = b64(raw if raw is not None else to_json(self.claims() if claims is None else claims))
        return f"{first}.{second}.{b64(self.signature(f'{first}.{second}', key))}"

    def signature(self, text: str, key: SigningKey | None = None) -> bytes:
        r, s = decode_dss_signature((key or self.key).private.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def with_hmac(self, secret: bytes, alg: str = "HS256") -> str:
        text = f"{b64(to_json(self.header(alg=alg)))}.{b64(to_json(self.claims()))}"
        return f"{text}.{b64(hmac.digest(secret, text.encode(), hashlib.sha256))}"

    def public_bytes(self, encoding: serialization.Encoding, form: serialization.PublicFormat) -> bytes:
        return self.key.private.public_key().public_bytes(encoding, form)


def to_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


_E, _F = serialization.Encoding, serialization.PublicFormat
_INFO = _F.SubjectPublicKeyInfo


def _unsigned(alg: str, tail: str = "") -> Forgery:
    return lambda f: f"{b64(to_json(f.header(alg=alg)))}.{b64(to_json(f.claims()))}.{tail}"


def _without(claim: str) -> Forgery:
    return lambda f: f.signed(claims=f.claims(**{claim: ...}))


ACT = {"sub": str(uuid4()), "sid": str(uuid4()), "ver": 1}


def _claim(**changes: Any) -> Forgery:
    return lambda f: f.signed(claims=f.claims(**changes))


def _head(**changes: Any) -> Forgery:
    return lambda f: f.signed(f.header(**changes))


def _tampered(change: Callable[[str], str]) -> Forgery:
    return lambda f: change(f.signed())


def _rs256(f: Forger) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = f"{b64(to_json(f.header(alg='RS256')))}.{b64(to_json(f.claims()))}"
    from cryptography.hazmat.primitives.asymmetric import padding

    return f"{text}.{b64(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def _signature(make: Callable[[bytes], bytes]) -> Forgery:
    def forge(f: Forger) -> str:
        text, _, signature = f.signed().rpartition(".")
        return f"{text}.{b64(make(base64.urlsafe_b64decode(signature + '==')))}"

    return forge


def _duplicate_member(f: Forger) -> str:
    raw = to_json(f.claims())
    return f.signed(raw=raw[:-1] + b', "sub": "' + str(uuid4()).encode() + b'"}')


def _other_spelling(f: Forger) -> str:
    """Change the last character of the signature in bits that base64 does not use."""
    token = f.signed()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(token[-1])
    return token[:-1] + alphabet[last ^ 1]


CASES: dict[str, Forgery] = {
    "empty": lambda f: "",
    "one part": lambda f: "abc",
    "two parts": lambda f: ".".join(f.signed().split(".")[:2]),
    "four parts": lambda f: f.signed() + ".x",
    "dots only": lambda f: "..",
    "not base64": lambda f: "!!.??.~~",
    "not JSON": lambda f: f.signed(b"nonsense"),
    "header is a list": lambda f: f.signed([1]),
    "claims are a list": lambda f: f.signed(claims=[1]),
    "claims are not JSON": lambda f: f.signed(raw=b"\xff\xfe"),
    "deeply nested header": lambda f: f.signed(b"[" * 3000),
    "alg none": _unsigned("none"),
    "alg None": _unsigned("None"),
    "alg nOnE": _unsigned("nOnE"),
    "alg none with a signature": _unsigned("none", "AAAA"),
    "alg missing": lambda f: f.signed({"typ": "at+jwt", "kid": f.key.kid}),
    "alg a list": _head(alg=["ES256"]),
    "HS256 with the PEM": lambda f: f.with_hmac(f.public_bytes(_E.PEM, _INFO)),
    "HS256 with the DER": lambda f: f.with_hmac(f.public_bytes(_E.DER, _INFO)),
    "HS256 with the JWK": lambda f: f.with_hmac(to_json(f.key.public_jwk())),
    "HS256 with the SSH key": lambda f: f.with_hmac(f.public_bytes(_E.OpenSSH, _F.OpenSSH)),
    "HS256 with the point": lambda f: f.with_hmac(f.public_bytes(_E.X962, _F.UncompressedPoint)),
    "HS256 with nothing": lambda f: f.with_hmac(b""),
    "RS256": _rs256,
    "ES384 named": _head(alg="ES384"),
    "EdDSA named": _head(alg="EdDSA"),
    "ES256K named": _head(alg="ES256K"),
    "kid missing": lambda f: f.signed({"alg": "ES256", "typ": "at+jwt"}),
    "kid unknown": lambda f: f.signed(f.header(kid=f.stranger.kid), key=f.stranger),
    "kid ours, key a stranger's": lambda f: f.signed(key=f.stranger),
    "kid a path": _head(kid="../../../../dev/null"),
    "kid SQL": _head(kid="x' UNION SELECT 'k'--"),
    "kid a number": _head(kid=7),
    "kid null": _head(kid=None),
    "jku": _head(jku="https://evil.example/jwks.json"),
    "x5u": _head(x5u="https://evil.example/cert.pem"),
    "jwk inside": lambda f: f.signed(f.header(jwk=f.stranger.public_jwk()), key=f.stranger),
    "x5c": _head(x5c=["MIIB"]),
    "crit unknown": _head(crit=["exp"], exp=1),
    "b64 false": _head(b64=False),
    "typ missing": lambda f: f.signed({"alg": "ES256", "kid": f.key.kid}),
    "typ JWT": _head(typ="JWT"),
    "typ refresh": _head(typ="refresh+jwt"),
    "typ id token": _head(typ="id+jwt"),
    "typ service": lambda f: f.signed(f.header(typ="svc+jwt"), f.claims(sub="service:alerts")),
    "typ a list": _head(typ=["at+jwt"]),
    **{f"without {name}": _without(name) for name in ("iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp")},
    **{f"without {name}": _without(name) for name in ("role", "tier", "scope", "ver", "amr", "auth_time")},
    "other issuer": _claim(iss="https://evil.example"),
    "other audience": _claim(aud="market"),
    "list of audiences": lambda f: f.signed(claims=f.claims(aud=[f.audience, "market"])),
    "audience null": _claim(aud=None),
    "expired": lambda f: f.signed(claims=f.claims(iat=f.now - 4000, nbf=f.now - 4000, exp=f.now - 400)),
    "exp a string": lambda f: f.signed(claims=f.claims(exp=str(f.now + 600))),
    "exp a float": lambda f: f.signed(claims=f.claims(exp=f.now + 600.5)),
    "exp a bool": _claim(exp=True),
    "exp null": _claim(exp=None),
    "exp 2**63": _claim(exp=2**63),
    "exp 1e400": lambda f: f.signed(raw=to_json(f.claims(exp=0)).replace(b'"exp": 0', b'"exp": 1e400')),
    "exp NaN": _claim(exp=float("nan")),
    "exp negative": _claim(exp=-1),
    "lives too long": lambda f: f.signed(claims=f.claims(exp=f.now + 7200)),
    "acts too long": lambda f: f.signed(claims=f.claims(exp=f.now + 3000, act=ACT)),
    "iat in the future": lambda f: f.signed(claims=f.claims(iat=f.now + 300, nbf=f.now, exp=f.now + 600)),
    "not yet": lambda f: f.signed(claims=f.claims(nbf=f.now + 300)),
    "iat a string": lambda f: f.signed(claims=f.claims(iat=str(f.now))),
    "ends before it begins": lambda f: f.signed(claims=f.claims(iat=f.now + 20, exp=f.now + 10)),
    "sub no id": _claim(sub="admin"),
    "sub a number": _claim(sub=1),
    "sub null": _claim(sub=None),
    "sub a service": _claim(sub="service:auth"),
    "sid no id": _claim(sid="x"),
    "ver a string": _claim(ver="1"),
    "act no object": _claim(act="admin"),
    "act without a login": _claim(act={"sub": ACT["sub"], "ver": 1}),
    "act of no version": _claim(act={**ACT, "ver": "1"}),
    "auth_time huge": _claim(auth_time=2**62),
    "jti a number": _claim(jti=5),
    "member twice": _duplicate_member,
    "header member twice": lambda f: f.signed(to_json(f.header())[:-1] + b', "alg": "ES256"}'),
    "at_hash": _claim(at_hash="x"),
    "payload changed": _tampered(lambda t: ".".join((t.split(".")[0], t.split(".")[1][:-2] + "xx", t.split(".")[2]))),
    "signature cut": _tampered(lambda t: t[:-6]),
    "signature empty": _tampered(lambda t: t.rpartition(".")[0] + "."),
    "signature spelt otherwise": _other_spelling,
    "bytes after the signature": _tampered(lambda t: t + "AAAA"),
    "padded": _tampered(lambda t: t + "=="),
    "white space inside": _tampered(lambda t: t.replace(".", ". ", 1)),
    "r = 0": _signature(lambda s: bytes(32) + s[32:]),
    "s = 0": _signature(lambda s: s[:32] + bytes(32)),
    "r = s = 0": _signature(lambda s: bytes(64)),
    "r = n": _signature(
        lambda s: bytes.fromhex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551") + s[32:]
    ),
    "signature in DER": lambda f: _der_signed(f),
    "9 KiB": lambda f: f.signed(claims=f.claims(more="x" * 9000)),
}


def _der_signed(f: Forger) -> str:
    text = f.signed().rpartition(".")[0]
    return f"{text}.{b64(f.key.private.sign(text.encode(), ec.ECDSA(hashes.SHA256())))}"


def cases() -> Iterator[tuple[str, Forgery]]:
    yield from CASES.items()
