"""What a custom indicator may be. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.quant.expr import Expr, ExprError, check_name, names_in, parse_with

MOST_INDICATORS = 50


@dataclass(frozen=True, slots=True)
class Indicator:
    """A named expression of a person. `expression` is as written, and may use other names of the same person."""

    id: UUID
    user_id: UUID
    name: str
    expression: str
    about: str
    created_at: datetime
    updated_at: datetime


class Wrong(ValueError):
    """What is wrong with a name or an expression. field: `/name` or `/expression`."""

    def __init__(self, field: str, error: ExprError) -> None:
        super().__init__(str(error))
        where = f" (column {error.column})" if field == "/expression" else ""
        self.field, self.code, self.message = field, error.code, f"{error.message}{where}"


def read(name: str, expression: str, others: Mapping[str, str]) -> Expr:
    """Read an expression that is to have this name. others: all that the person has named. Raises Wrong."""
    try:
        check_name(name)
    except ExprError as error:
        raise Wrong("/name", error) from error
    try:
        # Its own name among them, so that a name that means itself in the end is found.
        return parse_with(expression, {**others, name: expression})
    except ExprError as error:
        raise Wrong("/expression", error) from error


def users_of(name: str, others: Mapping[str, str]) -> list[str]:
    """Name those that use a name themselves."""
    return sorted(other for other, text in others.items() if names_in(text, {name: ""}))
