"""How values are written in a printed report."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from libs.common.money import shown
from libs.quant.metrics import FIGURES

LONGEST = 300
"""Of a person's text."""


def share(value: float | None, why_not: str | None = None) -> str:
    """Write a part of one as a percentage; without one, why there is none."""
    return why_not or "" if value is None else f"{value * 100:.1f} %"


def money(value: object, currency: str) -> str:
    """Write an amount, rounded to the coin."""
    try:
        amount = Decimal(str(value))
        return shown(amount.quantize(Decimal("0.01")), currency)
    except InvalidOperation:
        return "–"


def moment(at_ms: float, zone: int) -> str:
    """Write an instant by clocks that are so many minutes ahead of UTC."""
    return f"{datetime.fromtimestamp(at_ms / 1_000 + zone * 60, UTC):%Y-%m-%d %H:%M}"


def cut(value: object) -> str:
    """Cut a text to LONGEST."""
    text = str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def label_of(name: object) -> str:
    """Give a figure's label; of other names, the name in words."""
    return FIGURES[name].label if isinstance(name, str) and name in FIGURES else name_of(name)


def plain(value: object) -> str:
    """Write a value of a table."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".") if math.isfinite(value) else "–"
    return cut(value)


def name_of(name: object) -> str:
    """Write a name of the report in words."""
    text = cut(name).replace("_", " ").strip("/")
    return text[:1].upper() + text[1:]
