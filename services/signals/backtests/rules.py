"""What a backtest may be, in which order they run, and which numbers of a strategy a sweep may vary. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from itertools import product
from typing import Any

from libs.contracts.billing import SubscriptionState


class Kind(StrEnum):
    RUN = "run"
    SWEEP = "sweep"
    WALK_FORWARD = "walk_forward"


PARTS = 1_000
"""How far a backtest is, is told in so many parts."""

BARS_A_DAY = {"1m": 390, "5m": 78, "15m": 26, "1h": 7, "1d": 1}
"""Of the longest session that we cover (New York's); India's has 375 minutes."""

MOST_VALUES = 100
"""Of one axis of a sweep."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a plan allows. `head_start_s`: how much earlier than it was asked for a backtest counts in the queue."""

    per_day: int
    at_once: int
    instruments: int
    bars: int
    combinations: int
    head_start_s: int


UNPAID = "UNPAID"


def bounds_for(tier: str, state: str, plans: Mapping[str, Bounds]) -> Bounds:
    """Give what a person's plan allows; an unpaid plan reads only."""
    return plans[UNPAID if state == SubscriptionState.UNPAID else tier]


def queue_place(asked_at: datetime, bounds: Bounds) -> datetime:
    """Give a backtest's place in the queue: earlier runs sooner.

    A higher plan starts with a lead, so that it goes first and nobody waits for ever.
    """
    return asked_at - timedelta(seconds=bounds.head_start_s)


def most_bars(interval: str, first: date, last: date, instruments: int) -> int:
    """Say how many bars a span has at most, both days included."""
    days = (last - first).days + 1
    return math.ceil(days * 5 / 7 + 2) * BARS_A_DAY[interval] * instruments


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a strategy's document that a sweep may vary.

    at: its address, `/entry#2` for the third number of an expression, `/stop/percent` for a member. words: where it
    stands, in its surroundings.
    """

    at: str
    value: Decimal
    words: str


_TOKEN = re.compile(r'"[^"]*"|[A-Za-z_][A-Za-z0-9_]*|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)')
_EXPRESSIONS = frozenset({"entry", "exit"})
_AROUND = 24


def numbers_of(document: Mapping[str, Any]) -> list[Number]:
    """List the numbers of a strategy's document, those of its expressions first."""
    found: list[Number] = []
    for name in sorted(_EXPRESSIONS & set(document)):
        text = document[name]
        if isinstance(text, str):
            for place, match in enumerate(_numbers_in(text)):
                start, end = match.span()
                before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
                found.append(Number(f"/{name}#{place}", Decimal(match["number"]), f"{before}[{match[0]}]{after}"))
    for name in sorted(set(document) - _EXPRESSIONS):
        found.extend(_members(f"/{name}", document[name]))
    return found


def with_numbers(document: Mapping[str, Any], values: Mapping[str, Decimal]) -> dict[str, Any]:
    """Give a document with other numbers at these addresses. Raises KeyError for an address that it has not."""
    known = {number.at for number in numbers_of(document)}
    for at in values:
        if at not in known:
            raise KeyError(at)
    changed = {name: _replaced(f"/{name}", value, values) for name, value in document.items()}
    for name in _EXPRESSIONS & set(document):
        if isinstance(document[name], str):
            changed[name] = _reworded(name, document[name], values)
    return changed


def _numbers_in(text: str) -> Iterator[re.Match[str]]:
    return (match for match in _TOKEN.finditer(text) if match["number"] is not None)


def _reworded(name: str, text: str, values: Mapping[str, Decimal]) -> str:
    parts, end = [], 0
    for place, match in enumerate(_numbers_in(text)):
        value = values.get(f"/{name}#{place}")
        if value is not None:
            parts += [text[end : match.start()], spelled(value)]
            end = match.end()
    return "".join([*parts, text[end:]])


def _members(at: str, value: Any) -> Iterator[Number]:
    if isinstance(value, Mapping):
        for name in sorted(value):
            yield from _members(f"{at}/{name}", value[name])
    elif not isinstance(value, bool):
        number = _number(value)
        if number is not None:
            yield Number(at, number, at[1:].replace("/", " "))


def _replaced(at: str, value: Any, values: Mapping[str, Decimal]) -> Any:
    if isinstance(value, Mapping):
        return {name: _replaced(f"{at}/{name}", inner, values) for name, inner in value.items()}
    if at not in values:
        return value
    return int(values[at]) if isinstance(value, int) and values[at] == int(values[at]) else spelled(values[at])


def _number(value: Any) -> Decimal | None:
    if isinstance(value, int):
        return Decimal(value)
    if not isinstance(value, str) or not re.fullmatch(r"\d{1,12}(\.\d{1,10})?", value):
        return None
    return Decimal(value)


def spelled(value: Decimal) -> str:
    """Write a number without an exponent or zeros that say nothing."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True)
class Axis:
    """A direction of a sweep: the numbers at `at` take all `values`, together."""

    name: str
    at: tuple[str, ...]
    values: tuple[Decimal, ...]

    def stored(self) -> dict[str, Any]:
        return {"name": self.name, "at": list(self.at), "values": [spelled(value) for value in self.values]}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Axis:
        return cls(stored["name"], tuple(stored["at"]), tuple(Decimal(value) for value in stored["values"]))


def steps(start: Decimal, end: Decimal, step: Decimal) -> tuple[Decimal, ...] | None:
    """Give the values from start to end, both included; None where there are none or too many."""
    try:
        count = int((end - start) / step) + 1
    except (InvalidOperation, ZeroDivisionError):
        return None
    if step <= 0 or not 1 <= count <= MOST_VALUES or end < start:
        return None
    return tuple(start + step * number for number in range(count))


def combinations(axes: Sequence[Axis]) -> int:
    """Count the combinations of the axes' values; none without axes."""
    return math.prod(len(axis.values) for axis in axes) if axes else 0


def points(axes: Sequence[Axis]) -> list[tuple[Decimal, ...]]:
    """List every combination of the axes' values, the last axis fastest."""
    return list(product(*(axis.values for axis in axes)))


def at_point(document: Mapping[str, Any], axes: Sequence[Axis], point: Sequence[Decimal]) -> dict[str, Any]:
    """Give the document with the values of a point."""
    return with_numbers(document, {at: value for axis, value in zip(axes, point, strict=True) for at in axis.at})
