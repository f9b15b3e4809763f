"""Support and resistance: levels at which the price turned three times, and the closes that break them."""

from __future__ import annotations

from libs.quant.patterns.chart.found import OF_CODE, Found, Point
from libs.quant.patterns.chart.stored import many, whole
from libs.quant.patterns.chart.window import Window, price_of
from libs.quant.patterns.chart.zigzag import INF, Pivot, Zigzag

REACH = 2.0  # ATR between turning points
TOUCHES = 3
BAND = 0.4  # how far from each other, in ATR, turning points of one level may lie
SPAN = 25  # bars from the first touch to the last, at least
BACK = 150  # bars that a level may reach back
MARGIN = 0.5  # how far beyond, in ATR, a close breaks a level


def touched(zigzag: Zigzag, now: int, atr: float, up: int, least: int) -> list[Pivot]:
    """Return the touches of the newest resistance (`up` 1; of a support, upside down, -1), oldest first.

    These are the highs that lie within `BAND` of the newest one, back to the first that lies above them. None where
    they are fewer than `least`, or where two and more come within less than `SPAN` bars.
    """
    first = _newest(zigzag, up)
    band, touches = BAND * atr, list[Pivot]()
    for bar, price in zigzag.pivots[first::-2] if first >= 0 else []:
        high = Pivot(bar, up * price)
        if now - high.bar > BACK or (touches and high.price > touches[0].price + band):
            break
        if not touches or abs(high.price - touches[0].price) <= band:
            touches.append(high)
    if len(touches) < least or (least > 1 and touches[0].bar - touches[-1].bar < SPAN):
        return []
    return touches[::-1]


def _newest(zigzag: Zigzag, up: int) -> int:
    """Return the place of the newest high among the turning points (upside down, of the newest low); below 0: none."""
    newest = len(zigzag.pivots) - 1
    return newest if (zigzag.rising == 1) != (up == 1) else newest - 1  # else the last turning point was a low


class Levels:
    """Finds breaks of levels as bars close.

    A level is made by three highs (or lows) of one height or more, with none beyond it since the first, from whose
    first to whose last `SPAN` bars pass. It is known from the bar at which its newest turning point is.
    """

    __slots__ = ("told", "window", "zigzag")

    def __init__(self, window: Window) -> None:
        self.window = window
        self.zigzag = Zigzag()
        self.told = {1: -1, -1: -1}  # the newest touch of the level whose break was told last, by direction

    def look(self) -> list[Found]:
        """Return the breaks that the window's newest close makes: one or none."""
        window = self.window
        now, atr = window.seen - 1, window.atr
        self.zigzag.push(now, window.close, REACH * atr if atr > 0 else INF)
        if atr > 0:
            for up in (1, -1):
                beyond, newest = up * window.close - MARGIN * atr, _newest(self.zigzag, up)
                # Most closes are not beyond the newest high, which is a touch of the level.
                if newest < 0 or beyond <= up * self.zigzag.pivots[newest].price:
                    continue
                touches = touched(self.zigzag, now, atr, up, TOUCHES)
                if touches and touches[-1].bar > self.told[up]:
                    edge = max(touch.price for touch in touches)
                    if beyond > edge:
                        self.told[up] = touches[-1].bar
                        return [self._found(up, touches, edge, now)]
        return []

    def copy(self, window: Window) -> Levels:
        """Return one that goes its own way from here, with a window that does."""
        other = Levels(window)
        other.zigzag, other.told = self.zigzag.copy(), self.told.copy()
        return other

    def state(self) -> list[object]:
        """Return what must be stored besides the window."""
        return [self.zigzag.state(), self.told[1], self.told[-1]]

    def restore(self, saved: object) -> None:
        """Go on from a stored state. Raises ValueError or TypeError when it does not fit."""
        zigzag, up, down = many(saved, 3)
        self.zigzag.restore(zigzag)
        self.told = {1: whole(up), -1: whole(down)}

    def _found(self, up: int, touches: list[Pivot], edge: float, now: int) -> Found:
        window, shape = self.window, OF_CODE[8 * up]
        lows = window.closes_between(touches[0].bar, now, up)
        floor = float(window.closes_between(touches[-1].bar, now, up).min())
        spread = (edge - min(touch.price for touch in touches)) / (BAND * window.atr)
        confidence = min(1.0, 0.4 + 0.1 * len(touches) + 0.3 * (1.0 - min(spread, 1.0)))
        level = price_of(up * edge)
        return Found(
            shape.name, shape.points, window.at(now), now - touches[0].bar, price_of(window.close),
            round(confidence, 4), price_of(up * (2 * edge - float(lows.min()))), price_of(up * floor),
            tuple(Point(window.at(touch.bar), price_of(up * touch.price)) for touch in touches),
            (Point(window.at(touches[0].bar), level), Point(window.at(now), level)),
        )  # fmt: skip
