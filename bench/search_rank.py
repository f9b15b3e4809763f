"""How soon the search finds what somebody meant who mistyped it.

`python -m bench.search_rank [--lists FOLDER]`: instruments of the folder's lists (NSE's equity list, the S&P 500);
without one, the names that the product ships. Of each asked instrument the symbol, and the beginning of its name, are
typed with one slip: a letter left out, doubled, swapped with the next, or its neighbour on the keyboard. The peers are
what most searches are: names and symbols that hold the text, and trigrams in their plain order.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import gzip
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bench.report import Report, finish
from libs.common import migrations
from libs.common.db import Database
from libs.common.pagination import Cursors, PageRequest
from libs.common.provision import MIGRATE_ROLE, SERVICES, provision, role_of
from libs.common.stores import EmbeddedPostgres
from services.market.instruments.service import Instruments
from services.market.instruments.tables import InstrumentRow
from services.market.listings import US_LISTINGS
from services.market.settings import MarketSettings

PASSWORD = "bench"
ASKED = 600
SHOWN = 10
MISSED = SHOWN + 1
ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
NEIGHBOURS = {row[i]: row[i - 1 : i] + row[i + 1 : i + 2] for row in ROWS for i in range(len(row))}

Listed = tuple[str, str, str]
"""Exchange, symbol, name."""
Search = Callable[[str], Awaitable[Sequence[str]]]


def lists_of(folder: Path) -> list[Listed]:
    found = []
    with gzip.open(next(folder.glob("nse_equity_list*.csv.gz")), "rt", encoding="utf-8-sig") as file:
        found += [("NSE", row["SYMBOL"], row["NAME OF COMPANY"]) for row in csv.DictReader(file)]
    with (folder / "sp500_constituents.csv").open(encoding="utf-8-sig") as file:
        found += [("NYSE", row["Symbol"], row["Security"]) for row in csv.DictReader(file)]
    return found


def shipped() -> list[Listed]:
    return [(listing.exchange, symbol, listing.name) for symbol, listing in US_LISTINGS.items()]


def mistyped(text: str, draw: random.Random) -> str:
    """Make one slip, behind the first letter: that one people hit."""
    places = [place for place in range(1, len(text)) if text[place].isalpha()]
    place = draw.choice(places)
    letter = text[place]
    wrong = [
        text[:place] + text[place + 1 :],
        text[:place] + letter + text[place:],
        text[:place] + draw.choice(NEIGHBOURS.get(letter.lower(), "x")) + text[place + 1 :],
    ]
    if place + 1 < len(text) and text[place + 1] != letter:
        wrong.append(text[:place] + text[place + 1] + letter + text[place + 2 :])
    return draw.choice(wrong)


def questions(listed: Sequence[Listed]) -> list[tuple[str, str, str]]:
    """Give kind, text and the instrument that is meant; of symbols those of five letters and more."""
    draw = random.Random(7)
    symbols = [one for one in listed if len(one[1]) >= 5 and one[1].isalpha()]
    names = [one for one in listed if len(one[2].split()) > 1 and len(one[2].split()[0]) >= 4]
    made = []
    for exchange, symbol, _ in draw.sample(symbols, min(ASKED, len(symbols))):
        made.append(("symbol", mistyped(symbol.lower(), draw), f"{exchange}:{symbol}"))
    for exchange, symbol, name in draw.sample(names, min(ASKED, len(names))):
        made.append(("name", mistyped(" ".join(name.split()[:2]).lower(), draw), f"{exchange}:{symbol}"))
    return made


async def holding(session: AsyncSession, text: str) -> Sequence[str]:
    """The first peer: what holds the text, by symbol."""
    held = or_(InstrumentRow.symbol.ilike(f"%{text}%"), InstrumentRow.name.ilike(f"%{text}%"))
    query = select(InstrumentRow.instrument).where(held).order_by(InstrumentRow.symbol).limit(SHOWN)
    return (await session.scalars(query)).all()


async def by_trigrams(session: AsyncSession, text: str) -> Sequence[str]:
    """The second peer: the likeness of symbol or name, by trigrams."""
    alike = func.greatest(func.similarity(InstrumentRow.symbol, text), func.similarity(InstrumentRow.name, text))
    query = select(InstrumentRow.instrument).order_by(alike.desc(), InstrumentRow.symbol).limit(SHOWN)
    return (await session.scalars(query)).all()


async def ranks(search: Search, asked: Sequence[tuple[str, str, str]]) -> tuple[dict[str, list[int]], list[float]]:
    """Ask each question. Returns the meant one's places by kind (11: not among ten), and the milliseconds."""
    places: dict[str, list[int]] = {"symbol": [], "name": []}
    took = []
    for kind, text, meant in asked:
        began = time.perf_counter()
        found = list(await search(text))
        took.append(1_000 * (time.perf_counter() - began))
        places[kind].append(found.index(meant) + 1 if meant in found else MISSED)
    return places, took


