"""Which candles a price adds to, when a candle is over, and what is announced of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from libs.common.clock import from_ms, to_ms
from libs.common.instruments import Instrument
from libs.common.money import from_e4
from libs.contracts.market import CandleClosed
from services.market.exchanges import EXCHANGES
from services.market.providers.port import Bar, Interval, Quote

_MINUTE_MS = 60_000
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Part:
    """What a price says about one candle: `bar`, known from `first_ms` to `last_ms`.

    `whole`: the bar tells all of the candle up to then (a day with its open, high and low), else it adds to it.
    """

    bar: Bar
    first_ms: int
    last_ms: int
    whole: bool = False


def parts_of(quote: Quote, shortest: timedelta = timedelta()) -> list[Part]:
    """Make the parts of candles that a price adds to, the day's first.

    shortest: no candle is shorter, such as the time between two polls: it would be one price, drawn as a minute of
    trade. A price after the close belongs to the session's last candle: closing prices come seconds later.
    """
    exchange = EXCHANGES[quote.instrument.exchange]
    day = from_ms(quote.at_ms).astimezone(exchange.zone).date()
    opens_ms, closes_ms = to_ms(exchange.opens_at(day)), to_ms(exchange.closes_at(day))
    inside_ms = min(quote.at_ms, closes_ms - 1)
    made = [_day_part(quote, opens_ms)]
    for interval in (Interval.H1, Interval.M15, Interval.M5, Interval.M1):
        length_ms = (interval.minutes or 0) * _MINUTE_MS
        if length_ms < shortest / _MILLISECOND:
            break
        start_ms = opens_ms + (inside_ms - opens_ms) // length_ms * length_ms
        made.append(_part(quote, interval, start_ms))
    return made


def combined(parts: Iterable[Part]) -> list[Part]:
    """Make one part per candle of several: the open of the earliest, the close of the latest, the extremes of all."""
    by_candle: dict[tuple[Instrument, Interval, int], Part] = {}
    for part in parts:
        bar = part.bar
        key = (bar.instrument, bar.interval, bar.at_ms)
        other = by_candle.get(key)
        by_candle[key] = part if other is None else _both(other, part)
    return list(by_candle.values())


def _both(one: Part, two: Part) -> Part:
    first, last = (one, two) if one.first_ms <= two.first_ms else (two, one)
    newest, older = (two, one) if two.last_ms >= one.last_ms else (one, two)
    bar = replace(
        first.bar,
        high_e4=max(one.bar.high_e4, two.bar.high_e4),
        low_e4=min(one.bar.low_e4, two.bar.low_e4),
        close_e4=newest.bar.close_e4,
        volume=newest.bar.volume if newest.bar.volume is not None else older.bar.volume,
    )
    return Part(bar, first.first_ms, max(first.last_ms, last.last_ms), whole=one.whole and two.whole)


def _part(quote: Quote, interval: Interval, start_ms: int) -> Part:
    # A span that began before the candle may have touched its extremes before it.
    inside = quote.span_start_ms >= start_ms
    high, low = (quote.high_e4, quote.low_e4) if inside else (quote.price_e4, quote.price_e4)
    price = quote.price_e4
    bar = Bar(quote.instrument, interval, start_ms, price, high, low, price, None, complete=False)
    return Part(bar, quote.at_ms, quote.at_ms)


def _day_part(quote: Quote, opens_ms: int) -> Part:
    if quote.day_open_e4 is None:
        part = _part(quote, Interval.D1, opens_ms)
        return replace(part, bar=replace(part.bar, volume=quote.day_volume))
    price, opened = quote.price_e4, quote.day_open_e4
    high, low = max(quote.day_high_e4 or price, price, opened), min(quote.day_low_e4 or price, price, opened)
    bar = Bar(quote.instrument, Interval.D1, opens_ms, opened, high, low, price, quote.day_volume, complete=False)
    return Part(bar, min(opens_ms, quote.at_ms), quote.at_ms, whole=True)


def closed_event(bar: Bar, closed_at: datetime, *, late: bool = False) -> CandleClosed:
    """Make the event of a candle that closed, or (late) that a price changed after its close."""
    return CandleClosed(
        instrument=str(bar.instrument),
        interval=bar.interval.value,
        at=from_ms(bar.at_ms),
        closed_at=closed_at,
        open=from_e4(bar.open_e4),
        high=from_e4(bar.high_e4),
        low=from_e4(bar.low_e4),
        close=from_e4(bar.close_e4),
        volume=bar.volume,
        interpolated=bar.interpolated,
        late=late,
    )


def months_between(first: date, last: date) -> Iterator[date]:
    """Give the first day of each month from that of `first` to that of `last`."""
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = (month + timedelta(days=32)).replace(day=1)
