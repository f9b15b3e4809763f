"""What NSE's wording of a corporate action says: "Bonus 1:1", "Interim Dividend - Rs 8 Per Share". Pure.

The wording is free text of companies' secretaries, so what is not surely read stays words: an event of its kind, or
`other`, without an amount or a ratio. Bonus a:b gives a new shares for b held. A split tells the face values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction

MOST_SHARES = 10_000
MOST_CHARS = 300
_LARGEST = Decimal(1_000_000)
_PLACES = Decimal("0.0001")


class EventKind(StrEnum):
    """What a dated event of a company is."""

    RESULTS = "results"
    DIVIDEND = "dividend"
    BONUS = "bonus"
    SPLIT = "split"
    RIGHTS = "rights"
    BUYBACK = "buyback"
    DISTRIBUTION = "distribution"
    DEMERGER = "demerger"
    MEETING = "meeting"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Said:
    """One event that a text tells of. `amount` per share or unit; `old_shares` became `new_shares`."""

    kind: EventKind
    words: str
    amount: Decimal | None = None
    old_shares: int | None = None
    new_shares: int | None = None


_MONEY = r"(?:rs|re|inr|₹)\s*\.?\s*-?\s*(\d[\d,]*(?:\.\d+)?)"
_AMOUNT = re.compile(_MONEY, re.IGNORECASE)
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")
_BONUS = re.compile(
    r"^bonus(?:\s+(?:issue|shares?))?\s*(?:-|–)?\s*(?:of\s+)?(\d{1,5})\s*:\s*(\d{1,5})\b", re.IGNORECASE
)
_FACE_VALUES = re.compile(rf"from\s+{_MONEY}.*?\bto\s+{_MONEY}", re.IGNORECASE)
# Behind a divider a new event begins where one of these words follows; else the divider is the text's own ("Rs 10/-").
_NEXT = re.compile(
    r"\s*(?:/|&|\+|,|\band\b)\s*(?=(?:interim|final|special|one[ -]time|dividend|bonus|face value|rights|buy ?-?back"
    r"|annual general|extra|agm|egm|demerger|consolidation|capital reduction|scheme)\b)",
    re.IGNORECASE,
)
_KINDS = (
    (re.compile(r"\bdemerger\b|\bspin[ -]?off\b", re.IGNORECASE), EventKind.DEMERGER),
    (
        re.compile(r"\bscheme of\b|\bcapital reduction\b|\bncrps\b|\bpreference shares?\b", re.IGNORECASE),
        EventKind.OTHER,
    ),
    (re.compile(r"^distribution\b|^income distribution\b", re.IGNORECASE), EventKind.DISTRIBUTION),
    (re.compile(r"\bdividend\b", re.IGNORECASE), EventKind.DIVIDEND),
    (re.compile(r"^bonus\b", re.IGNORECASE), EventKind.BONUS),
    (re.compile(r"\bsplit\b|\bsub-?\s?division\b|\bconsolidation\b", re.IGNORECASE), EventKind.SPLIT),
    (re.compile(r"\brights?\b", re.IGNORECASE), EventKind.RIGHTS),
    (re.compile(r"\bbuy\s?-?back\b", re.IGNORECASE), EventKind.BUYBACK),
    (re.compile(r"\bfinancial results?\b|\bresults?\b", re.IGNORECASE), EventKind.RESULTS),
    (re.compile(r"\bgeneral meeting\b|\bagm\b|\begm\b|\bboard meeting\b", re.IGNORECASE), EventKind.MEETING),
)


def read(purpose: str, face_value: Decimal | None = None) -> list[Said]:
    """Read a purpose. face_value: of the share, which dividends told in percent are a part of."""
    text = plain(purpose)
    if not text:
        return []
    # A trust's distribution names what it consists of, dividends too: it is one payment.
    parts = [text] if re.match(r"(?:income )?distribution\b|scheme\b", text, re.IGNORECASE) else _NEXT.split(text)
    return [_said(part.strip(" /"), face_value) for part in parts if part.strip(" /-")]


def plain(text: str) -> str:
    """Give the text as one line of printable characters, bounded."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:MOST_CHARS]


def _said(text: str, face_value: Decimal | None) -> Said:
    kind = next((kind for pattern, kind in _KINDS if pattern.search(text)), EventKind.OTHER)
    if kind in (EventKind.DIVIDEND, EventKind.DISTRIBUTION):
        return Said(kind, text, amount=_amount(text, face_value if kind is EventKind.DIVIDEND else None))
    if kind is EventKind.BONUS and (found := _BONUS.match(text)):
        given, held = int(found[1]), int(found[2])
        return _with_ratio(kind, text, held, held + given) if given and held else Said(kind, text)
    if kind is EventKind.SPLIT and (found := _FACE_VALUES.search(text)):
        before, after = _number(found[1]), _number(found[2])
        if before and after and before != after:
            ratio = Fraction(before) / Fraction(after)
            return _with_ratio(kind, text, ratio.denominator, ratio.numerator)
    return Said(kind, text)


def _with_ratio(kind: EventKind, text: str, old: int, new: int) -> Said:
    ratio = Fraction(new, old)
    if max(ratio.numerator, ratio.denominator) > MOST_SHARES:
        return Said(kind, text)
    return Said(kind, text, old_shares=ratio.denominator, new_shares=ratio.numerator)


def _amount(text: str, face_value: Decimal | None) -> Decimal | None:
    if found := _AMOUNT.search(text):
        return money(_number(found[1]))
    percent = _PERCENT.search(text)
    if percent is None or face_value is None:
        return None
    return money(Decimal(percent[1]) * face_value / 100)


def money(number: Decimal | None) -> Decimal | None:
    """Give an amount as it is stored, in 1/10,000; None for nothing and for what no share pays."""
    if number is None or not 0 < number <= _LARGEST:
        return None
    return number.quantize(_PLACES) or None


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
