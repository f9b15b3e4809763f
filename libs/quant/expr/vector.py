"""The vector form: whole columns at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import numpy as np

from libs.quant.bars import Bars, Floats
from libs.quant.expr.arithmetic import COLUMNS, FIELDS_OF, UNKNOWN, Column, Trits, shave_column
from libs.quant.expr.catalogue import PARTS, constants, expanded
from libs.quant.expr.nodes import ARITHMETIC, OWN, At, Call, Input, Node, Number, Operation, Series

LONG = 20_000
"""Columns of so many bars are worth the compiled forms."""


class MissingBars(ValueError):
    """The bars of something that the expression reads were not given."""


def computed(node: Node) -> bool:
    """Whether a number comes from sums, so that its last bits depend on how they were run."""
    return isinstance(node, Call | Operation) or (isinstance(node, At) and computed(node.operand))


_WHOLE = frozenset({"macd", "macd_signal", "macd_hist", "bb_upper", "bb_lower", "stdev", "change", "percent_change"})


class Columns:
    """Evaluates nodes over bars; each distinct node once."""

    def __init__(self, bars: Mapping[Input, Bars]) -> None:
        self._bars = bars
        self._done: dict[tuple[Input, Node], Column] = {}

    def __len__(self) -> int:
        """How many nodes are known by now."""
        return len(self._done)

    def of(self, node: Node, clock: Input = OWN) -> Column:
        """Return a node's column over the bars of a clock: float64 with NaN, or int8 with -1."""
        with np.errstate(all="ignore"):
            return self._of(node, clock)

    def _of(self, node: Node, clock: Input) -> Column:
        key = (clock, node)
        if key not in self._done:
            self._done[key] = self._make(node, clock)
        return self._done[key]

    def _numbers(self, node: Node, clock: Input) -> Floats:
        return cast(Floats, self._of(node, clock))

    def bars(self, clock: Input) -> Bars:
        """Return the bars of an input. Raises MissingBars."""
        if clock not in self._bars:
            raise MissingBars(f"The bars of {clock} were not given.")
        return self._bars[clock]

    def _make(self, node: Node, clock: Input) -> Column:
        match node:
            case Number(value):
                return np.broadcast_to(np.float64(value), len(self.bars(clock)))
            case Series(name):
                bars = self.bars(clock)
                if name not in FIELDS_OF:
                    return cast(Floats, getattr(bars, name))
                if len(bars) >= LONG:
                    from libs.quant.expr import long

                    return long.middles(name, bars)
                return cast(Floats, FIELDS_OF[name](bars))
            case Operation(operator, operands):
                columns = [self._of(operand, clock) for operand in operands]
                if operator in ARITHMETIC and len(columns[0]) >= LONG:
                    from libs.quant.expr import long

                    return long.ARITHMETIC[operator](*cast(list[Floats], columns))
                return COLUMNS[operator](*columns)
            case At(source, operand):
                return self._held(source, operand, clock)
            case _:
                return self._call(node, clock)

    def _call(self, call: Call, clock: Input) -> Column:
        if call.function in _WHOLE:
            found = self._whole(call, clock)
            if found is not None:
                return found
        simpler = expanded(call)
        if simpler is not None:
            return self._of(simpler, clock)
        function, arguments = PARTS[call.function], call.arguments
        if function.of_bars is not None:
            return function.of_bars(*constants(call)).over(self.bars(clock))
        if function.of_series is not None:
            x, indicator = self._numbers(arguments[0], clock), function.of_series(*constants(call))
            if len(x) and self._known(arguments[0], clock):
                return indicator.batch(x)
            return indicator.over(_shaved(x) if computed(arguments[0]) else x)
        if call.function == "prev":
            return _lagged(self._numbers(arguments[0], clock), constants(call)[0], np.nan)
        if call.function == "before":
            return _lagged(self._of(arguments[0], clock), 1, UNKNOWN)
        if call.function == "within":
            return _within(cast(Trits, self._of(arguments[0], clock)), constants(call)[0])
        return COLUMNS[call.function](*(self._of(argument, clock) for argument in arguments))

    def _known(self, node: Node, clock: Input) -> bool:
        """Whether a node is a column of the bars of which all is known, by what the bars say."""
        if not isinstance(node, Series):
            return False
        bars = self.bars(clock)
        return bars.traded if node.name == "volume" else bars.priced

    def _whole(self, call: Call, clock: Input) -> Floats | None:
        """Return the column of a function that has a compiled form; None where its source is short or has gaps."""
        source, *rest = call.arguments
        x = self._numbers(source, clock)
        if len(x) < LONG or not (self._known(source, clock) or not np.isnan(x.sum())):
            return None
        from libs.quant.expr import long

        numbers = tuple(one.value for one in rest if isinstance(one, Number))
        return long.whole(call.function, np.ascontiguousarray(_shaved(x) if computed(source) else x), numbers)

    def _held(self, source: Input, operand: Node, clock: Input) -> Column:
        theirs, ours = self.bars(source), self.bars(clock)
        column = self._of(operand, source)
        newest = np.searchsorted(theirs.closes_ms, ours.closes_ms, side="right") - 1
        unknown = np.nan if column.dtype == np.float64 else UNKNOWN
        answer = np.full(len(ours), unknown, column.dtype)
        answer[newest >= 0] = column[newest[newest >= 0]]
        return cast(Column, answer)


def _shaved(x: Floats) -> Floats:
    if len(x) < LONG:
        return shave_column(x)
    from libs.quant.expr import long

    return long.shaved(x)


def _lagged(column: Column, bars: int, unknown: float) -> Column:
    answer = np.full_like(column, unknown)
    answer[bars:] = column[: max(len(column) - bars, 0)]
    return answer


def _within(column: Trits, bars: int) -> Trits:
    places = np.arange(len(column))
    never = np.int64(-(2**40))
    last_true = np.maximum.accumulate(np.where(column == 1, places, never))
    last_unknown = np.maximum.accumulate(np.where(column == UNKNOWN, places, -1))  # before the first bar lies one too
    answer = np.where(places - last_unknown < bars, np.int8(UNKNOWN), np.int8(0))
    return np.where(places - last_true < bars, np.int8(1), answer)
