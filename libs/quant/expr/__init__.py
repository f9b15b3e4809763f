"""The expression language of alerts, strategies and custom indicators. README.md beside `libs/quant` explains it."""

from libs.quant.bars import SPANS_MS, Bar, Bars
from libs.quant.expr.catalogue import FIELDS, FUNCTIONS, SERIES, Function, Parameter
from libs.quant.expr.defined import check_name, names_in, parse_with
from libs.quant.expr.errors import DEFAULT, ExprError, Limits
from libs.quant.expr.expression import Evaluator, Expr, Value, parse, steps
from libs.quant.expr.hub import Hub
from libs.quant.expr.nodes import NEWS, OWN, Input
from libs.quant.expr.outline import Part, outline
from libs.quant.expr.parser import signature
from libs.quant.expr.scaling import Undecided, rescaled
from libs.quant.expr.vector import MissingBars
from libs.quant.indicators import StateError

__all__ = [
    "DEFAULT", "FIELDS", "FUNCTIONS", "NEWS", "OWN", "SERIES", "SPANS_MS", "Bar", "Bars", "Evaluator", "Expr",
    "ExprError", "Function", "Hub", "Input", "Limits", "MissingBars", "Parameter", "Part", "StateError", "Undecided",
    "Value", "check_name", "names_in", "outline", "parse", "parse_with", "rescaled", "signature", "steps",
]  # fmt: skip
