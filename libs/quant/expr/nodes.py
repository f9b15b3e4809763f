"""The parts of an expression, and its canonical text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
ARITHMETIC = ("+", "-", "*", "/")
NEGATIVE = "neg"  # the sign, told from the difference

_BINDS = {"or": 1, "and": 2, "not": 3, **dict.fromkeys(COMPARISONS, 4), "+": 5, "-": 5, "*": 6, "/": 6, NEGATIVE: 7}
_ATOM = 8


class Input(NamedTuple):
    """What an expression reads: bars of an instrument at an interval. None is the rule's own."""

    instrument: str | None = None
    interval: str | None = None


OWN = Input()
NEWS = "news"
"""In the place of an interval: the headlines about an instrument, each a bar that is known from its arrival on.

Its `close` is how the headline sounds, from -1 to 1, its `open` when it was published, in minutes since 1970.
"""


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: float

    def __str__(self) -> str:
        return repr(self.value).removesuffix(".0")


@dataclass(frozen=True, slots=True)
class Series:
    """A column of the bars: open, high, low, close, volume, hl2, hlc3, ohlc4."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the catalogue with all its arguments, defaults filled in."""

    function: str
    arguments: tuple[Node, ...] = ()

    def __str__(self) -> str:
        return f"{self.function}({', '.join(map(str, self.arguments))})" if self.arguments else self.function


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator with its one or two operands."""

    operator: str
    operands: tuple[Node, ...]

    def __str__(self) -> str:
        binds = _BINDS[self.operator]
        if len(self.operands) == 1:
            sign = "-" if self.operator == NEGATIVE else f"{self.operator} "
            return sign + _wrapped(self.operands[0], binds)
        left, right = self.operands
        # Comparisons cannot be chained, so both sides are wrapped; else what stands left binds first.
        outer = binds + 1 if self.operator in COMPARISONS else binds
        return f"{_wrapped(left, outer)} {self.operator} {_wrapped(right, binds + 1)}"


@dataclass(frozen=True, slots=True)
class At:
    """An expression over the bars of another instrument, interval or both; its newest known value on our bars."""

    source: Input
    operand: Node

    def __str__(self) -> str:
        names = ", ".join(f'"{name}"' for name in self.source if name is not None)
        return f"at({names}, {self.operand})"


Node: TypeAlias = Number | Series | Call | Operation | At


def _wrapped(node: Node, at_least: int) -> str:
    binds = _BINDS[node.operator] if isinstance(node, Operation) else _ATOM
    return str(node) if binds >= at_least else f"({node})"


def children(node: Node) -> tuple[Node, ...]:
    """Return what a node is made of."""
    match node:
        case Call(_, arguments):
            return arguments
        case Operation(_, operands):
            return operands
        case At(_, operand):
            return (operand,)
        case _:
            return ()


def renamed(node: Node, names: Mapping[str, str]) -> Node:
    """Return a node with other names for instruments, by their old names."""
    match node:
        case At(source, operand) if source.instrument is not None:
            return At(source._replace(instrument=names.get(source.instrument, source.instrument)), operand)
        case Call(function, arguments):
            return Call(function, tuple(renamed(part, names) for part in arguments))
        case Operation(operator, operands):
            return Operation(operator, tuple(renamed(part, names) for part in operands))
        case _:
            return node
