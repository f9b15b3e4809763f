"""Reading files of recorded prices: what a file holds is told by its columns, never by its name alone.

Known are bhavcopies (UDiFF of NSE and BSE, NSE's old cash file, sec_bhavdata_full), any table with symbol, time, open,
high, low and close, and lists of names. All may be CSV (also .gz or .zip) or Parquet. Column names are compared in
lower case without blanks, dots and underscores; header lines as of the exchanges' pages (UDiFF since July 2024, the old
file until then).
"""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, cast

import pandas as pd

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "symbol": ("tckrsymb", "symbol", "ticker", "tradingsymbol"),
    "time": ("traddt", "timestamp", "date1", "date", "datetime", "ts", "time"),
    "open": ("opnpric", "openprice", "open"),
    "high": ("hghpric", "highprice", "high"),
    "low": ("lwpric", "lowprice", "low"),
    "close": ("clspric", "closeprice", "close"),
    "previous_close": ("prvsclsgpric", "prevclose", "previousclose"),
    "volume": ("ttltradgvol", "tottrdqty", "ttltrdqnty", "volume"),
    "isin": ("isin", "isincode", "isinnumber"),
    "name": ("fininstrmnm", "companyname", "nameofcompany", "security", "name"),
    "exchange": ("src", "exchange", "mic"),
    "series": ("sctysrs", "series"),
    "segment": ("sgmt",),
    "kind": ("fininstrmtp",),
    "expiry": ("expirydt", "expiry"),
}
"""Our word for a column, and the words that files use for it, the surest first."""

_PRICES = ("open", "high", "low", "close")
_NUMBERS = (*_PRICES, "previous_close", "volume")
# Only an exchange's own files count turnover in lakhs or name their columns so.
_NSE_MARKS = frozenset({"tottrdqty", "ttltrdqnty", "turnoverlacs", "delivqty", "deliverablevolume"})
_US_MARKS = frozenset({"cik", "gicssector"})
# Cash shares that trade in the ordinary way; the rest are bonds, funds, SME boards and call auctions.
_NSE_SERIES = ("EQ", "BE")
_EXCHANGE_WORDS = {
    "nse": "NSE",
    "bse": "BSE",
    "nasdaq": "NASDAQ",
    "nyse": "NYSE",
    "us": "US",
    "xnse": "NSE",
    "xbom": "BSE",
}
_ZONES = {"Asia/Kolkata": "NSE", "Asia/Calcutta": "NSE", "America/New_York": "US", "US/Eastern": "US"}
_TIME_FORMATS = ("ISO8601", "%d-%b-%Y", "%m/%d/%Y", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y", "%d-%m-%Y", "%Y%m%d")
_NAME_NOISE = frozenset({"daily", "day", "1d", "eod", "stock", "stocks", "prices", "hourly", "1h", "1min", "minute"})
_MAX_HEADER_BYTES = 64 * 1024

US = "US"
"""Stands for an exchange where a file says no more than the country."""


class Holds(StrEnum):
    BARS = "bars"
    NAMES = "names"


@dataclass(frozen=True, slots=True)
class Table:
    """What a file held, in our words. `frame` has the columns of COLUMNS that were there; numbers are floats.

    `exchange` is told by the file as a whole (None: by a column, or not at all). `refused` rows were left out, since
    their prices cannot belong together.
    """

    holds: Holds
    frame: pd.DataFrame
    exchange: str | None
    refused: int = 0


UNREADABLE = (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error)
"""What a broken file raises, by its kind."""


class NotOurs(Exception):
    """The file holds nothing that can be played; the reason is for the log."""


def is_candidate(path: Path) -> bool:
    """Say whether a file is worth opening."""
    name = path.name.lower()
    return path.is_file() and name.endswith((".csv", ".csv.gz", ".csv.zip", ".zip", ".parquet"))


def read_table(path: Path) -> Table:
    """Read one file. Raises NotOurs, or one of UNREADABLE for a broken file."""
    words = _columns_of(path)
    ours = {our: next(words[their] for their in theirs if their in words) for our, theirs in COLUMNS.items()
            if any(their in words for their in theirs)}  # fmt: skip
    holds = _holds(ours)
    frame = _load(path, list(ours.values())).rename(columns={theirs: our for our, theirs in ours.items()})
    exchange = None if "exchange" in frame else _exchange_told(words.keys(), frame, path)
    if holds is Holds.NAMES:
        return Table(
            holds, _trimmed(frame[[c for c in ("symbol", "name", "isin", "exchange") if c in frame]]), exchange
        )
    bars = _bars(frame, path)
    possible = _is_possible(bars)
    return Table(holds, bars[possible], exchange, refused=int((~possible).sum()))


def _holds(ours: Mapping[str, str]) -> Holds:
    if "expiry" in ours and "kind" not in ours:
        raise NotOurs("it lists derivatives")
    if all(column in ours for column in (*_PRICES, "time")):
        return Holds.BARS
    if "symbol" in ours and "name" in ours:
        return Holds.NAMES
    raise NotOurs("it has neither bars nor names")


def _columns_of(path: Path) -> dict[str, str]:
    """Read the header alone: the plain form of each column's name, and the name as it is written."""
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq  # a third of a second of imports that the default recordings do without

        names = list(pq.read_schema(path).names)
    else:
        names = list(pd.read_csv(path, nrows=0, index_col=False, encoding="utf-8-sig", sep=_separator(path)).columns)
    return {_plain(name): name for name in reversed(names)}


def _load(path: Path, columns: list[str]) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path, columns=columns)
    return pd.read_csv(
        path, usecols=columns, dtype=str, index_col=False, encoding="utf-8-sig", sep=_separator(path), na_filter=False
    )


