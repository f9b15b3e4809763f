"""What clients send of a condition, checked member by member, and what they get back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from libs.common.errors import FieldError, InvalidInput
from libs.common.web import PriceIn
from libs.contracts.base import Price, spell
from libs.contracts.signals import SignalSide
from libs.quant.expr import ExprError, parse
from services.alerts.conditions import operators, words
from services.alerts.conditions.operators import Base, Frequency, Operator

Interval = Literal["1m", "5m", "15m", "1h", "1d"]
Channel = Literal["mail", "in_app", "push", "telegram", "slack", "sms", "webhook"]
DAY_S = 86_400
LONGEST_EXPIRY = timedelta(days=366 * 2)


def _template(text: str) -> str:
    unknown = words.unknown_placeholders(text)
    if unknown:
        raise PydanticCustomError(
            "placeholder", "There is no placeholder {name}.", {"name": "{{" + unknown[0][:40] + "}}"}
        )
    return text


Note = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=30, strip_whitespace=True)]
Tags = Annotated[list[Tag], Field(max_length=10)]
Template = Annotated[str, StringConstraints(max_length=1000, strip_whitespace=True), AfterValidator(_template)]
Channels = Annotated[list[Channel], Field(max_length=7)]
CoolDown = Annotated[int, Field(ge=0, le=7 * DAY_S)]

NEEDS: dict[frozenset[Operator], tuple[str, ...]] = {
    operators.LEVEL: ("value",),
    operators.CHANNEL: ("low", "high"),
    frozenset({Operator.MOVING_UP, Operator.MOVING_DOWN}): ("amount", "window_s"),
    frozenset({Operator.MOVING_UP_PERCENT, Operator.MOVING_DOWN_PERCENT}): ("percent", "window_s"),
    operators.CHANGE: ("percent", "base"),
    frozenset({Operator.TRAILING_UP, Operator.TRAILING_DOWN}): ("amount",),
    frozenset({Operator.TRAILING_UP_PERCENT, Operator.TRAILING_DOWN_PERCENT}): ("percent",),
}
"""Which members an operator needs; it takes no others."""


class RuleForm(BaseModel):
    """A condition over the price. Which members go with an operator: `value` with crossing, greater and less; `low` and
    `high` with the channels; `amount` or `percent`, and `window_s`, with moving; `percent` and `base` with change;
    `amount` or `percent` with trailing, which counts from the extreme since the alert was armed or fired last.
    """

    model_config = ConfigDict(extra="forbid")

    operator: Operator
    value: PriceIn | None = None
    low: PriceIn | None = None
    high: PriceIn | None = None
    amount: PriceIn | None = None
    percent: Annotated[Decimal, Field(gt=0, le=1000, max_digits=8, decimal_places=4)] | None = None
    window_s: Annotated[int, Field(ge=60, le=DAY_S)] | None = None
    base: Base | None = None

    @model_validator(mode="after")
    def _check_members(self) -> Self:
        needed = next(members for operators, members in NEEDS.items() if self.operator in operators)
        for name in ("value", "low", "high", "amount", "percent", "window_s", "base"):
            given = getattr(self, name) is not None
            if given != (name in needed):
                raise PydanticCustomError(
                    "rule_members",
                    "{operator} takes {members}.",
                    {"operator": self.operator.value, "members": " and ".join(needed)},
                )
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise PydanticCustomError("rule_channel", "The channel's low must be below its high.")
        if self.operator in _DOWNWARD and self.percent is not None and self.percent >= 100:
            raise PydanticCustomError("rule_percent", "A price cannot fall by 100 % or more.")
        return self

    def stored(self) -> dict[str, Any]:
        """Write it as it lies in the database."""
        values = self.model_dump(exclude_none=True)
        return {name: _plainly(value) for name, value in values.items()}


class RuleOut(BaseModel):
    """The condition of an alert that has a rule."""

    operator: Operator
    value: Price | None = None
    low: Price | None = None
    high: Price | None = None
    amount: Price | None = None
    percent: str | None = None
    window_s: int | None = None
    base: Base | None = None


class SignalForm(BaseModel):
    """Which signals: of one of one's strategies, or of any that one follows; of one side, or of both."""

    model_config = ConfigDict(extra="forbid")

    strategy_id: UUID | None = Field(default=None, description="null: any strategy that you follow.")
    side: SignalSide | None = Field(default=None, description="null: both.")

    def stored(self) -> dict[str, Any]:
        """Write it as it lies in the database; what the strategy is called is asked of signals."""
        return {
            "strategy_id": None if self.strategy_id is None else str(self.strategy_id),
            "strategy": None,
            "side": None if self.side is None else self.side.value,
        }


