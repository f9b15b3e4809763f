"""Long columns, compiled: what takes several passes elsewhere takes one here.

Each says what the bar-by-bar form says, by the same steps in the same order. A column that is short is not worth
loading a compiler for: `vector` asks for this module only from `LONG` bars on.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from libs.quant.bars import LARGEST, SAME, Bars, Floats
from libs.quant.compiled import compiled

_BLOCK = 1_024
_SHAVE = float(2**13 + 1)


def whole(name: str, x: Floats, numbers: tuple[float, ...]) -> Floats | None:
    """Return the column of a function of one series of which all is known; None where there is no such form here."""
    answer = np.empty(len(x))
    match name, numbers:
        case "macd", (fast, slow):
            macd(x, int(fast), int(slow), answer)
        case (("macd_signal" | "macd_hist"), (fast, slow, signal)):
            known = macd_signal(x, int(fast), int(slow), int(signal), name == "macd_hist", answer)
            return answer if known else None
        case (("bb_upper" | "bb_lower"), (period, width)):
            bands(x, int(period), width if name == "bb_upper" else -width, True, answer)
        case "stdev", (period,):
            bands(x, int(period), 1.0, False, answer)
        case (("change" | "percent_change"), (bars,)):
            changes(x, int(bars), name == "percent_change", answer)
        case _:
            return None
    return answer


def _of_two(kernel: Callable[[Floats, Floats, Floats], None]) -> Callable[[Floats, Floats], Floats]:
    def column(a: Floats, b: Floats) -> Floats:
        answer = np.empty(len(a))
        kernel(np.ascontiguousarray(a), np.ascontiguousarray(b), answer)
        return answer

    return column


@compiled()
def _middles(bars: tuple[Floats, Floats, Floats, Floats], many: int, answer: Floats) -> None:
    opened, high, low, close = bars
    for i in range(len(answer)):
        if many == 2:
            answer[i] = (high[i] + low[i]) / 2.0
        elif many == 3:
            answer[i] = (high[i] + low[i] + close[i]) / 3.0
        else:
            answer[i] = (opened[i] + high[i] + low[i] + close[i]) / 4.0


def middles(name: str, bars: Bars) -> Floats:
    """Return `hl2`, `hlc3` or `ohlc4`."""
    answer = np.empty(len(bars))
    _middles((bars.open, bars.high, bars.low, bars.close), {"hl2": 2, "hlc3": 3, "ohlc4": 4}[name], answer)
    return answer


@compiled(inside=True)
def _bounded(x: float) -> float:
    return x if -LARGEST <= x <= LARGEST else math.nan


@compiled(inside=True)
def _apart(a: float, b: float) -> float:
    d = a - b
    return 0.0 if abs(d) <= SAME * max(abs(a), abs(b)) else _bounded(d)


@compiled(inside=True)
def _shaved(x: float) -> float:
    c = x * _SHAVE
    return c - (c - x)


@compiled()
def _shave(x: Floats, answer: Floats) -> None:
    for i in range(len(x)):
        answer[i] = _shaved(x[i])


def shaved(x: Floats) -> Floats:
    """Round every number of a column to 40 bits, as `arithmetic.shave`."""
    answer = np.empty(len(x))
    _shave(np.ascontiguousarray(x), answer)
    return answer


@compiled()
def _subtract(a: Floats, b: Floats, answer: Floats) -> None:
    for i in range(len(a)):
        answer[i] = _apart(a[i], b[i])


@compiled()
def _divide(a: Floats, b: Floats, answer: Floats) -> None:
    for i in range(len(a)):
        answer[i] = _bounded(a[i] / b[i]) if b[i] != 0.0 else math.nan


@compiled()
def _multiply(a: Floats, b: Floats, answer: Floats) -> None:
    for i in range(len(a)):
        answer[i] = _bounded(a[i] * b[i])


@compiled()
def _add(a: Floats, b: Floats, answer: Floats) -> None:
    for i in range(len(a)):
        answer[i] = _bounded(a[i] + b[i])


ARITHMETIC = {"+": _of_two(_add), "-": _of_two(_subtract), "*": _of_two(_multiply), "/": _of_two(_divide)}


@compiled()
def changes(x: Floats, bars: int, percent: bool, answer: Floats) -> None:
    """Write how far each number is from that of so many bars ago, as a difference or as percent of it."""
    for i in range(min(bars, len(x))):
        answer[i] = math.nan
    now, before, told = x[bars:], x[: max(len(x) - bars, 0)], answer[bars:]
    if percent:
        for i in range(len(now)):
            part = _bounded(now[i] / before[i]) if before[i] != 0.0 else math.nan
            told[i] = _bounded(_apart(part, 1.0) * 100.0)
    else:
        for i in range(len(now)):
            told[i] = _apart(now[i], before[i])


@compiled()
def _begun(x: Floats, fast: int, slow: int) -> tuple[float, float]:
    """Return the first of both averages of a MACD, at the bar slow - 1."""
    quick = calm = 0.0
    for i in range(slow):
        calm += x[i]
        quick += x[i] if i >= slow - fast else 0.0
    return quick / fast, calm / slow


@compiled(contracts=True)
def macd(x: Floats, fast: int, slow: int, answer: Floats) -> None:
    """Write the quick exponential average less the slow one, both begun so that they have their first at one bar."""
    n, k, q = len(x), 2.0 / (fast + 1), 2.0 / (slow + 1)
    for i in range(min(slow - 1, n)):
        answer[i] = math.nan
    if n < slow:
        return
    quick, calm = _begun(x, fast, slow)
    answer[slow - 1] = _apart(quick, calm)
    quicks, calms = np.empty(_BLOCK), np.empty(_BLOCK)
    for begin in range(slow, n, _BLOCK):
        now, told = x[begin : begin + _BLOCK], answer[begin : begin + _BLOCK]
        for j in range(len(now)):
            quick = (now[j] - quick) * k + quick
            calm = (now[j] - calm) * q + calm
            quicks[j], calms[j] = quick, calm
        for j in range(len(now)):
            told[j] = _apart(quicks[j], calms[j])


@compiled(contracts=True)
def macd_signal(x: Floats, fast: int, slow: int, period: int, less: bool, answer: Floats) -> bool:
    """Write a MACD's own exponential average, or with `less` what the MACD is above it. False where a number is too
    large to be known."""
    n, start = len(x), slow + period - 2
    k, q, g = 2.0 / (fast + 1), 2.0 / (slow + 1), 2.0 / (period + 1)
    for i in range(min(start, n)):
        answer[i] = math.nan
    if n <= start:
        return True
    quick, calm = _begun(x, fast, slow)
    apart = _apart(quick, calm)
    signal, unknown = _shaved(apart), not abs(apart) <= LARGEST
    for i in range(slow, start + 1):
        quick = (x[i] - quick) * k + quick
        calm = (x[i] - calm) * q + calm
        apart = _apart(quick, calm)
        signal += _shaved(apart)
        unknown |= not abs(apart) <= LARGEST
    signal /= period
    answer[start] = _apart(apart, signal) if less else signal
    aparts, signals = np.empty(_BLOCK), np.empty(_BLOCK)
    for begin in range(start + 1, n, _BLOCK):
        now, told = x[begin : begin + _BLOCK], answer[begin : begin + _BLOCK]
        for j in range(len(now)):
            quick = (now[j] - quick) * k + quick
            calm = (now[j] - calm) * q + calm
            apart = _apart(quick, calm)
            signal = (_shaved(apart) - signal) * g + signal
            aparts[j], signals[j] = apart, signal
        for j in range(len(now)):
            unknown |= not abs(aparts[j]) <= LARGEST
            told[j] = _apart(aparts[j], signals[j]) if less else signals[j]
    return not unknown


@compiled()
def bands(x: Floats, n: int, width: float, around: bool, answer: Floats) -> None:
    """Write `width` standard deviations of the last n, with `around` from their simple average on.

    Sums run bar by bar, a block at a time; the roots of a block are then taken side by side.
    """
    totals, squares, sums = np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK)
    length = len(x)
    total = square = mean = 0.0
    equal, last, base = 0, math.nan, x[0] if length else 0.0
    for begin in range(0, length, _BLOCK):
        many = min(_BLOCK, length - begin)
        for j in range(many):
            i = begin + j
            d = x[i] - base
            equal = equal + 1 if x[i] == last else 1
            last = x[i]
            total += d
            square += d * d
            mean += x[i]
            # A window of equal values has exactly no deviation.
            totals[j], squares[j], sums[j] = (0.0, 0.0, mean) if equal >= n else (total, square, mean)
            if i >= n - 1:
                old = x[i - n + 1]
                mean -= old
                old -= base
                total -= old
                square -= old * old
        part = answer[begin : begin + many]
        for j in range(many):
            spread = math.sqrt(max((squares[j] - totals[j] * totals[j] / n) / n, 0.0))
            part[j] = spread
        if around:
            for j in range(many):
                away = _bounded(abs(width) * part[j])
                average = sums[j] / n
                part[j] = _bounded(average + away) if width > 0.0 else _apart(average, away)
    for i in range(min(n - 1, length)):
        answer[i] = math.nan


def warm_up() -> None:
    """Compile everything, or read the machine code from disk."""
    x = np.ones(64)
    shaved(x)
    middles("hl2", Bars(np.arange(64), x, x, x, x, x))
    for column in ARITHMETIC.values():
        column(x, x)
    for name, numbers in (("macd", (2.0, 3.0)), ("macd_hist", (2.0, 3.0, 2.0)), ("stdev", (3.0,)), ("change", (1.0,))):
        whole(name, x, numbers)
