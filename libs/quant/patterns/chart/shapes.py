"""Chart patterns bar by bar: turning points make outlines, and a close beyond its line completes one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from libs.quant.patterns.chart.found import OF_CODE, Found, Point
from libs.quant.patterns.chart.outlines import (
    CORNERS,
    DEFINED,
    FLAG_LEAST,
    FLAG_MOST,
    Outline,
    Pole,
    Sight,
    flag,
    outlines,
    pole,
)  # fmt: skip
from libs.quant.patterns.chart.stored import many, whole
from libs.quant.patterns.chart.window import KEPT, Window, price_of
from libs.quant.patterns.chart.zigzag import INF, Pivot, Zigzag

REACH = 1.5  # ATR between turning points
LEAST = {1: 0.6, 2: 0.6, 3: 0.71, 4: 0.77, 5: 0.68, 6: 0.62, 7: 0.62}  # the confidence from which on one is told
# Where one close completes several, the one with the more corners is told.
RANK = {2: 5, 6: 4, 3: 3, 4: 3, 5: 3, 1: 2, 7: 1}


class Shapes:
    """Finds chart patterns as bars close. A bounded amount of work a bar."""

    __slots__ = ("_masts", "armed", "last", "least", "window", "zigzag")

    def __init__(self, window: Window, least: Mapping[int, float] = LEAST) -> None:
        self.least = least  # the confidence from which on one is told, by the number of its code
        self.window = window
        self.zigzag = Zigzag()
        self.armed: list[tuple[int, Outline]] = []  # 1 upward, -1 upside down, and what waits for its break
        self.last = {1: -1, -1: -1}  # the bar of the newest pattern by direction
        self._masts: dict[tuple[int, int], Pole | None] = {}  # poles by direction and tip, not looked for anew

    def look(self) -> list[Found]:
        """Return the pattern that the newest close of the window completes: one or none."""
        window = self.window
        now = window.seen - 1
        if self.zigzag.push(now, window.close, REACH * window.atr if window.atr > 0 else INF):
            self._turned()
        best = max(self._broken(now), key=lambda hit: (RANK[hit[1].code], hit[1].confidence), default=None)
        if best is None:
            return []
        up, outline = best
        self.last[up] = now
        self.armed = [item for item in self.armed if item[0] != up]
        return [self._found(up, outline, now)]

    def copy(self, window: Window) -> Shapes:
        """Return one that goes its own way from here, with a window that does."""
        other = Shapes(window, self.least)
        other.zigzag = self.zigzag.copy()
        other.armed, other.last = self.armed.copy(), self.last.copy()
        return other

    def state(self) -> list[object]:
        """Return what must be stored besides the window: of what waits its corners, which say all of it."""
        armed = [[up * outline.code, *(corner.bar for corner in outline.corners)] for up, outline in self.armed]
        return [self.zigzag.state(), armed, self.last[1], self.last[-1]]

    def restore(self, saved: object) -> None:
        """Go on from a stored state. Raises ValueError or TypeError when it does not fit."""
        zigzag, armed, up, down = many(saved, 4)
        self.zigzag.restore(zigzag)
        sights = {way: Sight(self.window, way) for way in (1, -1)}
        self.armed = [_armed(item, sights) for item in many(armed, 1_000)]
        self.last = {1: whole(up), -1: whole(down)}

    def _turned(self) -> None:
        """Add what the newest turning point completes; what waited already waits on."""
        pivots, up = self.zigzag.pivots, 1 if self.zigzag.rising else -1
        seen = [Pivot(bar, up * price) for bar, price in pivots]
        found = outlines(seen, Sight(self.window, up))
        self.armed += [(up, outline) for outline in found if self._counts(up, outline)]
        self._masts.clear()

    def _counts(self, up: int, outline: Outline) -> bool:
        """Whether an outline is clear enough, and not part of what was told already."""
        return outline.confidence >= self.least[outline.code] and outline.corners[-2].bar > self.last[up]

    def _broken(self, now: int) -> Iterator[tuple[int, Outline]]:
        close, kept = self.window.close, list[tuple[int, Outline]]()
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
            hanging = flag(mast, now, Sight(self.window, up))
            if hanging is None or hanging.confidence < self.least[7]:
                continue
            if hanging.broken(now, up * close):
                yield up, hanging
            else:
                self.armed.append((up, hanging))

    def _poles(self, now: int) -> Iterator[tuple[int, Pole]]:
        """Tell the newest swings of which a flag may hang; the one that is under way too."""
        up = 1 if self.zigzag.rising else -1
        for end in (self.zigzag.under_way, *self.zigzag.pivots[:-3:-1]):
            if FLAG_LEAST <= now - end.bar <= FLAG_MOST and end.bar > self.last[up]:
                mast = self._mast(up, end)
                if mast is not None:
                    yield up, mast
            up = -up

    def _mast(self, up: int, end: Pivot) -> Pole | None:
        key = up, end.bar
        if key not in self._masts:
            self._masts[key] = pole(Pivot(end.bar, up * end.price), Sight(self.window, up))
        return self._masts[key]

    def _found(self, up: int, outline: Outline, now: int) -> Found:
        window, shape = self.window, OF_CODE[up * outline.code]
        line = outline.line_at(now)

        def point(bar: int, height: float) -> Point:
            return Point(window.at(bar), price_of(up * height))

        return Found(
            shape.name, shape.points, window.at(now), now - outline.corners[0].bar, price_of(window.close),
            round(outline.confidence, 4), price_of(up * (line + outline.height)), price_of(up * outline.floor),
            tuple(point(bar, height) for bar, height in outline.corners),
            (point(outline.line_bar, outline.line_price), point(now, line)),
        )  # fmt: skip


def _armed(saved: object, sights: Mapping[int, Sight]) -> tuple[int, Outline]:
    """Read what waits: its definition, asked anew, gives it as it was."""
    code, *bars = (whole(item) for item in many(saved, 7))
    up = 1 if code > 0 else -1
    sight, define = sights[up], DEFINED.get(abs(code))
    is_within = all(a < b for a, b in pairwise([sights[up].oldest - 1, *bars, sights[up].end]))
    if define is None or not is_within or len(bars) != CORNERS[abs(code)]:
        raise ValueError("what waits has no such corners")
    outline = define([sight.corner(bar) for bar in bars], sight)
    if outline is None or outline.code != abs(code):
        raise ValueError("what waits is no pattern of these bars")
    return up, outline
