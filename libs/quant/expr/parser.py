"""From text to nodes. The grammar is LALR and the nodes are made as it is read, so nothing recurses over the text."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedToken, v_args

from libs.quant.bars import LARGEST, SPANS_MS
from libs.quant.expr.catalogue import FUNCTIONS, SERIES, Function, Parameter, expanded, kind_of
from libs.quant.expr.errors import DEFAULT, LONGEST_PERIOD, ExprError, Limits
from libs.quant.expr.nodes import (
    ARITHMETIC,
    COMPARISONS,
    NEGATIVE,
    At,
    Call,
    Input,
    Node,
    Number,
    Operation,
    Series,
    children,
)

GRAMMAR = r"""
?start: disjunction
?disjunction: conjunction | disjunction OR conjunction -> binary
?conjunction: negation | conjunction AND negation -> binary
?negation: comparison | NOT negation -> unary
?comparison: sum | sum COMPARE sum -> binary
?sum: product | sum PLUS product -> binary | sum MINUS product -> binary
?product: signed | product STAR signed -> binary | product SLASH signed -> binary
?signed: atom | MINUS signed -> unary
?atom: NUMBER -> number | NAME -> name | "(" disjunction ")"
     | NAME "(" [argument ("," argument)*] ")" -> call
?argument: disjunction | STRING -> string
OR.2: /(?i:or)(?![A-Za-z0-9_])/
AND.2: /(?i:and)(?![A-Za-z0-9_])/
NOT.2: /(?i:not)(?![A-Za-z0-9_])/
COMPARE: "<=" | ">=" | "==" | "!=" | "<" | ">"
PLUS: "+"
MINUS: "-"
STAR: "*"
SLASH: "/"
NAME: /(?!(?i:and|or|not)(?![A-Za-z0-9_]))[A-Za-z_][A-Za-z0-9_]*/
NUMBER: /(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/
STRING: /"[^"\n]*"|'[^'\n]*'/
%ignore /[ \t\r\n]+/
"""

_INSTRUMENT = re.compile(r"[A-Z0-9_]{1,16}:[A-Z0-9._&\-]{1,32}")
_WORD = re.compile(r"""\"[^"\n]*\"|'[^'\n]*'|[A-Za-z0-9_.]+|[<>=!]=|\S""")
_NEEDS = {"and": "A condition", "or": "A condition", "not": "A condition", "(": "A value", ",": "A value"}
"""What is to stand behind a word; behind a sign it is a number."""
_HINTS = {"&": "Write `and`.", "|": "Write `or`.", "!": "Write `not`.", "=": "Write `==` to compare.",
          "%": "Percent has no sign here: write `percent_change(close, 1) > 5`.", "^": "There are no powers.",
          "[": "Write `prev(close, 1)` for the close one bar ago."}  # fmt: skip
_TURNED = {"=>": "Write `>=`.", "=<": "Write `<=`."}


@dataclass(slots=True)
class _Built:
    """A node as it is read. `text` instead of a node is a quoted name, the argument of `at`."""

    node: Node
    column: int
    nodes: int = 1
    depth: int = 1
    text: str | None = None


def parse_node(text: str, limits: Limits = DEFAULT) -> Node:
    """Read an expression's text. Raises ExprError."""
    if len(text) > limits.characters:
        _fail("too_long", f"An expression may have {limits.characters:,} characters, not {len(text):,}.", 1)
    if not text.strip():
        _fail("syntax", "The expression is empty.", 1)
    try:
        built: _Built = _PARSER.parse(text)  # type: ignore[assignment]
    except UnexpectedToken as error:
        _unexpected(error.token, text)
    except UnexpectedCharacters as error:
        place = error.pos_in_stream or 0
        hint = _TURNED.get(text[place : place + 2]) or _HINTS.get(text[place], "")
        _fail("syntax", f"`{text[place]}` has no meaning here. {hint}".strip(), place + 1)
    _check_size(built, limits)
    return built.node


