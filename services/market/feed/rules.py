"""Which prices we believe, which of them may fire something, and what candles a polled price makes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from libs.common.clock import from_ms, to_ms
from libs.common.money import E4, MAX_PRICE
from services.market.exchanges import EXCHANGES
from services.market.providers.port import Bar, Interval, Quote

_MAX_E4 = int(MAX_PRICE) * E4
_CLOCK_SKEW_MS = 60_000


class Flaw(StrEnum):
    """Why a price cannot be true."""

    NOT_POSITIVE = "not_positive"
    TOO_LARGE = "too_large"
    OUT_OF_ITS_SPAN = "out_of_its_span"
    FROM_THE_FUTURE = "from_the_future"


class Gap(StrEnum):
    """Why the step from the price before is not to be taken for a move of the market."""

    UNEXPLAINED = "unexplained"
    REPLAY_RESTARTED = "replay_restarted"


@dataclass(frozen=True, slots=True)
class GapLimits:
    """fraction: a larger step between two prices is a gap (0.25 is 25 %). hold: how long its prices fire nothing."""

    fraction: float
    hold: timedelta


def find_flaw(quote: Quote) -> Flaw | None:
    """Say what makes a price impossible; None for one that may be true."""
    if min(quote.price_e4, quote.low_e4) <= 0:
        return Flaw.NOT_POSITIVE
    if quote.high_e4 > _MAX_E4:
        return Flaw.TOO_LARGE
    if not quote.low_e4 <= quote.price_e4 <= quote.high_e4 or quote.span_start_ms > quote.at_ms:
        return Flaw.OUT_OF_ITS_SPAN
    if quote.at_ms > quote.received_ms + _CLOCK_SKEW_MS:
        return Flaw.FROM_THE_FUTURE
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


def polled_candles(quote: Quote, poll_interval: timedelta) -> list[Bar]:
    """Make the candles to which a polled price adds: the day's from its own open, high and low, others from the price.

    No candle is shorter than the time between two polls: it would be one price, drawn as a minute of trade.
    """
    exchange = EXCHANGES[quote.instrument.exchange]
    day = from_ms(quote.at_ms).astimezone(exchange.zone).date()
    opens_ms = to_ms(exchange.opens_at(day))
    price = quote.price_e4
    made = [
        Bar(
            quote.instrument,
            Interval.D1,
            opens_ms,
            quote.day_open_e4 or price,
            max(quote.day_high_e4 or price, price),
            min(quote.day_low_e4 or price, price),
            price,
            quote.day_volume,
            complete=quote.received_ms >= to_ms(exchange.closes_at(day)),
        )
    ]
    for interval in (Interval.H1, Interval.M15, Interval.M5, Interval.M1):
        length_ms = (interval.minutes or 0) * 60_000
        if length_ms < poll_interval / timedelta(milliseconds=1):
            break
        start_ms = opens_ms + (quote.at_ms - opens_ms) // length_ms * length_ms
        made.append(Bar(quote.instrument, interval, start_ms, price, price, price, price, None, complete=False))
    return made
