"""Volume patterns: climax, dry-up, divergence of the on-balance volume, accumulation and distribution."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from libs.quant.bars import Bar, Floats, Longs
from libs.quant.patterns.chart.found import OF_CODE, Found, Point
from libs.quant.patterns.chart.stored import many, number, whole
from libs.quant.patterns.chart.window import ATR_BARS, Window, price_of
from libs.quant.patterns.chart.zigzag import INF, Zigzag

AVERAGE = 50  # bars of the average volume that all are measured by
CLIMAX, WIDE, FALLEN = 3.0, 1.8, 4.0  # times the average volume, ATR of its range, ATR that led to it
DRY, DRY_BARS, QUIET = 0.42, 5, 2.0  # part of the average volume, over how many bars, ATR between their closes
REACH = 2.5  # ATR between the turning points that a divergence compares
BEYOND, AGAINST = 1.0, 4.0  # ATR that the price went further; average volumes that the OBV went the other way
FAR = 100  # bars that may lie between what a divergence compares and its end
FLOW, FLOW_BARS, NARROW = 0.25, 40, 2.0  # Chaikin's money flow, its bars, ATR that the close may have moved in them


class VolumeWindow(Window):
    """The window with each bar's volume, its share that flowed in, and the on-balance volume."""

    COLUMNS: ClassVar[tuple[str, ...]] = (*Window.COLUMNS, "volumes", "flows", "obvs")
    STORED: ClassVar[int] = FAR + ATR_BARS + 1
    __slots__ = ("flows", "obvs", "volumes")

    def __init__(self) -> None:
        super().__init__()
        self.volumes, self.flows, self.obvs = np.zeros((3, 2 * self.STORED))

    def push(self, bar: Bar) -> None:
        before = self.close
        super().push(bar)
        self._trade(bar.volume, before if self.held > 1 else self.close)

    def _trade(self, volume: float, before: float) -> None:
        place, spread = self.held - 1, self.high - self.low
        inside = (2.0 * self.close - self.high - self.low) / spread if spread > 0 else 0.0
        self.volumes[place], self.flows[place] = volume, inside * volume
        last = float(self.obvs[place - 1]) if place else 0.0
        self.obvs[place] = last + volume * ((self.close > before) - (self.close < before))

    def state(self) -> list[object]:
        oldest = max(self.held - self.STORED, 0)
        return [*super().state(), float(self.obvs[oldest]) if self.held else 0.0]

    def restore(self, saved: object) -> None:
        *bars, obv = many(saved, 3)
        super().restore(bars)
        volumes = self.volumes[: self.held]
        if not (np.isfinite(volumes).all() and abs(number(obv)) < INF):
            raise ValueError("a volume is no number")
        # From its own first value on, the balance adds up as it did.
        steps = np.concatenate(([number(obv)], volumes[1:] * np.sign(np.diff(self.closes[: self.held]))))
        self.obvs[: self.held] = np.cumsum(steps)[: self.held]

    def _rows(self, part: slice) -> list[Longs]:
        return [*super()._rows(part), self.volumes[part].view(np.int64)]

    def _refill(self, rows: Longs) -> None:
        before = 0.0
        for row in rows.T:
            super()._refill(row[:, None])
            self._trade(float(row[4:].view(np.float64)[0]), before)
            before = self.close


