"""Takes the bars that closed together into a panel: one compiled call walks through all nodes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from libs.quant.bars import LARGEST, Floats, Longs
from libs.quant.compiled import compiled
from libs.quant.panel import steps, whole

# What a node is. Those below `LAG` remember nothing.
ARITHMETIC, SINGLE, COMPARED, JOINED, MIDDLE, LAG, WITHIN, SMA, EMA, RMA, RSI, STDEV, ROC, EXTREME, ATR = range(15)
WMA, FAST_K, CCI, ADX, MFI, OBV, VWAP, SESSION = range(15, 23)
# Columns of the program: the row of a node's values, those of its operands, its first row of state and how many there
# are, its period, a second whole number (which operator, what is skipped), whether its operand is rounded first,
# whether its operand is known wherever the bars are, and whether every instrument has passed its warm-up.
KIND, OUT, A, B, STATE, ROWS, PERIOD, WHICH, SHAVED, SURE, WARM = range(11)
COLUMNS = 11
FIELDS = 5
# The rows of the values that no node has: the fields, and the day in which each bar began, counted from 1970.
DAY, HEAD = 5, 6


@compiled()
def advance(program: Longs, truths: Floats, fresh: Floats, closed: npt.NDArray[np.bool_], values: Floats,
            state: Floats) -> None:  # fmt: skip
    """Take in the bars `fresh` (open, high, low, close, volume; a column an instrument) of those that `closed`.

    values: a row for each of the five, for the day, which is there already, and for each node. truths: what a
    comparison says of equal, greater and less.
    """
    known = True
    for s in range(fresh.shape[1]):
        known &= closed[s]
        for field in range(FIELDS):
            x = fresh[field, s]
            x = x if -LARGEST <= x <= LARGEST else np.nan
            values[field, s] = x if closed[s] else values[field, s]
            known &= x == x
    for k in range(len(program)):
        kind, n, which, shaved = program[k, KIND], program[k, PERIOD], program[k, WHICH], program[k, SHAVED] == 1
        out, a, b = values[program[k, OUT]], values[program[k, A]], values[program[k, B]]
        if kind == ARITHMETIC:
            steps.arithmetic(which, a, b, out)
            continue
        if kind == SINGLE:
            steps.single(which, a, out)
            continue
        if kind == COMPARED:
            steps.compared(truths[k, 0], truths[k, 1], truths[k, 2], a, b, out)
            continue
        if kind == JOINED:
            steps.joined(which == 1, a, b, out)
            continue
        if kind == MIDDLE:
            steps.middle(which, values, out)
            continue
        rows = state[program[k, STATE] : program[k, STATE] + program[k, ROWS]]
        quick = known and program[k, SURE] == 1 and program[k, WARM] == 1
        warm = False
        if kind == LAG:
            steps.lagged(n, np.nan if which == 0 else -1.0, a, closed, rows, out)
        elif kind == WITHIN:
            steps.recently(n, a, closed, rows, out)
        elif kind == SMA:
            warm = steps.sma(n, a, shaved, closed, quick, rows, out)
        elif kind in (EMA, RMA):
            warm = steps.ema(n, which, kind == RMA, a, shaved, closed, quick, rows, out)
        elif kind == RSI:
            warm = steps.rsi(n, a, shaved, closed, quick, rows, out)
        elif kind == STDEV:
            warm = steps.stdev(n, a, shaved, closed, quick, rows, out)
        elif kind == ROC:
            steps.roc(n, a, shaved, closed, rows, out)
        elif kind == EXTREME:
            steps.extreme(n, float(which), a, shaved, closed, rows, out)
        elif kind == WMA:
            steps.wma(n, a, shaved, closed, rows, out)
        elif kind == FAST_K:
            whole.fast_k(n, values, closed, rows, out)
        elif kind == CCI:
            whole.cci(n, values, closed, rows, out)
        elif kind == ADX:
            whole.adx(n, values, closed, rows, out)
        elif kind == MFI:
            whole.mfi(n, values, closed, rows, out)
        elif kind == OBV:
            whole.obv(values, closed, rows, out)
        elif kind == VWAP:
            whole.vwap(values, closed, rows, out)
        elif kind == SESSION:
            whole.session(which, values, closed, rows, out)
        else:
            warm = steps.atr(n, values, closed, quick, rows, out)
        program[k, WARM] = 1 if warm else 0


@compiled()
def advance_all(program: Longs, truths: Floats, table: Floats, days: Floats, starts: Longs, values: Floats,
                state: Floats) -> None:  # fmt: skip
    """Take in the bars `table[0]`, `table[1]` ... one after another; instrument s has bars from `starts[s]` on.

    days: in which each began; empty where nothing asks for it.
    """
    closed = np.zeros(len(starts), np.bool_)
    for at in range(len(table)):
        for s in range(len(starts)):
            closed[s] = starts[s] <= at
            if len(days):
                values[DAY, s] = days[at, s]
        advance(program, truths, table[at], closed, values, state)
