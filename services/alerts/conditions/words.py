"""A condition as a plain sentence, the same on screen, in mails and in the API; messages with placeholders. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from libs.common.money import from_e4, shown
from libs.quant.expr import ExprError, parse
from services.alerts.conditions.codec import Condition, SignalWish
from services.alerts.conditions.operators import Base, Frequency, Operator
from services.alerts.conditions.rules import Rule

_LEVELS: Mapping[Operator, str] = {
    Operator.CROSSING: "crosses {value}",
    Operator.CROSSING_UP: "crosses {value} from below",
    Operator.CROSSING_DOWN: "crosses {value} from above",
    Operator.GREATER: "is above {value}",
    Operator.LESS: "is below {value}",
    Operator.ENTERING_CHANNEL: "enters the channel from {low} to {high}",
    Operator.EXITING_CHANNEL: "leaves the channel from {low} to {high}",
    Operator.INSIDE_CHANNEL: "is within {low} and {high}",
    Operator.OUTSIDE_CHANNEL: "is outside {low} and {high}",
    Operator.MOVING_UP: "rises by {amount} within {window}",
    Operator.MOVING_DOWN: "falls by {amount} within {window}",
    Operator.MOVING_UP_PERCENT: "rises by {percent} within {window}",
    Operator.MOVING_DOWN_PERCENT: "falls by {percent} within {window}",
    Operator.CHANGE_UP_PERCENT: "is {percent} or more above {base}",
    Operator.CHANGE_DOWN_PERCENT: "is {percent} or more below {base}",
    Operator.TRAILING_UP: "rises by {amount} from its lowest since then",
    Operator.TRAILING_DOWN: "falls by {amount} from its highest since then",
    Operator.TRAILING_UP_PERCENT: "rises by {percent} from its lowest since then",
    Operator.TRAILING_DOWN_PERCENT: "falls by {percent} from its highest since then",
}

_BARS = {"1m": "1-minute", "5m": "5-minute", "15m": "15-minute", "1h": "hourly", "1d": "daily"}

PLACEHOLDERS = frozenset(
    {"ticker", "exchange", "open", "high", "low", "close", "volume", "time", "timenow", "interval"}
    | {"syminfo.currency", "syminfo.basecurrency"}
    | {f"plot_{place}" for place in range(20)}
    | {f"strategy.order.{name}" for name in ("action", "contracts", "price", "id", "comment", "alert_message")}
    | {f"strategy.{name}" for name in ("position_size", "market_position", "market_position_size")}
    | {f"strategy.prev_{name}" for name in ("market_position", "market_position_size")}
    | {"price", "name", "currency", "threshold", "rule", "note"}
)
"""TradingView's names and six of ours. What an alert has no value of, a strategy's order for one, is told as n/a."""

KEPT = 4_096
"""How many sentences are kept: a change says its rule twice, and alerts that go on say it again and again."""

_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]{1,300}?)\s*\}\}")
_PLOT = re.compile(r'plot\(\s*"([^"]{1,280})"\s*\)')


@lru_cache(maxsize=KEPT)
def rule_words(rule: Rule, currency: str) -> str:
    """Say a rule: "crosses ₹2,990.00 from below"."""
    return _LEVELS[rule.operator].format(
        value=_money(rule.value_e4, currency),
        low=_money(rule.low_e4, currency),
        high=_money(rule.high_e4, currency),
        amount=_money(rule.amount_e4, currency),
        percent=f"{from_e4(rule.percent_e4).normalize():f} %",
        window=span_words(rule.window_ms // 1_000),
        base="the day's open" if rule.base is Base.OPEN else "the previous close",
    )


def sentence(condition: Condition, *, symbol: str, exchange: str, currency: str) -> str:
    """Say the whole alert: "Tell me once when RELIANCE on NSE crosses ₹2,990.00 from below."."""
    terms, bar = condition.terms, _BARS[condition.interval]
    often = {
        Frequency.ONCE: "once",
        Frequency.ONCE_PER_BAR: f"once per {bar} bar",
        Frequency.ONCE_PER_BAR_CLOSE: f"at the close of each {bar} bar",
        Frequency.ONCE_PER_MINUTE: "at most once a minute",
        Frequency.ONCE_PER_DAY: "at most once a day",
        Frequency.EVERY_TIME: "every time",
    }[terms.frequency]
    rest = ""
    if terms.cool_down_ms:
        rest += f", at most every {span_words(terms.cool_down_ms // 1_000)}"
    if terms.band_e4:
        rest += f", again after it has gone back by {_money(terms.band_e4, currency)}"
    if terms.hours_only:
        rest += ", in market hours only"
    if condition.signal is not None:
        who = condition.signal.strategy or "a strategy that I follow"
        return f"Tell me {often} when {who} gives {_signal_kind(condition.signal)} on {symbol} on {exchange}{rest}."
    if condition.expression is not None:
        return f"Tell me {often} when on {bar} bars of {symbol} on {exchange}: {summary(condition, currency)}{rest}."
    return f"Tell me {often} when {symbol} on {exchange} {rule_words(condition.rule, currency)}{rest}."


def summary(condition: Condition, currency: str) -> str:
    """Say only what has to happen: of an expression in the words of its language, behind the names in it."""
    if condition.signal is not None:
        return f"{_signal_kind(condition.signal)} of {condition.signal.strategy or 'any strategy that you follow'}"
    if condition.expression is None:
        return rule_words(condition.rule, currency)
    said = _expression_words(condition.expression)
    return said if condition.written is None else f"{condition.written} (that is: {said})"


def threshold_sentence(condition: str, threshold: Decimal, *, symbol: str, exchange: str, currency: str) -> str:
    """Say a plain price alert."""
    return f"Tell me once when {symbol} on {exchange} trades {threshold_words(condition, threshold, currency)}."


def threshold_words(condition: str, threshold: Decimal, currency: str) -> str:
    """Say a plain price: "at or above $230.00"."""
    side = "at or above" if condition == "above" else "at or below"
    return f"{side} {shown(threshold, currency)}"


def span_words(seconds: int) -> str:
    """Say a length of time in its largest whole unit: "1 hour", "90 seconds"."""
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length and seconds % length == 0:
            count = seconds // length
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return f"{seconds} seconds"


def unknown_placeholders(template: str) -> list[str]:
    """List what stands in double braces and is no placeholder of ours."""
    return sorted(
        {name for name in _PLACEHOLDER.findall(template) if name not in PLACEHOLDERS and not _PLOT.fullmatch(name)}
    )


def rendered(template: str, values: Mapping[str, str]) -> str:
    """Fill in a message; what has no value (a volume that nobody reported) becomes "n/a"."""
    return _PLACEHOLDER.sub(lambda found: values.get(_canonical(found[1]), "n/a"), template)


def number(value: float) -> str:
    """Write a number of an expression: at most six decimals, no exponent."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def stamped(at: datetime) -> str:
    """Write an instant as TradingView does."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _signal_kind(signal: SignalWish) -> str:
    return {None: "a signal", "long": "a buy signal", "short": "a signal to sell short"}[signal.side]


@lru_cache(maxsize=KEPT)
def _expression_words(expression: str) -> str:
    said = parse(expression).words()
    return said[:1].lower() + said[1:]


def _canonical(name: str) -> str:
    """Name a plot by its expression's canonical text, however it is spelled: `sma(20)` is `sma(close, 20)`."""
    plot = _PLOT.fullmatch(name)
    if plot is None:
        return name
    try:
        return f'plot("{parse(plot[1])}")'
    except ExprError:
        return name


def _money(price_e4: int, currency: str) -> str:
    return shown(from_e4(price_e4), currency)