class Volumes:
    """Finds volume patterns as bars close. A bounded amount of work a bar."""

    __slots__ = ("told", "window", "zigzag")

    def __init__(self, window: VolumeWindow) -> None:
        self.window = window
        self.zigzag = Zigzag()
        self.told: dict[int, int] = {}  # the bar at which each code was told last

    def look(self) -> list[Found]:
        """Return the patterns that are known at the newest close of the window."""
        window = self.window
        now, atr = window.seen - 1, window.atr
        turned = self.zigzag.push(now, window.close, REACH * atr if atr > 0 else INF)
        if now < AVERAGE or atr <= 0:
            return []
        volumes = window.newest("volumes", DRY_BARS + AVERAGE).tolist()
        usual = sum(volumes[-1 - AVERAGE : -1]) / AVERAGE
        if usual <= 0:
            return []
        found = list(self._climax(now, usual)) if volumes[-1] >= CLIMAX * usual else []
        found += [*self._dry(now, volumes), *self._flow(now)]
        return [*found, *self._divergence(now, usual)] if turned else found

    def _climax(self, now: int, usual: float) -> Iterator[Found]:
        """The largest volume at a new extreme of 20 bars after a long way, closing back from it (Wyckoff)."""
        window = self.window
        before, newest = window.newest("atrs", 2).tolist()[0], window.held - 1
        volume, spread = float(window.volumes[newest]), window.high - window.low
        if float(window.ranges[newest]) < WIDE * before or spread <= 0:
            return
        highs, lows = window.newest("highs", 20), window.newest("lows", 20)
        way = float(highs.max() - lows.min())
        for up, end, worst in ((1, window.low, float(lows.min())), (-1, window.high, float(highs.max()))):
            back = up * (window.close - end) / spread
            if end == worst and way >= FALLEN * before and back >= 0.5:
                sure = min(1.0, (volume / usual / CLIMAX + way / before / FALLEN + 2.0 * back) / 6.0)
                yield self._found(9 * up, now, sure, up * window.close + way / 2, up * worst, [(now, up * worst)])

    def _dry(self, now: int, volumes: list[float]) -> Iterator[Found]:
        """Five bars of 0.42 of the usual volume between close limits; told once until the volume has come back."""
        window = self.window
        usual, part = sum(volumes[:-DRY_BARS]) / AVERAGE, sum(volumes[-DRY_BARS:]) / DRY_BARS
        if part > DRY * usual or usual <= 0 or now - self.told.get(12, -AVERAGE) < 20:
            return
        closes = window.newest("closes", DRY_BARS).tolist()
        spread = (max(closes) - min(closes)) / window.atr
        if spread <= QUIET:
            sure = 1.0 - (part / usual / DRY + spread / QUIET) / 2.0
            begin = now - DRY_BARS + 1
            yield self._found(12, now, sure, max(closes), min(closes), [(begin, closes[0]), (now, closes[-1])])

    def _flow(self, now: int) -> Iterator[Found]:
        """Much money flowed in (or out) over 40 bars while the price stood still (Chaikin's money flow)."""
        window = self.window
        moved = abs(window.close - float(window.closes[window.held - FLOW_BARS])) / window.atr
        if moved > NARROW:
            return
        total, flowed = _sum(window.newest("volumes", FLOW_BARS)), _sum(window.newest("flows", FLOW_BARS))
        flow = flowed / total if total > 0 else 0.0
        up = 1 if flow > 0 else -1
        if abs(flow) >= FLOW and now - self.told.get(11 * up, -AVERAGE) >= FLOW_BARS:
            begin = now - FLOW_BARS + 1
            closes = window.closes_between(begin, now, up)
            top, low = float(closes.max()), float(closes.min())
            sure = min(1.0, 0.5 * abs(flow) / FLOW) * (1.0 - 0.5 * moved / NARROW)
            ends = [(begin, float(closes[0])), (now, float(closes[-1]))]
            yield self._found(11 * up, now, sure, 2 * top - low, low, ends)

    def _divergence(self, now: int, usual: float) -> Iterator[Found]:
        """A lower low of the price at which the on-balance volume is higher; or highs, upside down."""
        window, pivots = self.window, self.zigzag.pivots
        if len(pivots) < 3 or now - pivots[-3].bar >= FAR:
            return
        up = 1 if self.zigzag.rising else -1
        before, between, newest = pivots[-3:]
        turned = float(window.obvs[newest.bar - window.first] - window.obvs[before.bar - window.first])
        further, against = up * (before.price - newest.price) / window.atr, up * turned / usual
        if further >= BEYOND and against >= AGAINST:
            sure = min(1.0, (further / 3.0 + against / 5.0) / 2.0)
            ends = [(before.bar, up * before.price), (newest.bar, up * newest.price)]
            yield self._found(10 * up, now, sure, up * between.price, up * newest.price, ends)

    def _found(
        self, code: int, now: int, sure: float, target: float, stop: float, corners: list[tuple[int, float]]
    ) -> Found:
        window, shape, up = self.window, OF_CODE[code], 1 if code > 0 else -1
        self.told[code] = now
        points = tuple(Point(window.at(bar), price_of(up * height)) for bar, height in corners)
        return Found(
            shape.name, shape.points, window.at(now), now - corners[0][0], price_of(window.close),
            round(max(sure, 0.0), 4), price_of(up * target), price_of(up * stop), points, (points[0], points[-1]),
        )  # fmt: skip

    def copy(self, window: VolumeWindow) -> Volumes:
        """Return one that goes its own way from here, with a window that does."""
        other = Volumes(window)
        other.zigzag, other.told = self.zigzag.copy(), self.told.copy()
        return other

    def state(self) -> list[object]:
        """Return what must be stored besides the window."""
        return [self.zigzag.state(), [[code, bar] for code, bar in self.told.items()]]

    def restore(self, saved: object) -> None:
        """Go on from a stored state. Raises ValueError or TypeError when it does not fit."""
        zigzag, told = many(saved, 2)
        self.zigzag.restore(zigzag)
        pairs = [many(pair, 2) for pair in many(told, len(OF_CODE))]
        self.told = {whole(code): whole(bar) for code, bar in pairs}


def _sum(column: Floats) -> float:
    return float(sum(column.tolist()))
