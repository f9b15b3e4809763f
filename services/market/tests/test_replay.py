"""Playing recordings: what is told when, and that a stopped replay goes on where it stood."""

from datetime import UTC, datetime, timedelta

import pytest

from libs.common.clock import from_ms
from libs.common.instruments import Instrument
from services.market.providers.port import Bar, Interval, Played, Quote, SymbolUnknown
from services.market.providers.replay import packaged_eras
from services.market.providers.replay.provider import finest_intervals
from services.market.tests.recorded import AAPL, AAPL_DAYS, IBM, IBM_DAYS, MONDAY, era, recording, replay

STEP = timedelta(milliseconds=500)


def of(played: list[Played], instrument: Instrument) -> list[Quote]:
    return [quote for step in played for quote in step.quotes if quote.instrument == instrument]


def last_bars(played: list[Played], interval: Interval) -> dict[int, Bar]:
    """The last word on each candle, by its start."""
    return {bar.at_ms: bar for step in played for bar in step.bars if bar.interval is interval}


async def play_session(provider, *, step: timedelta = STEP) -> list[Played]:
    """Play from before an open to the close."""
    played = [await provider.play(step)]
    while '"progress":null' not in provider.position:
        played.append(await provider.play(step))
    return played


async def test_a_session_tells_open_high_low_and_close_exactly(clock):
    provider = replay(era(recording(AAPL, AAPL_DAYS)), clock=clock)
    provider.watch(frozenset({AAPL}))
    quotes = of(await play_session(provider), AAPL)
    assert quotes[0].price_e4 == 2_204_700
    assert quotes[-1].price_e4 == 2_247_500
    assert max(quote.high_e4 for quote in quotes) == 2_260_000
    assert min(quote.low_e4 for quote in quotes) == 2_201_500
    assert (quotes[-1].day_high_e4, quotes[-1].day_low_e4) == (2_260_000, 2_201_500)
    assert all(quote.low_e4 <= quote.price_e4 <= quote.high_e4 for quote in quotes)


async def test_no_price_between_two_ticks_is_left_out_of_their_spans(clock):
    """Large steps and small ones see the same extremes: an alert cannot be jumped over."""
    seen = []
    for step in (timedelta(milliseconds=250), timedelta(seconds=7)):
        provider = replay(era(recording(AAPL, AAPL_DAYS)), clock=clock)
        provider.watch(frozenset({AAPL}))
        quotes = of(await play_session(provider, step=step), AAPL)
        seen.append((min(q.low_e4 for q in quotes), max(q.high_e4 for q in quotes)))
    assert seen[0] == seen[1]


async def test_prices_carry_our_time_and_the_recorded_time(clock):
    provider = replay(era(recording(AAPL, AAPL_DAYS)), clock=clock)
    provider.watch(frozenset({AAPL}))
    opened = (await provider.play(STEP)).quotes[0]
    later = (await provider.play(STEP)).quotes[0]
    assert opened.at_ms == opened.received_ms == clock.now_ms()
    assert from_ms(opened.recorded_ms) == datetime(2010, 3, 22, 13, 30, tzinfo=UTC)  # 09:30 in New York
    assert later.recorded_ms - opened.recorded_ms == 390 * 60_000 // 40  # 500 ms of 20 s of a session
    assert later.at_ms - later.span_start_ms == 500


async def test_candles_say_what_is_interpolated_and_the_day_ends_as_it_was_recorded(clock):
    provider = replay(era(recording(AAPL, AAPL_DAYS)), clock=clock)
    provider.watch(frozenset({AAPL}))
    played = await play_session(provider)
    minutes = last_bars(played, Interval.M1)
    assert len(minutes) == 390
    assert all(bar.interpolated and bar.complete for bar in minutes.values())
    assert sum(bar.volume for bar in minutes.values()) == 16_300_700
    (day,) = last_bars(played, Interval.D1).values()
    assert (day.open_e4, day.high_e4, day.low_e4, day.close_e4, day.volume) == AAPL_DAYS[0]
    assert day.complete
    assert not day.interpolated
    running = next(bar for step in played for bar in step.bars if bar.interval is Interval.D1)
    assert running.interpolated
    assert not running.complete


@pytest.mark.parametrize("interval", [Interval.M5, Interval.M15, Interval.H1])
async def test_longer_candles_sum_up_the_minutes(clock, interval):
    provider = replay(era(recording(AAPL, AAPL_DAYS)), clock=clock)
    provider.watch(frozenset({AAPL}))
    played = await play_session(provider, step=timedelta(milliseconds=700))
    minutes = sorted(last_bars(played, Interval.M1).items())
    for at_ms, bar in last_bars(played, interval).items():
        inside = [minute for start, minute in minutes if at_ms <= start < at_ms + interval.minutes * 60_000]
        assert bar.open_e4 == inside[0].open_e4
        assert bar.close_e4 == inside[-1].close_e4
        assert bar.high_e4 == max(minute.high_e4 for minute in inside)
        assert bar.low_e4 == min(minute.low_e4 for minute in inside)
        assert bar.volume == sum(minute.volume for minute in inside)


