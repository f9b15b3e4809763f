"""Many candles at once: what is new goes by COPY, which writes several times as many a second as an upsert.

In PostgreSQL's binary form a numeric is a row of digits to the base 10,000, and our prices are integers of 1/10,000:
their digits to that base are the numeric's. So all rows of a batch have one length, and numpy writes them column by
column. (https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format")
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import asyncpg
import numpy as np

from libs.common.clock import from_ms, to_ms
from services.market.candles import tables
from services.market.providers.port import Bar, Interval

_COLUMNS = (
    "instrument_id", "interval", "at", "open", "high", "low", "close", "volume", "interpolated", "complete", "source",
)  # fmt: skip
_PRICES = _COLUMNS[3:7]

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_EPOCH_MS = to_ms(datetime(2000, 1, 1, tzinfo=UTC))
_DIGITS = 5  # to the base 10,000: one behind the point, four before it, as much as an integer of 64 bits holds
_NUMERIC_BYTES = 8 + 2 * _DIGITS

_HAVE_SOME = """
SELECT asked.id FROM unnest($1::int[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS asked (id, interval, lo, hi)
WHERE EXISTS (SELECT 1 FROM candles WHERE candles.instrument_id = asked.id AND candles.interval = asked.interval
              AND candles.at BETWEEN asked.lo AND asked.hi)"""


async def bring_in(driver: asyncpg.Connection, bars: Sequence[tuple[int, Bar]], source: str) -> int:
    """Store candles as they now stand, by instrument number. Returns how many went by COPY.

    An instrument that has a candle in the span of these is written as `tables.replace` does: a bar that is there is
    replaced. Of a candle given twice, the last word counts. Call it in a transaction.
    """
    last = {(number, bar.interval, bar.at_ms): (number, bar) for number, bar in bars}
    held = await _held(driver, last)
    new = [one for one in last.values() if one[0] not in held]
    try:
        async with driver.transaction():  # a savepoint: somebody may write one of them between our look and the copy
            for rows in _alike(new):
                source_ = io.BytesIO(_HEADER + _encoded(rows, source) + _TRAILER)
                await driver.copy_to_table("candles", source=source_, columns=_COLUMNS, format="binary")
    except asyncpg.UniqueViolationError:
        await tables.replace(driver, list(last.values()), source)
        return 0
    await tables.replace(driver, [one for one in last.values() if one[0] in held], source)
    return len(new)


async def _held(
    driver: asyncpg.Connection, bars: Mapping[tuple[int, Interval, int], tuple[int, Bar]]
) -> frozenset[int]:
    """Tell which instruments have candles in the spans of these."""
    spans: dict[tuple[int, Interval], tuple[int, int]] = {}
    for number, interval, at_ms in bars:
        first, end = spans.get((number, interval), (at_ms, at_ms))
        spans[number, interval] = min(first, at_ms), max(end, at_ms)
    rows = await driver.fetch(
        _HAVE_SOME,
        [number for number, _ in spans],
        [interval.value for _, interval in spans],
        [from_ms(first) for first, _ in spans.values()],
        [from_ms(end) for _, end in spans.values()],
    )
    return frozenset(row["id"] for row in rows)


def _alike(bars: Sequence[tuple[int, Bar]]) -> Sequence[Sequence[tuple[int, Bar]]]:
    """Sort bars by what makes their rows of one length: the interval's word, and whether there is a volume."""
    groups: dict[tuple[Interval, bool], list[tuple[int, Bar]]] = {}
    for one in bars:
        groups.setdefault((one[1].interval, one[1].volume is None), []).append(one)
    return list(groups.values())


def _encoded(rows: Sequence[tuple[int, Bar]], source: str) -> bytes:
    """Write the rows of one group: of each column its length, then its bytes, the highest first."""
    bars = [bar for _, bar in rows]
    interval, told, has_volume = bars[0].interval.encode(), source.encode(), bars[0].volume is not None
    layout: list[tuple[object, ...]] = [("fields", ">i2"), ("id_", ">i4"), ("id", ">i4")]
    layout += [("interval_", ">i4"), ("interval", f"S{len(interval)}"), ("at_", ">i4"), ("at", ">i8")]
    for name in _PRICES:
        layout += [(f"{name}_", ">i4"), (f"{name}_head", ">i2", (4,)), (name, ">i2", (_DIGITS,))]
    layout += [("volume_", ">i4"), *([("volume", ">i8")] if has_volume else [])]
    layout += [("interpolated_", ">i4"), ("interpolated", "i1"), ("complete_", ">i4"), ("complete", "i1")]
    layout += [("source_", ">i4"), ("source", f"S{len(told)}")]
    table = np.empty(len(rows), np.dtype(layout))
    lengths = {"id": 4, "interval": len(interval), "at": 8, "volume": 8 if has_volume else -1, "interpolated": 1}
    for name, length in {**lengths, "complete": 1, "source": len(told)}.items():
        table[f"{name}_"] = length
    table["fields"], table["interval"], table["source"] = len(_COLUMNS), interval, told
    table["id"] = [number for number, _ in rows]
    table["at"] = (np.array([bar.at_ms for bar in bars], np.int64) - _EPOCH_MS) * 1_000
    table["interpolated"] = [bar.interpolated for bar in bars]
    table["complete"] = [bar.complete for bar in bars]
    if has_volume:
        table["volume"] = [bar.volume for bar in bars]
    by_price = zip(*((bar.open_e4, bar.high_e4, bar.low_e4, bar.close_e4) for bar in bars), strict=True)
    for name, prices in zip(_PRICES, by_price, strict=True):
        table[f"{name}_"] = _NUMERIC_BYTES
        table[f"{name}_head"] = (_DIGITS, _DIGITS - 2, 0, 4)  # digits, the first one's weight, sign, decimals shown
        rest = np.array(prices, np.int64)
        for place in reversed(range(_DIGITS)):
            table[name][:, place] = rest % 10_000
            rest = rest // 10_000
    return table.tobytes()
