"""Reads what was stored: each answers with the value, or raises TypeError or ValueError when it does not fit."""

from __future__ import annotations


def whole(value: object) -> int:
    """Read a whole number."""
    if type(value) is not int:
        raise TypeError(f"{value!r:.40} is not a whole number")
    return value


def number(value: object) -> float:
    """Read a number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{value!r:.40} is not a number")
    return float(value)


def many(value: object, most: int) -> list[object]:
    """Read a list of at most so many."""
    if not isinstance(value, list):
        raise TypeError(f"{value!r:.40} is not a list")
    if len(value) > most:
        raise ValueError(f"there are more than {most}")
    return value
