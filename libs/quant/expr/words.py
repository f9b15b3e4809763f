"""An expression in plain language: the same words on screen, in the mail and in the API."""

from __future__ import annotations

from datetime import date

from libs.quant.expr.catalogue import CLOCKS, FUNCTIONS, SERIES
from libs.quant.expr.nodes import ARITHMETIC, At, Call, Node, Number, Operation, Series

_SIGNS = {
    "<": "is below", "<=": "is at or below", ">": "is above", ">=": "is at or above", "==": "is equal to",
    "!=": "is not equal to", "+": "plus", "-": "minus", "*": "times", "/": "divided by",
}  # fmt: skip
_CLOCK_SIGNS = {
    "<": "is before", "<=": "is not after", ">": "is after", ">=": "is not before", "==": "is", "!=": "is not",
}  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_INTERVALS = {"1m": "1-minute", "5m": "5-minute", "15m": "15-minute", "1h": "hourly", "1d": "daily"}


def words(node: Node) -> str:
    """Say a node in English, without a capital at the beginning or a full stop at the end."""
    match node:
        case Number():
            return _number(node)
        case Series(name):
            return SERIES[name]
        case Call():
            return _call(node)
        case At(source, operand):
            where = [] if source.instrument is None else [f"of {source.instrument}"]
            when = [] if source.interval is None else [f"on {_INTERVALS[source.interval]} bars"]
            return " ".join([_inner(operand), *where, *when])
        case Operation("neg", (operand,)):
            return f"minus {_inner(operand)}"
        case Operation("not", (Operation(sign, (left, right)),)) if sign in _SIGNS and sign not in ARITHMETIC:
            return _compared(left, sign, right, negated=True)
        case Operation("not", (operand,)):
            return f"it is not so that {_inner(operand)}"
        case Operation(("and" | "or") as operator, (left, right)):
            return f"{_side(left, operator)} {operator} {_side(right, operator)}"
        case Operation(operator, (left, right)):
            return _compared(left, operator, right)
    raise AssertionError(node)


def _compared(left: Node, operator: str, right: Node, *, negated: bool = False) -> str:
    sign, said = _SIGNS[operator], _inner(right)
    if isinstance(left, Call) and left.function in CLOCKS and isinstance(right, Number):
        sign, said = _CLOCK_SIGNS.get(operator, sign), _reading(CLOCKS[left.function], right.value)
    if negated:
        # A value that is missing makes a comparison neither true nor false, so this says the same.
        sign = f"is{sign.removeprefix('is not')}" if sign.startswith("is not") else f"is not{sign.removeprefix('is')}"
    return f"{_inner(left)} {sign} {said}"


def _number(node: Number) -> str:
    whole = node.value == int(node.value) and abs(node.value) < 1e15
    return f"{int(node.value):,}" if whole else f"{node.value:,.10g}"


def _reading(kind: str, value: float) -> str:
    """Say what a clock is compared with as people write it: "14:45", "Monday", "24 November 2026"."""
    plain, number = _number(Number(value)), int(value)
    if number != value:
        return plain
    if kind == "weekday":
        return _WEEKDAYS[number - 1] if 1 <= number <= 7 else plain
    if kind == "time":
        hour, minute = divmod(number, 100)
        return f"{hour:02d}:{minute:02d}" if 0 <= hour <= 24 and minute < 60 else plain
    try:
        return f"{date.fromisoformat(str(number)):%-d %B %Y}"
    except ValueError:
        return plain


def _inner(node: Node) -> str:
    return f"({words(node)})" if isinstance(node, Operation) and len(node.operands) == 2 else words(node)


def _side(node: Node, operator: str) -> str:
    """Bracket an `or` inside an `and` and the other way round; a plain comparison needs none."""
    mixed = isinstance(node, Operation) and node.operator in ("and", "or") and node.operator != operator
    return f"({words(node)})" if mixed else words(node)


def _call(call: Call) -> str:
    function = FUNCTIONS[call.function]
    said: dict[str, str] = {}
    for parameter, argument in zip(function.parameters, call.arguments, strict=True):
        said[parameter.name] = _inner(argument)
        if parameter.name == "bars":
            said["bars:bar"] = "1 bar" if said["bars"] == "1" else f"{said['bars']} bars"
    text = function.words
    for name, value in said.items():
        text = text.replace("{" + name + "}", value)
    return text
