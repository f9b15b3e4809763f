"""What counts as a right code, and what a login says of how it was proved: pure."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

import pyotp

STEP_S = 30
DRIFT_STEPS = 1
"""How far a phone's clock may be off, in time steps, to either side."""
SECRET_CHARS = 32
"""Of base32: 160 bits, as RFC 4226 recommends."""

RECOVERY_CODES = 10
RECOVERY_CODE_CHARS = 24
"""Of 5 bits each: 120, so a plain hash keeps them safe."""
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})
_GROUP = 4

ISSUER = "ShareWise"


class Method(StrEnum):
    """How somebody can prove who they are besides the password."""

    PASSKEY = "passkey"
    TOTP = "totp"
    RECOVERY_CODE = "recovery_code"


class Amr(StrEnum):
    """The words of RFC 8176 that our tokens use, and one of ours: another's word, which is no second factor."""

    PASSWORD = "pwd"  # noqa: S105  a word, not a secret
    CODE = "otp"
    PASSKEY = "hwk"
    FEDERATED = "fed"


def new_totp_secret() -> str:
    return pyotp.random_base32(SECRET_CHARS)


def otpauth_uri(secret: str, account: str) -> str:
    """Write what an authenticator app reads from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)


def step_of(secret: str, code: str, now: datetime, *, last_step: int) -> int | None:
    """Find the time step whose code this is, of those near now and after the last one used; None when there is none."""
    current = int(now.timestamp()) // STEP_S
    codes = pyotp.HOTP(secret)
    for step in range(max(current - DRIFT_STEPS, last_step + 1), current + DRIFT_STEPS + 1):
        if hmac.compare_digest(codes.at(step).encode(), code.encode()):
            return step
    return None


def new_recovery_codes() -> list[str]:
    return [
        _grouped("".join(secrets.choice(_CROCKFORD) for _ in range(RECOVERY_CODE_CHARS))) for _ in range(RECOVERY_CODES)
    ]


def plain_recovery_code(text: str) -> str | None:
    """Give the form in which a recovery code is compared; None for what is none.

    Hyphens and spaces do not count, and letters that look like others are read as those (Crockford's base32).
    """
    plain = re.sub(r"[\s-]", "", text).upper().translate(_MISREAD)
    is_one = len(plain) == RECOVERY_CODE_CHARS and set(plain) <= set(_CROCKFORD)
    return plain if is_one else None


def methods(*, has_totp: bool, has_passkey: bool) -> tuple[Method, ...]:
    """List the ways to prove it besides the password, the best first; none when no second factor is set up."""
    found = [method for method, there in ((Method.PASSKEY, has_passkey), (Method.TOTP, has_totp)) if there]
    return (*found, Method.RECOVERY_CODE) if found else ()


def proved_anew(before: Sequence[str], by: Amr) -> list[str]:
    """Say how a session is proved after somebody proved it again.

    A password alone says nothing of what was shown earlier; a code or a passkey stands beside the password.
    """
    if by is Amr.PASSWORD:
        return [Amr.PASSWORD]
    return in_order({by, *({Amr.PASSWORD} & set(before))})


def in_order(words: Iterable[str]) -> list[str]:
    return [str(word) for word in Amr if word in set(words)]


def _grouped(plain: str) -> str:
    return "-".join(plain[start : start + _GROUP] for start in range(0, len(plain), _GROUP))
