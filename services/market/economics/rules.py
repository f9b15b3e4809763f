"""Read a file of economic series. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

MOST_DIGITS = 30
_KEY = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$")
_FACT_CHARS = 120
_SMALLEST, _LARGEST = -20, 18


class UnreadableFile(Exception):
    """The file is no CSV with the columns that are needed."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A figure, with what its row tells of its series."""

    key: str
    day: date
    value: Decimal
    name: str | None
    unit: str | None
    source: str | None
    frequency: str | None


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that was refused. `line` as an editor counts."""

    line: int
    message: str


def read(text: str) -> Iterator[Observation | Problem]:
    """Read figures: columns series, date (a day) and value, and as one likes name, unit, source, frequency.

    Raises UnreadableFile.
    """
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        if not {"series", "date", "value"} <= set(names):
            raise UnreadableFile("The first line must name the columns series, date and value.")
        for cells in reader:
            if cells:
                yield _observation(reader.line_num, dict(zip(names, cells, strict=False)))
    except csv.Error as error:
        raise UnreadableFile(f"Line {reader.line_num}: {error}") from error


def _observation(line: int, row: dict[str, str]) -> Observation | Problem:
    key, day, value = (row.get(name, "").strip() for name in ("series", "date", "value"))
    if not _KEY.match(key):
        return Problem(line, f"{key[:40]!r} is no name of a series.")
    try:
        when = date.fromisoformat(day)
    except ValueError:
        return Problem(line, f"{day[:40]!r} is no date.")
    number = _number(value)
    if number is None:
        return Problem(line, f"{value[:40]!r} is no number.")
    return Observation(key, when, number, *(_fact(row, name) for name in ("name", "unit", "source", "frequency")))


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or len(number.as_tuple().digits) > MOST_DIGITS:
        return None
    return number if number == 0 or _SMALLEST <= number.adjusted() <= _LARGEST else None


def _fact(row: dict[str, str], name: str) -> str | None:
    text = " ".join("".join(char if char.isprintable() else " " for char in row.get(name, "")).split())
    return text[:_FACT_CHARS] or None
