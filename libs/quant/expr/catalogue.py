"""The names of the language: what they take, what they give, how they are said, and what they are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

from libs.quant import indicators as ind
from libs.quant.expr.nodes import NEWS, At, Call, Input, Node, Number, Operation, Series
from libs.quant.indicators import OfBars, OfSeries
from libs.quant.patterns import PATTERNS, SHAPES, SIGNS, Candles, ChartShapes, Nearest, Pattern, Shape, sign

Kind: TypeAlias = Literal["number", "boolean"]
# A number series, a condition, a whole number of bars, a positive constant.
ParameterKind: TypeAlias = Literal["number", "boolean", "period", "factor"]

FIELDS = ("open", "high", "low", "close", "volume")
SERIES = {
    "open": "the open", "high": "the high", "low": "the low", "close": "the close", "volume": "the volume",
    "hl2": "the middle of high and low", "hlc3": "the typical price", "ohlc4": "the average price",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument. `default` is None where it must be given; `least` is the smallest period."""

    name: str
    kind: ParameterKind
    default: Node | None = None
    least: int = 1


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language.

    `words` says it in English with the arguments' words by name. Exactly one of the others says what it is:
    `of_series` and `of_bars` make the indicator from the constants, `expand` writes it with simpler parts.
    `prev`, `before`, `within` and the arithmetic ones have none: the evaluators know them.
    """

    parameters: tuple[Parameter, ...]
    words: str
    kind: Kind = "number"
    of_series: Callable[..., OfSeries] | None = None
    of_bars: Callable[..., OfBars] | None = None
    expand: Callable[..., Node] | None = None


def _period(default: int | None = None, name: str = "period", least: int = 1) -> Parameter:
    return Parameter(name, "period", None if default is None else Number(float(default)), least)


def _source(default: str = "close") -> Parameter:
    return Parameter("source", "number", Series(default))


def _number(name: str) -> Parameter:
    return Parameter(name, "number")


def _op(operator: str, *operands: Node) -> Node:
    return Operation(operator, operands)


def _n(value: int) -> Number:
    return Number(float(value))


def _macd(source: Node, fast: int, slow: int) -> Node:
    late = Call("_ema_from", (source, _n(fast), _n(max(slow - fast, 0))))
    return _op("-", late, Call("ema", (source, _n(slow))))


def _macd_signal(source: Node, fast: int, slow: int, signal: int) -> Node:
    return Call("ema", (Call("macd", (source, _n(fast), _n(slow))), _n(signal)))


def _macd_hist(source: Node, fast: int, slow: int, signal: int) -> Node:
    return _op("-", Call("macd", (source, _n(fast), _n(slow))), _macd_signal(source, fast, slow, signal))


def _band(sign: str) -> Callable[[Node, int, float], Node]:
    def expand(source: Node, period: int, width: float) -> Node:
        spread = _op("*", Number(width), Call("stdev", (source, _n(period))))
        return _op(sign, Call("sma", (source, _n(period))), spread)

    return expand


def _stoch_k(period: int, smooth: int) -> Node:
    return Call("sma", (Call("_fast_k", (_n(period),)), _n(smooth)))


def _inside(x: Node, low: Node, high: Node) -> Node:
    return _op("and", _op(">=", x, low), _op("<=", x, high))


def _before(condition: Node) -> Node:
    return Call("before", (condition,))


def _crossover(a: Node, b: Node) -> Node:
    above = _op(">", a, b)
    return _op("and", above, _before(_op("not", above)))


def _crossunder(a: Node, b: Node) -> Node:
    below = _op("<", a, b)
    return _op("and", below, _before(_op("not", below)))


def _channel(enter: bool) -> Callable[[Node, Node, Node], Node]:
    def expand(x: Node, low: Node, high: Node) -> Node:
        within, without = _inside(x, low, high), _op("not", _inside(x, low, high))
        return _op("and", within, _before(without)) if enter else _op("and", without, _before(within))

    return expand


def _trend(operator: str, extreme: str) -> Callable[[Node, int], Node]:
    return lambda x, n: _op(operator, x, Call(extreme, (Call("prev", (x, _n(1))), _n(n))))


def _percent(x: Node, n: int) -> Node:
    return _op("*", _op("-", _op("/", x, Call("prev", (x, _n(n)))), Number(1.0)), Number(100.0))


def _of_news(node: Node) -> Node:
    return At(Input(None, NEWS), node)


def _news_age() -> Node:
    since = _op("-", Call("_minutes"), _of_news(Series("open")))
    return Call("max", (since, Number(0.0)))


_FAST_SLOW = (_period(12, "fast", 2), _period(26, "slow", 2))
_BANDS = (_source(), _period(20, least=2), Parameter("width", "factor", Number(2.0)))
_PAIR = (_number("a"), _number("b"))
_CHANNEL = (_number("source"), _number("lower"), _number("upper"))
_STOCH = (_period(14), _period(3, "smooth"))

FUNCTIONS: dict[str, Function] = {
    "sma": Function((_source(), _period()), "the {period}-bar average of {source}", of_series=ind.Sma),
    "ema": Function((_source(), _period()), "the {period}-bar exponential average of {source}", of_series=ind.Ema),
    "wma": Function((_source(), _period()), "the {period}-bar weighted average of {source}", of_series=ind.Wma),
    "rma": Function((_source(), _period()), "Wilder's {period}-bar average of {source}", of_series=ind.Rma),
    "rsi": Function((_source(), _period(14, least=2)), "the {period}-bar RSI of {source}", of_series=ind.Rsi),
    "roc": Function((_source(), _period(10)), "the change of {source} over {period} known bars in percent",
                    of_series=ind.Roc),
    "stdev": Function((_source(), _period(20, least=2)), "the {period}-bar standard deviation of {source}",
                      of_series=ind.Stdev),
    "highest": Function((_source("high"), _period()), "the highest of {source} over {period} bars",
                        of_series=ind.Highest),
    "lowest": Function((_source("low"), _period()), "the lowest of {source} over {period} bars", of_series=ind.Lowest),
    "macd": Function((_source(), *_FAST_SLOW), "the MACD ({fast}, {slow}) of {source}", expand=_macd),
    "macd_signal": Function((_source(), *_FAST_SLOW, _period(9, "signal")),
                            "the MACD signal ({fast}, {slow}, {signal}) of {source}", expand=_macd_signal),
    "macd_hist": Function((_source(), *_FAST_SLOW, _period(9, "signal")),
                          "the MACD histogram ({fast}, {slow}, {signal}) of {source}",
                          expand=_macd_hist),
    "bb_upper": Function(_BANDS, "the upper Bollinger band ({period}, {width}) of {source}", expand=_band("+")),
    "bb_middle": Function((_source(), _period(20)), "the middle Bollinger band ({period}) of {source}",
                          expand=lambda x, n: Call("sma", (x, _n(n)))),
    "bb_lower": Function(_BANDS, "the lower Bollinger band ({period}, {width}) of {source}", expand=_band("-")),
    "atr": Function((_period(14),), "the {period}-bar average true range", of_bars=ind.Atr),
    "adx": Function((_period(14, least=2),), "the {period}-bar ADX", of_bars=ind.Adx),
    "cci": Function((_period(20, least=2),), "the {period}-bar CCI", of_bars=ind.Cci),
    "mfi": Function((_period(14, least=2),), "the {period}-bar money flow index", of_bars=ind.Mfi),
    "stoch_k": Function(_STOCH, "the stochastic %K ({period}, {smooth})", expand=_stoch_k),
    "stoch_d": Function((*_STOCH, _period(3, "signal")), "the stochastic %D ({period}, {smooth}, {signal})",
                        expand=lambda n, s, d: Call("sma", (_stoch_k(n, s), _n(d)))),
    "obv": Function((), "the on-balance volume", of_bars=ind.Obv),
    "vwap": Function((), "the VWAP of the session", of_bars=ind.Vwap),
    "session_open": Function((), "the session's open", of_bars=ind.SessionOpen),
    "session_high": Function((), "the session's high so far", of_bars=ind.SessionHigh),
    "session_low": Function((), "the session's low so far", of_bars=ind.SessionLow),
    "support": Function((_period(1, "touches"),), "the nearest support with {touches} or more touches",
                        of_bars=partial(Nearest, -1)),
    "resistance": Function((_period(1, "touches"),), "the nearest resistance with {touches} or more touches",
                           of_bars=partial(Nearest, 1)),
    "prev": Function((_source(), _period(1, "bars")), "{source} {bars:bar} ago"),
    "change": Function((_source(), _period(1, "bars")), "the change of {source} over {bars:bar}",
                       expand=lambda x, n: _op("-", x, Call("prev", (x, _n(n))))),
    "percent_change": Function((_source(), _period(1, "bars")), "the change of {source} over {bars:bar} in percent",
                               expand=_percent),
    "abs": Function((_number("source"),), "the size of {source}"),
    "min": Function(_PAIR, "the smaller of {a} and {b}"),
    "max": Function(_PAIR, "the larger of {a} and {b}"),
    "round": Function((_number("source"),), "{source} rounded to a whole number"),
    "crossover": Function(_PAIR, "{a} crosses above {b}", "boolean", expand=_crossover),
    "crossunder": Function(_PAIR, "{a} crosses below {b}", "boolean", expand=_crossunder),
    "crossing": Function(_PAIR, "{a} crosses {b}", "boolean",
                         expand=lambda a, b: _op("or", _crossover(a, b), _crossunder(a, b))),
    "inside": Function(_CHANNEL, "{source} is between {lower} and {upper}", "boolean", expand=_inside),
    "outside": Function(_CHANNEL, "{source} is not between {lower} and {upper}", "boolean",
                        expand=lambda x, low, high: _op("not", _inside(x, low, high))),
    "entering": Function(_CHANNEL, "{source} comes between {lower} and {upper}", "boolean", expand=_channel(True)),
    "exiting": Function(_CHANNEL, "{source} leaves the range between {lower} and {upper}", "boolean",
                        expand=_channel(False)),
    "rising": Function((_source(), _period(1, "bars")), "{source} is above all of the last {bars:bar}", "boolean",
                       expand=_trend(">", "highest")),
    "falling": Function((_source(), _period(1, "bars")), "{source} is below all of the last {bars:bar}", "boolean",
                        expand=_trend("<", "lowest")),
    "before": Function((Parameter("condition", "boolean"),), "one bar ago {condition}", "boolean"),
    "within": Function((Parameter("condition", "boolean"), _period(None, "bars")),
                       "within the last {bars:bar} {condition}", "boolean"),
}  # fmt: skip


PLACES = {"india": ("Asia/Kolkata", "India"), "new_york": ("America/New_York", "New York"), "utc": ("UTC", "UTC")}
READINGS = {"time": "the time", "weekday": "the weekday", "date": "the date"}
CLOCKS: dict[str, str] = {}
"""Functions that read a clock, with what they read."""

for _reading, _said in READINGS.items():
    for _place, (_zone, _where) in PLACES.items():
        CLOCKS[f"{_reading}_{_place}"] = _reading
        FUNCTIONS[f"{_reading}_{_place}"] = Function(
            (), f"{_said} {'in ' if _place != 'utc' else ''}{_where}", of_bars=partial(ind.Clock, _zone, _reading)
        )

FUNCTIONS |= {
    "news_score": Function((), "how the newest headline sounds (-1 to 1)", expand=lambda: _of_news(Series("close"))),
    "news_average": Function((_period(10),), "how the last {period} headlines sound on average (-1 to 1)",
                             expand=lambda n: _of_news(Call("sma", (Series("close"), _n(n))))),
    "news_age": Function((), "the age of the newest headline in minutes", expand=_news_age),
}  # fmt: skip


def _candle(pattern: Pattern, points: str, sign: str) -> Function:
    words = f"a {points} {pattern.words} has formed".replace("  ", " ")
    part = Call(f"_{pattern.name}")
    return Function((), words, "boolean", expand=lambda: _op(sign, part, Number(0.0)))


for _name, _pattern in PATTERNS.items():
    if _pattern.points == "both":
        FUNCTIONS[f"bullish_{_name}"] = _candle(_pattern, "bullish", ">")
        FUNCTIONS[f"bearish_{_name}"] = _candle(_pattern, "bearish", "<")
    else:
        FUNCTIONS[_name] = _candle(_pattern, "", "!=")


def _chart(shape: Shape) -> Function:
    article = "an" if shape.words[0] in "ai" else "a"
    words, code = f"the close completes {article} {shape.words}", Number(float(shape.code))
    return Function((), words, "boolean", expand=lambda: _op("==", Call("_chart_shapes"), code))


def _sign(shape: Shape) -> Function:
    article = "an" if shape.words[0] in "ai" else "a"
    part = Call(f"_{shape.name}")
    return Function((), f"{article} {shape.words} is seen", "boolean", expand=lambda: _op("!=", part, Number(0.0)))


FUNCTIONS |= {name: _chart(shape) for name, shape in SHAPES.items()}
FUNCTIONS |= {name: _sign(shape) for name, shape in SIGNS.items()}

# Parts that only expansions name.
PARTS: dict[str, Function] = {
    **FUNCTIONS,
    **{f"_{name}": Function((), "", of_bars=partial(Candles, pattern)) for name, pattern in PATTERNS.items()},
    **{f"_{name}": Function((), "", of_bars=partial(sign, name)) for name in SIGNS},
    "_chart_shapes": Function((), "", of_bars=ChartShapes),
    "_ema_from": Function((), "", of_series=ind.Ema),
    "_fast_k": Function((), "", of_bars=ind.FastK),
    "_minutes": Function((), "", of_bars=ind.Minutes),
}


def kind_of(node: Node) -> Kind:
    """Tell whether a node is a number or a condition."""
    match node:
        case Call(name):
            return PARTS[name].kind
        case Operation(operator):
            return "number" if operator in ("+", "-", "*", "/", "neg") else "boolean"
        case Number() | Series():
            return "number"
        case _:
            return kind_of(node.operand)


def constants(call: Call) -> list[int]:
    """Return the whole numbers that a call was given, for the indicator that it makes."""
    return [int(a.value) for a in call.arguments if isinstance(a, Number)]


def expanded(call: Call) -> Node | None:
    """Write a call with simpler parts; None where it is simple."""
    function = FUNCTIONS.get(call.function)
    if function is None or function.expand is None:
        return None
    values: list[object] = []
    for parameter, argument in zip(function.parameters, call.arguments, strict=True):
        if parameter.kind == "period" and isinstance(argument, Number):
            values.append(int(argument.value))
        elif parameter.kind == "factor" and isinstance(argument, Number):
            values.append(argument.value)
        else:
            values.append(argument)
    return function.expand(*values)
