"""The replay: recorded sessions, played one after another on our own clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import orjson

from libs.common.clock import Clock, to_ms
from libs.common.instruments import Instrument
from libs.common.logging import get_logger
from services.market.providers.port import (
    Bar,
    Capabilities,
    Interval,
    Listing,
    Mode,
    Played,
    ProviderError,
    Quote,
    SymbolUnknown,
)
from services.market.providers.replay.recordings import Era, Recording, source_key
from services.market.providers.replay.stage import Stage, StepTick, day_bar

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """How to play. `session`: how long one recorded session takes. `repeat`: begin again at the end, else fall silent.

    `past_days`: how many daily bars from before the start are given away. `max_bars_per_second`: finer candles are left
    out where all together would be more than this.
    """

    session: timedelta
    repeat: bool
    past_days: int
    max_bars_per_second: int
    max_lag: timedelta


@dataclass(frozen=True, slots=True)
class _Position:
    """Where the replay stands. `progress` is None before a session's first price, else 0 (open) to 1 (close)."""

    session: int = 0
    progress: float | None = None

    def text(self) -> str:
        return orjson.dumps({"session": self.session, "progress": self.progress}).decode()

    @classmethod
    def read(cls, text: str) -> _Position:
        stored = orjson.loads(text)
        return cls(int(stored["session"]), stored["progress"])