def _separator(path: Path) -> str:
    header = _first_line(path)
    return ";" if header.count(";") > header.count(",") else ","


def _first_line(path: Path) -> str:
    with ExitStack() as stack:
        suffix = path.suffix.lower()
        if suffix == ".zip":
            archive = stack.enter_context(zipfile.ZipFile(path))
            if len(archive.namelist()) != 1:
                raise NotOurs("the archive does not hold one file")
            raw: IO[bytes] = stack.enter_context(archive.open(archive.namelist()[0]))
        elif suffix == ".gz":
            raw = cast(IO[bytes], stack.enter_context(gzip.open(path)))
        else:
            raw = stack.enter_context(path.open("rb"))
        return raw.readline(_MAX_HEADER_BYTES).decode("utf-8-sig")


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _bars(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    frame = _trimmed(frame)
    frame = _cash_only(frame)
    if frame.empty:
        raise NotOurs("it holds no shares of the cash market")
    for column in _NUMBERS:
        if column in frame:
            frame[column] = pd.to_numeric(frame[column], errors="coerce").astype("float64")
    frame["time"] = _times(frame["time"])
    if "symbol" not in frame:
        frame["symbol"] = symbol_from_name(path)
    frame["symbol"] = frame["symbol"].astype(str).str.upper()
    if "exchange" in frame:
        frame["exchange"] = frame["exchange"].astype(str).str.lower().map(_EXCHANGE_WORDS)
    return frame


def _trimmed(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.copy()
    for column in frame.columns:
        if pd.api.types.is_string_dtype(frame[column]):
            frame[column] = frame[column].str.strip()
    return frame


def _cash_only(frame: pd.DataFrame) -> pd.DataFrame:
    if "segment" in frame:
        frame = frame[frame["segment"] == "CM"]
    if "kind" in frame:
        frame = frame[frame["kind"] == "STK"]
    if "series" in frame:
        of_bse = frame["exchange"].eq("BSE") if "exchange" in frame else pd.Series(False, index=frame.index)
        frame = frame[frame["series"].isin(_NSE_SERIES) | of_bse]
    return frame.copy()


def _times(column: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(column):
        return column
    for form in _TIME_FORMATS:
        times = pd.to_datetime(column, format=form, errors="coerce")
        if times.notna().mean() > 0.9:
            return times
    raise NotOurs("its dates are in no form that we know")


def _is_possible(frame: pd.DataFrame) -> pd.Series:
    """Mark the bars whose four prices can belong together."""
    low, high = frame["low"], frame["high"]
    return (
        frame["time"].notna()
        & (low > 0)
        & (high < 1e12)
        & (low <= frame[["open", "close"]].min(axis=1))
        & (high >= frame[["open", "close"]].max(axis=1))
        & frame["open"].notna()
        & frame["close"].notna()
    )


def _exchange_told(words: Iterable[str], frame: pd.DataFrame, path: Path) -> str | None:
    """Infer the exchange: by columns that only one writes, by the zone of the times, last by the file's name."""
    marks = frozenset(words)
    if marks & _NSE_MARKS:
        return "NSE"
    if marks & _US_MARKS:
        return US
    if "isin" in frame and frame["isin"].astype(str).str.startswith("IN").mean() > 0.9:
        return "NSE"
    if "time" in frame:
        zone = getattr(frame["time"].dtype, "tz", None)
        if zone is not None and str(zone) in _ZONES:
            return _ZONES[str(zone)]
    return next((_EXCHANGE_WORDS[word] for word in _words(path) if word in _EXCHANGE_WORDS), None)


def symbol_from_name(path: Path) -> str:
    """Make the symbol of a file that holds one instrument and names it nowhere else: `TSLA_Stock.csv` is TSLA."""
    kept = [word for word in _words(path) if word not in _NAME_NOISE and word not in _EXCHANGE_WORDS]
    return "_".join(kept).upper() or path.name.split(".")[0].upper()


def _words(path: Path) -> list[str]:
    return path.name.split(".")[0].lower().replace("-", "_").split("_")
