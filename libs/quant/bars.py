"""Bars: what every formula of this package reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

NAN = float("nan")
# A number beyond this is unknown: no price or volume is that large, and squares of what is below cannot overflow.
LARGEST = 1e18
DAY_MS = 86_400_000
# Two numbers that differ by no more than this part of the larger are the same: what lies between is rounding. The
# smallest step of a price, 0.0001, is more than this of any price below 1,000,000.
SAME = 1e-10
# Columns are worked through in parts of so many numbers, which stay in the processor's cache.
BLOCK = 16_384
SPANS_MS = {"1m": 60_000, "5m": 300_000, "15m": 900_000, "1h": 3_600_000, "1d": DAY_MS}


class Bar(NamedTuple):
    """One bar. `at_ms` is its start, in milliseconds since 1970 (UTC). Prices in the instrument's currency.

    `volume` in units traded. NaN stands for what is not known (a source without volume).
    """

    at_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float

    def clean(self) -> Bar:
        """Return this bar with NaN for what is infinite or beyond `LARGEST`."""
        _, o, h, low, c, v = self
        # NaN compares false, so a bar of which something is unknown is made anew, with NaN in the same places.
        if -LARGEST <= o <= LARGEST and h <= LARGEST and low >= -LARGEST and -LARGEST <= c <= LARGEST and v <= LARGEST:
            return self
        return Bar(self.at_ms, *(v if -LARGEST <= v <= LARGEST else NAN for v in self[1:]))


def _column(values: object, length: int, name: str) -> Floats:
    column = np.ascontiguousarray(values, dtype=np.float64)
    if column.shape != (length,):
        raise ValueError(f"{name} has the shape {column.shape}, not ({length},).")
    if length and not (column.max() <= LARGEST and column.min() >= -LARGEST):  # also where something is NaN
        with np.errstate(invalid="ignore"):
            return np.where(np.abs(column) <= LARGEST, column, np.nan)
    return column


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Closed bars of one instrument and interval, oldest first: six columns of the same length n, as in `Bar`.

    `span_ms` is the length of a bar; a bar is known from `at_ms + span_ms` on. Where the true close of each bar is
    known (a day ends with its session), give `closes_ms` instead. Raises ValueError for columns of different lengths
    and for times that do not rise.
    """

    at_ms: Longs
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    span_ms: int = DAY_MS
    closes_ms: Longs = field(default_factory=lambda: np.empty(0, np.int64))
    priced: bool = field(init=False, default=True)
    """Whether all prices are known."""
    traded: bool = field(init=False, default=True)
    """Whether all volumes are known."""

    def __post_init__(self) -> None:
        at = np.ascontiguousarray(self.at_ms, dtype=np.int64)
        if at.ndim != 1 or (np.diff(at) <= 0).any():
            raise ValueError("The bars' times must be one rising column.")
        object.__setattr__(self, "at_ms", at)
        for name in ("open", "high", "low", "close", "volume"):
            object.__setattr__(self, name, _column(getattr(self, name), len(at), name))
        if len(at):
            # A sum is NaN where any part is.
            prices = self.open.sum() + self.high.sum() + self.low.sum() + self.close.sum()
            object.__setattr__(self, "priced", bool(prices == prices))
            object.__setattr__(self, "traded", not np.isnan(self.volume.sum()))
        closes = np.ascontiguousarray(self.closes_ms, dtype=np.int64)
        if len(at) and not len(closes):
            closes = at + self.span_ms
        if closes.shape != at.shape or (np.diff(closes) <= 0).any():
            raise ValueError("The bars' closing times must be one rising column as long as the others.")
        object.__setattr__(self, "closes_ms", closes)

    @classmethod
    def of(cls, bars: Iterable[Bar], span_ms: int = DAY_MS) -> Bars:
        """Make columns of bars."""
        rows = list(bars)
        at = np.array([bar.at_ms for bar in rows], dtype=np.int64)
        o, h, low, c, v = np.array([bar[1:] for bar in rows], dtype=np.float64).reshape(len(rows), 5).T
        return cls(at, o, h, low, c, v, span_ms)

    def __len__(self) -> int:
        return len(self.at_ms)

    def bar(self, index: int) -> Bar:
        """Return one bar."""
        return Bar(
            int(self.at_ms[index]),
            float(self.open[index]),
            float(self.high[index]),
            float(self.low[index]),
            float(self.close[index]),
            float(self.volume[index]),
        )

    def where(self, mask: npt.NDArray[np.bool_]) -> Bars:
        """Return the bars that a mask of length n chooses."""
        return Bars(
            self.at_ms[mask], self.open[mask], self.high[mask], self.low[mask], self.close[mask], self.volume[mask],
            self.span_ms, self.closes_ms[mask],
        )  # fmt: skip
