"""Recordings from a folder of the operator (MARKET_REPLAY_FOLDER): its files, put together by instrument."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd

from libs.common.instruments import Instrument, is_symbol
from libs.common.logging import get_logger
from libs.common.money import E4
from services.market.exchanges import EXCHANGES
from services.market.listings import US_LISTINGS
from services.market.providers.port import Listing
from services.market.providers.replay.formats import UNREADABLE, US, Holds, NotOurs, Table, is_candidate, read_table
from services.market.providers.replay.recordings import NO_VOLUME, DayBar, Era, MinuteBars, Recording, start_index

log = get_logger(__name__)

# Minute bars that leave the day's range by more than this are of another adjustment for splits than the day's bar.
_MINUTES_FIT_WITHIN = 0.02
_PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True, slots=True)
class FolderOptions:
    """How to read a folder. `exchange`: of files that do not tell. `past_days`: days before the start worth keeping."""

    folder: Path
    exchange: str
    start: date | None
    past_days: int
    chosen_limit: int


def folder_eras(options: FolderOptions) -> Sequence[Era]:
    """Read all files of a folder, subfolders included, and put them on one calendar per country.

    Files that hold nothing playable are left out with a line in the log. Raises ValueError when nothing is left.
    """
    days: list[pd.DataFrame] = []
    minutes: list[pd.DataFrame] = []
    names = _Names()
    for path in sorted(options.folder.rglob("*")):
        if not is_candidate(path):
            continue
        try:
            table = read_table(path)
        except (NotOurs, *UNREADABLE) as error:
            log.info("recording_file_skipped", file=path.name, reason=str(error))
            continue
        log.info("recording_file_read", file=path.name, holds=table.holds, rows=len(table.frame))
        if table.holds is Holds.NAMES:
            names.add(table)
        else:
            frame = placed(table, options.exchange)
            names.add_from_bars(frame)
            (minutes if "start" in frame else days).append(frame)
    if not days and not minutes:
        raise ValueError(
            f"{options.folder} holds no recorded prices that can be read (CSV, Parquet or bhavcopy files)."
        )
    return list(_eras(days, minutes, names, options))


def _eras(
    days: Sequence[pd.DataFrame], minutes: Sequence[pd.DataFrame], names: _Names, options: FolderOptions
) -> Iterator[Era]:
    daily = _joined(days, ["exchange", "symbol", "day"])
    intraday = _joined(minutes, ["exchange", "symbol", "day", "length", "start"])
    for country in sorted({exchange.country for exchange in EXCHANGES.values()}):
        codes = [code for code, exchange in EXCHANGES.items() if exchange.country == country]
        own_days, own_minutes = (frame[frame["exchange"].isin(codes)] for frame in (daily, intraday))
        calendar = sorted({*own_days["day"].unique(), *own_minutes["day"].unique()})
        if not calendar:
            continue
        start = start_index([day.date() for day in calendar], options.start)
        kept = max(0, start - options.past_days)
        recordings: dict[Instrument, Recording] = {}
        _add_days(recordings, own_days[own_days["day"] >= calendar[kept]], names)
        _add_minutes(recordings, own_minutes[own_minutes["day"] >= calendar[start]], names)
        members = sorted(recordings.values(), key=lambda recording: recording.instrument)
        played = [day.date() for day in calendar[kept:]]
        yield Era(country, played, start - kept, _with_choice(members, played[start - kept :], options.chosen_limit))


def placed(table: Table, default_exchange: str) -> pd.DataFrame:
    """Add to each row its exchange, its trading day, and for bars shorter than a day where in the session they lie."""
    frame = table.frame
    # Row by row only over what differs: a file has hundreds of thousands of rows and a few symbols.
    told = frame.get("exchange", table.exchange)
    keys = pd.DataFrame({"told": told, "symbol": frame["symbol"]})
    different = keys.drop_duplicates()
    codes = [
        _exchange_of(told, symbol, default_exchange) if is_symbol(symbol) else ""
        for told, symbol in zip(different["told"], different["symbol"], strict=True)
    ]
    frame = frame.drop(columns="exchange", errors="ignore").assign(told=keys["told"])
    frame = frame.merge(different.assign(exchange=codes), on=["told", "symbol"])
    frame = frame[frame["exchange"].isin(EXCHANGES.keys())].copy()
    times = frame["time"]
    if getattr(times.dtype, "tz", None) is not None and len(frame):
        times = times.dt.tz_convert(EXCHANGES[frame["exchange"].iloc[0]].zone).dt.tz_localize(None)
    frame["day"] = times.dt.normalize().astype("datetime64[s]")
    if frame.duplicated(["exchange", "symbol", "day"]).any() and (times != frame["day"]).any():
        return _within_sessions(frame, times)
    return frame


def _within_sessions(frame: pd.DataFrame, times: pd.Series) -> pd.DataFrame:
    """Turn bar times into minutes since the open, and drop what lies outside of the regular session."""
    opens = frame["exchange"].map({code: one.opens.hour * 60 + one.opens.minute for code, one in EXCHANGES.items()})
    lasts = frame["exchange"].map({code: one.session_minutes for code, one in EXCHANGES.items()})
    frame["start"] = times.dt.hour * 60 + times.dt.minute - opens
    steps = frame.sort_values(["symbol", "day", "start"]).groupby(["symbol", "day"])["start"].diff()
    frame["length"] = int(steps[steps > 0].mode().iloc[0]) if (steps > 0).any() else 1
    return frame[(frame["start"] >= 0) & (frame["start"] < lasts)].copy()


def _exchange_of(told: object, symbol: str, default: str) -> str:
    code = told if isinstance(told, str) else default
    if code != US:
        return code
    known = US_LISTINGS.get(symbol)
    return "NASDAQ" if known is None else known.exchange


def _joined(frames: Sequence[pd.DataFrame], key: list[str]) -> pd.DataFrame:
    """Put files under each other. Where two hold the same bar, the one that was read later counts."""
    columns = [*key, *_PRICES, "volume", "previous_close"]
    if not frames:
        return pd.DataFrame(
            {column: pd.Series(dtype="datetime64[s]" if column == "day" else object) for column in columns}
        )
    joined = pd.concat([frame.reindex(columns=columns) for frame in frames], ignore_index=True)
    return joined.drop_duplicates(key, keep="last").sort_values(key, ignore_index=True)


def _add_days(recordings: dict[Instrument, Recording], bars: pd.DataFrame, names: _Names) -> None:
    prices = [whole_e4(bars[column]) for column in _PRICES]
    volume, before = whole_numbers(bars["volume"], NO_VOLUME), whole_numbers(bars["previous_close"] * E4, 0)
    rows = zip(bars["exchange"], bars["symbol"], bars["day"].dt.date, *prices, volume, before, strict=True)
    for exchange, symbol, day, opened, high, low, close, traded, previous in rows:
        recording = _recording(recordings, Instrument(exchange, symbol), names)
        recording.days[day] = DayBar(day, opened, high, low, close, traded, previous or None)


def _add_minutes(recordings: dict[Instrument, Recording], bars: pd.DataFrame, names: _Names) -> None:
    for key, group in bars.groupby(["exchange", "symbol", "day", "length"], sort=True):
        exchange, symbol, midnight, length = cast(tuple[str, str, pd.Timestamp, int], key)
        recording = _recording(recordings, Instrument(exchange, symbol), names)
        opened, high, low, close = (np.array(whole_e4(group[column]), dtype=np.int64) for column in _PRICES)
        volume = np.array(whole_numbers(group["volume"], NO_VOLUME), dtype=np.int64)
        minutes = MinuteBars(length, group["start"].to_numpy(dtype=np.int64), opened, high, low, close, volume)
        day = midnight.date()
        summed = minutes.as_day(day)
        whole = recording.days.setdefault(day, summed)
        finer = day not in recording.minutes or minutes.length < recording.minutes[day].length
        if finer and _fits(summed, whole):
            recording.minutes[day] = minutes


def _fits(summed: DayBar, whole: DayBar) -> bool:
    return summed.low_e4 >= whole.low_e4 * (1 - _MINUTES_FIT_WITHIN) and summed.high_e4 <= whole.high_e4 * (
        1 + _MINUTES_FIT_WITHIN
    )


def _recording(recordings: dict[Instrument, Recording], instrument: Instrument, names: _Names) -> Recording:
    found = recordings.get(instrument)
    if found is None:
        currency = EXCHANGES[instrument.exchange].currency
        found = recordings[instrument] = Recording(names.listing(instrument, currency))
    return found


def _with_choice(members: Sequence[Recording], played: Sequence[date], limit: int) -> Sequence[Recording]:
    """Mark what is shown before anyone asks: the instruments with most turnover in the first days to be played."""
    first_days = played[:5]

    def turnover(recording: Recording) -> int:
        bars = (recording.days.get(day) for day in first_days)
        return sum(bar.close_e4 * max(bar.volume, 1) for bar in bars if bar is not None)

    for recording in sorted(members, key=turnover, reverse=True)[:limit]:
        if turnover(recording) > 0:
            recording.listing = replace(recording.listing, chosen=True)
    return members


def whole_e4(prices: pd.Series) -> list[int]:
    values: list[int] = np.rint(prices.to_numpy(dtype=np.float64) * E4).astype(np.int64).tolist()
    return values


def whole_numbers(numbers: pd.Series, missing: int) -> list[int]:
    values: list[int] = np.rint(numbers.astype("float64").fillna(missing).to_numpy()).astype(np.int64).tolist()
    return values


class _Names:
    """Company names and ISINs by symbol, per country where the file tells which."""

    def __init__(self) -> None:
        self._found: dict[tuple[str | None, str], tuple[str, str | None]] = {}

    def add(self, table: Table) -> None:
        frame = table.frame
        country = _country(table.exchange)
        isins = frame["isin"] if "isin" in frame else [None] * len(frame)
        for symbol, name, isin in zip(frame["symbol"], frame["name"], isins, strict=True):
            if isinstance(symbol, str) and isinstance(name, str) and name:
                self._found.setdefault((country, symbol.upper()), (name, isin or None))

    def add_from_bars(self, frame: pd.DataFrame) -> None:
        """Take the names that a bhavcopy has beside its prices."""
        if "name" in frame and "isin" in frame and len(frame):
            self.add(Table(Holds.NAMES, frame[["symbol", "name", "isin"]], str(frame["exchange"].iloc[0])))

    def listing(self, instrument: Instrument, currency: str) -> Listing:
        symbol = instrument.symbol
        country = EXCHANGES[instrument.exchange].country
        known = US_LISTINGS.get(symbol) if country == "US" else None
        fallback = (symbol if known is None else known.name, None)
        name, isin = self._found.get((country, symbol)) or self._found.get((None, symbol)) or fallback
        return Listing(instrument, name, currency, isin)


def _country(exchange: str | None) -> str | None:
    if exchange is None or exchange == US:
        return exchange
    return EXCHANGES[exchange].country
