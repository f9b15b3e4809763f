"""The bars of one file of recorded prices, for keeping: read by the same readers as a replay's."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from libs.common.clock import to_ms
from libs.common.instruments import Instrument
from services.market.exchanges import EXCHANGES
from services.market.providers.port import Bar, FileBars, FileRefused, Interval
from services.market.providers.replay.folder import placed, whole_e4, whole_numbers
from services.market.providers.replay.formats import UNREADABLE, Holds, NotOurs, read_table
from services.market.providers.replay.recordings import NO_VOLUME

_PRICES = ("open", "high", "low", "close")
_PIECE_BYTES = 1 << 20
_BY_MINUTES = {interval.minutes: interval for interval in Interval if interval.minutes is not None}


def file_bars(path: Path, default_exchange: str, *, max_bytes: int | None) -> FileBars:
    """Read a file: bhavcopies old and new, sec_bhavdata_full, any CSV or Parquet with symbol, time and four prices.

    default_exchange: of files that do not tell theirs. max_bytes: of what is unpacked. Raises FileRefused.
    """
    try:
        if max_bytes is not None and _unpacked_bytes(path, max_bytes) > max_bytes:
            raise NotOurs(f"it unpacks to more than {max_bytes} bytes")
        return _read(path, default_exchange)
    except (NotOurs, *UNREADABLE) as error:
        raise FileRefused(str(error)) from error


def _unpacked_bytes(path: Path, enough: int) -> int:
    """Measure what a packed file unpacks to; of gzip, which does not say, up to a little more than `enough`."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return sum(member.file_size for member in archive.infolist())
    if path.suffix == ".gz":
        size = 0
        with gzip.open(path) as unpacked:
            while size <= enough and (piece := unpacked.read(_PIECE_BYTES)):
                size += len(piece)
        return size
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq  # a third of a second of imports

        groups = pq.read_metadata(path)
        return sum(groups.row_group(i).total_byte_size for i in range(groups.num_row_groups))
    return path.stat().st_size


def _read(path: Path, default_exchange: str) -> FileBars:
    table = read_table(path)
    if table.holds is not Holds.BARS:
        raise NotOurs("it lists names and holds no prices")
    frame = placed(table, default_exchange)
    key = ["exchange", "symbol", "day", *(["start"] if "start" in frame else [])]
    frame = frame.drop_duplicates(key, keep="last").sort_values(key, ignore_index=True)
    if frame.empty:
        raise NotOurs("it holds no prices of an exchange that we know")
    interval = Interval.D1
    if "length" in frame:
        length = int(frame["length"].iloc[0])
        if length not in _BY_MINUTES:
            raise NotOurs(f"its bars are {length} minutes long, and we keep 1, 5, 15 and 60")
        interval = _BY_MINUTES[length]
    return FileBars(_bars(frame, interval), _names(frame), table.refused)


def _bars(frame: pd.DataFrame, interval: Interval) -> Sequence[Bar]:
    prices = [whole_e4(frame[column]) for column in _PRICES]
    volumes = whole_numbers(frame["volume"], NO_VOLUME) if "volume" in frame else [NO_VOLUME] * len(frame)
    starts = frame["start"].astype(int).tolist() if "start" in frame else [0] * len(frame)
    opens: dict[tuple[str, date], int] = {}
    made = []
    rows = zip(frame["exchange"], frame["symbol"], frame["day"].dt.date, starts, *prices, volumes, strict=True)
    for exchange, symbol, day, start, opened, high, low, close, volume in rows:
        if (exchange, day) not in opens:
            opens[exchange, day] = to_ms(EXCHANGES[exchange].opens_at(day))
        at_ms = opens[exchange, day] + start * 60_000
        traded = None if volume == NO_VOLUME else volume
        made.append(Bar(Instrument(exchange, symbol), interval, at_ms, opened, high, low, close, traded))
    return made


def _names(frame: pd.DataFrame) -> Mapping[Instrument, tuple[str, str | None]]:
    first = frame.drop_duplicates(["exchange", "symbol"])
    names = first["name"] if "name" in first else first["symbol"]
    isins = first["isin"] if "isin" in first else [None] * len(first)
    return {
        Instrument(exchange, symbol): (name if isinstance(name, str) and name else symbol, isin or None)
        for exchange, symbol, name, isin in zip(first["exchange"], first["symbol"], names, isins, strict=True)
    }