class SignalWishOut(BaseModel):
    """Which signals an alert waits for. `strategy`: its name when the alert was saved."""

    strategy_id: UUID | None
    strategy: str | None
    side: SignalSide | None


class TermsForm(BaseModel):
    """When a condition that holds fires. Members left out keep their defaults (of a change: stay as they are)."""

    model_config = ConfigDict(extra="forbid")

    frequency: Frequency | None = None
    interval: Interval | None = Field(default=None, description="The bar of the two frequencies per bar.")
    cool_down_s: CoolDown | None = Field(default=None, description="How long after a firing none follows.")
    rearm_band: Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=4)] | None = Field(
        default=None, description="How far the price must go back before it may fire again."
    )
    market_hours_only: bool | None = None
    tell_cleared: bool | None = Field(default=None, description="Tell also when the price has gone back.")

    def stored_terms(self) -> dict[str, Any]:
        """Write those members that were given as they lie in the database."""
        names = ("frequency", "interval", "cool_down_s", "rearm_band", "market_hours_only", "tell_cleared")
        given = {name: getattr(self, name) for name in names}
        return {name: _plainly(value) for name, value in given.items() if value is not None}


class TermsOut(BaseModel):
    """When a condition that holds fires."""

    frequency: Frequency
    interval: Interval
    cool_down_s: int
    rearm_band: Price
    market_hours_only: bool
    tell_cleared: bool


def _canonical(text: str) -> str:
    try:
        parsed = parse(text)
    except ExprError as error:
        if error.code == "unknown_name":
            return text  # it may be a name of one's own, which signals knows: `strategies/service.py`
        raise PydanticCustomError(
            f"expression_{error.code}", "{words}", {"words": f"{error.message} (column {error.column})"}
        ) from error
    if parsed.kind != "boolean":
        raise PydanticCustomError("expression_wrong_kind", "An alert needs a condition, such as close > sma(20).")
    return str(parsed)


Expression = Annotated[str, StringConstraints(min_length=1, max_length=2000), AfterValidator(_canonical)]
"""A condition in the language of `libs.quant.expr`, over closed bars."""


def check_expiry(expires_at: AwareDatetime | None, now: datetime, field: str = "/expires_at") -> None:
    """Refuse an expiry that is past or years away. Raises InvalidInput."""
    if expires_at is not None and not now < expires_at <= now + LONGEST_EXPIRY:
        message = "An alert ends in the future, within two years."
        raise InvalidInput(message, errors=[FieldError(field, "expiry", message)])


def check_signal_terms(stored: Mapping[str, Any]) -> None:
    """Refuse terms that speak of prices and bars, of which a signal has none. Raises InvalidInput."""
    wrong = [name for name in ("interval", "rearm_band", "market_hours_only") if stored.get(name)]
    wrong += ["frequency"] if str(stored.get("frequency", "")).startswith("once_per_bar") else []
    if wrong:
        errors = [FieldError(f"/{name}", "unknown_member", "A signal alert does not take this.") for name in wrong]
        raise InvalidInput(errors=errors)


def check_band(stored: dict[str, Any]) -> None:
    """Refuse a band that a channel's other side would swallow. Raises InvalidInput."""
    rule, band = stored.get("rule"), Decimal(stored.get("rearm_band", "0"))
    if rule is None:
        return
    if Operator(rule["operator"]) in (Operator.EXITING_CHANNEL, Operator.OUTSIDE_CHANNEL) and (
        band * 2 > Decimal(rule["high"]) - Decimal(rule["low"])
    ):
        message = "The re-arm band is at most half as wide as the channel."
        raise InvalidInput(message, errors=[FieldError("/rearm_band", "band", message)])


def _plainly(value: Any) -> Any:
    if isinstance(value, Decimal):
        return spell(value)
    return value.value if isinstance(value, (Operator, Base, Frequency)) else value


_DOWNWARD = frozenset({Operator.MOVING_DOWN_PERCENT, Operator.CHANGE_DOWN_PERCENT, Operator.TRAILING_DOWN_PERCENT})
