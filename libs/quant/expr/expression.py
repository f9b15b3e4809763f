"""The expression as others hold it, and its incremental form."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias, cast

from libs.quant.bars import Bar, Bars
from libs.quant.expr.arithmetic import UNKNOWN, Column
from libs.quant.expr.catalogue import FIELDS, PARTS, Kind, constants, expanded, kind_of
from libs.quant.expr.errors import DEFAULT, ExprError, Limits
from libs.quant.expr.graph import Graph
from libs.quant.expr.nodes import OWN, At, Call, Input, Node, Number, Operation, Series, children, renamed
from libs.quant.expr.parser import parse_node
from libs.quant.expr.vector import Columns
from libs.quant.expr.words import words
from libs.quant.indicators import StateError

# A number, a condition, or None while it is unknown.
Value: TypeAlias = "float | bool | None"


@dataclass(frozen=True)
class Expr:
    """An expression. Two are equal when their canonical texts are."""

    node: Node

    def __str__(self) -> str:
        """Return the canonical text: `parse(str(e)) == e`."""
        return str(self.node)

    @property
    def kind(self) -> Kind:
        """`boolean` for a condition, else `number`."""
        return kind_of(self.node)

    def clauses(self) -> tuple[Expr, ...]:
        """Return the conditions that its `and`, `or` and `not` join, in the order in which they are written."""
        return tuple(Expr(node) for node in _clauses(self.node))

    def together(self) -> tuple[Expr, ...]:
        """Return the conditions that `and` joins: each of them holds whenever the whole does."""
        return tuple(Expr(node) for node in _together(self.node))

    def sides(self) -> tuple[Expr, ...]:
        """Return the numbers that a condition compares, constants left out."""
        parts = children(self.node) if self.kind == "boolean" else ()
        return tuple(Expr(part) for part in parts if kind_of(part) == "number" and not isinstance(part, Number))

    def renamed(self, names: Mapping[str, str]) -> Expr:
        """Return it with other names for the instruments that it reads, by their old names."""
        return Expr(renamed(self.node, names))

    def words(self, lang: str = "en") -> str:
        """Say it in plain English, with a capital and no full stop. Raises ValueError for another language."""
        if lang != "en":
            raise ValueError(f"There are no words in `{lang}`.")
        said = words(self.node)
        return said[:1].upper() + said[1:]

    @cached_property
    def inputs(self) -> frozenset[Input]:
        """What bars it reads: always its own, and those that `at` names."""
        return frozenset(self._needs)

    @cached_property
    def plots(self) -> tuple[Node, ...]:
        """The numbers that it looks at, as written: `close` and `sma(close, 20)` of `close > sma(20)`. No constants."""
        return tuple(dict.fromkeys(_plots(self.node)))

    @property
    def warmup(self) -> int:
        """How many of the rule's own bars pass before the first that can have a value: 19 for `sma(close, 20)`."""
        return self.warmups[OWN]

    @cached_property
    def warmups(self) -> Mapping[Input, int]:
        """The same for the bars of each input."""
        return {source: need[0] for source, need in self._needs.items()}

    @cached_property
    def history(self) -> Mapping[Input, int]:
        """How many bars of each input to load, so that averages that never forget no longer tell where it began."""
        return {source: max(need) + 1 for source, need in self._needs.items()}

    @cached_property
    def columns(self) -> frozenset[str]:
        """Which columns of its own bars it reads, of `FIELDS`; the others may be unknown."""
        return frozenset(_columns(self.node))

    @cached_property
    def _needs(self) -> dict[Input, tuple[int, int]]:
        needs: dict[Input, tuple[int, int]] = {OWN: (0, 0)}
        _reach(self.node, OWN, (0, 0), needs)
        return needs

    def vector(self, bars: Mapping[Input, Bars]) -> Column:
        """Return its value at each of the rule's own bars.

        A column of the length of `bars[OWN]`: float64 with NaN where unknown, or for a condition int8 with -1 unknown,
        0 false, 1 true. Another input's value is that of its newest bar that had closed when ours did. Raises
        MissingBars when the bars of an input are not there.
        """
        return Columns(bars).of(self.node)

    def incremental(self) -> Evaluator:
        """Return its incremental form, which has seen no bar."""
        return Evaluator(self)


def _clauses(node: Node) -> Iterator[Node]:
    match node:
        case Operation(("and" | "or" | "not"), operands):
            for operand in operands:
                yield from _clauses(operand)
        case _:
            yield node


def _columns(node: Node) -> Iterator[str]:
    match node:
        case Series(name):
            yield from (name,) if name in FIELDS else FIELDS
        case At():
            yield from FIELDS  # those of the other bars; its own, where it stands for them
        case Call():
            simpler = expanded(node)
            if simpler is not None:
                yield from _columns(simpler)
                return
            if PARTS[node.function].of_bars is not None:
                yield from FIELDS
            for part in node.arguments:
                yield from _columns(part)
        case _:
            for part in children(node):
                yield from _columns(part)


def _together(node: Node) -> Iterator[Node]:
    match node:
        case Operation("and", operands):
            for operand in operands:
                yield from _together(operand)
        case _:
            yield node


def parse(text: str, limits: Limits = DEFAULT) -> Expr:
    """Read an expression. Raises ExprError, which names the column."""
    expression = Expr(parse_node(text, limits))
    longest = max(expression.warmups.values())
    if longest > limits.history:
        message = f"It needs {longest:,} bars before its first value; {limits.history:,} are the most."
        raise ExprError("too_much_history", message, 1)
    if len(expression.inputs) > limits.inputs + 1:
        raise ExprError("too_many_inputs", f"`at` may name {limits.inputs} different bars.", 1)
    if not _reads(expression.node):
        raise ExprError("no_series", "It reads no price: name one, such as `close`.", 1)
    return expression


