"""How easily a password is guessed, by whoever knows the account. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from zxcvbn import zxcvbn

SCORED_CHARS = 72
"""zxcvbn's time grows faster than the password; what comes after does not make it weaker."""

PRODUCT_WORDS = ("sharewise", "share wise")


@dataclass(frozen=True, slots=True)
class Strength:
    """`score` is 0 (guessed at once) to 4; `advice` says what would make it better, empty when nothing is to say."""

    score: int
    advice: str


@dataclass(frozen=True, slots=True, repr=False)
class Owner:
    """Who is to have the password, as far as it is known: each word of it makes a password easier to guess."""

    email_key: str = ""
    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, email_key: str, *names: str | None) -> Owner:
        return cls(email_key, tuple(name for name in names if name))

    def words(self) -> list[str]:
        """List what a guesser would try first."""
        local, _, domain = self.email_key.partition("@")
        parts = re.split(r"[._+-]+", local)
        joined = ["".join(parts), "".join(self.names[:2])]
        return _plain([*PRODUCT_WORDS, self.email_key, local, domain.split(".")[0], *parts, *self.names, *joined])


def strength_of(password: str, owner: Owner) -> Strength:
    """Score a password. Takes milliseconds of a processor, so keep it off the event loop."""
    if not password:
        return Strength(0, "")  # zxcvbn knows no empty one
    result = zxcvbn(password[:SCORED_CHARS], user_inputs=owner.words())
    feedback = result["feedback"]
    return Strength(result["score"], " ".join(filter(None, [feedback["warning"], *feedback["suggestions"]])))


def _plain(words: Iterable[str]) -> list[str]:
    return sorted({word.lower() for word in words if len(word) >= 3})
