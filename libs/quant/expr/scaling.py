"""What becomes of an expression when the shares that it reads are split. Pure.

A price is worth per share, a volume counts shares: after a split of 1 to 4 prices are a quarter and volumes four times
as large. So each part of an expression has an exponent: 1 of a price, -1 of a volume, 0 of an RSI or of price times
volume, and the exponents of factors add up. A number that is compared with, or added to, a part of exponent e moves by
the e-th power of the ratio; a factor stays. Parts that do not go together have no meaning that could be kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from libs.quant.expr.catalogue import FUNCTIONS, kind_of
from libs.quant.expr.expression import Expr
from libs.quant.expr.nodes import COMPARISONS, NEGATIVE, NEWS, At, Call, Node, Number, Operation, Series

_LIKE_SOURCE = frozenset(
    {"sma", "ema", "wma", "rma", "stdev", "highest", "lowest", "macd", "macd_signal", "macd_hist", "prev", "change"}
    | {"bb_upper", "bb_middle", "bb_lower", "abs"}
)
_PURE = frozenset({"rsi", "roc", "percent_change", "adx", "cci", "mfi", "stoch_k", "stoch_d"})
_PRICES = frozenset({"atr", "vwap", "session_open", "session_high", "session_low", "support", "resistance"})
_CLOCKS_AND_NEWS = ("time_", "weekday_", "date_", "news_")


class Undecided(ValueError):
    """A part of which nobody can say whether it is a price. part: its text."""

    def __init__(self, part: Node) -> None:
        super().__init__(f"Whether `{part}` is a price cannot be told.")
        self.part = str(part)


def rescaled(expression: Expr, ratio: Fraction, *, own: bool, instrument: str) -> Expr:
    """Move the numbers that are compared with prices or volumes of a stock whose shares were split.

    ratio: of the new price to the old one, 1/4 where one share became four. own: the expression's own bars are of that
    stock; instrument: its name where `at` names it. Raises Undecided, where not all parts go together.
    """
    return Expr(_Scaling(ratio, instrument).fit(expression.node, own).node)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part with its numbers moved. exponent: None of a constant, which takes that of what it meets."""

    node: Node
    exponent: int | None


class _Scaling:
    def __init__(self, ratio: Fraction, instrument: str) -> None:
        self._ratio = ratio
        self._instrument = instrument

    def fit(self, node: Node, of_it: bool) -> _Part:
        """Move the numbers of a part. of_it: it is over bars of the stock in question."""
        match node:
            case Number():
                return _Part(node, None)
            case Series(name):
                return _Part(node, 0 if not of_it else -1 if name == "volume" else 1)
            case At(source, operand):
                here = of_it if source.instrument is None else source.instrument == self._instrument
                part = self.fit(operand, here and source.interval != NEWS)
                return _Part(At(source, part.node), part.exponent)
            case Operation(operator, operands):
                return self._operation(operator, tuple(self.fit(operand, of_it) for operand in operands))
            case Call():
                return self._call(node, of_it)

    def _operation(self, operator: str, parts: tuple[_Part, ...]) -> _Part:
        exponents = [part.exponent for part in parts]
        if operator in COMPARISONS or operator in ("+", "-"):
            together = self._together(parts)
            exponent = 0 if operator in COMPARISONS else together[0].exponent
            return _Part(Operation(operator, tuple(part.node for part in together)), exponent)
        node = Operation(operator, tuple(part.node for part in parts))
        if operator in ("*", "/") and any(exponent is not None for exponent in exponents):
            left, right = (exponent or 0 for exponent in exponents)
            return _Part(node, left + right if operator == "*" else left - right)
        return _Part(node, exponents[0] if operator == NEGATIVE else None if kind_of(node) == "number" else 0)

    def _call(self, call: Call, of_it: bool) -> _Part:
        function, name = FUNCTIONS[call.function], call.function
        numbers = [place for place, parameter in enumerate(function.parameters) if parameter.kind in _READ]
        parts = [self.fit(call.arguments[place], of_it) for place in numbers]
        if len(parts) > 1:
            parts = list(self._together(tuple(parts)))
        arguments = list(call.arguments)
        for place, part in zip(numbers, parts, strict=True):
            arguments[place] = part.node
        node = Call(name, tuple(arguments))
        exponent = parts[0].exponent if parts else None
        if function.kind == "boolean":
            return _Part(node, 0)
        if name in _LIKE_SOURCE or name in ("min", "max"):
            return _Part(node, exponent)
        if name == "round":
            if exponent not in (None, 0):
                raise Undecided(call)  # what is rounded to whole rupees is not rounded to whole quarters of them
            return _Part(node, exponent)
        if name in _PURE or name.startswith(_CLOCKS_AND_NEWS) or not of_it:
            return _Part(node, 0)
        if name in _PRICES or name == "obv":
            return _Part(node, -1 if name == "obv" else 1)
        raise Undecided(call)

    def _together(self, parts: tuple[_Part, ...]) -> tuple[_Part, ...]:
        """Give parts that are compared or added one exponent, moving those that are constants."""
        known = {part.exponent for part in parts} - {None}
        if len(known) > 1:
            raise Undecided(next(part.node for part in parts if part.exponent not in (None, 0)))
        if not known or known == {0}:
            return parts if not known else tuple(_Part(part.node, 0) for part in parts)
        [exponent] = known
        assert exponent is not None, "constants have none"
        factor = self._ratio**exponent
        return tuple(
            _Part(part.node if part.exponent is not None else _moved(part.node, factor), exponent) for part in parts
        )


def _moved(constant: Node, factor: Fraction) -> Node:
    match constant:
        case Number(value):
            return Number(float(f"{float(Fraction(value) * factor):.10g}"))
        case Operation(("*" | "/") as operator, (left, right)):
            return Operation(operator, (_moved(left, factor), right))
        case Operation(operator, operands):
            return Operation(operator, tuple(_moved(operand, factor) for operand in operands))
        case _:
            return Operation("*", (constant, Number(float(factor))))


_READ = frozenset({"number", "boolean"})
