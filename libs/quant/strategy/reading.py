"""Reads a strategy's document: everything in it is bounded and what is wrong is named by its field."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import cast

from libs.quant.bars import SPANS_MS
from libs.quant.expr import Expr, ExprError, parse
from libs.quant.expr.errors import LONGEST_PERIOD
from libs.quant.strategy.decisions import Side
from libs.quant.strategy.errors import RulesError
from libs.quant.strategy.rules import Distance, Rules, Size, SizeKind

MOST_BARS = 100_000
MOST_POSITIONS = 500
# A stop that lies 100 percent below is none; a target may lie further away.
_MOST = {"stop": Decimal("99.99"), "trailing": Decimal("99.99"), "target": Decimal(10_000)}
_MOST_SIZE = {
    SizeKind.PERCENT: Decimal(100), SizeKind.CASH: Decimal(10) ** 12, SizeKind.UNITS: Decimal(10) ** 9,
    SizeKind.RISK: Decimal(100),
}  # fmt: skip
_FIELDS = (
    "interval", "side", "entry", "exit", "stop", "target", "trailing", "size", "max_bars", "max_positions",
)  # fmt: skip


def read_rules(document: Mapping[str, object]) -> Rules:
    """Read a document. Raises RulesError for the first thing that is wrong with it."""
    _known(document, _FIELDS, "")
    side = _one_of(document, "side", tuple(side.value for side in Side))
    rules = Rules(
        interval=_one_of(document, "interval", tuple(SPANS_MS)),
        side=Side(side),
        entry=_condition(document, "entry"),
        exit=None if document.get("exit") is None else _condition(document, "exit"),
        stop=_distance(document, "stop", side),
        target=_distance(document, "target", side),
        trailing=_distance(document, "trailing", side),
        size=_size(document),
        max_bars=_whole("/max_bars", document.get("max_bars"), MOST_BARS),
        max_positions=_whole("/max_positions", document.get("max_positions"), MOST_POSITIONS) or 1,
    )
    if rules.size.kind is SizeKind.RISK and rules.stop is None:
        raise RulesError("needs_stop", "/size/risk", "A size by risk needs a stop: name one.")
    if not any((rules.exit, rules.stop, rules.target, rules.trailing, rules.max_bars)):
        raise RulesError(
            "needs_exit", "/exit", "Say when a position ends: a rule, a stop, a target or a number of bars."
        )
    return rules


def _known(given: Mapping[str, object], names: tuple[str, ...], field: str) -> None:
    for name in given:
        if name not in names:
            raise RulesError(
                "unknown_field", f"{field}/{str(name)[:40]}", f"There is no such field; {', '.join(names)} are."
            )


def _one_of(document: Mapping[str, object], name: str, choices: tuple[str, ...]) -> str:
    given = document.get(name)
    if given is None:
        raise RulesError("required", f"/{name}", f"Choose one of {', '.join(choices)}.")
    if not isinstance(given, str) or given not in choices:
        raise RulesError("wrong_value", f"/{name}", f"It is one of {', '.join(choices)}.")
    return given


def _condition(document: Mapping[str, object], name: str) -> Expr:
    text = document.get(name)
    if text is None or text == "":
        raise RulesError("required", f"/{name}", "Write a condition, such as `crossover(sma(20), sma(50))`.")
    if not isinstance(text, str):
        raise RulesError("wrong_type", f"/{name}", "A condition is a text.")
    try:
        expression = parse(text)
    except ExprError as error:
        raise RulesError(error.code, f"/{name}", error.message, error.column) from error
    if expression.kind != "boolean":
        raise RulesError("wrong_kind", f"/{name}", "It is a number, not a condition: compare it with something.", 1)
    return expression


def _distance(document: Mapping[str, object], name: str, side: str) -> Distance | None:
    given, field = document.get(name), f"/{name}"
    if given is None:
        return None
    parts = _mapping(given, field)
    _known(parts, ("percent", "atr", "period"), field)
    if ("percent" in parts) == ("atr" in parts):
        raise RulesError("required", field, "Give either `percent`, or `atr` with `period`.")
    if "percent" in parts:
        if "period" in parts:
            raise RulesError("unknown_field", f"{field}/period", "A percentage has no period.")
        # What is sold short cannot fall by more than all.
        most = _MOST["stop"] if name == "target" and side == Side.SHORT else _MOST[name]
        return Distance(_amount(parts["percent"], f"{field}/percent", most))
    period = _whole(f"{field}/period", parts.get("period"), LONGEST_PERIOD)
    if period is None:
        raise RulesError("required", f"{field}/period", "Give the period of the ATR, such as 14.")
    return Distance(_amount(parts["atr"], f"{field}/atr", Decimal(100)), period)


def _size(document: Mapping[str, object]) -> Size:
    given = document.get("size")
    if given is None:
        return Size(SizeKind.PERCENT, Decimal(100))
    parts = _mapping(given, "/size")
    _known(parts, tuple(kind.value for kind in SizeKind), "/size")
    if len(parts) != 1:
        raise RulesError("required", "/size", "Give one of percent, cash, units, risk.")
    name, amount = next(iter(parts.items()))
    kind = SizeKind(name)
    return Size(kind, _amount(amount, f"/size/{name}", _MOST_SIZE[kind]))


def _mapping(given: object, field: str) -> Mapping[str, object]:
    if not isinstance(given, Mapping):
        raise RulesError("wrong_type", field, "It is an object.")
    return cast(Mapping[str, object], given)


def _amount(given: object, field: str, most: Decimal) -> Decimal:
    if isinstance(given, bool) or not isinstance(given, (str, int, float, Decimal)) or len(str(given)) > 40:
        raise RulesError("wrong_type", field, "It is a number.")
    try:
        amount = Decimal(str(given))
    except InvalidOperation:
        raise RulesError("wrong_type", field, "It is a number.") from None
    if not amount.is_finite() or not 0 < amount <= most:
        raise RulesError("out_of_range", field, f"It lies above 0 and is at most {most:,f}.")
    if amount != amount.quantize(Decimal("0.0001")):
        raise RulesError("too_precise", field, "It has at most 4 decimals.")
    return amount


def _whole(field: str, given: object, most: int) -> int | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int):
        raise RulesError("wrong_type", field, "It is a whole number.")
    if not 1 <= given <= most:
        raise RulesError("out_of_range", field, f"It lies between 1 and {most:,}.")
    return given
