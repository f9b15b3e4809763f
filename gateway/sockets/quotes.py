"""A tick in the words of the socket. Pure, and quick: every price that anybody sees passes here, once."""

from __future__ import annotations

from functools import lru_cache

from gateway.server.socket import text_frame
from libs.common.clock import from_ms, to_ms
from libs.contracts.market import InstrumentInfo, Tick

E4 = 10_000


def quote_frame(seq: str, tick: Tick) -> bytes:
    """Write the frame of a price. It is made of numbers and checked names, so nothing needs escaping but `source`."""
    instrument = tick.instrument
    previous = tick.previous_close_e4
    if previous:
        close, change = f'"{price_text(previous)}"', f'"{change_percent(tick.price_e4, previous)}"'
    else:
        close = change = "null"
    recorded = "null" if tick.recorded_ms is None else f'"{time_text(tick.recorded_ms)}"'
    return text_frame(
        (
            f'{{"ch":"ticks:{instrument}","seq":"{seq}","data":{{"instrument":"{instrument}",'
            f'"symbol":"{instrument.partition(":")[2]}","price":"{price_text(tick.price_e4)}",'
            f'"previous_close":{close},"change_percent":{change},"at":"{time_text(tick.at_ms)}",'
            f'"received_at":"{time_text(tick.received_ms)}","recorded_at":{recorded},'
            f'"stale":{"true" if tick.stale else "false"},"source":"{_plain(tick.source)}"}}}}'
        ).encode()
    )


def price_text(price_e4: int) -> str:
    """Write a price with two decimals, or up to four where it has them: as `libs.common.money.plain`."""
    whole, rest = divmod(price_e4, E4)
    if rest % 100 == 0:
        return f"{whole}.{rest // 100:02d}"
    return f"{whole}.{rest:04d}".rstrip("0")


def change_percent(price_e4: int, previous_e4: int) -> str:
    """Write the change since the last close in percent, two decimals, halves away from zero."""
    hundredths, rest = divmod(abs(price_e4 - previous_e4) * 10_000, previous_e4)
    if rest * 2 >= previous_e4:
        hundredths += 1
    sign = "-" if price_e4 < previous_e4 and hundredths else ""
    return f"{sign}{hundredths // 100}.{hundredths % 100:02d}"


def time_text(ms: int) -> str:
    """Write Unix milliseconds as RFC 3339, UTC."""
    seconds, rest = divmod(ms, 1_000)
    return f"{_second(seconds)}.{rest:03d}Z"


@lru_cache(maxsize=4_096)
def _second(seconds: int) -> str:
    return from_ms(seconds * 1_000).strftime("%Y-%m-%dT%H:%M:%S")


@lru_cache(maxsize=256)
def _plain(source: str) -> str:
    return "".join(char for char in source if char.isalnum() or char in "-_.:")


def tick_of(info: InstrumentInfo) -> Tick | None:
    """Make a tick of an instrument's stored price, None before its first price."""
    if info.price is None or info.at is None or info.received_at is None:
        return None
    price = int(info.price * E4)
    at, received = to_ms(info.at), to_ms(info.received_at)
    return Tick(
        instrument=info.instrument,
        price_e4=price,
        low_e4=price if info.low is None else int(info.low * E4),
        high_e4=price if info.high is None else int(info.high * E4),
        span_start_ms=at if info.span_start is None else to_ms(info.span_start),
        at_ms=at,
        received_ms=received,
        stale=info.stale,
        source=info.source or "",
        previous_close_e4=None if info.previous_close is None else int(info.previous_close * E4),
        recorded_ms=None if info.recorded_at is None else to_ms(info.recorded_at),
    )
