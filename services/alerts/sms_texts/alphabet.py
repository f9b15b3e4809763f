"""The letters of short messages, and a registered pattern with its slots filled in (messaging.md, 5).

In letters that every network carries: the rupee sign is none of them, and one such letter makes each part hold 70
characters in place of 160. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

MOST_SLOT_CHARS = 30
"""What a slot of a registered Indian text may hold; a longer word has the whole message dropped without a word."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€")
"""Take two places each."""

_WORDS = {"₹": "Rs ", "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "\u00a0": " "}


def plain(text: str) -> str:
    """Write text in the letters of GSM 03.38; what has no likeness there becomes a question mark."""
    return "".join(_plain(character) for character in text)


def _plain(character: str) -> str:
    if character in _BASIC or character in _EXTENDED:
        return character
    if character in _WORDS:
        return _WORDS[character]
    base = unicodedata.normalize("NFKD", character)[:1]
    return base if base in _BASIC else "?"


def filled_in(pattern: str, words: Mapping[str, str]) -> str:
    """Fill a pattern's slots `{name}`, each cut to what a slot may hold. The pattern stays as it is registered."""

    def word(found: re.Match[str]) -> str:
        text = " ".join(plain(words.get(found[1], "")).split())
        return text if len(text) <= MOST_SLOT_CHARS else text[: MOST_SLOT_CHARS - 2].rstrip() + ".."

    return re.sub(r"\{([a-z_]+)\}", word, pattern)


def parts(text: str) -> int:
    """Count the messages that a text is sent, and paid, as."""
    if all(character in _BASIC or character in _EXTENDED for character in text):
        places = sum(2 if character in _EXTENDED else 1 for character in text)
        return 1 if places <= 160 else -(-places // 153)
    places = len(text.encode("utf-16-be")) // 2
    return 1 if places <= 70 else -(-places // 67)
