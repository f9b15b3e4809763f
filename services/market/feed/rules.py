"""Which prices we believe, and which of them may fire something. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from libs.common.money import E4, MAX_PRICE
from services.market.providers.port import Quote
from services.market.quality.rules import QuarantineReason

_MAX_E4 = int(MAX_PRICE) * E4
_CLOCK_SKEW_MS = 60_000


class Gap(StrEnum):
    """Why the step from the price before is not to be taken for a move of the market."""

    UNEXPLAINED = "unexplained"
    REPLAY_RESTARTED = "replay_restarted"


@dataclass(frozen=True, slots=True)
class GapLimits:
    """fraction: a larger step between two prices is a gap (0.25 is 25 %). hold: how long its prices fire nothing."""

    fraction: float
    hold: timedelta


def find_flaw(quote: Quote) -> QuarantineReason | None:
    """Say what makes a price impossible; None for one that may be true."""
    if min(quote.price_e4, quote.low_e4) <= 0:
        return QuarantineReason.NOT_POSITIVE
    if quote.high_e4 > _MAX_E4:
        return QuarantineReason.TOO_LARGE
    if quote.day_low_e4 is not None and quote.day_high_e4 is not None and quote.day_low_e4 > quote.day_high_e4:
        return QuarantineReason.CROSSED
    if not quote.low_e4 <= quote.price_e4 <= quote.high_e4 or quote.span_start_ms > quote.at_ms:
        return QuarantineReason.OUT_OF_ITS_SPAN
    if quote.at_ms > quote.received_ms + _CLOCK_SKEW_MS:
        return QuarantineReason.FROM_THE_FUTURE
    return None


def is_stale(quote: Quote, max_lag: timedelta) -> bool:
    """Say whether a price was too old when it reached us: such a one is shown, but fires nothing (decisions 27)."""
    return quote.received_ms - quote.at_ms > max_lag / timedelta(milliseconds=1)


def find_gap(quote: Quote, before_e4: int | None, limits: GapLimits) -> Gap | None:
    """Say whether the step from the price before needs an explanation (decisions 29)."""
    if before_e4 is None:
        return None
    if quote.restarted:
        return Gap.REPLAY_RESTARTED
    step = abs(quote.price_e4 - before_e4)
    return Gap.UNEXPLAINED if step > before_e4 * limits.fraction else None
