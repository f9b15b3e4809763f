"""The same expressions over many instruments, whose bars close together."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from libs.quant.bars import DAY_MS, Bar, Bars, Floats, Longs
from libs.quant.expr import Expr, ExprError, StateError, parse
from libs.quant.expr.arithmetic import TRUTHS, UNKNOWN
from libs.quant.expr.catalogue import FIELDS, constants, expanded, kind_of
from libs.quant.expr.nodes import At, Call, Node, Number, Operation, Series
from libs.quant.expr.vector import computed
from libs.quant.panel import advance as machine

_ARITHMETIC = ("+", "-", "*", "/", "min", "max")
_SINGLE = ("neg", "abs", "round", "not")
_MIDDLE = ("hl2", "hlc3", "ohlc4")
_OF_SERIES = {
    "sma": machine.SMA, "ema": machine.EMA, "_ema_from": machine.EMA, "rma": machine.RMA, "rsi": machine.RSI,
    "wma": machine.WMA, "stdev": machine.STDEV, "roc": machine.ROC, "highest": machine.EXTREME,
    "lowest": machine.EXTREME,
}  # fmt: skip
_OF_BARS = {
    "atr": machine.ATR, "_fast_k": machine.FAST_K, "cci": machine.CCI, "adx": machine.ADX, "mfi": machine.MFI,
    "obv": machine.OBV, "vwap": machine.VWAP, "session_open": machine.SESSION, "session_high": machine.SESSION,
    "session_low": machine.SESSION,
}  # fmt: skip
_SESSIONS = ("session_open", "session_high", "session_low")
# How many rows of state a node has beside what it keeps of the past, and how much that is.
_ROWS: Mapping[int, Callable[[int], int]] = {
    machine.LAG: lambda n: 2 + n, machine.WITHIN: lambda n: 2, machine.SMA: lambda n: 3 + max(n - 1, 1),
    machine.EMA: lambda n: 2, machine.RMA: lambda n: 2, machine.RSI: lambda n: 4,
    machine.STDEV: lambda n: 7 + max(n - 1, 1), machine.ROC: lambda n: 2 + n,
    machine.EXTREME: lambda n: 3 + 2 * (n + 1), machine.ATR: lambda n: 3,
    machine.WMA: lambda n: 5 + max(n - 1, 1), machine.FAST_K: lambda n: 2 * (3 + 2 * (n + 1)),
    machine.CCI: lambda n: 2 + n, machine.ADX: lambda n: 8, machine.MFI: lambda n: 6 + 2 * n, machine.OBV: lambda n: 2,
    machine.VWAP: lambda n: 3, machine.SESSION: lambda n: 2,
}  # fmt: skip


class NotCompiled(ValueError):
    """A panel has no compiled form of a part of an expression: evaluate it by its own forms."""


@dataclass(frozen=True, slots=True)
class _Step:
    row: list[int]
    truths: tuple[float, float, float]


class Panel:
    """Holds expressions over `instruments` instruments; what they have in common is computed once.

    Each instrument has a clock of its own: `update` takes in those bars that closed. Values are those of the
    bar-by-bar form (`Evaluator`), to the rounding of a square root. Raises NotCompiled for bars of others, clocks,
    news, candlesticks, chart patterns and levels.
    """

    def __init__(self, expressions: Sequence[Expr], instruments: int) -> None:
        self.expressions = tuple(expressions)
        self.instruments = instruments
        self._slots: dict[Node, int] = {}
        self._steps: list[_Step] = []
        self._numbers: list[tuple[int, float]] = []
        self._firsts: list[tuple[int, float]] = []  # rows of state that do not begin with 0
        self._values_many, self._state_many, self._asks_days = machine.HEAD, 0, False
        self._roots = np.array([self._add(one.node) for one in expressions])
        self._plots = {node: self._add(node) for one in expressions for node in one.plots}
        self._program = np.array([step.row for step in self._steps], np.int64).reshape(-1, machine.COLUMNS)
        self._truths = np.array([step.truths for step in self._steps], np.float64).reshape(-1, 3)
        self._values = np.full((self._values_many, instruments), np.nan)
        self._state = np.zeros((self._state_many, instruments))
        for row, number in self._numbers:
            self._values[row] = number
        for row, number in self._firsts:
            self._state[row] = number
        for node, row in self._slots.items():
            if kind_of(node) == "boolean":
                self._values[row] = UNKNOWN
        self._all = np.ones(instruments, np.bool_)

    def update(
        self, bars: Floats, closed: npt.NDArray[np.bool_] | None = None, at_ms: Longs | int | None = None
    ) -> None:
        """Take in bars: float64 of the shape (5, instruments): open, high, low, close, volume; NaN is unknown.

        closed: which instruments have a bar now; all without it. The others keep their values. at_ms: when the bars
        began, of each or of all; what reads a session needs it. Raises ValueError.
        """
        if self._asks_days:
            if at_ms is None:
                raise ValueError("The bars' times are needed: an expression reads the session.")
            self._values[machine.DAY] = np.asarray(at_ms) // DAY_MS
        if bars.shape != (machine.FIELDS, self.instruments):
            raise ValueError(f"The bars have the shape {bars.shape}, not ({machine.FIELDS}, {self.instruments}).")
        machine.advance(
            self._program, self._truths, bars, self._all if closed is None else closed, self._values, self._state
        )

    @classmethod
    def newest(cls, expressions: Sequence[Expr], every: Sequence[Bars]) -> Panel:
        """Make one that stands at the newest bar of each instrument, after all bars that are given of it."""
        panel, longest = cls(expressions, len(every)), max((len(bars) for bars in every), default=0)
        table = np.full((longest, machine.FIELDS, len(every)), np.nan)
        starts = np.array([longest - len(bars) for bars in every], np.int64)
        for place, bars in enumerate(every):
            for row, field in enumerate(FIELDS):
                table[starts[place] :, row, place] = getattr(bars, field)
        days = np.full((longest if panel._asks_days else 0, len(every)), np.nan)
        if len(days):
            for place, bars in enumerate(every):
                days[starts[place] :, place] = bars.at_ms // DAY_MS
        machine.advance_all(panel._program, panel._truths, table, days, starts, panel._values, panel._state)
        return panel

    @property
    def values(self) -> Floats:
        """The values at each instrument's newest bar, (expressions, instruments): NaN is unknown, of a condition -1."""
        return cast(Floats, self._values[self._roots])

    def plots(self, expression: int) -> dict[str, Floats]:
        """Return the numbers that an expression looks at, by their canonical texts, an entry an instrument."""
        return {str(node): self._values[self._plots[node]].copy() for node in self.expressions[expression].plots}

    def state(self) -> bytes:
        """Return all that it has learnt, with the expressions themselves."""
        head = {"v": 1, "of": [str(one) for one in self.expressions], "instruments": self.instruments}
        return json.dumps(head).encode() + b"\n" + self._values.tobytes() + self._state.tobytes()

    @classmethod
    def restore(cls, saved: bytes) -> Panel:
        """Go on from a stored state. Raises StateError when it is damaged or of another version."""
        head, _, body = saved.partition(b"\n")
        try:
            told = json.loads(head)
            if not isinstance(told, dict) or told.get("v") != 1:
                raise StateError("The stored state is not of this version.")
            panel = cls([parse(text) for text in told["of"]], int(told["instruments"]))
            numbers = np.frombuffer(body, np.float64)
            if len(numbers) != panel._values.size + panel._state.size:
                raise StateError("The stored state has another size than its expressions.")
        except (ExprError, NotCompiled, ValueError, TypeError, KeyError, RecursionError) as error:
            raise (
                error if isinstance(error, StateError) else StateError(f"The stored state cannot be read: {error}")
            ) from error
        panel._values[:] = numbers[: panel._values.size].reshape(panel._values.shape)
        panel._state[:] = numbers[panel._values.size :].reshape(panel._state.shape)
        return panel

    def _add(self, node: Node) -> int:
        """Add a node with its parts, once. Returns the row of its values."""
        if isinstance(node, Series) and node.name in FIELDS:
            return FIELDS.index(node.name)
        if isinstance(node, Call):
            simpler = expanded(node)
            if simpler is not None:
                return self._add(simpler)
        if node not in self._slots:
            self._slots[node] = self._make(node)
        return self._slots[node]

    def _make(self, node: Node) -> int:
        match node:
            case Number(value):
                self._numbers.append((self._values_many, value))
                self._values_many += 1
                return self._values_many - 1
            case Series(name):
                return self._place(machine.MIDDLE, which=_MIDDLE.index(name))
            case Operation(operator, operands):
                return self._operation(operator, operands)
            case At():
                raise NotCompiled(f"{node} reads the bars of others.")
            case Call():
                return self._call(node)

    def _operation(self, name: str, operands: Sequence[Node]) -> int:
        rows = [self._add(operand) for operand in operands]
        if name in _SINGLE:
            return self._place(machine.SINGLE, rows[0], which=_SINGLE.index(name))
        if name in _ARITHMETIC:
            return self._place(machine.ARITHMETIC, *rows, which=_ARITHMETIC.index(name))
        if name in TRUTHS:
            return self._place(machine.COMPARED, *rows, truths=TRUTHS[name])
        return self._place(machine.JOINED, *rows, which=int(name == "and"))

    def _call(self, call: Call) -> int:
        name, arguments = call.function, call.arguments
        if name in _ARITHMETIC or name in _SINGLE:
            return self._operation(name, arguments)
        if name == "prev" or name == "before":
            which, bars = (0, constants(call)[0]) if name == "prev" else (1, 1)
            return self._place(machine.LAG, self._add(arguments[0]), period=bars, which=which)
        if name == "within":
            row, bars = self._add(arguments[0]), constants(call)[0]
            self._firsts.append((self._state_many, float(bars)))
            return self._place(machine.WITHIN, row, period=bars)
        if name in _OF_BARS:
            kind, period = _OF_BARS[name], next(iter(constants(call)), 0)
            if kind == machine.OBV:
                self._firsts.append((self._state_many + 1, np.nan))
            if kind in (machine.VWAP, machine.SESSION):
                self._firsts.append((self._state_many, np.nan))
                self._asks_days = True
            which = _SESSIONS.index(name) if kind == machine.SESSION else 0
            return self._place(kind, period=period, which=which, is_sure=True)
        if name not in _OF_SERIES:
            raise NotCompiled(f"`{name}` has no compiled form.")
        kind, numbers, row = _OF_SERIES[name], constants(call), self._add(arguments[0])
        period = numbers[0]
        if kind in (machine.SMA, machine.WMA) and period == 1:
            kind = machine.EMA  # which is the value itself then, as well
        which = {"highest": 1, "lowest": -1}.get(name, numbers[1] if len(numbers) > 1 else 0)
        if kind == machine.STDEV:
            self._firsts += [(self._state_many, np.nan), (self._state_many + 1, np.nan)]
        is_computed = computed(arguments[0])
        return self._place(kind, row, period=period, which=which, is_shaved=is_computed, is_sure=not is_computed)

    def _place(
        self, kind: int, a: int = 0, b: int = 0, *, period: int = 0, which: int = 0, is_shaved: bool = False,
        is_sure: bool = False, truths: Sequence[float] = (0.0, 0.0, 0.0),
    ) -> int:  # fmt: skip
        rows = _ROWS[kind](period) if kind in _ROWS else 0
        out = self._values_many
        row = [kind, out, a, b, self._state_many, rows, period, which, int(is_shaved), int(is_sure), 0]
        self._steps.append(_Step(row, (float(truths[0]), float(truths[1]), float(truths[2]))))
        self._values_many += 1
        self._state_many += rows
        return out


def warm_up() -> None:
    """Compile it, or read its machine code from disk, before the first scan has to wait for it."""
    Panel.newest([parse("close > open")], [Bars.of([Bar(0, 1.0, 1.0, 1.0, 1.0, 1.0)])])
