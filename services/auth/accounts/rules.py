"""What a name, a password and a registration may be: pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from services.auth.passwords.rules import Owner

MIN_PASSWORD_CHARS = 8
MAX_PASSWORD_CHARS = 128
MAX_NAME_CHARS = 80
MIN_USERNAME_CHARS = 3
MAX_USERNAME_CHARS = 30
_USERNAME = re.compile(rf"[a-z0-9_]{{{MIN_USERNAME_CHARS},{MAX_USERNAME_CHARS}}}")
_NOT_USERNAME = re.compile(r"[^a-z0-9]+")


class AccountStatus(StrEnum):
    ACTIVE = "active"
    LOCKED = "locked"
    SUSPENDED = "suspended"
    CLOSING = "closing"
    """Its owner wants it deleted; until the grace time ends the mailed link takes that back."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What somebody typed, checked for form. `email_key` is how the address is compared; `password` is as sent."""

    email: str
    email_key: str
    password: str
    first_name: str
    last_name: str
    phone: str | None
    wanted_username: str | None

    def owner(self) -> Owner:
        """Say who is to have the password, as far as it is known."""
        return Owner.of(self.email_key, self.first_name, self.last_name, self.wanted_username)

    def __repr__(self) -> str:
        return f"Registration(email_key={self.email_key.partition('@')[2]!r})"


class Digits(Protocol):
    """Gives a random number of four digits, passed in so that tests choose it."""

    def __call__(self) -> int: ...


def is_username(text: str) -> bool:
    """Say whether this is a username: 3 to 30 of a-z, 0-9 and _ (decisions 7)."""
    return _USERNAME.fullmatch(text) is not None


def username_from(first_name: str, last_name: str, digits: Digits) -> str:
    """Make a username of a name and 4 digits, for somebody who asked for none: `asha_rao_4821`."""
    plain = unicodedata.normalize("NFKD", f"{first_name} {last_name}").encode("ascii", "ignore").decode().lower()
    base = _NOT_USERNAME.sub("_", plain).strip("_")[: MAX_USERNAME_CHARS - 5].strip("_")
    return f"{base or 'trader'}_{digits():04d}"


def is_name(text: str) -> bool:
    """Say whether this can be a part of a person's name: no control characters, no mark-up, at most 80 characters."""
    return len(text) <= MAX_NAME_CHARS and not any(
        unicodedata.category(char).startswith("C") or char in "<>" for char in text
    )


def email_key(email: str) -> str:
    """Give the form in which addresses are compared."""
    return email.strip().lower()


def login_key(name: str) -> str:
    """Give the form in which the name of a login, an address or a username, is compared and counted."""
    return name.strip().lower()
