"""Types of request members that need more care than pydantic's own."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from libs.common.money import MAX_PRICE

_FINEST = Decimal("0.0001")


def _from_text(value: Any) -> Decimal:
    """Take a JSON number (already a Decimal or int, see `json_body`) or a string that writes one."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise PydanticCustomError("price_type", "A price is a number or a string that holds one.")
    if isinstance(value, str) and (len(value) > 40 or not value.isascii() or "_" in value or value != value.strip()):
        raise PydanticCustomError("price_type", "A price is a number or a string that holds one.")
    try:
        return Decimal(value)
    except ArithmeticError as error:
        raise PydanticCustomError("price_type", "A price is a number or a string that holds one.") from error


def _within_bounds(value: Decimal) -> Decimal:
    if value <= 0:
        raise PydanticCustomError("price_not_positive", "A price is greater than 0.")
    if value > MAX_PRICE:
        raise PydanticCustomError("price_too_large", "A price is at most {most}.", {"most": str(MAX_PRICE)})
    # Compared, since `normalize` rounds: to 28 digits, and to 0 what is too small for the context.
    if value != value.quantize(_FINEST):
        raise PydanticCustomError("price_too_precise", "A price has at most 4 decimals.")
    return value


PriceIn = Annotated[
    Decimal,
    BeforeValidator(_from_text),
    AfterValidator(_within_bounds),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0, "maximum": 99999999999999.9999},
                {"type": "string", "pattern": r"^\d{1,14}(\.\d{1,4})?$"},
            ],
            "examples": ["230.00", 230.1],
        }
    ),
]
"""A price from a client: a JSON number or a string, exact, above 0, at most 4 decimals (decisions 15)."""
