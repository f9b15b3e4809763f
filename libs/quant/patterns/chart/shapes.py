"""Chart patterns bar by bar: turning points make outlines, and a close beyond its line completes one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from libs.quant.bars import Bar
from libs.quant.patterns.chart.found import OF_CODE, Found, Point
from libs.quant.patterns.chart.outlines import FLAG_LEAST, FLAG_MOST, Outline, Pole, flag, outlines, pole
from libs.quant.patterns.chart.stored import many, number, whole
from libs.quant.patterns.chart.window import KEPT, Window, price_of
from libs.quant.patterns.chart.zigzag import INF, Pivot, Zigzag, read_pivots

REACH = 1.5  # ATR between turning points
LEAST = {1: 0.6, 2: 0.62, 3: 0.7, 4: 0.74, 5: 0.68, 6: 0.62, 7: 0.6}  # the confidence from which on one is told
# Where one close completes several, the one with the more corners is told.
RANK = {2: 5, 6: 4, 3: 3, 4: 3, 5: 3, 1: 2, 7: 1}


class Shapes:
    """Finds chart patterns as bars close. A bounded amount of work a bar."""

    __slots__ = ("armed", "last", "least", "window", "zigzag")

    def __init__(self, least: Mapping[int, float] = LEAST) -> None:
        self.least = least  # the confidence from which on one is told, by the number of its code
        self.window = Window()
        self.zigzag = Zigzag()
        self.armed: list[tuple[int, Outline]] = []  # 1 upward, -1 upside down, and what waits for its break
        self.last = {1: -1, -1: -1}  # the bar of the newest pattern by direction

    def push(self, bar: Bar) -> list[Found]:
        """Take a known bar in and return the pattern that its close completes: one or none."""
        window = self.window
        window.push(bar)
        now = window.seen - 1
        if self.zigzag.push(now, window.closes[-1], REACH * window.atr if window.atr > 0 else INF):
            self._turned()
        best = max(self._broken(now), key=lambda hit: (RANK[hit[1].code], hit[1].confidence), default=None)
        if best is None:
            return []
        up, outline = best
        self.last[up] = now
        self.armed = [item for item in self.armed if item[0] != up]
        return [self._found(up, outline, now)]

    def copy(self) -> Shapes:
        """Return one that goes its own way from here."""
        other = Shapes(self.least)
        other.window, other.zigzag = self.window.copy(), self.zigzag.copy()
        other.armed, other.last = self.armed.copy(), self.last.copy()
        return other

    def state(self) -> list[object]:
        """Return what must be stored."""
        armed = [[up, o.code, [list(corner) for corner in o.corners], *o[2:]] for up, o in self.armed]
        return [self.window.state(), self.zigzag.state(), armed, [self.last[1], self.last[-1]]]

    def restore(self, saved: object) -> None:
        """Go on from a stored state. Raises ValueError or TypeError when it does not fit."""
        window, zigzag, armed, last = many(saved, 4)
        self.window.restore(window)
        self.zigzag.restore(zigzag)
        self.armed = [_armed(item) for item in many(armed, 1_000)]
        up, down = many(last, 2)
        self.last = {1: whole(up), -1: whole(down)}

    def _turned(self) -> None:
        """Add what the newest turning point completes; what waited already waits on."""
        pivots, up = self.zigzag.pivots, 1 if self.zigzag.rising else -1
        seen = [Pivot(bar, up * price) for bar, price in pivots]
        self.armed += [(up, outline) for outline in outlines(seen, self.window, up) if self._counts(up, outline)]

    def _counts(self, up: int, outline: Outline) -> bool:
        """Whether an outline is clear enough, and not part of what was told already."""
        return outline.confidence >= self.least[outline.code] and outline.corners[-2].bar > self.last[up]

    def _broken(self, now: int) -> Iterator[tuple[int, Outline]]:
        close, kept = self.window.closes[-1], list[tuple[int, Outline]]()
        for item in self.armed:
            up, outline = item
            if up * close < outline.floor or now > min(outline.until, outline.corners[0].bar + KEPT - 1):
                continue
            if outline.broken(now, up * close):
                yield up, outline
            else:
                kept.append(item)
        self.armed = kept
        for up, mast in self._poles(now):
            hanging = flag(mast, now, self.window, up)
            if hanging is not None and hanging.confidence >= self.least[7] and hanging.broken(now, up * close):
                yield up, hanging

    def _poles(self, now: int) -> Iterator[tuple[int, Pole]]:
        """Tell the newest swings of which a flag may hang; the one that is under way too."""
        up = 1 if self.zigzag.rising else -1
        for end in (self.zigzag.under_way, *self.zigzag.pivots[:-3:-1]):
            if FLAG_LEAST <= now - end.bar <= FLAG_MOST and end.bar > self.last[up]:
                mast = pole(Pivot(end.bar, up * end.price), self.window, up)
                if mast is not None:
                    yield up, mast
            up = -up

    def _found(self, up: int, outline: Outline, now: int) -> Found:
        window, shape = self.window, OF_CODE[up * outline.code]
        line = outline.line_at(now)

        def point(bar: int, height: float) -> Point:
            return Point(window.at(bar), price_of(up * height))

        return Found(
            shape.name, shape.points, window.at(now), now - outline.corners[0].bar, price_of(window.closes[-1]),
            round(outline.confidence, 4), price_of(up * (line + outline.height)), price_of(up * outline.floor),
            tuple(point(bar, height) for bar, height in outline.corners),
            (point(outline.line_bar, outline.line_price), point(now, line)),
        )  # fmt: skip


def _armed(saved: object) -> tuple[int, Outline]:
    up, code, corners, bar, price, slope, margin, floor, height, until, confidence = many(saved, 11)
    outline = Outline(
        whole(code), tuple(read_pivots(corners)), whole(bar), number(price), number(slope), number(margin),
        number(floor), number(height), whole(until), number(confidence),
    )  # fmt: skip
    if abs(outline.code) not in RANK or whole(up) not in (1, -1) or not outline.corners:
        raise ValueError("an outline is of no known pattern")
    return whole(up), outline
