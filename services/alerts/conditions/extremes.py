"""The extremes of an instrument's prices within a window, kept as prices come."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any

FEW = 64
"""Below so many prices it is not worth looking for those that have left the window."""


class Extremes:
    """The lowest and highest price from any instant of a window on: two monotone queues, amortised O(1) a price.

    A price is in a window when it surely was: the extreme of a span counts from the beginning of the span.
    """

    __slots__ = ("_highs", "_lows", "_window_ms")

    def __init__(self, window_ms: int, lows: Iterable[Sequence[int]] = (), highs: Iterable[Sequence[int]] = ()) -> None:
        self._window_ms = window_ms
        self._lows = [(at, price) for at, price in lows]
        self._highs = [(at, price) for at, price in highs]

    def add(self, at_ms: int, price_e4: int) -> None:
        # Written out for both: this runs for every price in every window.
        lows, highs, point = self._lows, self._highs, (at_ms, price_e4)
        while lows and lows[-1][1] >= price_e4:
            lows.pop()
        lows.append(point)
        while highs and highs[-1][1] <= price_e4:
            highs.pop()
        highs.append(point)
        if len(lows) > FEW or len(highs) > FEW:
            self._forget_before(at_ms - self._window_ms)

    def _forget_before(self, at_ms: int) -> None:
        for queue in (self._lows, self._highs):
            if len(queue) > FEW and queue[len(queue) // 2][0] < at_ms:
                del queue[: len(queue) // 2]

    def since(self, at_ms: int, price_e4: int) -> tuple[int, int]:
        """Give the lowest and the highest price from that instant on, `price_e4` among them."""
        low = bisect_left(self._lows, (at_ms, -1))
        high = bisect_left(self._highs, (at_ms, -1))
        return (
            self._lows[low][1] if low < len(self._lows) else price_e4,
            self._highs[high][1] if high < len(self._highs) else price_e4,
        )

    def mark(self) -> list[Any]:
        return [list(self._lows), list(self._highs)]