def share(places: Sequence[int], within: int) -> float:
    return 100 * sum(place <= within for place in places) / len(places)


async def measure(server: EmbeddedPostgres, listed: Sequence[Listed], report: Report) -> None:
    await provision(server.url(), dict.fromkeys((MIGRATE_ROLE, *map(role_of, SERVICES)), PASSWORD))

    def url(role: str) -> str:
        return f"postgresql://{role}:{PASSWORD}@{server.host}:{server.port}/sharewise"

    await migrations.upgrade(url(MIGRATE_ROLE), "market")
    db = Database(MarketSettings(database_url=url(role_of("market"))))
    async with db.transaction() as tx:
        await (await tx.driver()).executemany(
            """INSERT INTO instruments (instrument, exchange, symbol, name, currency, provider)
            VALUES ($1 || ':' || $2, $1, $2, $3, 'INR', 'bench') ON CONFLICT DO NOTHING""",
            listed,
        )
    async with db.transaction() as tx:
        await (await tx.driver()).execute("ANALYZE instruments")
    room = Instruments(db)
    asked = questions(listed)
    report.note(f"{len(listed):,} instruments, {len(asked):,} mistyped questions")

    async def ours(text: str) -> Sequence[str]:
        found = await room.search(text, None, PageRequest(Cursors(SecretStr(PASSWORD)), SHOWN))
        return [row.instrument for row in found.items]

    def peer(way: Callable[[AsyncSession, str], Awaitable[Sequence[str]]]) -> Search:
        async def search(text: str) -> Sequence[str]:
            async with db.read() as session:
                return await way(session, text)

        return search

    results = {}
    for name, search in (("ours", ours), ("holds the text", peer(holding)), ("trigrams", peer(by_trigrams))):
        places, took = await ranks(search, asked)
        results[name] = places
        took.sort()
        for kind, those in places.items():
            first, among = share(those, 1), share(those, 5)
            mean = sum(1 / place if place < MISSED else 0 for place in those) / len(those)
            report.note(f"{name}, {kind}: first {first:.1f} %, among five {among:.1f} %, mean reciprocal {mean:.3f}")
        report.note(f"{name}: median {took[len(took) // 2]:.1f} ms, p95 {took[len(took) * 95 // 100]:.1f} ms")
    await db.close()
    report.at_least("a mistyped symbol among the first five", share(results["ours"]["symbol"], 5), 90, "%")
    report.at_least("a mistyped name among the first five", share(results["ours"]["name"], 5), 95, "%")
    ours_first, peer_first = (
        sum(share(each, 1) for each in results[name].values()) / 2 for name in ("ours", "trigrams")
    )
    report.at_least("the meant one first, of both, ahead of trigrams", ours_first - peer_first, 0, "points")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--lists", type=Path)
    wanted = arguments.parse_args()
    report = Report("search: where the meant one stands after a typing mistake")
    listed = shipped() if wanted.lists is None else lists_of(wanted.lists)
    with tempfile.TemporaryDirectory(prefix="bench", ignore_cleanup_errors=True) as folder:
        server = EmbeddedPostgres(Path(folder), password=PASSWORD, durable=False)
        server.start()
        try:
            asyncio.run(measure(server, listed, report))
        finally:
            server.stop()
    finish(report)


if __name__ == "__main__":
    main()
