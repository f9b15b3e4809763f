"""What the compiled loops read and write: the bars, the strategies, the account, what is held, and what is told."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from libs.quant.bars import Floats, Longs

NEXT_OPEN, NEXT_CLOSE, SAME_CLOSE = 0, 1, 2
# What a bar says: unknown prices, nothing, enter, leave.
SKIP, NOTHING, ENTER, LEAVE = -1, 0, 1, 2
# Reasons, after those of `levels`.
TARGET = 2
RULE, TIME, DELISTED, OPEN = 4, 5, 6, 7
# Columns of a lane's rules: `Rules.numbers`, and which strategy it is.
(SIDE, STOP_PART, STOP_TIMES, TARGET_PART, TARGET_TIMES, TRAIL_PART, TRAIL_TIMES, SIZE, AMOUNT, MOST_BARS, MOST, OF) = (
    range(12)
)
# Columns of a lane's state. `WHY` is the reason of an exit that waits, `LEFT` when the last exit was decided.
(
    HELD, PAID, STOP_AT, TARGET_AT, BEST, BARS, BEGAN, COST, WORST, FINEST, PENDING, WHY, LEFT, LOCKED, ATR_STOP,
    ATR_TARGET, ATR_TRAIL, DIVIDENDS,
) = range(18)  # fmt: skip
COLUMNS = 18


class Market(NamedTuple):
    """Bars of all instruments, one after another: the first of instrument s stands at `first[s]`, the grid's first at
    `start[s]`. `row` says which of `terms` (k, 2, 7) holds at a bar. `scale` from `split_ms` on (at `splits[s]`).
    `dividend`, in money for a share of today, at `dividend_ms` (at `dividends[s]`)."""

    at_ms: Longs
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    first: Longs
    start: Longs
    row: npt.NDArray[np.int32]
    terms: Floats
    splits: Longs
    split_ms: Longs
    scale: Floats
    dividends: Longs
    dividend_ms: Longs
    dividend: Floats
    gone: npt.NDArray[np.bool_]


class Lanes(NamedTuple):
    """Lane l trades instrument `symbol[l]`; its signals begin at `signal_at[l]`, its ATR (of stop, target, trailing) at
    `atr_at[l]`, -1 where none is needed. `rules` has the columns named above."""

    symbol: Longs
    signals: npt.NDArray[np.int8]
    signal_at: Longs
    atr: Floats
    atr_at: Longs
    rules: Floats


class Account(NamedTuple):
    """How orders are filled."""

    cash: float
    fill: int
    slip: int
    slip_amount: float
    share: float
    lot: float
    tick: float
    partial: bool


class Book(NamedTuple):
    """What changes: the lanes' states, each instrument's price, split scale and place of its bar now, -1 for none."""

    states: Floats
    mark: Floats
    scale: Floats
    now: Longs
    cash: Floats


class Log(NamedTuple):
    """What is told: tables as `replay` names them, and how many rows each would need."""

    trades: Floats
    decisions: Floats
    refusals: Floats
    counts: Longs
