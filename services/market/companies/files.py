"""Read a file of dated company events. What a file is, its header tells. Pure.

- NSE's corporate actions: SYMBOL, PURPOSE, EX-DATE, and as it likes RECORD DATE, FACE VALUE.
- NSE's board meetings and event calendar: SYMBOL, PURPOSE, MEETING DATE or DATE, and as it likes DETAILS.
- A plain table of actions: symbol, date, dividend, split_ratio (new shares for each old one).
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction

from services.market.companies import wording
from services.market.companies.wording import EventKind, Said

MOST_ROWS = 20_000
MOST_BYTES = 16 * 1024 * 1024
_SHOWN_CHARS = 40
_FIRST, _LAST = date(1990, 1, 1), date(2100, 1, 1)
_SYMBOL = re.compile(r"^[A-Z0-9][A-Z0-9.&_-]{0,29}$")
_DAY_FORMS = ("%d-%b-%Y", "%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y")
_TOO_LARGE, _MOST_DIGITS = 1_000_000, 20
_DAY_NAMES = ("EX_DATE", "MEETING_DATE", "BOARD_MEETING_DATE", "DATE")


class UnreadableFile(Exception):
    """The file is no CSV with the columns that are needed."""


class Source(StrEnum):
    """What a file is; each kind of file is a source of its own, which alone takes back what it told."""

    NSE_ACTIONS = "nse-actions"
    NSE_MEETINGS = "nse-meetings"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Dated:
    """An event of a company on its day: the ex-day, of results the day of the meeting."""

    symbol: str
    day: date
    record_day: date | None
    said: Said


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that was refused. `line` as an editor counts."""

    line: int
    message: str


def read(content: bytes) -> tuple[Source, Sequence[Dated | Problem]]:
    """Read a file, plain or gzip, and say what it is; a row may tell of several events.

    Raises UnreadableFile, also for a file of too many rows.
    """
    try:
        text = _unpacked(content).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise UnreadableFile(f"The file cannot be read: {error}") from error
    reader = csv.reader(io.StringIO(text, newline=""))
    found: list[Dated | Problem] = []
    try:
        names = [re.sub(r"[^A-Z0-9]+", "_", name.strip().upper()).strip("_") for name in next(reader, [])]
        source, rows = _form_of(set(names))
        for number, cells in enumerate(filter(None, reader)):
            if number == MOST_ROWS:
                raise UnreadableFile(f"The file has more than {MOST_ROWS:,} rows: hand it in in parts.")
            found += rows(reader.line_num, {name: cell.strip() for name, cell in zip(names, cells, strict=False)})
    except csv.Error as error:
        raise UnreadableFile(f"Line {reader.line_num}: {error}") from error
    return source, found


def _unpacked(content: bytes) -> bytes:
    if not content.startswith(b"\x1f\x8b"):
        return content
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
        plain = file.read(MOST_BYTES + 1)
    if len(plain) > MOST_BYTES:
        raise OSError(f"unpacked it has more than {MOST_BYTES:,} bytes")
    return plain


Row = Mapping[str, str]


def _form_of(names: set[str]) -> tuple[Source, Callable[[int, Row], Iterator[Dated | Problem]]]:
    """Choose how a file's rows are read, by the names of its columns."""
    if {"SYMBOL", "DATE", "DIVIDEND", "SPLIT_RATIO"} <= names:
        return Source.TABLE, _plain_action
    if {"SYMBOL", "PURPOSE", "EX_DATE"} <= names:
        return Source.NSE_ACTIONS, _nse_action
    if {"SYMBOL", "PURPOSE"} <= names and names & set(_DAY_NAMES):
        return Source.NSE_MEETINGS, _nse_meeting
    raise UnreadableFile(
        "The first line must name SYMBOL, PURPOSE and EX-DATE (corporate actions), SYMBOL, PURPOSE and MEETING DATE or "
        "DATE (board meetings), or symbol, date, dividend and split_ratio."
    )


def _nse_action(line: int, row: Row) -> Iterator[Dated | Problem]:
    found = _symbol_and_day(line, row)
    if isinstance(found, Problem):
        yield found
        return
    symbol, day = found
    record_day, face_value = _day(row.get("RECORD_DATE", "")), _number(row.get("FACE_VALUE", ""))
    told = wording.read(row.get("PURPOSE", ""), face_value)
    if not told:
        yield Problem(line, "The row tells no purpose.")
    for said in told:
        yield Dated(symbol, day, record_day, said)


def _nse_meeting(line: int, row: Row) -> Iterator[Dated | Problem]:
    """A board meeting: results are one event, whatever else the board speaks of."""
    found = _symbol_and_day(line, row)
    if isinstance(found, Problem):
        yield found
        return
    symbol, day = found
    purpose, details = wording.plain(row.get("PURPOSE", "")), wording.plain(row.get("DETAILS", ""))
    if not purpose:
        yield Problem(line, "The row tells no purpose.")
        return
    tells_results = re.search(r"\bresults?\b", f"{purpose} {details}", re.IGNORECASE) is not None
    yield Dated(symbol, day, None, Said(EventKind.RESULTS if tells_results else EventKind.MEETING, purpose))


def _plain_action(line: int, row: Row) -> Iterator[Dated | Problem]:
    found = _symbol_and_day(line, row)
    if isinstance(found, Problem):
        yield found
        return
    symbol, day = found
    dividend, ratio = _number(row["DIVIDEND"] or "0"), _number(row["SPLIT_RATIO"] or "0")
    if dividend is None or ratio is None:
        yield Problem(line, "The dividend or the ratio of the split is no number.")
        return
    if amount := wording.money(dividend):
        words = f"Dividend {amount.normalize():f}"
        yield Dated(symbol, day, None, Said(EventKind.DIVIDEND, words, amount=amount))
    if ratio > 0 and ratio != 1:
        shares = Fraction(ratio)
        if max(shares.numerator, shares.denominator) > wording.MOST_SHARES:
            yield Problem(line, f"A split of {ratio} is none of whole shares.")
            return
        new, old = shares.numerator, shares.denominator
        yield Dated(symbol, day, None, Said(EventKind.SPLIT, f"Split {new}:{old}", old_shares=old, new_shares=new))


def _symbol_and_day(line: int, row: Row) -> tuple[str, date] | Problem:
    symbol = row.get("SYMBOL", "").upper()
    if not _SYMBOL.match(symbol):
        return Problem(line, f"{wording.plain(symbol)[:_SHOWN_CHARS]!r} is no symbol.")
    written = next((row[name] for name in _DAY_NAMES if row.get(name)), "")
    day = _day(written)
    return Problem(line, f"{wording.plain(written)[:_SHOWN_CHARS]!r} is no date.") if day is None else (symbol, day)


def _day(text: str) -> date | None:
    for form in _DAY_FORMS:
        try:
            day = datetime.strptime(text, form).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
        return day if _FIRST <= day < _LAST else None
    return None


def _number(text: str) -> Decimal | None:
    """Read a number that fits a price column; None for what is none, also below zero."""
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
    plain_number = number.is_finite() and len(number.as_tuple().digits) <= _MOST_DIGITS
    return number if plain_number and 0 <= number < _TOO_LARGE else None
