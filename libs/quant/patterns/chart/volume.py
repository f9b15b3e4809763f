"""Volume patterns: climax, dry-up, divergence of the on-balance volume, accumulation and distribution."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from libs.quant.bars import Bar
from libs.quant.patterns.chart.found import OF_CODE, Found, Point
from libs.quant.patterns.chart.stored import many, whole
from libs.quant.patterns.chart.window import Window, price_of, scaled
from libs.quant.patterns.chart.zigzag import INF, Zigzag

AVERAGE = 50  # bars of the average volume that all are measured by
CLIMAX, WIDE, FALLEN = 3.0, 1.8, 4.0  # times the average volume, ATR of its range, ATR that led to it
DRY, DRY_BARS, QUIET = 0.42, 5, 2.0  # part of the average volume, over how many bars, ATR between their closes
REACH = 2.5  # ATR between the turning points that a divergence compares
BEYOND, AGAINST = 1.0, 2.0  # ATR that the price went further; average volumes that the OBV went the other way
FLOW, FLOW_BARS, NARROW = 0.25, 40, 2.0  # Chaikin's money flow, its bars, ATR that the close may have moved in them


class _Volumes(Window):
    """The window with each bar's volume, its share that flowed in, and the on-balance volume."""

    COLUMNS: ClassVar[tuple[str, ...]] = (*Window.COLUMNS, "volumes", "flows", "obvs")
    __slots__ = ("flows", "obvs", "volumes")

    def __init__(self) -> None:
        super().__init__()
        self.volumes: list[float] = []
        self.flows: list[float] = []
        self.obvs: list[float] = []

    def push(self, bar: Bar) -> None:
        close, obv = scaled(bar.close), self.obvs[-1] if self.obvs else 0.0
        before = self.closes[-1] if self.closes else close
        spread = bar.high - bar.low
        inside = (2.0 * bar.close - bar.high - bar.low) / spread if spread > 0 else 0.0
        self.volumes.append(bar.volume)
        self.flows.append(inside * bar.volume)
        self.obvs.append(obv + bar.volume * ((close > before) - (close < before)))
        super().push(bar)


class Volumes:
    """Finds volume patterns as bars close. A bounded amount of work a bar."""

    __slots__ = ("told", "window", "zigzag")

    def __init__(self) -> None:
        self.window = _Volumes()
        self.zigzag = Zigzag()
        self.told: dict[int, int] = {}  # the bar at which each code was told last

    def push(self, bar: Bar) -> list[Found]:
        """Take a bar in whose prices and volume are known, and return the patterns that are known at its close."""
        window = self.window
        window.push(bar)
        now, atr = window.seen - 1, window.atr
        turned = self.zigzag.push(now, window.closes[-1], REACH * atr if atr > 0 else INF)
        if now < AVERAGE or atr <= 0:
            return []
        usual = sum(window.volumes[-1 - AVERAGE : -1]) / AVERAGE
        if usual <= 0:
            return []
        found = [*self._climax(bar, now, usual), *self._dry(now), *self._flow(now)]
        return [*found, *self._divergence(now, usual)] if turned else found

    def _climax(self, bar: Bar, now: int, usual: float) -> Iterator[Found]:
        """The largest volume at a new extreme of 20 bars after a long way, closing back from it (Wyckoff)."""
        window, atr = self.window, self.window.atrs[-2]
        if bar.volume < CLIMAX * usual or window.ranges[-1] < WIDE * atr or bar.high <= bar.low:
            return
        for up in (1, -1):
            ends, starts = (window.lows, window.highs) if up > 0 else (window.highs, window.lows)
            worst = min(up * price for price in ends[-20:])
            way = max(up * price for price in starts[-20:]) - worst
            back = (bar.close - bar.low if up > 0 else bar.high - bar.close) / (bar.high - bar.low)
            if up * ends[-1] == worst and way >= FALLEN * atr and back >= 0.5:
                sure = min(1.0, (bar.volume / usual / CLIMAX + way / atr / FALLEN + 2.0 * back) / 6.0)
                close = up * window.closes[-1]
                yield self._found(9 * up, now, sure, close + way / 2, worst, [(now, worst)])

    def _dry(self, now: int) -> Iterator[Found]:
        """Five bars of 0.42 of the usual volume between close limits; told once until the volume has come back."""
        window = self.window
        usual = sum(window.volumes[-DRY_BARS - AVERAGE : -DRY_BARS]) / AVERAGE
        part = sum(window.volumes[-DRY_BARS:]) / DRY_BARS / usual if usual > 0 else 1.0
        closes = window.closes[-DRY_BARS:]
        spread = (max(closes) - min(closes)) / window.atr
        if part <= DRY and spread <= QUIET and now - self.told.get(12, -AVERAGE) >= 20:
            sure = 1.0 - (part / DRY + spread / QUIET) / 2.0
            begin = now - DRY_BARS + 1
            yield self._found(12, now, sure, max(closes), min(closes), [(begin, closes[0]), (now, closes[-1])])

    def _flow(self, now: int) -> Iterator[Found]:
        """Much money flowed in (or out) over 40 bars while the price stood still (Chaikin's money flow)."""
        window = self.window
        total = sum(window.volumes[-FLOW_BARS:])
        flow = sum(window.flows[-FLOW_BARS:]) / total if total > 0 else 0.0
        moved = abs(window.closes[-1] - window.closes[-FLOW_BARS]) / window.atr
        up = 1 if flow > 0 else -1
        if abs(flow) >= FLOW and moved <= NARROW and now - self.told.get(11 * up, -AVERAGE) >= FLOW_BARS:
            begin = now - FLOW_BARS + 1
            closes = window.closes_between(begin, now, up)
            top, low = float(closes.max()), float(closes.min())
            sure = min(1.0, 0.5 * abs(flow) / FLOW) * (1.0 - 0.5 * moved / NARROW)
            ends = [(begin, float(closes[0])), (now, float(closes[-1]))]
            yield self._found(11 * up, now, sure, 2 * top - low, low, ends)

    def _divergence(self, now: int, usual: float) -> Iterator[Found]:
        """A lower low of the price at which the on-balance volume is higher; or highs, upside down."""
        window, pivots = self.window, self.zigzag.pivots
        if len(pivots) < 3 or now - pivots[-3].bar >= 100:
            return
        up = 1 if self.zigzag.rising else -1
        before, between, newest = pivots[-3:]
        obvs = window.obvs[before.bar - window.first], window.obvs[newest.bar - window.first]
        further = up * (before.price - newest.price) / window.atr
        against = up * (obvs[1] - obvs[0]) / usual
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
            shape.name, shape.points, window.at(now), now - corners[0][0], price_of(window.closes[-1]),
            round(max(sure, 0.0), 4), price_of(up * target), price_of(up * stop), points, (points[0], points[-1]),
        )  # fmt: skip

    def copy(self) -> Volumes:
        """Return one that goes its own way from here."""
        other = Volumes()
        other.window, other.zigzag, other.told = self.window.copy(), self.zigzag.copy(), self.told.copy()
        return other

    def state(self) -> list[object]:
        """Return what must be stored."""
        return [self.window.state(), self.zigzag.state(), [[code, bar] for code, bar in self.told.items()]]

    def restore(self, saved: object) -> None:
        """Go on from a stored state. Raises ValueError or TypeError when it does not fit."""
        window, zigzag, told = many(saved, 3)
        self.window.restore(window)
        self.zigzag.restore(zigzag)
        pairs = [many(pair, 2) for pair in many(told, len(OF_CODE))]
        self.told = {whole(code): whole(bar) for code, bar in pairs}
