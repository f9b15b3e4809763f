"""What operators run by hand: `python -m services.market import-instruments FILE --format kite`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from libs.common.db import Database
from libs.common.logging import configure_logging
from services.market.imports.formats import Format
from services.market.imports.service import DONE, Imports
from services.market.settings import MarketSettings

IMPORT = "import-instruments"


def run(arguments: Sequence[str]) -> int:
    """Run a command. Returns the exit code: 0 when the file was worked through, 1 when it could not be read."""
    parser = argparse.ArgumentParser(prog=f"python -m services.market {IMPORT}")
    parser.add_argument("file", type=Path)
    parser.add_argument("--format", type=Format, choices=list(Format), required=True)
    parser.add_argument("--valid-from", type=date.fromisoformat, default=None, help="since when its names hold")
    given = parser.parse_args(arguments)
    settings = MarketSettings()
    configure_logging("market", level=settings.log_level, log_format=settings.log_format)
    return asyncio.run(import_file(settings, given.file, given.format, given.valid_from))


async def import_file(settings: MarketSettings, file: Path, format_: Format, valid_from: date | None) -> int:
    """Take a file in and say what it brought. Returns the exit code."""
    db = Database(settings)
    try:
        imports = Imports(db, settings.provider)
        row = await imports.hand_in(None, format_, file.name, await asyncio.to_thread(file.read_bytes), valid_from)
        await imports.run(row.id)
        done = await imports.get(row.id)
    finally:
        await db.close()
    if done.state != DONE:
        sys.stderr.write(f"{file}: {done.error}\n")
        return 1
    sys.stdout.write(
        f"{done.rows} rows: {done.added} new, {done.changed} changed, {done.unchanged} as they were, "
        f"{done.skipped} not for us, {done.refused} refused\n"
    )
    for problem in done.problems:
        sys.stdout.write(f"  line {problem['line']}: {problem['message']}\n")
    return 0
