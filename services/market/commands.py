"""What operators run by hand: `python -m services.market import-instruments FILE --format kite` and its like."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from libs.common.db import Database
from libs.common.logging import configure_logging
from services.market.companies.files import UnreadableFile as UnreadableEvents
from services.market.companies.service import CompanyEvents
from services.market.economics.rules import UnreadableFile as UnreadableSeries
from services.market.economics.service import Economics
from services.market.exchanges import EXCHANGES
from services.market.imports.formats import Format
from services.market.imports.service import DONE, Imports
from services.market.news import rules as news_rules
from services.market.news.files import UnreadableFile as UnreadableNews
from services.market.news.files import unpack
from services.market.news.service import Newsroom
from services.market.settings import MarketSettings

IMPORT = "import-instruments"
IMPORT_NEWS = "import-news"
IMPORT_NAMES = "import-news-names"
IMPORT_ECONOMICS = "import-economics"
IMPORT_COMPANIES = "import-company-events"
COMMANDS = (IMPORT, IMPORT_NEWS, IMPORT_NAMES, IMPORT_ECONOMICS, IMPORT_COMPANIES)

_SHOWN_PROBLEMS = 100


def run(command: str, arguments: Sequence[str]) -> int:
    """Run one of COMMANDS. Returns the exit code: 0 when the file was worked through, 1 when it could not be read."""
    parser = argparse.ArgumentParser(prog=f"python -m services.market {command}")
    parser.add_argument("file", type=Path)
    if command == IMPORT:
        parser.add_argument("--format", type=Format, choices=list(Format), required=True)
        parser.add_argument("--valid-from", type=date.fromisoformat, default=None, help="since when its names hold")
    elif command == IMPORT_NEWS:
        parser.add_argument("--source", default=None, help="of rows that name none; by default the file's name")
    elif command in (IMPORT_NAMES, IMPORT_COMPANIES):
        parser.add_argument("--exchange", choices=list(EXCHANGES), default="NSE")
    given = parser.parse_args(arguments)
    settings = MarketSettings()
    configure_logging("market", level=settings.log_level, log_format=settings.log_format)
    if command == IMPORT:
        return asyncio.run(import_file(settings, given.file, given.format, given.valid_from))
    if command == IMPORT_NEWS:
        return asyncio.run(import_news(settings, given.file, given.source))
    if command == IMPORT_NAMES:
        return asyncio.run(import_names(settings, given.file, given.exchange))
    if command == IMPORT_COMPANIES:
        return asyncio.run(import_company_events(settings, given.file, given.exchange))
    return asyncio.run(import_economics(settings, given.file))


async def import_file(settings: MarketSettings, file: Path, format_: Format, valid_from: date | None) -> int:
    """Take a list of instruments in and say what it brought. Returns the exit code."""
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
    _tell_problems((problem["line"], problem["message"]) for problem in done.problems)
    return 0


async def import_news(settings: MarketSettings, file: Path, source: str | None) -> int:
    """Take headlines in and say what they brought. Returns the exit code."""
    db = Database(settings)
    name = news_rules.plain_text(source or file.name, news_rules.SOURCE_CHARS)
    try:
        newsroom = Newsroom(db, fresh=settings.news_fresh, keep=settings.news_keep)
        report = await newsroom.import_file(await asyncio.to_thread(file.read_bytes), name)
    except UnreadableNews as error:
        return _unreadable(file, error)
    finally:
        await db.close()
    sys.stdout.write(
        f"{report.rows} rows: {report.added} new, of which {report.linked} name an instrument, "
        f"{report.known} known, {len(report.problems)} refused\n"
    )
    _tell_problems((problem.line, problem.message) for problem in report.problems)
    return 0


async def import_names(settings: MarketSettings, file: Path, exchange: str) -> int:
    """Take names in by which headlines call instruments. Returns the exit code."""
    db = Database(settings)
    try:
        newsroom = Newsroom(db, fresh=settings.news_fresh, keep=settings.news_keep)
        added, unknown = await newsroom.import_names(await asyncio.to_thread(file.read_bytes), exchange)
    except UnreadableNews as error:
        return _unreadable(file, error)
    finally:
        await db.close()
    sys.stdout.write(f"{added} new names; {unknown} symbols are no instruments of {exchange} that we know\n")
    return 0


async def import_economics(settings: MarketSettings, file: Path) -> int:
    """Take economic series in and say what they brought. Returns the exit code."""
    db = Database(settings)
    try:
        text = unpack(await asyncio.to_thread(file.read_bytes))
        report = await Economics(db).import_text(text)
    except (UnreadableNews, UnreadableSeries) as error:
        return _unreadable(file, error)
    finally:
        await db.close()
    sys.stdout.write(
        f"{report.rows} rows: {report.series} series, {report.changed} figures new or changed, "
        f"{len(report.problems)} refused\n"
    )
    _tell_problems((problem.line, problem.message) for problem in report.problems)
    return 0


async def import_company_events(settings: MarketSettings, file: Path, exchange: str) -> int:
    """Take results days and ex-days in and say what they brought. Returns the exit code."""
    db = Database(settings)
    try:
        content = await asyncio.to_thread(file.read_bytes)
        report = await CompanyEvents(db).import_file(content, exchange, by=None)
    except UnreadableEvents as error:
        return _unreadable(file, error)
    finally:
        await db.close()
    sys.stdout.write(
        f"{report.events} events: {report.added} new, {report.changed} changed, {report.withdrawn} no more, "
        f"{len(report.unknown)} symbols that {exchange} lacks, {len(report.problems)} rows refused\n"
    )
    _tell_problems((problem.line, problem.message) for problem in report.problems)
    return 0


def _unreadable(file: Path, error: Exception) -> int:
    sys.stderr.write(f"{file}: {error}\n")
    return 1


def _tell_problems(problems: Iterable[tuple[int, str]]) -> None:
    for number, (line, message) in enumerate(problems):
        if number < _SHOWN_PROBLEMS:
            sys.stdout.write(f"  line {line}: {message}\n")
