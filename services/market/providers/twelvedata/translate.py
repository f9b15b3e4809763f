"""TwelveData's words and ours. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from libs.common.clock import to_ms
from libs.common.instruments import Instrument
from libs.common.money import E4, MAX_PRICE
from services.market.exchanges import EXCHANGES
from services.market.providers.port import (
    AuthFailed,
    BadRequest,
    Bar,
    Interval,
    NotCovered,
    ProviderError,
    Quote,
    SymbolUnknown,
    Transient,
)

INTERVALS: Mapping[Interval, str] = {
    Interval.M1: "1min",
    Interval.M5: "5min",
    Interval.M15: "15min",
    Interval.H1: "1h",
    Interval.D1: "1day",
}


class OutOfCredits(ProviderError):
    """Their 429. The client turns it into the port's RateLimited, which tells till when."""

    def __init__(self, reason: str, *, whole_day: bool) -> None:
        super().__init__(reason)
        self.whole_day = whole_day


def symbol_of(instrument: Instrument) -> str:
    """Write an instrument as they do: a bare symbol is a US share, others name their exchange."""
    if EXCHANGES[instrument.exchange].country == "US":
        return instrument.symbol
    return f"{instrument.symbol}:{instrument.exchange}"


def is_error(body: Mapping[str, Any]) -> bool:
    """Say whether an answer, or a part of a batch's, is an error object."""
    return body.get("status") == "error" or ("code" in body and "message" in body)


def error_of(body: Mapping[str, Any], status: int) -> ProviderError:
    """Turn an error object into our error; `status` counts where the body names no code."""
    told = str(body.get("code", ""))
    code = int(told) if told.isascii() and told.isdigit() and told != "200" else status
    message = str(body.get("message") or f"HTTP {status}")[:300]
    match code:
        case 400 | 414:
            return BadRequest(message)
        case 401:
            return AuthFailed(message)
        case 403:
            return NotCovered(message)
        case 404 if "your plan" in message.lower():
            return NotCovered(message)
        case 404:
            return SymbolUnknown(message)
        case 429:
            # "... run out of API credits for the day" or "... for the current minute".
            return OutOfCredits(message, whole_day="for the day" in message.lower())
        case _ if code >= 500:
            return Transient(message)
        case _:
            return BadRequest(f"{code}: {message}")