def _plots(node: Node) -> Iterator[Node]:
    if kind_of(node) == "boolean":
        for child in children(node):
            yield from _plots(child)
    elif not isinstance(node, Number):
        yield node


def _reads(node: Node) -> bool:
    match node:
        case Number():
            return False
        case Call(name, arguments):
            return PARTS[name].of_bars is not None or not arguments or any(_reads(part) for part in arguments) or (
                PARTS[name].expand is not None and _reads(cast(Node, expanded(node)))
            )  # fmt: skip
        case _:
            return not children(node) or any(_reads(part) for part in children(node))


def _reach(node: Node, clock: Input, past: tuple[int, int], needs: dict[Input, tuple[int, int]]) -> None:
    """Walk down to what is read, adding up how many bars each step asks for: until a value, and until it is settled."""
    match node:
        case At(source, operand):
            _note(needs, clock, past)
            _reach(operand, source, (0, 0), needs)
        case Call(name, arguments):
            simpler = expanded(node)
            if simpler is not None:
                _reach(simpler, clock, past, needs)
                return
            here = _asks(node)
            deeper = (past[0] + here[0], past[1] + here[1])
            _note(needs, clock, deeper)
            if PARTS[name].of_bars is None:
                for argument in arguments:
                    _reach(argument, clock, deeper, needs)
        case _:
            _note(needs, clock, past)
            for part in children(node):
                _reach(part, clock, past, needs)


def _note(needs: dict[Input, tuple[int, int]], clock: Input, past: tuple[int, int]) -> None:
    before = needs.get(clock, (0, 0))
    needs[clock] = (max(before[0], past[0]), max(before[1], past[1]))


def _asks(call: Call) -> tuple[int, int]:
    function = PARTS[call.function]
    make = function.of_series or function.of_bars
    if make is not None:
        indicator = make(*constants(call))
        return indicator.lookback, indicator.settle
    if call.function == "prev":
        return (constants(call)[0],) * 2
    if call.function == "within":
        return (constants(call)[0] - 1,) * 2
    return (1, 1) if call.function == "before" else (0, 0)


def as_value(raw: float, kind: Kind) -> Value:
    """Return what a graph's number means."""
    if kind == "boolean":
        return None if raw == UNKNOWN else raw == 1
    return None if raw != raw else raw


class Evaluator:
    """The incremental form of one expression. Work per bar does not grow with the bars seen."""

    def __init__(self, expression: Expr) -> None:
        self.expression = expression
        self._graph = Graph(OWN)
        self._root = self._graph.add(expression.node)
        # Parts of the expression, so they stand in the graph already.
        self._plots = {str(node): self._graph.add(node) for node in expression.plots}

    def update(self, bars: Mapping[Input, Bar]) -> Value:
        """Take in the bars that closed now, at most one of each input, and return the value.

        Bars of others come before ours when they closed by then: give them in an earlier call or in the same one. A
        call without a bar of our own keeps the value; it is None while unknown.
        """
        self._graph.update(bars)
        return self.value

    def peek(self, bars: Mapping[Input, Bar]) -> Value:
        """Return the value that these running bars would give. Nothing changes."""
        return as_value(self._graph.peek(bars)[self._root], self.expression.kind)

    @property
    def value(self) -> Value:
        """The value at the newest of our own bars."""
        return as_value(self._graph.values[self._root], self.expression.kind)

    @property
    def plots(self) -> dict[str, float | None]:
        """The numbers that the expression looks at, by their canonical texts, in its order; None while unknown."""
        values = self._graph.values
        return {text: None if values[slot] != values[slot] else values[slot] for text, slot in self._plots.items()}

    def state(self) -> bytes:
        """Return all that it has learnt, with the expression itself, as UTF-8 JSON."""
        machines = [machine.state() for machine in self._graph.machines]
        stored = {"v": 1, "of": str(self.expression), "values": self._graph.values, "machines": machines}
        return json.dumps(stored, separators=(",", ":")).encode()

    @classmethod
    def restore(cls, state: bytes, limits: Limits = DEFAULT) -> Evaluator:
        """Go on from a stored state. Raises StateError when it is damaged or of another version."""
        try:
            stored = json.loads(state)
            if not isinstance(stored, dict) or stored.get("v") != 1:
                raise StateError("The stored state is not of this version.")
            evaluator = cls(parse(str(stored.get("of")), limits))
            evaluator._load(stored.get("values"), stored.get("machines"))
        except (ExprError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
            raise StateError(f"The stored state cannot be read: {error}") from error
        return evaluator

    def _load(self, values: object, machines: object) -> None:
        graph = self._graph
        if not isinstance(values, list) or not isinstance(machines, list):
            raise StateError("The stored state has no parts.")
        if not len(values) == len(machines) == len(graph.values):
            raise StateError("The stored state has other parts than its expression.")
        if not all(type(value) in (int, float) for value in values):
            raise StateError("The stored state holds what is no number.")
        graph.values = list(values)
        for machine, saved in zip(graph.machines, machines, strict=True):
            machine.restore(saved)


def steps(bars: Mapping[Input, Bars]) -> Iterator[dict[Input, Bar]]:
    """Walk bars of several inputs in the order in which they closed, as `update` wants them.

    Those of others come before ours where both closed at the same instant; each step holds one bar.
    """
    queue = sorted(
        (int(closes), source == OWN, str(source), place, source)
        for source, columns in bars.items()
        for place, closes in enumerate(columns.closes_ms.tolist())
    )
    for _, _, _, place, source in queue:
        yield {source: bars[source].bar(place)}
