"""Closed bars and headlines of market, as columns, for those who screen, backtest and warm up.

Bars are adjusted for splits as they stand today unless asked for as they were traded, and know when each of them
closed: a day with its session, by the exchange's calendar.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from urllib.parse import quote

import numpy as np

from libs.common.calendars import Calendars, exchange_of
from libs.common.clock import Clock, from_ms, to_ms
from libs.common.errors import NotFound, UpstreamUnavailable
from libs.common.hours import Hours
from libs.common.http import HttpFailure, Refused, ServiceClient
from libs.common.logging import get_logger
from libs.contracts.market import (
    Candle,
    CandleColumns,
    Candles,
    DividendsOfInstrument,
    ManyCandles,
    RecordedInstruments,
    SplitsOfInstrument,
)
from libs.contracts.news import Headline, Headlines, ManyHeadlines
from libs.quant.bars import Longs
from libs.quant.expr import FIELDS, NEWS, OWN, SPANS_MS, Bars, Expr, Input

log = get_logger(__name__)

PAGE = 5_000
"""How many candles market gives at once."""

MOST_BARS = 1_000_000
"""The longest history that is read: ten years of minutes of one stock."""

MOST_HEADLINES = 1_000
RETRY_AFTER = timedelta(minutes=5)
ASKED_AT_ONCE = 8
MOST_TOGETHER = 50
"""Of how many instruments market gives columns at once."""
MOST_TOGETHER_EACH, MOST_ROWS = 5_000, 50_000
"""How many of one then, and of all of them together."""
NO_COLUMNS = CandleColumns(instrument="", at_ms=())


class History:
    """Market's recorded past. The one reader of it in this service; share it, since it keeps the calendars."""

    def __init__(self, market: ServiceClient, clock: Clock) -> None:
        self._market = market
        self._clock = clock
        self._calendars = Calendars(market)
        self._known: dict[str, tuple[date, date]] = {}
        """By exchange: since when its calendar is known, and on which day it was asked for."""
        self._not_before: dict[str, datetime] = {}
        """By exchange that has no calendar, or none just now: when to ask again."""

    async def bars(
        self,
        instrument: str,
        interval: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int = MOST_BARS,
        adjusted: bool = True,
    ) -> Bars:
        """Give an instrument's closed bars that begin in [start, end), oldest first; the newest `limit` of them.

        instrument: `NSE:TCS`, a former name too. No bars of an instrument that market does not know. Raises
        UpstreamUnavailable when market cannot be asked.
        """
        candles = await self._candles(instrument, interval, start, end, min(limit, MOST_BARS), adjusted)
        exchange = exchange_of(instrument)
        if candles:
            await self._know(exchange, candles[0].at.date())
        return as_bars(candles, interval, self._calendars.of(exchange))

    def newest_close(self, instrument: str, interval: str, at_ms: int) -> int | None:
        """Tell when the newest bar of an instrument that was over at an instant had closed, by the calendar."""
        return self._calendars.of(exchange_of(instrument)).newest_end(at_ms, SPANS_MS[interval])

    async def many(
        self,
        wanted: Iterable[tuple[str, str]],
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int = MOST_BARS,
        adjusted: bool = True,
    ) -> Mapping[tuple[str, str], Bars]:
        """Give the bars of several instruments, as (instrument, interval), some at a time. As `bars` otherwise."""
        keys, turn = list(dict.fromkeys(wanted)), asyncio.Semaphore(ASKED_AT_ONCE)

        async def ask(instrument: str, interval: str) -> Bars:
            async with turn:
                return await self.bars(instrument, interval, start=start, end=end, limit=limit, adjusted=adjusted)

        found = await asyncio.gather(*(ask(*key) for key in keys))
        return dict(zip(keys, found, strict=True))

    async def newest(
        self,
        instruments: Sequence[str],
        interval: str,
        *,
        end: datetime | None = None,
        limit: int,
        columns: Collection[str] = FIELDS,
    ) -> Mapping[str, Bars]:
        """Give the newest closed bars of many instruments in few calls. As `bars` otherwise.

        columns: which are needed; the others may be NaN.
        """
        if limit > MOST_TOGETHER_EACH:
            found = await self.many(((name, interval) for name in instruments), end=end, limit=limit)
            return {name: found[name, interval] for name in instruments}
        bars: dict[str, Bars] = {}
        # By exchange and starts, which instruments of one exchange mostly have in common: of each when they close.
        known: dict[tuple[str, tuple[int, ...]], tuple[Longs, Longs]] = {}
        together = min(MOST_TOGETHER, MOST_ROWS // max(1, limit))
        for first in range(0, len(instruments), together):
            names = instruments[first : first + together]
            params: dict[str, str | int] = {"instruments": ",".join(names), "interval": interval, "limit": limit}
            if set(columns) != set(FIELDS):
                params["columns"] = ",".join(sorted(columns))
            if end is not None:
                params["to"] = end.isoformat()
            try:
                told = (await self._market.get("/internal/candle-columns", ManyCandles, params=params)).items
            except HttpFailure as failure:
                raise _away(failure) from failure
            for name in names:
                exchange = exchange_of(name)
                found_of = told.get(name, NO_COLUMNS)
                if found_of.at_ms:
                    await self._know(exchange, from_ms(found_of.at_ms[0]).date())
                key = (exchange, found_of.at_ms)
                if key not in known:
                    known[key] = _spans(found_of.at_ms, interval, self._calendars.of(exchange))
                bars[name] = _bars_of_columns(found_of, interval, *known[key])
        return bars

    async def inputs(
        self, expressions: Sequence[Expr], instrument: str, interval: str, *, count: int, end: datetime | None = None
    ) -> Mapping[Input, Bars]:
        """Give what expressions over an instrument read, so that they are known at its newest `count` bars.

        By the expressions' own names for it: `OWN` is this instrument and interval. Before `end`, else up to now.
        Raises UpstreamUnavailable.
        """
        needs: dict[Input, int] = {OWN: count}
        for expression in expressions:
            for source, bars in expression.history.items():
                needs[source] = max(needs.get(source, 0), bars + needed(source, interval, count))
        found: dict[Input, Bars] = {}
        for source, bars in needs.items():
            name = source.instrument or instrument
            if source.interval == NEWS:
                found[source] = await self.headlines(name, end=end)
            else:
                found[source] = await self.bars(name, source.interval or interval, end=end, limit=bars)
        return found

    async def recorded(self, interval: str, exchange: str | None = None, *, most: int) -> list[str]:
        """Name the instruments that have bars of an interval, by name, at most so many. Raises UpstreamUnavailable."""
        names: list[str] = []
        params: dict[str, str | int] = {"interval": interval}
        if exchange is not None:
            params["exchange"] = exchange
        while len(names) < most:
            asked = {**params, "limit": min(PAGE, most - len(names)), **({"after": names[-1]} if names else {})}
            try:
                told = await self._market.get("/internal/candles", RecordedInstruments, params=asked)
            except HttpFailure as failure:
                raise _away(failure) from failure
            names += told.instruments
            if not told.more:
                break
        return names

    async def splits(self, instrument: str) -> Sequence[tuple[int, float]]:
        """Give an instrument's splits, oldest first: from when, and how many shares one became.

        Raises UpstreamUnavailable.
        """
        try:
            told = await self._market.get(f"/internal/splits/{quote(instrument, safe=':')}", SplitsOfInstrument)
        except NotFound:
            return ()
        except HttpFailure as failure:
            raise _away(failure) from failure
        return [(to_ms(one.at), one.new_shares / one.old_shares) for one in told.items]

    async def dividends(self, instrument: str) -> Sequence[tuple[int, float]]:
        """Give an instrument's dividends, oldest first: without them from when, and the amount for a share of then.

        Raises UpstreamUnavailable.
        """
        path = f"/internal/dividends/{quote(instrument, safe=':')}"
        try:
            told = await self._market.get(path, DividendsOfInstrument)
        except NotFound:
            return ()
        except HttpFailure as failure:
            raise _away(failure) from failure
        return [(to_ms(one.at), float(one.amount)) for one in told.items]

    async def headlines(self, instrument: str, *, end: datetime | None = None) -> Bars:
        """Give an instrument's newest headlines as bars of their arrival. Raises UpstreamUnavailable."""
        path = f"/internal/news/{quote(instrument, safe=':')}"
        try:
            told = (await self._market.get(path, Headlines, params={"limit": MOST_HEADLINES})).items
        except NotFound:
            told = ()
        except HttpFailure as failure:
            raise _away(failure) from failure
        return _as_bars_of_news([one for one in told if end is None or one.received_at < end])

    async def headlines_of(
        self, instruments: Sequence[str], *, end: datetime | None = None, limit: int
    ) -> Mapping[str, Bars]:
        """Give the newest headlines of many instruments that came before `end`, in few calls. As `headlines` else."""
        found: dict[str, Bars] = {}
        for first in range(0, len(instruments), MOST_TOGETHER):
            names = instruments[first : first + MOST_TOGETHER]
            most = min(limit, MOST_HEADLINES)
            params: dict[str, str | int] = {"instruments": ",".join(names), "limit": most}
            if end is not None:
                params["to"] = end.isoformat()
            try:
                told = (await self._market.get("/internal/news", ManyHeadlines, params=params)).items
            except HttpFailure as failure:
                raise _away(failure) from failure
            found |= {name: _as_bars_of_news(told.get(name, ())) for name in names}
        return found

    async def _candles(
        self,
        instrument: str,
        interval: str,
        start: datetime | None,
        end: datetime | None,
        limit: int,
        adjusted: bool,
    ) -> list[Candle]:
        """Read page by page from the newest backwards, so that a limit keeps the newest."""
        path, pages, found = f"/internal/candles/{quote(instrument, safe=':')}", list[Sequence[Candle]](), 0
        while found < limit:
            # One more than is wanted of the last page, in case the newest is still running.
            asked = min(PAGE, limit - found + (not pages))
            params: dict[str, str | int] = {"interval": interval, "limit": asked, "adjusted": str(adjusted).lower()}
            if end is not None:
                params["to"] = end.isoformat()
            try:
                told = await self._market.get(path, Candles, params=params)
            except NotFound:
                break
            except HttpFailure as failure:
                if isinstance(failure, Refused) and failure.status in (404, 409):
                    break
                raise _away(failure) from failure
            page = [one for one in told.items if one.complete and (start is None or one.at >= start)]
            pages.append(page)
            found += len(page)
            if not told.more or not told.items or (start is not None and told.items[0].at <= start):
                break
            end = told.items[0].at
        joined = [candle for page in reversed(pages) for candle in page]
        return joined[max(0, len(joined) - limit) :]

    async def _know(self, exchange: str, since: date) -> None:
        """Ask for an exchange's calendar as far back as is needed; what is not known has regular hours."""
        today = self._clock.now().date()
        known = self._known.get(exchange)
        if known is not None and known[0] <= since and known[1] == today:
            return
        now = self._clock.now()
        if now < self._not_before.get(exchange, now):
            return
        if await self._calendars.ask_back(exchange, today, since=since):
            self._known[exchange] = (since, today)
        else:
            self._not_before[exchange] = now + RETRY_AFTER


def _as_bars_of_news(headlines: Sequence[Headline]) -> Bars:
    rows: list[tuple[int, float, float]] = []
    for one in headlines:
        at_ms = to_ms(one.received_at)
        # Of those that came in one instant the first counts, as it does where they are heard one by one.
        if not rows or at_ms > rows[-1][0]:
            rows.append((at_ms, to_ms(one.published_at) / 60_000, one.score))
    at = np.array([row[0] for row in rows], np.int64)
    published, score = np.array([row[1:] for row in rows], np.float64).reshape(len(rows), 2).T
    return Bars(at, published, score, score, score, np.ones(len(rows)), 1, at)


def needed(source: Input, interval: str, count: int) -> int:
    """Tell how many bars of an input lie beside so many of an interval."""
    finer = SPANS_MS[interval] // SPANS_MS.get(source.interval or interval, SPANS_MS[interval])
    return count * max(1, finer)


def as_bars(candles: Sequence[Candle], interval: str, hours: Hours) -> Bars:
    """Write closed candles as columns. hours: of their exchange."""
    count, span_ms = len(candles), SPANS_MS[interval]
    at = np.fromiter((to_ms(one.at) for one in candles), np.int64, count)
    closes = np.fromiter((hours.end_of(int(at_ms), span_ms) for at_ms in at), np.int64, count)
    volume = (math.nan if one.volume is None else float(one.volume) for one in candles)
    return Bars(
        at,
        np.fromiter((float(one.open) for one in candles), np.float64, count),
        np.fromiter((float(one.high) for one in candles), np.float64, count),
        np.fromiter((float(one.low) for one in candles), np.float64, count),
        np.fromiter((float(one.close) for one in candles), np.float64, count),
        np.fromiter(volume, np.float64, count),
        span_ms,
        _parted(at, closes),
    )


def _spans(at_ms: Sequence[int], interval: str, hours: Hours) -> tuple[Longs, Longs]:
    """Tell when bars begin and close."""
    at = np.array(at_ms, np.int64)
    closes = np.array([hours.end_of(one, SPANS_MS[interval]) for one in at_ms], np.int64)
    return at, _parted(at, closes)


def _bars_of_columns(columns: CandleColumns, interval: str, at: Longs, closes: Longs) -> Bars:
    """Read columns; a volume that is not told, and what was not asked for, is NaN."""
    unknown = np.full(len(at), np.nan)
    prices = (columns.open_e4, columns.high_e4, columns.low_e4, columns.close_e4)
    opens, high, low, close = (np.array(one, np.float64) / 10_000 if one else unknown for one in prices)
    volume = np.array(columns.volume, np.float64) if columns.volume else unknown
    return Bars(at, opens, high, low, close, volume, SPANS_MS[interval], closes)


def _parted(at: Longs, closes: Longs) -> Longs:
    """A special session of a day that the calendar does not know would seem to end after the next one began."""
    if len(at):
        closes[:-1] = np.minimum(closes[:-1], at[1:])
    return closes


def _away(failure: HttpFailure) -> UpstreamUnavailable:
    log.warning("market_not_asked", reason=failure.reason)
    return UpstreamUnavailable("Market data is not available at the moment. Try again soon.")