def by_symbol(body: Mapping[str, Any], symbols: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
    """Give each symbol its part of an answer. One symbol alone comes un-keyed (a list that collapses to one, too)."""
    if len(symbols) == 1 and not isinstance(body.get(symbols[0]), dict):
        return {symbols[0]: body}
    return {symbol: part for symbol in symbols if isinstance(part := body.get(symbol), dict)}


def quote_of(body: Mapping[str, Any], instrument: Instrument, received_ms: int) -> Quote:
    """Read one `/quote`. Raises ProviderError when it is an error object, or holds no usable price."""
    if is_error(body):
        raise error_of(body, 200)
    currency = body.get("currency")
    expected = EXCHANGES[instrument.exchange].currency
    if currency is not None and currency != expected:
        raise SymbolUnknown(f"They answered for a listing in {currency}, {instrument} is in {expected}.")
    # `timestamp` is the start of the day's bar: good enough to keep, too old to fire anything in the session.
    seconds = body.get("last_quote_at") or body.get("timestamp")
    if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds <= 0:
        raise Transient("The quote names no time.")
    price = _price(body, "close")
    if price is None:
        raise Transient("The quote has no price.")
    at_ms = seconds * 1_000
    volume = body.get("volume")
    return Quote(
        instrument,
        price,
        at_ms=at_ms,
        received_ms=received_ms,
        low_e4=price,
        high_e4=price,
        span_start_ms=at_ms,
        previous_close_e4=_price(body, "previous_close"),
        day_open_e4=_price(body, "open"),
        day_high_e4=_price(body, "high"),
        day_low_e4=_price(body, "low"),
        day_volume=_volume(volume),
    )


def stream_symbol_of(instrument: Instrument) -> Mapping[str, str]:
    """Name an instrument in a subscription."""
    exchange = EXCHANGES[instrument.exchange]
    if exchange.country == "US":
        return {"symbol": instrument.symbol, "exchange": exchange.code}
    return {"symbol": instrument.symbol, "mic_code": exchange.mic}


def instrument_of(body: Mapping[str, Any], by_symbol: Mapping[str, Instrument]) -> Instrument | None:
    """Find whose price an event tells, of those that were subscribed by `symbol_of`."""
    symbol, exchange = str(body.get("symbol")), str(body.get("exchange"))
    return by_symbol.get(f"{symbol}:{exchange}") or by_symbol.get(symbol)


def trade_of(body: Mapping[str, Any], instrument: Instrument, received_ms: int, *, place: int) -> Quote:
    """Read a `price` event. Raises Transient for one without a usable price or time.

    place: the how-manieth of its second it is. They tell whole seconds, so each trade of one is put a millisecond
    later than the one before it: in the order in which they came.
    """
    price, seconds = _price(body, "price"), body.get("timestamp")
    if price is None or not isinstance(seconds, int) or isinstance(seconds, bool):
        raise Transient("The event has no price or no time.")
    at_ms = seconds * 1_000 + min(place, 999)
    return Quote(
        instrument,
        price,
        at_ms=at_ms,
        received_ms=received_ms,
        low_e4=price,
        high_e4=price,
        span_start_ms=at_ms,
        day_volume=_volume(body.get("day_volume")),
    )


def check_subscribed(body: Mapping[str, Any]) -> None:
    """Raise BadRequest where a subscription was refused as a whole."""
    if body.get("status") == "error":
        told = body.get("messages")
        reason = "; ".join(str(one) for one in told) if isinstance(told, list) else str(body.get("message", ""))
        raise BadRequest(f"The subscription was refused: {reason[:200]}")


def refused_symbols(body: Mapping[str, Any]) -> list[str]:
    """List the symbols of a subscription that were refused, given as objects or as bare names."""
    fails = body.get("fails")
    if not isinstance(fails, list):
        return []
    return [str(one.get("symbol") if isinstance(one, dict) else one)[:40] for one in fails]


def bars_of(body: Mapping[str, Any], instrument: Instrument, interval: Interval, now: datetime) -> list[Bar]:
    """Read a `/time_series` asked with timezone=UTC, oldest first. A bar that is still running is not complete."""
    values = body.get("values")
    if not isinstance(values, list):
        raise Transient("The time series has no values.")
    bars = [bar for value in values if (bar := _bar(value, instrument, interval, now)) is not None]
    return sorted(bars, key=lambda bar: bar.at_ms)


def _bar(value: Mapping[str, Any], instrument: Instrument, interval: Interval, now: datetime) -> Bar | None:
    exchange = EXCHANGES[instrument.exchange]
    text = str(value.get("datetime", ""))
    if interval.minutes is None:
        day = date.fromisoformat(text[:10])
        start, end = exchange.opens_at(day), exchange.closes_at(day)
    else:
        start = datetime.fromisoformat(text).replace(tzinfo=UTC)
        end = datetime.fromtimestamp(start.timestamp() + interval.minutes * 60, UTC)
    prices = [_price(value, name) for name in ("open", "high", "low", "close")]
    opened, high, low, close = prices
    if opened is None or high is None or low is None or close is None:
        return None
    volume = _volume(value.get("volume"))
    return Bar(instrument, interval, to_ms(start), opened, high, low, close, volume, complete=end <= now)


def _price(body: Mapping[str, Any], name: str) -> int | None:
    """Read a price in 1/10,000; None where it is missing, null, or nothing that a price can be."""
    value = body.get(name)
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return None
    try:
        price = Decimal(str(value))
    except InvalidOperation:
        return None
    if not price.is_finite() or not 0 < price <= MAX_PRICE:
        return None
    return round(price * E4)


def _volume(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else None
