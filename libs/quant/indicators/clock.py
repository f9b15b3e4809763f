"""The calendar and the clock of a place, at the beginning of each bar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from libs.quant.bars import DAY_MS, Bar, Bars, Floats
from libs.quant.indicators.base import OfBars

_HOUR_MS = 3_600_000
_MINUTE_MS = 60_000


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@cache
def _offset_ms(zone: str, hour: int) -> int:
    """Tell how far a place is ahead of UTC in an hour since 1970; clocks are put forward and back on the hour."""
    offset = datetime.fromtimestamp(hour * 3_600, UTC).astimezone(_zone(zone)).utcoffset()
    assert offset is not None, "a zone has an offset"
    return round(offset.total_seconds()) * 1_000


def _time(local_ms: Any) -> Any:
    minutes = local_ms % DAY_MS // _MINUTE_MS
    return minutes // 60 * 100 + minutes % 60


def _weekday(local_ms: Any) -> Any:
    return (local_ms // DAY_MS + 3) % 7 + 1


def _date(local_ms: Any) -> Any:
    """Tell the date of a day since 1970 by the proleptic calendar, for a number and for a column alike."""
    # Days are counted from a first of March, so that a leap day is the last of its year.
    days = local_ms // DAY_MS + 719_468
    era = days // 146_097
    of_era = days - era * 146_097
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    march_month = (5 * of_year + 2) // 153
    day = of_year - (153 * march_month + 2) // 5 + 1
    month = (march_month + 2) % 12 + 1
    return (year + era * 400 + (march_month >= 10)) * 10_000 + month * 100 + day


READINGS: dict[str, Callable[[Any], Any]] = {"time": _time, "weekday": _weekday, "date": _date}


class Clock(OfBars):
    """The clock of a place when a bar began: `time` as 1445, `weekday` from 1 (Monday), `date` as 20261124."""

    __slots__ = ("lookback", "reading", "settle", "zone")

    def __init__(self, zone: str, reading: str) -> None:
        self.zone, self.reading = zone, READINGS[reading]
        self.lookback = self.settle = 0

    def peek(self, bar: Bar) -> float:
        return float(self.reading(bar.at_ms + _offset_ms(self.zone, bar.at_ms // _HOUR_MS)))

    def push(self, bar: Bar) -> None:
        """Nothing is remembered."""

    def batch(self, bars: Bars) -> Floats:
        hours, places = np.unique(bars.at_ms // _HOUR_MS, return_inverse=True)
        offsets = np.array([_offset_ms(self.zone, hour) for hour in hours.tolist()], np.int64)
        return np.asarray(self.reading(bars.at_ms + offsets[places]), np.float64)


class Minutes(OfBars):
    """The minutes from 1970 to the beginning of a bar."""

    __slots__ = ("lookback", "settle")

    def __init__(self) -> None:
        self.lookback = self.settle = 0

    def peek(self, bar: Bar) -> float:
        return bar.at_ms / _MINUTE_MS

    def push(self, bar: Bar) -> None:
        """Nothing is remembered."""

    def batch(self, bars: Bars) -> Floats:
        return np.asarray(bars.at_ms / _MINUTE_MS, np.float64)
