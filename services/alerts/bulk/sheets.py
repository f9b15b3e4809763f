"""The CSV form of alerts: one a line, one column for each thing that an alert may say. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from libs.common.errors import FieldError, InvalidInput
from libs.common.money import plain
from services.alerts.definitions.forms import RuleForm, TermsForm
from services.alerts.definitions.rules import Alert

MOST_ROWS = 1_000
LIST_SIGN = ";"
"""Parts tags, and channels, within their cell."""

RULE = tuple(RuleForm.model_fields)
TERMS = tuple(TermsForm.model_fields)
SIGNAL = ("strategy_id", "side")
SAID = ("symbol", "alert_type", "condition", "threshold_price", *RULE, "expression", *SIGNAL, *TERMS)
REST = ("note", "tags", "message", "channels", "expires_at", "status")
COLUMNS = (*SAID, *REST)
"""What an import reads."""
SHOWN = ("name", "currency", "words", "created_at", "triggered_at", "id")
"""What an export tells besides; an import passes it over."""

_ALIASES = {"stock_symbol": "symbol", "ticker": "symbol", "instrument": "symbol", "price": "threshold_price"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for a formula when a cell begins with it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file that says something. `number` as an editor counts; `cells` by column, none of them empty."""

    number: int
    cells: Mapping[str, str]


def read(text: str) -> list[Line]:
    """Read a file. Raises InvalidInput at `/file` for what is no table of alerts."""
    lines = text.removeprefix("\ufeff")
    head = lines.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(lines, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
    try:
        names = [_column(name) for name in next(reader, [])]
        _check_columns(names)
        found = []
        for cells in reader:
            said = {
                name: _unguarded(cell.strip())
                for name, cell in zip(names, cells, strict=False)
                if name in COLUMNS and cell.strip()
            }
            if said:
                found.append(Line(reader.line_num, said))
            if len(found) > MOST_ROWS:
                raise InvalidInput.of("/file", "too_many_rows", f"A file holds at most {MOST_ROWS} alerts. Cut it up.")
    except csv.Error as error:
        raise InvalidInput.of("/file", "unreadable", f"Line {reader.line_num} cannot be read: {error}.") from error
    if not found:
        raise InvalidInput.of("/file", "empty", "The file holds no alert.")
    return found


def written(alerts: list[Alert]) -> str:
    """Write alerts as lines, without the head."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(_cells(alert) for alert in alerts)
    return out.getvalue()


def head() -> str:
    """Write the first line."""
    return ",".join((*COLUMNS, *SHOWN)) + "\r\n"


def members(cells: Mapping[str, str]) -> dict[str, Any]:
    """Turn a line into the members of the call that creates one alert: texts, lists, yes and no."""
    found: dict[str, Any] = {name: cells[name] for name in ("alert_type", "condition", "expression") if name in cells}
    found |= {name: cells[name] for name in ("threshold_price", "note", "message", "expires_at") if name in cells}
    found |= {name: _plain_value(cells[name]) for name in TERMS if name in cells}
    found |= {
        name: [part.strip() for part in cells[name].split(LIST_SIGN) if part.strip()]
        for name in ("tags", "channels")
        if name in cells
    }
    rule = {name: cells[name] for name in RULE if name in cells}
    if rule:
        found["rule"] = rule
    if found.get("alert_type") == "signal":
        found["signal"] = {name: cells[name] for name in SIGNAL if name in cells}
    found["stock_symbol"] = cells.get("symbol", "")
    found.setdefault("alert_type", "expression" if "expression" in found else "price" if rule else "threshold")
    return found


def column_of(pointer: str) -> str:
    """Name the column of a member that was refused: `/rule/low` is `low`."""
    last = next((part for part in reversed(pointer.split("/")) if part and not part.isdigit()), "symbol")
    return _ALIASES.get(last, last)


def by_column(errors: Sequence[FieldError]) -> tuple[FieldError, ...]:
    """Tell what was refused by column."""
    return tuple(FieldError(column_of(error.field), error.code, error.message) for error in errors)


def _cells(alert: Alert) -> Iterator[str]:
    rule = alert.rule or {}
    values: dict[str, Any] = {
        "symbol": alert.instrument,
        "alert_type": alert.alert_type.value,
        "condition": alert.condition,
        "threshold_price": None if alert.threshold_price is None else plain(alert.threshold_price),
        **rule.get("rule", {}),
        **rule.get("signal", {}),
        **{name: value for name, value in rule.items() if name not in ("rule", "signal")},
        "note": alert.note,
        "tags": LIST_SIGN.join(alert.tags),
        "message": alert.message,
        "channels": None if alert.channels is None else LIST_SIGN.join(alert.channels),
        "expires_at": alert.expires_at,
        "status": alert.status.value,
        "name": alert.name,
        "currency": alert.currency,
        "words": alert.words,
        "created_at": alert.created_at,
        "triggered_at": alert.triggered_at,
        "id": alert.id,
    }
    return (_guarded(_text(values.get(name))) for name in (*COLUMNS, *SHOWN))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _plain_value(text: str) -> Any:
    return {"yes": True, "true": True, "no": False, "false": False}.get(text.lower(), text)


def _column(name: str) -> str:
    name = name.strip().lower().replace(" ", "_")
    return _ALIASES.get(name, name)


def _check_columns(names: list[str]) -> None:
    if "symbol" not in names:
        raise InvalidInput.of("/file", "no_symbol", "The first line must name the columns, `symbol` among them.")
    unknown = sorted({name for name in names if name and name not in (*COLUMNS, *SHOWN)})
    if unknown:
        message = f"There is no column {unknown[0][:40]!r}. There are: {', '.join(COLUMNS)}."
        raise InvalidInput.of("/file", "unknown_column", message)
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice is not None:
        raise InvalidInput.of("/file", "column_twice", f"The column {twice!r} comes twice.")


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell
