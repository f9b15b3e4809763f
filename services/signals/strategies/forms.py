"""What clients send of a strategy's rules, bounded member by member; what it means is read by `libs.quant.strategy`."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

Interval = Literal["1m", "5m", "15m", "1h", "1d"]


def _amount(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise PydanticCustomError("amount_type", "An amount is a number or a string that holds one.")
    return str(value)


Amount = Annotated[
    str,
    BeforeValidator(_amount),
    StringConstraints(min_length=1, max_length=24),
    WithJsonSchema({"anyOf": [{"type": "string", "maxLength": 24}, {"type": "number"}], "examples": ["5", 2.5]}),
]
Text = Annotated[str, StringConstraints(max_length=2000)]


class DistanceForm(BaseModel):
    """How far a level lies: `percent` of the price, or `atr` times the ATR of `period` bars."""

    model_config = ConfigDict(extra="forbid")

    percent: Amount | None = None
    atr: Amount | None = None
    period: Annotated[int, Field(ge=1, le=2000)] | None = None


class SizeForm(BaseModel):
    """How much one position is: one of percent of equity, `cash`, `units`, and percent of equity at `risk`."""

    model_config = ConfigDict(extra="forbid")

    percent: Amount | None = None
    cash: Amount | None = None
    units: Amount | None = None
    risk: Amount | None = None


class RulesForm(BaseModel):
    """When a strategy enters and leaves, how far its stop and target lie, how much it buys.

    `entry` and `exit` are conditions of the expression language; one's custom indicators may be named in them.
    """

    model_config = ConfigDict(extra="forbid")

    interval: Interval
    side: Literal["long", "short"] = "long"
    entry: Text = Field(examples=["crossover(ema(close, 20), ema(close, 50)) and rsi(14) < 70"])
    exit: Text | None = None
    stop: DistanceForm | None = None
    target: DistanceForm | None = None
    trailing: DistanceForm | None = None
    size: SizeForm = Field(default_factory=lambda: SizeForm(percent="10"))
    max_bars: Annotated[int, Field(ge=1, le=100_000)] | None = None
    max_positions: Annotated[int, Field(ge=1, le=500)] = 1

    def written(self) -> dict[str, Any]:
        """Write it as it is kept and read."""
        given = self.model_dump(mode="json")
        for name in ("stop", "target", "trailing", "size"):
            if given[name] is not None:
                given[name] = {key: value for key, value in given[name].items() if value is not None}
        given["exit"] = given["exit"] or None
        return given


class DistanceOut(BaseModel):
    """`percent` of the price, or `atr` times the ATR of `period` bars."""

    percent: str | None = None
    atr: str | None = None
    period: int | None = None


class SizeOut(BaseModel):
    """One of them."""

    percent: str | None = None
    cash: str | None = None
    units: str | None = None
    risk: str | None = None


class StrategyRulesOut(BaseModel):
    """The rules of a strategy."""

    interval: Interval
    side: Literal["long", "short"]
    entry: str
    exit: str | None = None
    stop: DistanceOut | None = None
    target: DistanceOut | None = None
    trailing: DistanceOut | None = None
    size: SizeOut
    max_bars: int | None = None
    max_positions: int
