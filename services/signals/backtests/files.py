"""A report as a file: JSON as it is, CSV of its trades or its points, a PDF to print."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from services.signals.backtests.pdf import report_pdf

MEDIA_TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8", "pdf": "application/pdf"}

TRADE_COLUMNS = (
    "symbol", "side", "units", "entry_at", "entry_price", "exit_at", "exit_price", "reason", "costs", "pnl", "bars",
    "mae", "mfe", "dividends",
)  # fmt: skip

_RISKY = ("=", "+", "-", "@", "\t", "\r")


async def made(file: str, report: bytes) -> bytes:
    """Make a file of a report's JSON, outside the event loop."""
    makers: Mapping[str, Callable[[bytes], bytes]] = {"json": lambda body: body, "csv": as_csv, "pdf": _as_pdf}
    return await asyncio.to_thread(makers[file], report)


def as_csv(report: bytes) -> bytes:
    """Write a run's trades, or the points of a sweep and the folds of a walk-forward, one a line."""
    read = orjson.loads(report)
    if read["kind"] == "run":
        return _table(TRADE_COLUMNS, read["trades"])
    rows = [{**point["values"], **point["figures"]} for point in read["points" if read["kind"] == "sweep" else "folds"]]
    return _table(tuple(dict.fromkeys(name for row in rows for name in row)), rows)


def _table(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_cell(column) for column in columns])
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    """Keep a spreadsheet from taking a person's text for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_RISKY) else value


def _as_pdf(report: bytes) -> bytes:
    return report_pdf(orjson.loads(report))