def _unexpected(token: Token, text: str) -> NoReturn:
    """Say what is missing or too much where the text cannot go on. Raises ExprError."""
    ends = token.type == "$END"
    place = len(text.rstrip()) if ends else token.start_pos or 0
    words = list(_WORD.finditer(text[:place]))
    before, sign = (words[-1][0] if words else ""), str(token)
    if before.lower() in _NEEDS or not (before[-1:].isalnum() or before[-1:] in {"_", ".", ")", '"', "'"}):
        missing = _NEEDS.get((before or sign).lower(), "A number")
        where = f"after `{before}`" if ends else f"between `{before}` and `{sign}`" if before else f"before `{sign}`"
        message = f"{missing} is missing {where}."
    elif ends:
        opened = _opened([(word[0], word.start()) for word in words])
        message = f"The bracket that opens at column {opened + 1} is not closed."
    elif token.type == "COMPARE":
        message = "Comparisons cannot be chained: write `a < b and b < c`."
    elif token.type == "STRING":
        message = "A quoted name may stand only as the first arguments of `at`."
    elif sign == ")":
        message = "No bracket is open that this `)` would close."
    elif sign == ",":
        message = "A comma stands only between the arguments of a function; write 1,000 as `1000`."
    elif before.lower() in FUNCTIONS:
        message = f"`{before.lower()}` is called as `{signature(before.lower())}`."
    else:
        hint = " To cross something is written `crossover(a, b)`." if sign.lower().startswith("cross") else ""
        message = f"An operator, such as `>` or `and`, is missing between `{before}` and `{sign}`.{hint}"
    _fail("syntax", message, place + 1)


def _opened(words: list[tuple[str, int]]) -> int:
    """Tell where the innermost bracket opens that is not closed; there is one."""
    open_: list[int] = []
    for word, place in words:
        if word == "(":
            open_.append(place)
        elif word == ")" and open_:
            open_.pop()
    return open_[-1]


def _fail(code: str, message: str, column: int) -> NoReturn:
    raise ExprError(code, message, column)


def _check_size(built: _Built, limits: Limits) -> None:
    if built.nodes > limits.nodes:
        _fail("too_many_nodes", f"An expression may have {limits.nodes} parts.", built.column)
    if built.depth > limits.depth:
        _fail("too_deep", f"An expression may be {limits.depth} levels deep.", built.column)


# The reader stops here whatever the caller's limits are: the caller's are checked on the whole.
_MOST = Limits(nodes=2_000, depth=200)


def _made(node: Node, column: int, *parts: _Built) -> _Built:
    built = _Built(
        node, column, 1 + sum(part.nodes for part in parts), 1 + max((part.depth for part in parts), default=0)
    )
    _check_size(built, _MOST)
    return built


def _expect(built: _Built, kind: str, what: str) -> None:
    if built.text is not None:
        _fail("wrong_kind", "A quoted name may stand only as the first arguments of `at`.", built.column)
    if kind_of(built.node) != kind:
        is_ = "a condition" if kind == "number" else "a number"
        wants = "a number" if kind == "number" else "a condition, such as `close > 100`"
        _fail("wrong_kind", f"{what} wants {wants}; `{_short(built.node)}` is {is_}.", built.column)


def _short(node: Node) -> str:
    text = str(node)
    return text if len(text) <= 60 else f"{text[:57]}..."


@v_args(inline=True)
class _Reader(Transformer[Token, _Built]):
    def number(self, token: Token) -> _Built:
        value = float(token)
        if value > LARGEST / 1_000:
            _fail("bad_number", "That number is too large.", _column(token))
        return _Built(Number(value), _column(token))

    def string(self, token: Token) -> _Built:
        return _Built(Number(0.0), _column(token), text=str(token)[1:-1].strip())

    def unary(self, token: Token, operand: _Built) -> _Built:
        if token.type == "NOT":
            _expect(operand, "boolean", "`not`")
            return _made(Operation("not", (operand.node,)), _column(token), operand)
        _expect(operand, "number", "`-`")
        if isinstance(operand.node, Number):
            return _Built(Number(0.0 - operand.node.value), _column(token))
        return _made(Operation(NEGATIVE, (operand.node,)), _column(token), operand)

    def binary(self, left: _Built, token: Token, right: _Built) -> _Built:
        operator = str(token).lower()
        kind = "number" if operator in ARITHMETIC or operator in COMPARISONS else "boolean"
        _expect(left, kind, f"`{operator}`")
        _expect(right, kind, f"`{operator}`")
        return _made(Operation(operator, (left.node, right.node)), _column(token), left, right)

    def name(self, token: Token) -> _Built:
        name = str(token).lower()
        if name in SERIES:
            return _Built(Series(name), _column(token))
        return self._call(token, [])

    def call(self, token: Token, *arguments: _Built | None) -> _Built:
        given = [argument for argument in arguments if argument is not None]
        if str(token).lower() == "at":
            return _at(token, given)
        if (name := str(token).lower()) in SERIES:
            _fail("wrong_count", f"`{name}` takes no arguments: write it without brackets.", _column(token))
        return self._call(token, given)

    def _call(self, token: Token, given: list[_Built]) -> _Built:
        name = str(token).lower()
        function = FUNCTIONS.get(name)
        if function is None:
            near = difflib.get_close_matches(name, [*FUNCTIONS, *SERIES, "at"], 1)
            hint = f" Did you mean `{near[0]}`?" if near else ""
            _fail("unknown_name", f"There is no `{name}`.{hint}", _column(token))
        call = _shared(Call(name, _arguments(name, function, given, _column(token))))
        return _made(call, _column(token), *given)


