"""Operators, for one bar and for whole columns. Conditions are -1 unknown, 0 false, 1 true; an unknown number is NaN.

Two numbers are the same when they differ by no more than `SAME` of the larger, and the difference of two such numbers
is 0: else rounding, which depends on how a sum was run, would decide what fires.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from libs.quant.bars import BLOCK, LARGEST, NAN, SAME, Floats, Longs

Trits = npt.NDArray[np.int8]
Column: TypeAlias = Floats | Trits

UNKNOWN = -1
_SHAVE = float(2**13 + 1)


def shave(x: float) -> float:
    """Round to 40 bits, about 12 digits: what another run of the same sum would give, but for rare ties."""
    c = x * _SHAVE
    return c - (c - x)


def shave_column(x: Floats) -> Floats:
    """Round every number of a column to 40 bits."""
    return cast(Floats, _in_blocks(lambda part: part * _SHAVE - (part * _SHAVE - part), np.float64, x))


def _in_blocks(formula: Callable[..., Column], kind: type[np.generic], *columns: Column) -> Any:
    """Work through columns in parts that stay in the processor's cache: several times faster than whole columns."""
    length = len(columns[0])
    answer = np.empty(length, kind)
    for begin in range(0, length, BLOCK):
        part = slice(begin, begin + BLOCK)
        answer[part] = formula(*(column[part] for column in columns))
    return answer


def _blocked(formula: Callable[..., Column], kind: type[np.generic] = np.float64) -> Callable[..., Column]:
    return lambda *columns: cast(Column, _in_blocks(formula, kind, *columns))


def _bounded(x: float) -> float:
    return x if -LARGEST <= x <= LARGEST else NAN


def _add(a: float, b: float) -> float:
    return _bounded(a + b)


def _subtract(a: float, b: float) -> float:
    d = a - b
    return 0.0 if abs(d) <= SAME * max(abs(a), abs(b)) else _bounded(d)


def _multiply(a: float, b: float) -> float:
    return _bounded(a * b)


def _divide(a: float, b: float) -> float:
    return _bounded(a / b) if b else NAN


def _round(a: float) -> float:
    return float(math.floor(a + 0.5 + SAME * abs(a))) if a == a else NAN


def _smaller(a: float, b: float) -> float:
    return NAN if a != a or b != b else min(a, b)


def _larger(a: float, b: float) -> float:
    return NAN if a != a or b != b else max(a, b)


def _order(a: float, b: float) -> int:
    d = a - b
    if d != d:
        return 2
    return 0 if abs(d) <= SAME * max(abs(a), abs(b)) else (1 if d > 0 else -1)


def _comparison(*truths: int) -> Callable[[float, float], int]:
    # By the order: same, greater, unknown, less (which is index -1).
    same, greater, less = truths
    answers = (same, greater, UNKNOWN, less)
    return lambda a, b: answers[_order(a, b)]


def _and(a: int, b: int) -> int:
    if a == 0 or b == 0:
        return 0
    return 1 if a == 1 and b == 1 else UNKNOWN


def _or(a: int, b: int) -> int:
    if a == 1 or b == 1:
        return 1
    return 0 if a == 0 and b == 0 else UNKNOWN


TRUTHS = {"<": (0, 0, 1), "<=": (1, 0, 1), ">": (0, 1, 0), ">=": (1, 1, 0), "==": (1, 0, 0), "!=": (0, 1, 1)}

SCALAR: dict[str, Callable[..., float]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "neg": lambda a: -a,
    "abs": abs,
    "min": _smaller,
    "max": _larger,
    "round": _round,
    "and": _and,
    "or": _or,
    "not": lambda a: 1 - a if a != UNKNOWN else UNKNOWN,
    **{sign: _comparison(*truths) for sign, truths in TRUTHS.items()},
}


def _bounded_column(x: Floats) -> Floats:
    if not (x.max() <= LARGEST and x.min() >= -LARGEST):  # also where something is NaN
        x[~(np.abs(x) <= LARGEST)] = np.nan
    return x


def _largest(column: Floats) -> float:
    """Bound the size of a column's numbers; NaN where one is unknown. A constant has one number for all places."""
    return float(abs(column[0]) if column.strides == (0,) else max(column.max(), -column.min()))


def _apart(a: Floats, b: Floats, d: Floats) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], Longs]:
    """Tell where `a` is greater and where it is less for certain, and the few places where one must look closely.

    What is nearly equal to `b` is not larger than it to speak of, so the size of one of them, doubled, will do.
    """
    near = 2.0 * SAME * _largest(b if b.strides == (0,) else a)
    greater, less = d > near, d < -near
    sure = greater | less
    return greater, less, np.empty(0, np.int64) if sure.all() else np.flatnonzero(~sure)


def _same(a: Floats, b: Floats, d: Floats) -> npt.NDArray[np.bool_]:
    return np.abs(d) <= SAME * np.maximum(np.abs(a), np.abs(b))


def _subtract_columns(a: Floats, b: Floats) -> Floats:
    d = a - b
    close = _apart(a, b, d)[2]
    if len(close):
        d[close[_same(a[close], b[close], d[close])]] = 0.0
    return _bounded_column(d)


def _divide_columns(a: Floats, b: Floats) -> Floats:
    return _bounded_column(np.where(b == 0.0, np.nan, a / b))


def _compare_columns(*truths: int) -> Callable[[Floats, Floats], Trits]:
    same, greater, less = truths

    def compare(a: Floats, b: Floats) -> Trits:
        d = a - b
        above, below, close = _apart(a, b, d)
        if greater == less:
            answer = (above | below).view(np.int8) if greater else np.zeros(len(d), np.int8)
        else:
            answer = (above if greater else below).view(np.int8)
        if len(close):
            d = d[close]
            told = np.where(d > 0, greater, np.where(d < 0, less, UNKNOWN))
            answer[close] = np.where(_same(a[close], b[close], d), same, told)
        return answer

    return compare


def _and_columns(a: Trits, b: Trits) -> Trits:
    # All bits of -1 are set, so two have no bit in common only where one of them is 0.
    return cast(Trits, np.minimum(a, b) & -(a & b & 1))


def _or_columns(a: Trits, b: Trits) -> Trits:
    return np.where(np.maximum(a, b) == 1, np.int8(1), a | b)


COLUMNS: dict[str, Callable[..., Column]] = {
    "+": _blocked(lambda a, b: _bounded_column(a + b)),
    "-": _blocked(_subtract_columns),
    "*": _blocked(lambda a, b: _bounded_column(a * b)),
    "/": _blocked(_divide_columns),
    "neg": np.negative,
    "abs": np.abs,
    "min": np.minimum,
    "max": np.maximum,
    "round": lambda a: np.floor(a + 0.5 + SAME * np.abs(a)),
    "and": _blocked(_and_columns, np.int8),
    "or": _blocked(_or_columns, np.int8),
    "not": _blocked(lambda a: (np.int8(1) - a) | (a >> 7), np.int8),  # the sign of -1 sets all bits
    **{sign: _blocked(_compare_columns(*truths), np.int8) for sign, truths in TRUTHS.items()},
}

FIELDS_OF: dict[str, Callable[..., float]] = {
    "hl2": lambda bar: (bar.high + bar.low) / 2.0,
    "hlc3": lambda bar: (bar.high + bar.low + bar.close) / 3.0,
    "ohlc4": lambda bar: (bar.open + bar.high + bar.low + bar.close) / 4.0,
}
