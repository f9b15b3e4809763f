"""What is wrong with an expression, and how large one may be."""

from __future__ import annotations

from dataclasses import dataclass


class ExprError(ValueError):
    """A text is no expression. `column` counts characters from 1; `code` is stable, `message` is for the person.

    Codes: syntax, unknown_name, wrong_kind, wrong_count, bad_period, bad_number, bad_instrument, bad_interval,
    nested_at, no_series, too_long, too_many_nodes, too_deep, too_many_inputs, too_much_history.
    """

    def __init__(self, code: str, message: str, column: int) -> None:
        super().__init__(f"{message} (column {column})")
        self.code, self.message, self.column = code, message, column


@dataclass(frozen=True, slots=True)
class Limits:
    """How large an expression may be. `history` bounds the bars that pass before it can have its first value.

    One period is at most 2,000 bars whatever the limits are.
    """

    characters: int = 2_000
    nodes: int = 200
    depth: int = 50
    history: int = 5_000
    inputs: int = 5


DEFAULT = Limits()
LONGEST_PERIOD = 2_000
