"""`python -m services.market import-prices FILE...`: take files of recorded prices into the stored history."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from libs.common.db import Database
from libs.common.errors import StoreUnavailable
from services.market.exchanges import EXCHANGES
from services.market.history.rules import ImportState
from services.market.history.service import History
from services.market.history.tables import PriceImportRow
from services.market.settings import MarketSettings

COMMAND = "import-prices"


def run(arguments: Sequence[str], settings: MarketSettings | None = None) -> int:
    """Import files and report on standard output. Returns 0, 1 where a file could not be imported, 2 for a misuse."""
    parser = argparse.ArgumentParser(prog=f"python -m services.market {COMMAND}", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="CSV (also .gz, .zip) or Parquet")
    parser.add_argument("--exchange", default="NSE", choices=sorted(EXCHANGES), help="of files that do not tell theirs")
    parser.add_argument("--add-unknown", action="store_true", help="make instruments known that we do not have")
    try:
        wanted = parser.parse_args(arguments)
    except SystemExit as misuse:
        return int(misuse.code or 0)
    return asyncio.run(_import(wanted, settings or MarketSettings()))


async def _import(wanted: argparse.Namespace, settings: MarketSettings) -> int:
    db = Database(settings)
    history = History(db, gap_fraction=settings.gap_percent / 100)
    failed = 0
    try:
        for path in wanted.files:
            row = await history.import_file(
                path, wanted.exchange, add_unknown=wanted.add_unknown, progress=_say_progress
            )
            failed += row.state != ImportState.DONE
            sys.stdout.write(f"\r{_report(row)}\n")
    except StoreUnavailable as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    finally:
        await db.close()
    return 1 if failed else 0


def _say_progress(done: int, of: int) -> None:
    if sys.stdout.isatty():
        sys.stdout.write(f"\r{done:,} of {of:,} bars")
        sys.stdout.flush()


def _report(row: PriceImportRow) -> str:
    if row.error is not None:
        return f"{row.file_name}: {row.error}"
    parts = [
        f"{row.file_name}: {row.done:,} bars of {row.instruments:,} instruments, {row.interval}, "
        f"{row.first_day} to {row.last_day}",
        f"{row.added} instruments added" if row.added else "",
        f"{row.refused} rows refused" if row.refused else "",
        f"unknown and left out: {', '.join(row.unknown[:10])}" if row.unknown else "",
        f"{len(row.steps)} steps to look at" if row.steps else "",
    ]
    return "; ".join(part for part in parts if part)