class ReplayProvider:
    """Plays eras of recordings side by side: session n of each era at the same time, whatever its recorded date.

    A price is stamped with our clock and carries the recorded instant beside it. Not safe for two tasks at once.
    """

    name = "replay"

    def __init__(self, eras: Sequence[Era], options: ReplayOptions, clock: Clock) -> None:
        self._eras = eras
        self._options = options
        self._clock = clock
        self._position = _Position()
        self._watched: frozenset[Instrument] = frozenset()
        self._stages: dict[str, Stage] = {}
        self._by_instrument = {recording.instrument: recording for era in self._eras for recording in era.members}
        self._era_of = {recording.instrument: era for era in self._eras for recording in era.members}
        self._closes = {recording.instrument: recording.previous_closes() for recording in self._by_instrument.values()}
        self._said_ended = False

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(Mode.STREAM, self._options.max_lag, batch_size=1_000)

    @property
    def source_key(self) -> str:
        return source_key(self._eras)

    @property
    def position(self) -> str:
        return self._position.text()

    async def listings(self) -> Sequence[Listing]:
        return [recording.listing for recording in self._by_instrument.values()]

    async def bars(self, instrument: Instrument, interval: Interval, start: datetime, end: datetime) -> Sequence[Bar]:
        """Give the daily bars before the day at which the replay stands; finer ones it makes while it plays."""
        recording = self._by_instrument.get(instrument)
        if recording is None:
            raise SymbolUnknown(f"{instrument} was not recorded.")
        if interval is not Interval.D1:
            return []
        era = self._era_of[instrument]
        today = era.start + self._position.session % era.length
        first = max(0, era.start - self._options.past_days)
        bars = (day_bar(recording, day) for day in era.days[first:today] if day in recording.days)
        return [bar for bar in bars if to_ms(start) <= bar.at_ms < to_ms(end)]

    async def quotes(self, instruments: Sequence[Instrument]) -> Mapping[Instrument, Quote | ProviderError]:
        """Give the open of the day at which the replay stands: what is known of it before it is played on."""
        found: dict[Instrument, Quote | ProviderError] = {}
        for instrument in instruments:
            recording = self._by_instrument.get(instrument)
            if recording is None:
                found[instrument] = SymbolUnknown(f"{instrument} was not recorded.")
                continue
            day = self._era_of[instrument].day(self._position.session)
            if day in recording.days:
                found[instrument] = self._plain_quote(recording, day, at_close=False)
        return found

    async def close(self) -> None:
        return None

    def resume(self, position: str) -> None:
        self._position = _Position.read(position)
        self._stages.clear()

    def watch(self, instruments: frozenset[Instrument]) -> None:
        if instruments != self._watched:
            self._watched = instruments
            self._stages.clear()

    async def play(self, elapsed: timedelta) -> Played:
        """Play on. Steps end at a session's close, so that every recorded open and close is told."""
        position = self._position
        eras = [era for era in self._eras if self._options.repeat or position.session < era.length]
        if not eras:
            self._say_ended()
            return Played()
        if position.progress is None:
            return self._open(eras, position.session)
        now = position.progress + elapsed / self._options.session
        if now > _NEARLY_CLOSED:
            now = 1.0
        return self._play(eras, position.session, position.progress, now, elapsed)

    def _open(self, eras: Sequence[Era], session: int) -> Played:
        quotes: list[Quote] = []
        bars: list[Bar] = []
        for era in eras:
            stage = self._stage(era, session)
            restarted = era.restarts_at(session)
            if restarted:
                log.info("replay_restarted", era=era.name, day=stage.day.isoformat())
            for tick in stage.open_ticks():
                quotes.append(self._quote(tick, stage, stage.opens_ms, span_ms=0, restarted=restarted))
            for recording in self._unwatched(era, stage.day):
                quotes.append(self._plain_quote(recording, stage.day, at_close=False, restarted=restarted))
            bars.extend(stage.bars(None, 0.0, self._intervals))
        self._position = _Position(session, 0.0)
        return Played(quotes, bars)

    def _play(self, eras: Sequence[Era], session: int, before: float, now: float, elapsed: timedelta) -> Played:
        quotes: list[Quote] = []
        bars: list[Bar] = []
        span_ms = elapsed // timedelta(milliseconds=1)
        for era in eras:
            stage = self._stage(era, session)
            recorded_ms = stage.recorded_ms(now)
            quotes.extend(self._quote(tick, stage, recorded_ms, span_ms=span_ms) for tick in stage.ticks(before, now))
            bars.extend(stage.bars(before, now, self._intervals))
            if now == 1.0:
                for recording in self._unwatched(era, stage.day):
                    quotes.append(self._plain_quote(recording, stage.day, at_close=True))
                    bars.append(day_bar(recording, stage.day))
        self._position = _Position(session, now) if now < 1.0 else _Position(session + 1)
        return Played(quotes, bars)

    def _stage(self, era: Era, session: int) -> Stage:
        stage = self._stages.get(era.name)
        day = era.day(session)
        if stage is None or stage.day != day:
            watched = [recording for recording in era.members if recording.instrument in self._watched]
            stage = self._stages[era.name] = Stage(day, watched, era.members[0].exchange)
        return stage

    def _unwatched(self, era: Era, day: date) -> Iterator[Recording]:
        for recording in era.members:
            if recording.instrument not in self._watched and day in recording.days:
                yield recording

    @property
    def _intervals(self) -> Sequence[Interval]:
        return finest_intervals(len(self._watched), self._options.session, self._options.max_bars_per_second)

    def _quote(self, tick: StepTick, stage: Stage, recorded_ms: int, *, span_ms: int, restarted: bool = False) -> Quote:
        now_ms = self._clock.now_ms()
        instrument = tick.recording.instrument
        return Quote(
            instrument,
            tick.price_e4,
            at_ms=now_ms,
            received_ms=now_ms,
            low_e4=tick.low_e4,
            high_e4=tick.high_e4,
            span_start_ms=now_ms - span_ms,
            previous_close_e4=self._closes[instrument].get(stage.day),
            day_open_e4=tick.day_open_e4,
            day_high_e4=tick.day_high_e4,
            day_low_e4=tick.day_low_e4,
            recorded_ms=recorded_ms,
            restarted=restarted,
        )

    def _plain_quote(self, recording: Recording, day: date, *, at_close: bool, restarted: bool = False) -> Quote:
        """Tell the open or the close of a day: all that is told of an instrument that nobody watches."""
        bar = recording.days[day]
        price = bar.close_e4 if at_close else bar.open_e4
        exchange = recording.exchange
        now_ms = self._clock.now_ms()
        return Quote(
            recording.instrument,
            price,
            at_ms=now_ms,
            received_ms=now_ms,
            low_e4=price,
            high_e4=price,
            span_start_ms=now_ms,
            previous_close_e4=self._closes[recording.instrument].get(day),
            day_open_e4=bar.open_e4,
            day_high_e4=bar.high_e4 if at_close else price,
            day_low_e4=bar.low_e4 if at_close else price,
            recorded_ms=to_ms(exchange.closes_at(day) if at_close else exchange.opens_at(day)),
            restarted=restarted,
        )

    def _say_ended(self) -> None:
        if not self._said_ended:
            self._said_ended = True
            log.info("replay_ended", sessions=self._position.session)


def finest_intervals(instruments: int, session: timedelta, max_bars_per_second: int) -> Sequence[Interval]:
    """Choose the candles to make: all from the finest on whose number a second, with all longer ones, stays within the
    limit.

    The day's candle is always made.
    """
    seconds = session.total_seconds()
    kept: list[Interval] = [Interval.D1]
    rate = 0.0
    for interval in (Interval.H1, Interval.M15, Interval.M5, Interval.M1):
        rate += instruments * (_SESSION_MINUTES / (interval.minutes or 1)) / seconds
        if rate > max_bars_per_second:
            break
        kept.append(interval)
    return kept


_SESSION_MINUTES = 390
_NEARLY_CLOSED = 1 - 1e-9  # many small steps do not sum up to 1 exactly
