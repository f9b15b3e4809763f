"""An expression as the parts that its author wrote: what a builder shows as blocks.

Read by the language's own grammar. Unlike the nodes that are evaluated, a name of one's own stays a name, and a number
stays as it was typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from lark import Lark, Token, Transformer, v_args

from libs.quant.expr.catalogue import FUNCTIONS, SERIES, Kind
from libs.quant.expr.defined import kinds_of, parse_with
from libs.quant.expr.errors import DEFAULT, Limits
from libs.quant.expr.nodes import ARITHMETIC, NEGATIVE, OWN, Input, Node, Series
from libs.quant.expr.parser import GRAMMAR

PartType: TypeAlias = Literal["number", "series", "name", "call", "operation", "at"]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an expression and what it is made of.

    `name` is the number's text, or the name of the series, the function or one's own indicator, or the operator: `and`,
    `or`, `not`, `neg`, a comparison or an arithmetic sign; of `at` it is empty. A call has all its arguments, defaults
    filled in. `source` is what `at` reads.
    """

    type: PartType
    name: str
    kind: Kind
    parts: tuple[Part, ...] = ()
    source: Input = OWN


def outline(text: str, defined: Mapping[str, str] | None = None, limits: Limits = DEFAULT) -> Part:
    """Read an expression into its parts. defined: expressions by the names that it may use. Raises ExprError."""
    defined = defined or {}
    # Whatever is wrong is said here; the second reading then meets what is right, and no deeper than the limits allow.
    parse_with(text, defined, limits)
    part: Part = _PARSER.parse(text)  # type: ignore[assignment]
    return _with_kinds(part, kinds) if (kinds := kinds_of(text, defined, limits)) else part


def _with_kinds(part: Part, kinds: Mapping[str, Kind]) -> Part:
    """Give one's own names their kinds, and `at` the kind of what it reads."""
    if part.type == "name":
        return replace(part, kind=kinds[part.name])
    parts = tuple(_with_kinds(one, kinds) for one in part.parts)
    return replace(part, parts=parts, kind=parts[0].kind if part.type == "at" else part.kind)


class _Quoted(str):
    """A quoted name, the argument of `at`."""


@v_args(inline=True)
class _Outliner(Transformer[Token, Part]):
    def number(self, token: Token) -> Part:
        return Part("number", str(token), "number")

    def string(self, token: Token) -> _Quoted:
        return _Quoted(token[1:-1].strip())

    def unary(self, token: Token, operand: Part) -> Part:
        if token.type == "NOT":
            return Part("operation", "not", "boolean", (operand,))
        if operand.type == "number":
            opposite = operand.name.removeprefix("-") if operand.name.startswith("-") else f"-{operand.name}"
            return Part("number", opposite, "number")
        return Part("operation", NEGATIVE, "number", (operand,))

    def binary(self, left: Part, token: Token, right: Part) -> Part:
        operator = str(token).lower()
        return Part("operation", operator, "number" if operator in ARITHMETIC else "boolean", (left, right))

    def name(self, token: Token) -> Part:
        name = str(token).lower()
        if name in SERIES:
            return Part("series", name, "number")
        return self._call(name, []) if name in FUNCTIONS else Part("name", name, "number")

    def call(self, token: Token, *arguments: Part | _Quoted | None) -> Part:
        given = [argument for argument in arguments if isinstance(argument, Part)]
        if str(token).lower() != "at":
            return self._call(str(token).lower(), given)
        names = [argument for argument in arguments if isinstance(argument, _Quoted)]
        instrument = next((name.upper() for name in names if ":" in name), None)
        interval = next((name.lower() for name in names if ":" not in name), None)
        return Part("at", "", given[0].kind, (given[0],), Input(instrument, interval))

    def _call(self, name: str, given: list[Part]) -> Part:
        function = FUNCTIONS[name]
        defaults = [parameter.default for parameter in function.parameters]
        if given and given[0].type == "number" and isinstance(defaults[0], Series):
            given = [_part_of(defaults[0]), *given]  # rsi(14) is rsi(close, 14)
        missing = [_part_of(default) for default in defaults[len(given) :] if default is not None]
        return Part("call", name, function.kind, (*given, *missing))


def _part_of(default: Node) -> Part:
    return Part("series" if isinstance(default, Series) else "number", str(default), "number")


_PARSER = Lark(GRAMMAR, parser="lalr", transformer=_Outliner(), propagate_positions=False)
