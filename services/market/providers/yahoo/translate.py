"""Yahoo's words and ours. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from libs.common.clock import from_ms, to_ms
from libs.common.instruments import Instrument
from libs.common.money import E4, MAX_PRICE
from services.market.exchanges import EXCHANGES
from services.market.providers.port import BadRequest, Bar, Interval, ProviderError, Quote, SymbolUnknown, Transient

INTERVALS: Mapping[Interval, str] = MappingProxyType(
    {Interval.M1: "1m", Interval.M5: "5m", Interval.M15: "15m", Interval.H1: "60m", Interval.D1: "1d"}
)
REACH: Mapping[Interval, timedelta] = MappingProxyType(
    {
        Interval.M1: timedelta(days=7),
        Interval.M5: timedelta(days=60),
        Interval.M15: timedelta(days=60),
        Interval.H1: timedelta(days=730),
    }
)
"""How far back they keep the bars of an interval; the days for good."""

_SUFFIXES = {"NSE": ".NS", "BSE": ".BO"}
_INDICES = {"NSE:NIFTY50": "^NSEI", "NSE:NIFTYBANK": "^NSEBANK", "BSE:SENSEX": "^BSESN"}
_MOST_DECIMALS = 4


def symbol_of(instrument: Instrument) -> str:
    """Write an instrument as they do."""
    index = _INDICES.get(str(instrument))
    if index is not None:
        return index
    suffix = _SUFFIXES.get(instrument.exchange)
    return instrument.symbol.replace(".", "-") if suffix is None else f"{instrument.symbol}{suffix}"


def error_of(body: Mapping[str, Any], status: int) -> ProviderError:
    """Turn an answer with an error into ours; `status` counts where the body names none."""
    error = _part(_part(body, "chart"), "error")
    told = str(error.get("description") or f"HTTP {status}")[:300]
    if status == 404 or error.get("code") == "Not Found":
        return SymbolUnknown(told)
    return BadRequest(told) if status in (400, 422) else Transient(told)


def result_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the one result of an answer. Raises ProviderError."""
    results = _part(body, "chart").get("result")
    if not isinstance(results, list) or not results or not isinstance(results[0], dict):
        raise error_of(body, 200)
    return results[0]


def quote_of(result: Mapping[str, Any], instrument: Instrument, received_ms: int) -> Quote:
    """Read the newest price.

    Raises SymbolUnknown for a listing in another currency, Transient for an answer without price or time.
    """
    meta = _part(result, "meta")
    currency = meta.get("currency")
    expected = EXCHANGES[instrument.exchange].currency
    if currency is not None and currency != expected:
        raise SymbolUnknown(f"They answered for a listing in {str(currency)[:10]}, {instrument} is in {expected}.")
    decimals = _decimals(meta)
    price, seconds = _e4(meta.get("regularMarketPrice"), decimals), meta.get("regularMarketTime")
    if price is None or not isinstance(seconds, int) or isinstance(seconds, bool) or seconds <= 0:
        raise Transient("The answer has no price or no time.")
    at_ms = seconds * 1_000
    volume = meta.get("regularMarketVolume")
    return Quote(
        instrument,
        price,
        at_ms=at_ms,
        received_ms=received_ms,
        low_e4=price,
        high_e4=price,
        span_start_ms=at_ms,
        previous_close_e4=_e4(meta.get("chartPreviousClose"), decimals),
        day_high_e4=_e4(meta.get("regularMarketDayHigh"), decimals),
        day_low_e4=_e4(meta.get("regularMarketDayLow"), decimals),
        day_volume=volume if isinstance(volume, int) and volume >= 0 else None,
    )


def bars_of(result: Mapping[str, Any], instrument: Instrument, interval: Interval, now: datetime) -> list[Bar]:
    """Read the bars, oldest first. One that is still running is not complete; one with a hole is left out."""
    decimals = _decimals(_part(result, "meta"))
    starts = result.get("timestamp")
    columns = _part(result, "indicators").get("quote")
    column = columns[0] if isinstance(columns, list) and columns and isinstance(columns[0], dict) else {}
    if not isinstance(starts, list):
        return []
    made: dict[int, Bar] = {}
    for place, seconds in enumerate(starts):
        if not isinstance(seconds, int) or isinstance(seconds, bool):
            continue
        opened, high, low, close = (
            _e4(_at(column.get(name), place), decimals) for name in ("open", "high", "low", "close")
        )
        if opened is None or high is None or low is None or close is None or not low <= min(opened, close) <= high:
            continue
        volume = _at(column.get("volume"), place)
        start_ms, end_ms = _span(instrument, interval, seconds * 1_000)
        made[start_ms] = Bar(
            instrument, interval, start_ms, opened, max(high, opened, close), low, close,
            volume if isinstance(volume, int) and volume >= 0 else None, complete=end_ms <= to_ms(now),
        )  # fmt: skip
    return [made[start] for start in sorted(made)]


def _span(instrument: Instrument, interval: Interval, at_ms: int) -> tuple[int, int]:
    if interval.minutes is not None:
        return at_ms, at_ms + interval.minutes * 60_000
    exchange = EXCHANGES[instrument.exchange]
    day = from_ms(at_ms).astimezone(exchange.zone).date()
    return to_ms(exchange.opens_at(day)), to_ms(exchange.closes_at(day))


def _decimals(meta: Mapping[str, Any]) -> int:
    hint = meta.get("priceHint")
    return min(hint, _MOST_DECIMALS) if isinstance(hint, int) and hint >= 0 else 2


def _e4(value: Any, decimals: int) -> int | None:
    """Read a price in 1/10,000, rounded to their decimals; None where it is missing or none."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return None
    if not 0 < value <= float(MAX_PRICE):
        return None
    return round(round(value, decimals) * E4) or None


def _at(column: Any, place: int) -> Any:
    return column[place] if isinstance(column, list) and place < len(column) else None


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = body.get(name)
    return part if isinstance(part, dict) else {}
