"""Many expressions over the bars of one instrument and interval; what they have in common is computed once."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

from libs.quant.bars import Bar, Bars
from libs.quant.expr.expression import Expr, Value, steps
from libs.quant.expr.graph import Graph
from libs.quant.expr.nodes import OWN, Input

K = TypeVar("K", bound=Hashable)
_TRUTHS = (False, True, None)  # of 0, 1, and -1, which counts from the end


class Hub(Generic[K]):
    """Holds expressions by key. Bars are given by their full names: `Input("NSE:TCS", "1d")`.

    Two expressions with the same part share its state, also where one names by `at` what is the other's own. Keys
    whose expressions are the same cost one evaluation; give equal expressions one key to keep the answers few.
    """

    def __init__(self, instrument: str, interval: str) -> None:
        self.own = Input(instrument, interval)
        self._graph = Graph(self.own)
        self._held: dict[K, tuple[int, bool]] = {}  # the slot, and whether it is a condition
        self._plots: dict[K, dict[str, int]] = {}

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, key: K) -> bool:
        return key in self._held

    @property
    def inputs(self) -> frozenset[Input]:
        """What bars it wants."""
        return self._graph.inputs

    @property
    def machines(self) -> int:
        """How many distinct parts it evaluates a bar."""
        return len(self._graph.slots)

    def add(self, key: K, expression: Expr, past: Mapping[Input, Bars] | None = None) -> None:
        """Hold an expression under a key; one that was there is replaced.

        `past` are closed bars by full names up to now, to warm up what is new (see `Expr.history`); what the hub
        already had goes on as it is. Without them the new parts are unknown until enough bars have come.
        """
        self.remove(key)
        known = set(self._graph.slots)
        slot = self._graph.add(expression.node)
        self._held[key] = (slot, expression.kind == "boolean")
        # Parts of the expression, so they stand in the graph already.
        self._plots[key] = {str(node): self._graph.add(node) for node in expression.plots}
        fresh = [part for part in self._graph.slots if part not in known]
        if past and fresh:
            alone = Graph(self.own)
            alone.add(expression.node)
            for bars in _past_steps(past, self.own):
                alone.update(bars)
            for part in fresh:
                mine, theirs = self._graph.slots[part], alone.slots[part]
                self._graph.adopt(mine, alone, theirs)

    def remove(self, key: K) -> None:
        """Forget an expression; an unknown key is nothing."""
        held = self._held.pop(key, None)
        if held is not None:
            self._graph.remove(held[0])
            for slot in self._plots.pop(key).values():
                self._graph.remove(slot)

    def plots(self, key: K) -> dict[str, float | None]:
        """Return the numbers that an expression looks at, by their canonical texts; None while unknown."""
        values = self._graph.values
        return {text: None if values[at] != values[at] else values[at] for text, at in self._plots[key].items()}

    def update(self, bars: Mapping[Input, Bar]) -> dict[K, Value]:
        """Take in the bars that closed now, at most one of each input, and return all values."""
        self._graph.update(bars)
        return self._answers(self._graph.values)

    def peek(self, bars: Mapping[Input, Bar]) -> dict[K, Value]:
        """Return the values that these running bars would give. Nothing changes."""
        return self._answers(self._graph.peek(bars))

    def _answers(self, values: list[float]) -> dict[K, Value]:
        answers: dict[K, Value] = {}
        for key, (slot, is_condition) in self._held.items():
            raw = values[slot]
            answers[key] = _TRUTHS[int(raw)] if is_condition else raw if raw == raw else None
        return answers


def _past_steps(past: Mapping[Input, Bars], own: Input) -> list[dict[Input, Bar]]:
    renamed = {OWN if source == own else source: bars for source, bars in past.items()}
    return [{own if source == OWN else source: bar for source, bar in step.items()} for step in steps(renamed)]