@lru_cache(maxsize=4_096)
def _shared(call: Call) -> Call:
    """Return one object for all equal calls: a sweep's thousand strategies are made of few, told apart at a glance."""
    return call


def _column(token: Token) -> int:
    return (token.start_pos or 0) + 1


def signature(name: str) -> str:
    """Return how a function is called: `ema(source, period)`."""
    parts = (p.name if p.default is None else f"{p.name} = {p.default}" for p in FUNCTIONS[name].parameters)
    return f"{name}({', '.join(parts)})"


def _arguments(name: str, function: Function, given: list[_Built], column: int) -> tuple[Node, ...]:
    parameters = function.parameters
    first = parameters[0] if parameters else None
    source = first.default if first is not None and first.kind == "number" else None
    if source is not None and given and given[0].text is None and isinstance(given[0].node, Number):
        given = [_Built(source, given[0].column), *given]  # rsi(14) is rsi(close, 14)
    required = sum(parameter.default is None for parameter in parameters)
    if first and first.default is not None and not given and required:
        required += 1
    if not required <= len(given) <= len(parameters):
        _fail("wrong_count", f"`{name}` is called as `{signature(name)}`.", column)
    nodes = []
    for at, parameter in enumerate(parameters):
        if at < len(given):
            nodes.append(_argument(name, parameter, given[at]))
        elif parameter.default is not None:
            nodes.append(parameter.default)
        else:
            _fail("wrong_count", f"`{name}` is called as `{signature(name)}`.", column)
    match name, nodes:
        case "macd" | "macd_signal" | "macd_hist", [_, Number(fast), Number(slow), *_] if fast >= slow:
            _fail("bad_period", f"The fast period of `{name}` must be smaller than the slow one.", column)
    return tuple(nodes)


def _argument(name: str, parameter: Parameter, built: _Built) -> Node:
    if parameter.kind == "number" or parameter.kind == "boolean":
        _expect(built, parameter.kind, f"`{name}`")
        return built.node
    if built.text is not None or not isinstance(built.node, Number):
        _fail("bad_period", f"`{parameter.name}` of `{name}` must be a plain number.", built.column)
    value = built.node.value
    if parameter.kind == "factor":
        if not 0 < value <= 100:
            _fail("bad_number", f"`{parameter.name}` of `{name}` must lie between 0 and 100.", built.column)
    elif value != int(value) or not parameter.least <= value <= LONGEST_PERIOD:
        _fail(
            "bad_period",
            f"`{parameter.name}` of `{name}` must be a whole number from {parameter.least} to {LONGEST_PERIOD:,}.",
            built.column,
        )
    return built.node


def _at(token: Token, given: list[_Built]) -> _Built:
    names = [built for built in given[:-1] if built.text is not None]
    if len(given) not in (2, 3) or len(names) != len(given) - 1 or given[-1].text is not None:
        _fail(
            "wrong_count",
            '`at` is called as `at("NSE:TCS", "1d", close)`, `at("NSE:TCS", close)` or `at("1d", close)`.',
            _column(token),
        )
    instrument = interval = None
    for built in names:
        text = built.text or ""
        if instrument is None and interval is None and ":" in text:
            instrument = text.upper()
            if not _INSTRUMENT.fullmatch(instrument):
                _fail("bad_instrument", f'"{text}" is no instrument: write it as "NSE:TCS".', built.column)
        elif interval is None:
            interval = text.lower()
            if interval not in SPANS_MS:
                _fail("bad_interval", f'"{text}" is no interval: choose of {", ".join(SPANS_MS)}.', built.column)
        else:
            _fail("wrong_count", "`at` takes the instrument first, then the interval.", built.column)
    operand = given[-1]
    if _holds_at(operand.node):
        _fail("nested_at", "Neither `at` nor the news can stand inside `at`.", operand.column)
    return _made(At(Input(instrument, interval), operand.node), _column(token), operand)


def _holds_at(node: Node) -> bool:
    if isinstance(node, Call) and (simpler := expanded(node)) is not None:
        return _holds_at(simpler)
    return isinstance(node, At) or any(_holds_at(child) for child in children(node))


_PARSER = Lark(GRAMMAR, parser="lalr", transformer=_Reader(), propagate_positions=False)
