"""What follows from a price. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

_HUNDREDTH = Decimal("0.01")


def change(price: Decimal | None, previous_close: Decimal | None) -> Decimal | None:
    """Tell by how much a price differs from the close before; None where one of them is not known."""
    if price is None or previous_close is None:
        return None
    return price - previous_close


def change_percent(price: Decimal | None, previous_close: Decimal | None) -> Decimal | None:
    """Tell the change in percent, to two decimals; None where a price is not known or the close before was 0."""
    difference = change(price, previous_close)
    if difference is None or not previous_close:
        return None
    return (difference / previous_close * 100).quantize(_HUNDREDTH, rounding=ROUND_HALF_EVEN)


def is_shown_stale(*, stale_on_arrival: bool, received_at: datetime, max_lag: timedelta, now: datetime) -> bool:
    """Say whether a price is shown as old: it was old when it came, or none has come for longer than it should.

    For the screen only. What may fire an alert was decided once, on arrival (decisions 27).
    """
    return stale_on_arrival or now - received_at > max_lag
