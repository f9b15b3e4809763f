"""One recorded session of one era, laid out as a matrix so that a step of all its instruments is a few numpy calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from libs.common.clock import to_ms
from services.market.exchanges import Exchange
from services.market.providers.port import Bar, Interval
from services.market.providers.replay.bridge import POINTS_PER_MINUTE, IntArray, path, seed_of
from services.market.providers.replay.recordings import NO_VOLUME, DayBar, MinuteBars, Recording

BoolArray = npt.NDArray[np.bool_]

_TOP = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class StepTick:
    """What an instrument did in a step. Prices in 1/10,000; low and high of the step alone, `day_*` since the open."""

    recording: Recording
    price_e4: int
    low_e4: int
    high_e4: int
    day_open_e4: int
    day_high_e4: int
    day_low_e4: int


class Stage:
    """A session of some recordings. `progress` runs from 0 at the open to 1 at the close.

    Point j of a path belongs to progress j / (points - 1); minute m owns the points 4m to 4m + 3.
    """

    def __init__(self, day: date, recordings: Sequence[Recording], exchange: Exchange) -> None:
        self.day = day
        self.exchange = exchange
        self.recordings = [recording for recording in recordings if day in recording.days]
        self.opens_ms = to_ms(exchange.opens_at(day))
        self.length_ms = exchange.session_minutes * 60_000
        self.points = exchange.session_minutes * POINTS_PER_MINUTE
        shape = (len(self.recordings), self.points)
        self._prices = np.zeros(shape, dtype=np.int64)
        self._traded: BoolArray = np.ones(shape, dtype=np.bool_)
        self._volume = np.zeros((shape[0], self.points + 1), dtype=np.int64)  # cumulative, from 0 at the open
        for row, recording in enumerate(self.recordings):
            self._lay_out(row, recording)
        self._has_gaps = not bool(self._traded.all())
        self._day_high = np.maximum.accumulate(np.where(self._traded, self._prices, 0), axis=1)
        self._day_low = np.minimum.accumulate(np.where(self._traded, self._prices, _TOP), axis=1)

    def recorded_ms(self, progress: float) -> int:
        """Tell the recorded instant of a progress."""
        return self.opens_ms + round(self.length_ms * progress)

    def open_ticks(self) -> Iterator[StepTick]:
        """Give the first price of each instrument that traded at the open."""
        for row in np.flatnonzero(self._traded[:, 0]):
            price = int(self._prices[row, 0])
            yield StepTick(self.recordings[row], price, price, price, price, price, price)

    def ticks(self, before: float, now: float) -> Iterator[StepTick]:
        """Give what each instrument that traded did after progress `before` and up to `now`."""
        last, position = self._index(before), now * (self.points - 1)
        point = self._index(now)
        part = position - point
        prices = self._prices_at(point, part)
        low, high = prices, prices
        moved: BoolArray = self._traded[:, point]
        if point > last:
            span = slice(last + 1, point + 1)
            traded = self._traded[:, span]
            low = np.minimum(low, np.where(traded, self._prices[:, span], _TOP).min(axis=1))
            high = np.maximum(high, np.where(traded, self._prices[:, span], 0).max(axis=1))
            moved = np.logical_or.reduce(traded, axis=1)
        day_high = np.maximum(self._day_high[:, point], prices)
        day_low = np.minimum(self._day_low[:, point], prices)
        for row in np.flatnonzero(moved):
            yield StepTick(
                self.recordings[row],
                int(prices[row]),
                int(low[row]),
                int(high[row]),
                int(self._first_price(row)),
                int(day_high[row]),
                int(day_low[row]),
            )

    def bars(self, before: float | None, now: float, intervals: Sequence[Interval]) -> Iterator[Bar]:
        """Give the candles that changed after `before` (None: before the open) and up to `now`, as they then stand."""
        last = -1 if before is None else self._index(before)
        point = self._index(now)
        if point <= last:
            return
        for interval in intervals:
            width = self.points if interval.minutes is None else interval.minutes * POINTS_PER_MINUTE
            for bucket in range((last + 1) // width, point // width + 1):
                yield from self._bucket(interval, bucket * width, min((bucket + 1) * width, self.points), now)

    def _bucket(self, interval: Interval, start: int, end: int, now: float) -> Iterator[Bar]:
        """Sum up the points from `start` and before `end`, as far as they have been played."""
        done = self._index(now) + 1
        stop = min(end, done)
        complete = stop == end
        prices, traded = self._prices[:, start:stop], self._traded[:, start:stop]
        first, final = prices[:, 0], prices[:, -1]
        if self._has_gaps:
            rows = np.arange(len(prices))
            first = prices[rows, traded.argmax(axis=1)]
            final = prices[rows, stop - start - 1 - traded[:, ::-1].argmax(axis=1)]
        high = np.where(traded, prices, 0).max(axis=1)
        low = np.where(traded, prices, _TOP).min(axis=1)
        if not complete:  # the price is on its way to the next point already
            final = self._prices_at(stop - 1, now * (self.points - 1) - (stop - 1))
            high, low = np.maximum(high, final), np.minimum(low, final)
        at_ms = self.opens_ms + start // POINTS_PER_MINUTE * 60_000
        for row in np.flatnonzero(traded.any(axis=1)):
            recording = self.recordings[row]
            finest = recording.minutes.get(self.day)
            whole_day = recording.days[self.day].volume
            if complete and interval is Interval.D1:
                yield day_bar(recording, self.day)
                continue
            recorded = complete and finest is not None and finest.length <= _minutes(interval)
            yield Bar(
                recording.instrument,
                interval,
                at_ms,
                int(first[row]),
                int(high[row]),
                int(low[row]),
                int(final[row]),
                None if whole_day == NO_VOLUME else int(self._volume[row, stop] - self._volume[row, start]),
                interpolated=not recorded,
                complete=complete,
            )

    def _lay_out(self, row: int, recording: Recording) -> None:
        minutes = recording.minutes.get(self.day)
        if minutes is None:
            self._lay_out_day(row, recording, recording.days[self.day])
        else:
            self._lay_out_minutes(row, recording, minutes)

    def _lay_out_day(self, row: int, recording: Recording, bar: DayBar) -> None:
        self._prices[row] = path(
            bar.open_e4, bar.high_e4, bar.low_e4, bar.close_e4,
            points=self.points, tick_e4=self.exchange.tick_e4, seed=seed_of(str(recording.instrument), self.opens_ms),
        )  # fmt: skip
        volume = max(bar.volume, 0)
        self._volume[row] = np.rint(np.linspace(0, volume, self.points + 1)).astype(np.int64)

    def _lay_out_minutes(self, row: int, recording: Recording, bars: MinuteBars) -> None:
        width = bars.length * POINTS_PER_MINUTE
        self._traded[row] = False
        volume = np.zeros(self.points, dtype=np.int64)
        name = str(recording.instrument)
        for i, minute in enumerate(bars.start.tolist()):
            start = minute * POINTS_PER_MINUTE
            stop = min(start + width, self.points)
            self._prices[row, start:stop] = path(
                int(bars.open_e4[i]), int(bars.high_e4[i]), int(bars.low_e4[i]), int(bars.close_e4[i]),
                points=stop - start, tick_e4=self.exchange.tick_e4, seed=seed_of(name, self.opens_ms + minute * 60_000),
            )  # fmt: skip
            self._traded[row, start:stop] = True
            volume[stop - 1] = max(int(bars.volume[i]), 0)
        self._volume[row, 1:] = np.cumsum(volume)
        self._fill_gaps(row)

    def _fill_gaps(self, row: int) -> None:
        """Carry the last price into a gap. It shows in no tick and in no candle: those look at `_traded`."""
        traded = self._traded[row]
        source: IntArray = np.maximum.accumulate(np.where(traded, np.arange(self.points), traded.argmax()))
        self._prices[row] = self._prices[row, source]

    def _first_price(self, row: np.intp) -> np.int64:
        price: np.int64 = self._prices[row, self._traded[row].argmax()]
        return price

    def _index(self, progress: float) -> int:
        return min(int(progress * (self.points - 1) + 1e-9), self.points - 1)

    def _prices_at(self, point: int, part: float) -> IntArray:
        """Read the prices at a point and a part of the way to the next one, rounded to the tick."""
        here = self._prices[:, point]
        if point + 1 >= self.points or part <= 0:
            return here
        following = self._prices[:, point + 1]
        both: BoolArray = self._traded[:, point] & self._traded[:, point + 1]
        tick = np.where(here >= 10_000, self.exchange.tick_e4, 1)
        between = (np.rint((here + (following - here) * part) / tick) * tick).astype(np.int64)
        between = np.clip(between, np.minimum(here, following), np.maximum(here, following))
        return np.where(both, between, here)


def day_bar(recording: Recording, day: date) -> Bar:
    """Give the day as it was recorded. Its close need not be the last trade (on NSE it is a mean of 30 minutes)."""
    bar = recording.days[day]
    at_ms = to_ms(recording.exchange.opens_at(day))
    volume = None if bar.volume == NO_VOLUME else bar.volume
    return Bar(recording.instrument, Interval.D1, at_ms, bar.open_e4, bar.high_e4, bar.low_e4, bar.close_e4, volume)


def _minutes(interval: Interval) -> int:
    return 24 * 60 if interval.minutes is None else interval.minutes