async def test_a_stopped_replay_goes_on_where_it_stood(clock):
    first = replay(era(recording(AAPL, AAPL_DAYS)), clock=clock)
    first.watch(frozenset({AAPL}))
    for _ in range(60):
        await first.play(STEP)
    second = replay(era(recording(AAPL, AAPL_DAYS)), clock=clock)
    second.watch(frozenset({AAPL}))
    second.resume(first.position)
    assert second.source_key == first.source_key
    assert await second.play(STEP) == await first.play(STEP)


async def test_the_end_starts_over_and_says_so(clock):
    provider = replay(era(recording(AAPL, AAPL_DAYS), start=1), clock=clock)
    provider.watch(frozenset({AAPL}))
    sessions = [await play_session(provider) for _ in range(3)]
    assert [played[0].quotes[0].restarted for played in sessions] == [False, False, True]
    again = sessions[2][0]
    assert again.quotes[0].price_e4 == 2_256_400
    assert from_ms(again.quotes[0].recorded_ms) == datetime(2010, 3, 23, 13, 30, tzinfo=UTC)
    assert not any(quote.restarted for step in sessions[2][1:] for quote in step.quotes)


async def test_a_replay_that_does_not_repeat_falls_silent(clock):
    provider = replay(era(recording(AAPL, AAPL_DAYS), start=2), clock=clock, repeat=False)
    provider.watch(frozenset({AAPL}))
    await play_session(provider)
    silent = await provider.play(STEP)
    assert (silent.quotes, silent.bars) == ((), ())


async def test_eras_of_different_length_and_time_play_side_by_side(clock):
    provider = replay(era(recording(AAPL, AAPL_DAYS)), era(recording(IBM, IBM_DAYS)), clock=clock)
    provider.watch(frozenset({AAPL, IBM}))
    third = [await play_session(provider) for _ in range(3)][2]
    assert of(third, AAPL)[0].price_e4 == 2_276_400
    assert of(third, IBM)[0].price_e4 == 1_273_000
    assert of(third, IBM)[0].restarted
    assert not of(third, AAPL)[0].restarted


async def test_what_nobody_watches_has_its_open_its_close_and_its_day(clock):
    provider = replay(era(recording(AAPL, AAPL_DAYS), recording(IBM, IBM_DAYS, chosen=False)), clock=clock)
    provider.watch(frozenset({AAPL}))
    played = await play_session(provider)
    assert [quote.price_e4 for quote in of(played, IBM)] == [1_273_000, 1_279_800]
    assert [
        bar for step in played for bar in step.bars if bar.instrument == IBM and bar.interval is not Interval.D1
    ] == []
    provider.watch(frozenset({AAPL, IBM}))
    assert len(of(await play_session(provider), IBM)) > 30


async def test_an_instrument_that_becomes_watched_in_a_session_joins_it_there(clock):
    eras = [era(recording(AAPL, AAPL_DAYS), recording(IBM, IBM_DAYS)) for _ in "ab"]
    joins, always = (replay(one, clock=clock) for one in eras)
    always.watch(frozenset({AAPL, IBM}))
    joins.watch(frozenset({AAPL}))
    for _ in range(10):
        await joins.play(STEP)
        await always.play(STEP)
    joins.watch(frozenset({AAPL, IBM}))
    assert of([await joins.play(STEP)], IBM) == of([await always.play(STEP)], IBM)


async def test_the_past_is_what_lies_before_the_day_that_plays(clock):
    provider = replay(era(recording(AAPL, AAPL_DAYS), start=1), clock=clock)
    always = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
    (bar,) = await provider.bars(AAPL, Interval.D1, *always)
    assert from_ms(bar.at_ms).date() == MONDAY
    await play_session(provider)
    assert len(await provider.bars(AAPL, Interval.D1, *always)) == 2
    with pytest.raises(SymbolUnknown):
        await provider.bars(IBM, Interval.D1, *always)


def test_finer_candles_give_way_when_there_are_too_many_of_them():
    session = timedelta(seconds=20)
    assert len(finest_intervals(10, session, 2_000)) == 5
    assert Interval.M1 not in finest_intervals(150, session, 2_000)
    assert list(finest_intervals(100_000, session, 2_000)) == [Interval.D1]
    assert len(finest_intervals(2_000, timedelta(hours=6.5), 2_000)) == 5


async def test_the_packaged_replay_takes_aapl_over_230_in_a_minute_or_two(clock):
    provider = replay(*packaged_eras(), clock=clock)
    watched = frozenset(listing.instrument for listing in await provider.listings())
    assert {str(instrument) for instrument in watched} == {
        "NASDAQ:AAPL", "NASDAQ:AMZN", "NASDAQ:FB", "NASDAQ:GOOG", "NYSE:IBM",
        "NASDAQ:MSFT", "NASDAQ:NFLX", "NASDAQ:NVDA", "NASDAQ:TSLA",
    }  # fmt: skip
    provider.watch(watched)
    elapsed = timedelta()
    while not any(quote.high_e4 >= 2_300_000 for quote in of([await provider.play(STEP)], AAPL)):
        elapsed += STEP
    assert timedelta(seconds=60) < elapsed < timedelta(seconds=120)
