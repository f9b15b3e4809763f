"""What is wrong with a strategy's rules."""

from __future__ import annotations


class RulesError(ValueError):
    """A document is no strategy. `field` is a JSON pointer into it, `column` counts the characters of an expression.

    Codes: required, unknown_field, wrong_type, wrong_value, out_of_range, too_precise, needs_stop, needs_exit, and
    those of ExprError.
    """

    def __init__(self, code: str, field: str, message: str, column: int | None = None) -> None:
        super().__init__(f"{field}: {message}")
        self.code, self.field, self.message, self.column = code, field, message, column
