"""A line of a file, checked as the call that creates one alert is."""

from __future__ import annotations

from datetime import datetime

from pydantic import ValidationError

from libs.common.errors import FieldError, InvalidInput
from libs.common.web.problems import field_errors
from libs.contracts.alerts import AlertStatus
from services.alerts.bulk import sheets
from services.alerts.bulk.rules import Row
from services.alerts.bulk.sheets import Line
from services.alerts.definitions.api import AlertCreate


def row_of(line: Line, now: datetime) -> Row:
    """Read a line: what is wrong with it stands by column. An alert that is not active in the file begins paused."""
    symbol, status = line.cells.get("symbol", ""), line.cells.get("status", AlertStatus.ACTIVE)
    if status not in set(AlertStatus):
        known = ", ".join(AlertStatus)
        error = FieldError("status", "unknown_status", f"A status is one of {known}.")
        return Row(line.number, symbol, None, errors=(error,))
    try:
        wish = AlertCreate.model_validate(sheets.members(line.cells))
        draft = wish.to_draft(now)
    except ValidationError as error:
        located = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
        return Row(line.number, symbol, None, errors=sheets.by_column(field_errors(located)))
    except InvalidInput as problem:
        return Row(line.number, symbol, None, errors=sheets.by_column(problem.errors))
    return Row(line.number, symbol, draft, paused=status != AlertStatus.ACTIVE)
