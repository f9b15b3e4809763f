"""What becomes of a headline: its text made plain, its link, its time, the instruments that it names. Pure."""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

HEADLINE_CHARS = 500
SUMMARY_CHARS = 2_000
URL_CHARS = 2_000
SOURCE_CHARS = 80
GUID_CHARS = 200
MOST_INSTRUMENTS = 10
MOST_PER_NAME = 4
"""A name that more instruments go by says nothing."""
LONGEST_NAME_WORDS = 8
AHEAD = timedelta(minutes=10)
"""A feed's clock may be so far before ours; what lies further ahead was published when it came."""
LONGEST_WAIT = timedelta(days=1)

_TAG = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|<[^<>]*>", re.IGNORECASE | re.DOTALL)
_WORD = re.compile(r"[^\W_]+(?:[&'.-][^\W_]+)*")
_LANGUAGE = re.compile(r"^[a-z]{2,3}(?:-[a-z0-9]{2,8})*$")
_LEGAL = frozenset(
    (
        "limited",
        "ltd",
        "inc",
        "incorporated",
        "corp",
        "corporation",
        "company",
        "co",
        "plc",
        "nv",
        "sa",
        "ag",
        "class",
        "a",
        "b",
        "c",
        "common",
        "stock",
        "the",
        "india",
    )
)
_NO_SYMBOLS = frozenset(
    (
        "AGM",
        "BSE",
        "CEO",
        "CFO",
        "CPI",
        "DII",
        "EPS",
        "ETF",
        "FDI",
        "FII",
        "FPO",
        "GDP",
        "GST",
        "IPO",
        "NCD",
        "NPA",
        "NRI",
        "NSE",
        "QIP",
        "RBI",
        "SEBI",
        "SIP",
        "UPI",
        "USA",
        "USD",
    )
)


@dataclass(frozen=True, slots=True)
class Item:
    """A headline as a source gave it, made plain. `guid` is the source's own id of it, or one made of its words."""

    source: str
    guid: str
    headline: str
    url: str | None
    summary: str | None
    language: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """An instrument and what it goes by."""

    id: int
    instrument: str
    symbol: str
    names: Sequence[str]


def plain_text(text: str, limit: int) -> str:
    """Make text of what may be HTML: no tags, no entities, no control characters, single spaces, at most `limit`."""
    text = html.unescape(_TAG.sub(" ", text))
    # Twice, as feeds often escape HTML that holds escaped HTML; what is left of brackets then is text.
    text = _TAG.sub(" ", html.unescape(text))
    text = "".join(" " if unicodedata.category(char)[0] == "C" else char for char in text)
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def web_link(url: str | None) -> str | None:
    """Give an address that may stand as a link: http or https with a host and no credentials; else None."""
    url = (url or "").strip()
    if not url or len(url) > URL_CHARS or any(char.isspace() or ord(char) < 32 for char in url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and host and "@" not in parts.netloc else None


def language_of(text: str | None) -> str:
    """Give a language tag in small letters; `und` for what is none."""
    text = (text or "").strip().lower().replace("_", "-")
    return text if len(text) <= 20 and _LANGUAGE.match(text) else "und"


def guid_of(given: str | None, headline: str, published_at: datetime | None) -> str:
    """Give a source's id of a headline, bounded; made of its words and day where the source gives none."""
    given = (given or "").strip()
    if given and len(given) <= GUID_CHARS and given.isprintable():
        return given
    day = "" if published_at is None else published_at.date().isoformat()
    return "sha256:" + digest(given or f"{day} {headline}")


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def told_at(published_at: datetime | None, received_at: datetime) -> datetime:
    """Say when something was published: by the source, but not before 1990 nor ahead of our clock."""
    if published_at is None or published_at.year < 1990 or published_at > received_at + AHEAD:
        return received_at
    return published_at


def wait_after(failures: int, interval: timedelta) -> timedelta:
    """Say how long a feed rests: its interval, doubled with each failure in a row, at most a day."""
    return min(interval * (1 << min(failures, 10)), max(LONGEST_WAIT, interval))


def words_of(text: str) -> list[str]:
    """Take a text apart into words, with the capitals that it has and without the `'s` of an owner."""
    return [word.removesuffix("'s").removesuffix(".") for word in _WORD.findall(text.replace("’", "'"))]


def name_words(name: str) -> tuple[str, ...]:
    """Give the words by which a company goes in headlines: small, without `Limited`, `Inc.` and their like."""
    words = [word.casefold().removesuffix(".com") for word in words_of(name)]
    while len(words) > 1 and words[-1] in _LEGAL:
        words.pop()
    while len(words) > 1 and words[0] == "the":
        words.pop(0)
    return tuple(words)


@dataclass(frozen=True, slots=True)
class Names:
    """Which instruments go by which words. Made once for many headlines.

    A name counts where the headline writes it with a capital; a symbol of three characters or more where it stands in
    capitals and not all of the headline does. The longest name wins: "Tata Motors Finance" is not "Tata Motors".
    """

    by_words: Mapping[tuple[str, ...], tuple[int, ...]] = field(repr=False)
    by_symbol: Mapping[str, tuple[int, ...]] = field(repr=False)

    @classmethod
    def of(cls, known: Iterable[Known]) -> Names:
        by_words: dict[tuple[str, ...], dict[int, None]] = {}
        by_symbol: dict[str, dict[int, None]] = {}
        for one in known:
            for name in one.names:
                words = name_words(name)
                if words and len(words) <= LONGEST_NAME_WORDS and sum(map(len, words)) >= 3:
                    by_words.setdefault(words, {})[one.id] = None
            if len(one.symbol) >= 3 and not one.symbol.isdigit() and one.symbol not in _NO_SYMBOLS:
                by_symbol.setdefault(one.symbol, {})[one.id] = None
        return cls(
            {words: tuple(ids) for words, ids in by_words.items() if len(ids) <= MOST_PER_NAME},
            {symbol: tuple(ids) for symbol, ids in by_symbol.items() if len(ids) <= MOST_PER_NAME},
        )

    def find(self, headline: str) -> tuple[int, ...]:
        """Give the numbers of the instruments that a headline names, in its order, at most MOST_INSTRUMENTS."""
        words = words_of(headline)
        small = [word.casefold() for word in words]
        shouted = headline.upper() == headline
        found: dict[int, None] = {}
        start = 0
        while start < len(words):
            length, ids = self._longest(words, small, start, shouted=shouted)
            found.update(dict.fromkeys(ids))
            start += length
        return tuple(found)[:MOST_INSTRUMENTS]

    def _longest(
        self, words: Sequence[str], small: Sequence[str], start: int, *, shouted: bool
    ) -> tuple[int, tuple[int, ...]]:
        first = words[start]
        if first[0].isupper() or first[0].isdigit():
            for length in range(min(LONGEST_NAME_WORDS, len(words) - start), 0, -1):
                ids = self.by_words.get(tuple(small[start : start + length]))
                if ids:
                    return length, ids
        if not shouted and first in self.by_symbol:
            return 1, self.by_symbol[first]
        return 1, ()
