"""What a chart pattern is called, and what is told of one that was found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

Direction: TypeAlias = Literal["up", "down", ""]


@dataclass(frozen=True, slots=True)
class Shape:
    """One of our patterns. `code` is its number where it is stored; `points` the way that it foretells, if any."""

    name: str
    code: int
    words: str
    points: Direction


def _shapes(table: str) -> dict[str, Shape]:
    rows = [tuple(part.strip() for part in line.split("|")) for line in table.strip().splitlines()]
    ways: dict[bool, Direction] = {True: "up", False: "down"}
    shapes = {name: Shape(name, int(code), words, ways[int(code) > 0]) for code, name, words in rows}
    return shapes | {name: replace(shape, points="") for name, shape in shapes.items() if name == "volume_dry_up"}


# The mirror image of a pattern has the same code with the other sign.
SHAPES = _shapes("""
 1 | double_bottom                | double bottom
-1 | double_top                   | double top
 2 | inverse_head_and_shoulders   | inverse head and shoulders
-2 | head_and_shoulders           | head and shoulders
 3 | ascending_triangle           | ascending triangle
-3 | descending_triangle          | descending triangle
 4 | bullish_symmetrical_triangle | symmetrical triangle, broken upward
-4 | bearish_symmetrical_triangle | symmetrical triangle, broken downward
 5 | falling_wedge                | falling wedge
-5 | rising_wedge                 | rising wedge
 6 | cup_and_handle               | cup and handle
-6 | inverse_cup_and_handle       | inverse cup and handle
 7 | bullish_flag                 | bullish flag
-7 | bearish_flag                 | bearish flag
""")
# What volume and levels tell; several may come at one bar, so each has a test of its own in the language.
SIGNS = _shapes("""
 8 | resistance_breakout    | break of a resistance
-8 | support_breakdown      | break of a support
 9 | selling_climax         | selling climax
-9 | buying_climax          | buying climax
10 | bullish_obv_divergence | bullish divergence of the on-balance volume
-10 | bearish_obv_divergence | bearish divergence of the on-balance volume
11 | accumulation           | accumulation
-11 | distribution           | distribution
12 | volume_dry_up          | drying up of the volume
""")
OF_CODE = {shape.code: shape for shape in (*SHAPES.values(), *SIGNS.values())}


@dataclass(frozen=True, slots=True)
class Point:
    """A corner of a pattern: the start of its bar in milliseconds since 1970 (UTC), and its price."""

    at_ms: int
    price: float


@dataclass(frozen=True, slots=True)
class Found:
    """A pattern that was complete at the close of the bar that begins at `at_ms`; no later bar changes it.

    `points` are its corners in the order of time. `line` are two points of the line that the close broke through (the
    second is at `at_ms`). `confidence` (0 to 1) says how well the corners fit the definition; it is no chance of
    profit. `target` and `stop` are prices: the height of the pattern beyond the break, and where it would be wrong.
    `bars` counts from its first corner to the break.
    """

    name: str
    points_to: Direction
    at_ms: int
    bars: int
    close: float
    confidence: float
    target: float
    stop: float
    points: tuple[Point, ...]
    line: tuple[Point, Point]
