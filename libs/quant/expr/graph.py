"""The incremental form: a list of small machines, each with its newest value, that every bar walks through once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from typing import TypeAlias

from libs.quant.bars import NAN, Bar
from libs.quant.expr.arithmetic import FIELDS_OF, SCALAR, UNKNOWN, shave
from libs.quant.expr.catalogue import FIELDS, PARTS, constants, expanded, kind_of
from libs.quant.expr.nodes import At, Call, Input, Node, Number, Operation, Series, children
from libs.quant.expr.vector import computed
from libs.quant.indicators import OfBars, OfSeries, StateError

Values: TypeAlias = list[float]
Key: TypeAlias = tuple[Input, Node]


class Machine(ABC):
    """One node on one clock. `update` takes the bar in, `peek` tells what it would give. Values of conditions are
    -1, 0, 1."""

    __slots__ = ()

    def update(self, values: Values, bar: Bar) -> float:
        return self.peek(values, bar)

    @abstractmethod
    def peek(self, values: Values, bar: Bar) -> float: ...

    def state(self) -> object:
        return None

    def restore(self, saved: object) -> None:
        if saved is not None:
            raise StateError("The stored state is of another expression.")


class _Constant(Machine):
    __slots__ = ("value",)

    def __init__(self, value: float) -> None:
        self.value = value

    def peek(self, values: Values, bar: Bar) -> float:
        return self.value


class _Field(Machine):
    __slots__ = ("place",)

    def __init__(self, place: int) -> None:
        self.place = place

    def peek(self, values: Values, bar: Bar) -> float:
        return bar[self.place]


class _OfBar(Machine):
    __slots__ = ("formula",)

    def __init__(self, formula: Callable[..., float]) -> None:
        self.formula = formula

    def peek(self, values: Values, bar: Bar) -> float:
        return self.formula(bar)


class _Copy(Machine):
    __slots__ = ("slot",)

    def __init__(self, slot: int) -> None:
        self.slot = slot

    def peek(self, values: Values, bar: Bar) -> float:
        return values[self.slot]


class _One(Machine):
    __slots__ = ("a", "formula")

    def __init__(self, formula: Callable[..., float], a: int) -> None:
        self.formula, self.a = formula, a

    def peek(self, values: Values, bar: Bar) -> float:
        return self.formula(values[self.a])


class _Two(Machine):
    __slots__ = ("a", "b", "formula")

    def __init__(self, formula: Callable[..., float], a: int, b: int) -> None:
        self.formula, self.a, self.b = formula, a, b

    def peek(self, values: Values, bar: Bar) -> float:
        return self.formula(values[self.a], values[self.b])


class _Indicator(Machine):
    __slots__ = ("indicator",)

    def __init__(self, indicator: OfBars) -> None:
        self.indicator = indicator

    def update(self, values: Values, bar: Bar) -> float:
        return self.indicator.update(bar)

    def peek(self, values: Values, bar: Bar) -> float:
        return self.indicator.peek(bar) if self.indicator.knows(bar) else NAN

    def state(self) -> object:
        return self.indicator.state()

    def restore(self, saved: object) -> None:
        self.indicator.restore(saved)


class _OfSeries(Machine):
    __slots__ = ("a", "indicator", "shaved")

    def __init__(self, indicator: OfSeries, a: int, shaved: bool) -> None:
        self.indicator, self.a, self.shaved = indicator, a, shaved

    def update(self, values: Values, bar: Bar) -> float:
        x = values[self.a]
        return self.indicator.update(shave(x) if self.shaved else x)

    def peek(self, values: Values, bar: Bar) -> float:
        x = values[self.a]
        if x != x:
            return NAN
        return self.indicator.peek(shave(x) if self.shaved else x)

    def state(self) -> object:
        return self.indicator.state()

    def restore(self, saved: object) -> None:
        self.indicator.restore(saved)


class _Lag(Machine):
    __slots__ = ("a", "ring", "unknown")

    def __init__(self, a: int, bars: int, unknown: float) -> None:
        self.a, self.unknown = a, unknown
        self.ring: deque[float] = deque(maxlen=bars)

    def update(self, values: Values, bar: Bar) -> float:
        value = self.peek(values, bar)
        self.ring.append(values[self.a])
        return value

    def peek(self, values: Values, bar: Bar) -> float:
        return self.ring[0] if len(self.ring) == self.ring.maxlen else self.unknown

    def state(self) -> object:
        return list(self.ring)

    def restore(self, saved: object) -> None:
        if not isinstance(saved, list) or len(saved) > (self.ring.maxlen or 0):
            raise StateError("The stored state of `prev` does not fit.")
        if not all(type(value) in (int, float) for value in saved):
            raise StateError("The stored state of `prev` holds what is no number.")
        self.ring = deque(saved, self.ring.maxlen)


class _Within(Machine):
    __slots__ = ("a", "bars", "since_true", "since_unknown")

    def __init__(self, a: int, bars: int) -> None:
        self.a, self.bars = a, bars
        self.since_true, self.since_unknown = bars, 0  # bars since, at most `bars`

    def update(self, values: Values, bar: Bar) -> float:
        value = self.peek(values, bar)
        now = values[self.a]
        self.since_true = 0 if now == 1 else min(self.since_true + 1, self.bars)
        self.since_unknown = 0 if now == UNKNOWN else min(self.since_unknown + 1, self.bars)
        return value

    def peek(self, values: Values, bar: Bar) -> float:
        now = values[self.a]
        if now == 1 or self.since_true + 1 < self.bars:
            return 1
        return UNKNOWN if now == UNKNOWN or self.since_unknown + 1 < self.bars else 0

    def state(self) -> object:
        return [self.since_true, self.since_unknown]

    def restore(self, saved: object) -> None:
        match saved:
            case [int(since_true), int(since_unknown)]:
                self.since_true, self.since_unknown = since_true, since_unknown
            case _:
                raise StateError("The stored state of `within` does not fit.")


# In the place of a machine that nobody uses any more.
_GONE = _Constant(NAN)


class Graph:
    """Machines by clock, each distinct node once, with counts of who uses them."""

    def __init__(self, own: Input) -> None:
        self.own = own
        self.values: Values = []
        self.machines: list[Machine] = []
        self.slots: dict[Key, int] = {}
        self._uses: list[int] = []
        self._parts: list[tuple[int, ...]] = []
        self._keys: list[Key] = []
        self._order: dict[Input, list[int]] = {own: []}
        self._free: list[int] = []

    @property
    def inputs(self) -> frozenset[Input]:
        """What bars it reads; its own always."""
        return frozenset(clock for clock, order in self._order.items() if order) | {self.own}

    def _resolved(self, source: Input) -> Input:
        return Input(source.instrument or self.own.instrument, source.interval or self.own.interval)

    def add(self, node: Node, clock: Input | None = None) -> int:
        """Add a node once more, with its parts. Returns its slot."""
        clock = self.own if clock is None else clock
        if isinstance(node, Call):
            simpler = expanded(node)
            if simpler is not None:
                return self.add(simpler, clock)
        key = (clock, node)
        if key in self.slots:
            slot = self.slots[key]
            self._uses[slot] += 1
            return slot
        source = self._resolved(node.source) if isinstance(node, At) else clock
        parts = tuple(self.add(child, source) for child in children(node) if _is_series(node, child))
        slot = self._place(key, parts, _machine(node, parts))
        self.values[slot] = UNKNOWN if kind_of(node) == "boolean" else NAN
        self._order.setdefault(clock, []).append(slot)
        return slot

    def _place(self, key: Key, parts: tuple[int, ...], machine: Machine) -> int:
        if self._free:
            slot = self._free.pop()
        else:
            slot = len(self.values)
            self.values.append(NAN)
            self.machines.append(machine)
            self._uses.append(0)
            self._parts.append(())
            self._keys.append(key)
        self.slots[key], self._keys[slot] = slot, key
        self.machines[slot], self._parts[slot], self._uses[slot] = machine, parts, 1
        return slot

    def remove(self, slot: int) -> None:
        """Take one use of a slot away; what nobody uses any more is forgotten."""
        self._uses[slot] -= 1
        if self._uses[slot]:
            return
        key = self._keys[slot]
        del self.slots[key]
        self._order[key[0]].remove(slot)
        self.machines[slot] = _GONE
        self._free.append(slot)
        for part in self._parts[slot]:
            self.remove(part)

    def adopt(self, slot: int, other: Graph, theirs: int) -> None:
        """Go on with what a node has learnt in another graph."""
        self.machines[slot].restore(other.machines[theirs].state())
        self.values[slot] = other.values[theirs]

    def update(self, bars: Mapping[Input, Bar]) -> None:
        """Take closed bars in: those of others first, as our own bar sees them."""
        for clock in self._clocks(bars):
            bar, values, machines = bars[clock].clean(), self.values, self.machines
            for slot in self._order[clock]:
                values[slot] = machines[slot].update(values, bar)

    def peek(self, bars: Mapping[Input, Bar]) -> Values:
        """Return what the values would be with these running bars; nothing changes."""
        values = self.values.copy()
        for clock in self._clocks(bars):
            bar = bars[clock].clean()
            for slot in self._order[clock]:
                values[slot] = self.machines[slot].peek(values, bar)
        return values

    def _clocks(self, bars: Mapping[Input, Bar]) -> list[Input]:
        others = [clock for clock in self._order if clock != self.own and clock in bars]
        return [*others, self.own] if self.own in bars else others


def _is_series(node: Node, child: Node) -> bool:
    """Whether a part varies: the periods of an indicator are no parts of the walk."""
    if not isinstance(node, Call) or not isinstance(child, Number):
        return True
    function = PARTS[node.function]
    place = node.arguments.index(child)
    return place < len(function.parameters) and function.parameters[place].kind in ("number", "boolean")


def _machine(node: Node, parts: tuple[int, ...]) -> Machine:
    match node:
        case Number(value):
            return _Constant(value)
        case Series(name):
            return _OfBar(FIELDS_OF[name]) if name in FIELDS_OF else _Field(1 + FIELDS.index(name))
        case At():
            return _Copy(parts[0])
        case Operation(operator, _):
            return _One(SCALAR[operator], *parts) if len(parts) == 1 else _Two(SCALAR[operator], *parts)
        case Call(name, arguments):
            return _call_machine(name, node, arguments, parts)


def _call_machine(name: str, call: Call, arguments: tuple[Node, ...], parts: tuple[int, ...]) -> Machine:
    function = PARTS[name]
    if function.of_bars is not None:
        return _Indicator(function.of_bars(*constants(call)))
    if function.of_series is not None:
        return _OfSeries(function.of_series(*constants(call)), parts[0], computed(arguments[0]))
    if name == "prev":
        return _Lag(parts[0], constants(call)[0], NAN)
    if name == "before":
        return _Lag(parts[0], 1, UNKNOWN)
    if name == "within":
        return _Within(parts[0], constants(call)[0])
    return _One(SCALAR[name], *parts) if len(parts) == 1 else _Two(SCALAR[name], *parts)
