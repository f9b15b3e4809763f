"""Signs planted in real noise, and near misses that break one rule of the sign.

As for shapes, a path of straight legs carries the noise of recorded days: their distance to their own 7-bar average and
their own high and low. The volume is that of the same days as a part of their median, between `CALM` of the usual one,
so that a day of great or small volume is one that was planted. Where the way stands still, as much flows in as out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from libs.quant.bars import Bars, Floats
from libs.quant.tests.planted import Draw, in_turn, real

LEAD = 60  # bars before the first knot: the sign's averages are of them
CALM = 0.6, 1.7
USUAL = 1e6


@dataclass
class Plan:
    """What is planted: knots of the way in true ranges, and what is done to single bars and volumes afterwards.

    Told from bar `first` to bar `last`, both counted as the knots are, the sign is right.
    """

    knots: list[tuple[float, float]]
    first: int
    last: int
    noise: float = 1.0
    cap: tuple[int, int, float] | None = None  # closes from one bar to another lie at most so high
    touches: list[tuple[int, float]] = field(default_factory=list)  # closes that lie just so high
    volumes: list[tuple[int, int, float]] = field(default_factory=list)  # from, to: times the usual volume
    flow: tuple[int, int, float] | None = None  # from, to: where in their range bars close, -1 to 1
    wide: tuple[int, float, float] | None = None  # a bar, its range in true ranges, and where it closes


@dataclass(frozen=True)
class Case:
    """One window. `name` is the sign that it holds ("" for a near miss) and `of` that which it nearly is."""

    name: str
    of: str
    fault: str
    bars: Bars
    begin: int
    first: int
    last: int


def _u(draw: Draw, low: float, high: float) -> float:
    return float(draw.uniform(low, high))


def resistance_breakout(draw: Draw, fault: str) -> Plan:
    deep, leg = _u(draw, 5.0, 9.0), int(draw.integers(8, 13))
    high = [_u(draw, -0.15, 0.15) for _ in range(3)]
    if fault == "uneven":
        high[1] -= _u(draw, 1.5, 2.5)
    if fault == "two touches":
        high[1] = -0.6 * deep
    tops, end = (leg, 3 * leg, 5 * leg), 6 * leg
    knots = [(0.0, -deep)]
    for top, at in zip(tops, high, strict=True):
        knots += [(top, at), (top + leg, -deep if top + leg < end else -0.6 * deep)]
    broken = fault != "no break"
    knots += [(end + leg, 3.0 if broken else -1.0), (end + leg + 8.0, 3.5 if broken else -1.5)]
    touches = [(top, at) for top, at in zip(tops, high, strict=True) if at > -3.0]
    cap = 0, end + 1 if broken else end + leg + 9, max(high)
    return Plan(knots, end, end + leg + 8, cap=cap, touches=touches)


def selling_climax(draw: Draw, fault: str) -> Plan:
    bars, fall = int(draw.integers(8, 16)), _u(draw, 6.0, 10.0)
    times, back, spread = _u(draw, 4.0, 7.0), _u(draw, 0.65, 0.95), _u(draw, 2.3, 3.2)
    if fault == "little volume":
        times = _u(draw, 1.5, 2.4)
    if fault == "closes low":
        back = _u(draw, 0.05, 0.35)
    if fault == "narrow":
        spread = _u(draw, 0.8, 1.3)
    if fault == "no fall":
        fall = 0.3
    return Plan(
        [(0.0, 0.0), (bars, -fall), (bars + 20.0, -fall + 0.35 * fall)], bars, bars, noise=0.6,
        volumes=[(bars, bars, times)], wide=(bars, spread, 2 * back - 1),
    )  # fmt: skip


def volume_dry_up(draw: Draw, fault: str) -> Plan:
    length, part, move = int(draw.integers(6, 11)), _u(draw, 0.15, 0.32), 0.3
    if fault == "half the volume":
        part = _u(draw, 0.55, 0.75)
    if fault == "one day":
        length = 1
    if fault == "moves":
        length, move = 6, 7.0
    return Plan(
        [(0.0, 0.0), (10.0, 0.0), (10.0 + length, move), (30.0 + length, move)], 12, 12 + length,
        noise=0.35, volumes=[(10, 9 + length, part)], flow=(0, 0, 0.0),
    )  # fmt: skip


def bullish_obv_divergence(draw: Draw, fault: str) -> Plan:
    leg, further, loud, still = int(draw.integers(9, 14)), _u(draw, 1.8, 3.5), _u(draw, 1.6, 2.4), 0.8
    if fault == "volume agrees":
        loud, still = 0.7, _u(draw, 1.3, 2.0)
    if fault == "no lower low":
        further = -_u(draw, 0.5, 2.0)
    turn = 6.0 if fault != "no turn" else -2.0
    knots = [(0.0, 0.0), (10.0, -7.0), (10.0 + leg, -1.0), (10.0 + 2 * leg, -7.0 - further)]
    end = 10 + 2 * leg
    return Plan(
        [*knots, (end + 10.0, -7.0 - further + turn)], end, end + 10, noise=0.5,
        volumes=[(11, 10 + leg, loud), (11 + leg, end, still)],
    )  # fmt: skip


def accumulation(draw: Draw, fault: str) -> Plan:
    length, flow, move = int(draw.integers(44, 56)), _u(draw, 0.38, 0.6), _u(draw, -0.6, 0.6)
    if fault == "closes in the middle":
        flow = _u(draw, -0.08, 0.08)
    if fault == "runs":
        move = _u(draw, 7.0, 10.0)
    if fault == "short":
        length = 14
    tail = move + (2.5 if fault != "runs" else 0.0)
    return Plan(
        [(0.0, 0.0), (length, move), (length + 12.0, tail)], 14, length + 12, noise=0.35, flow=(0, length, flow),
    )  # fmt: skip


MAKERS: dict[str, tuple[Callable[[Draw, str], Plan], tuple[str, ...]]] = {
    "resistance_breakout": (resistance_breakout, ("uneven", "two touches", "no break")),
    "selling_climax": (selling_climax, ("little volume", "closes low", "narrow", "no fall")),
    "volume_dry_up": (volume_dry_up, ("half the volume", "one day", "moves")),
    "bullish_obv_divergence": (bullish_obv_divergence, ("volume agrees", "no lower low", "no turn")),
    "accumulation": (accumulation, ("closes in the middle", "runs", "short")),
}
MIRRORED = {
    "resistance_breakout": "support_breakdown",
    "selling_climax": "buying_climax",
    "volume_dry_up": "volume_dry_up",
    "bullish_obv_divergence": "bearish_obv_divergence",
    "accumulation": "distribution",
}


def plant(draw: Draw, of: str, fault: str = "", mirrored: bool = False) -> Case:
    """Lay one sign over real noise."""
    plan = MAKERS[of][0](draw, fault)
    length = LEAD + int(plan.knots[-1][0]) + 1
    long = [series for series in real().values() if len(series) >= 500]
    series = long[int(draw.integers(0, len(long)))]
    begin = int(draw.integers(0, len(series) - length - 12))
    part = series[begin : begin + length + 10]
    logs = np.log(part[:, :4])
    true_range = float(np.mean(np.maximum(logs[1:, 1], logs[:-1, 3]) - np.minimum(logs[1:, 2], logs[:-1, 3])))
    noise = (logs[:, 3] - np.convolve(logs[:, 3], np.ones(7) / 7, "same"))[5:-5] / true_range
    ends = (logs - logs[:, 3:])[5:-5, 1:3] / true_range
    times, heights = (np.array(column) for column in zip(*plan.knots, strict=True))
    closes = np.interp(np.arange(length) - LEAD, times, heights) + plan.noise * noise
    _press(plan, closes)
    highs, lows = closes + ends[:, 0], closes + ends[:, 1]
    volume = np.clip(part[5:-5, 4] / np.median(part[:, 4]), *CALM)
    _trade(plan, draw, closes, highs, lows, volume)
    if mirrored:
        closes, highs, lows = -closes, -lows, -highs
    prices = 100 * np.exp(
        np.column_stack((np.concatenate((closes[:1], closes[:-1])), highs, lows, closes)) * true_range
    )
    prices[:, 1], prices[:, 2] = prices.max(axis=1), prices.min(axis=1)
    bars = Bars(np.arange(length) * 86_400_000, *prices.T, volume * USUAL)
    name = MIRRORED[of] if mirrored else of
    return Case("" if fault else name, name, fault, bars, LEAD, LEAD + plan.first, LEAD + plan.last)


def _press(plan: Plan, closes: Floats) -> None:
    """Hold closes under a level, and at it where they touch it."""
    if plan.cap is not None:
        begin, end, level = plan.cap
        part = closes[LEAD + begin : LEAD + end]
        np.minimum(part, level - 0.2, out=part)
        closes[:LEAD] = np.minimum(closes[:LEAD], level - 0.2)
    for bar, at in plan.touches:
        closes[LEAD + bar] = at


def _trade(plan: Plan, draw: Draw, closes: Floats, highs: Floats, lows: Floats, volume: Floats) -> None:
    """Set the volumes, and where bars close in their range, that the sign is made of."""
    for begin, end, times in plan.volumes:
        many = slice(LEAD + begin, LEAD + end + 1)
        volume[many] = times * draw.uniform(0.9, 1.1, len(volume[many]))
    if plan.flow is not None:
        begin, end, flow = plan.flow
        for bar in range(len(closes)):  # outside, as much flows in as out
            mean = flow if LEAD + begin <= bar <= LEAD + end else 0.0
            spread, inside = highs[bar] - lows[bar], float(np.clip(draw.normal(mean, 0.25), -1.0, 1.0))
            lows[bar] = closes[bar] - spread * (inside + 1) / 2
            highs[bar] = lows[bar] + spread
    if plan.wide is not None:
        bar, spread, inside = plan.wide
        low = min(closes[LEAD + bar], lows[LEAD + bar - 20 : LEAD + bar].min() - 0.2)
        lows[LEAD + bar], highs[LEAD + bar] = low, low + spread
        closes[LEAD + bar] = low + spread * (inside + 1) / 2
        lows[LEAD + bar + 1 :] = np.maximum(lows[LEAD + bar + 1 :], low + 0.05)


def cases(seed: int, each: int) -> Iterator[Case]:
    """Plant every sign and its mirror image `each` times, and as many near misses."""
    return in_turn(seed, each, {of: faults for of, (_, faults) in MAKERS.items()}, plant)


def traded(bars: Bars, seed: int) -> Bars:
    """Give bars the volumes of recorded days, which know nothing of these prices."""
    draw = np.random.default_rng(seed)
    volumes = np.concatenate(
        [series[:, 4] / np.median(series[:, 4]) for series in real().values() if len(series) >= 500]
    )
    begin = int(draw.integers(0, len(volumes) - len(bars)))
    return replace(bars, volume=volumes[begin : begin + len(bars)] * USUAL)
