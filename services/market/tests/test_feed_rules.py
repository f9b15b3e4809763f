"""Which prices are believed and which may fire something."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.clock import from_ms, to_ms
from libs.common.instruments import Instrument
from services.market.candles import rules as candle_rules
from services.market.exchanges import EXCHANGES
from services.market.feed import rules
from services.market.feed.rules import Gap, GapLimits
from services.market.prices import rules as price_rules
from services.market.providers.port import Interval, Quote
from services.market.quality.rules import QuarantineReason

AAPL = Instrument("NASDAQ", "AAPL")
NOW = to_ms(datetime(2026, 1, 15, 20, 0, tzinfo=UTC))
LIMITS = GapLimits(0.25, timedelta(seconds=10))


def quote(price=2_272_500, **changes) -> Quote:
    plain = Quote(AAPL, price, at_ms=NOW, received_ms=NOW, low_e4=price, high_e4=price, span_start_ms=NOW)
    return replace(plain, **changes)


def test_a_plain_price_has_no_flaw():
    assert rules.find_flaw(quote()) is None


@pytest.mark.parametrize(
    ("bad", "flaw"),
    [
        (quote(0), QuarantineReason.NOT_POSITIVE),
        (quote(-5), QuarantineReason.NOT_POSITIVE),
        (quote(low_e4=0), QuarantineReason.NOT_POSITIVE),
        (quote(10**19), QuarantineReason.TOO_LARGE),
        (quote(low_e4=2_272_501), QuarantineReason.OUT_OF_ITS_SPAN),
        (quote(high_e4=2_272_499), QuarantineReason.OUT_OF_ITS_SPAN),
        (quote(span_start_ms=NOW + 1), QuarantineReason.OUT_OF_ITS_SPAN),
        (quote(at_ms=NOW + 61_000, span_start_ms=NOW), QuarantineReason.FROM_THE_FUTURE),
    ],
)
def test_a_price_that_cannot_be_true_is_told(bad, flaw):
    assert rules.find_flaw(bad) is flaw


@pytest.mark.parametrize(("age_s", "stale"), [(0, False), (15, False), (15.001, True), (3_600, True)])
def test_a_price_is_stale_when_it_was_too_old_on_arrival(age_s, stale):
    at_ms = NOW - round(age_s * 1_000)
    assert rules.is_stale(quote(at_ms=at_ms, span_start_ms=at_ms), timedelta(seconds=15)) is stale


@pytest.mark.parametrize(
    ("before", "price", "gap"),
    [
        (None, 1_000_000, None),
        (1_000_000, 1_250_000, None),
        (1_000_000, 1_250_001, Gap.UNEXPLAINED),
        (1_000_000, 750_000, None),
        (1_000_000, 500_000, Gap.UNEXPLAINED),
    ],
)
def test_a_step_needs_explaining_when_no_market_makes_it(before, price, gap):
    assert rules.find_gap(quote(price), before, LIMITS) is gap


def test_a_source_that_went_back_in_time_explains_any_step():
    assert rules.find_gap(quote(restarted=True), 2_272_400, LIMITS) is Gap.REPLAY_RESTARTED
    assert rules.find_gap(quote(restarted=True), None, LIMITS) is None


@given(
    minutes=st.integers(-600, 600),
    interval=st.sampled_from([timedelta(minutes=1), timedelta(minutes=30), timedelta(hours=2)]),
)
def test_polled_candles_hold_their_price_and_are_no_finer_than_the_polls(minutes, interval):
    exchange = EXCHANGES["NASDAQ"]
    at_ms = to_ms(exchange.opens_at(date(2026, 1, 15)) + timedelta(minutes=minutes))
    parts = candle_rules.parts_of(quote(at_ms=at_ms, received_ms=at_ms, span_start_ms=at_ms), interval)
    made = [part.bar for part in parts]
    inside_ms = min(at_ms, to_ms(exchange.closes_at(from_ms(at_ms).astimezone(exchange.zone).date())) - 1)
    day, *shorter = made
    assert day.interval is Interval.D1
    assert from_ms(day.at_ms).astimezone(exchange.zone).time() == time(9, 30)
    for bar in shorter:
        length_ms = bar.interval.minutes * 60_000
        assert bar.at_ms <= inside_ms < bar.at_ms + length_ms
        assert timedelta(milliseconds=length_ms) >= interval
    assert all(bar.low_e4 <= bar.close_e4 <= bar.high_e4 for bar in made)


def test_the_days_candle_takes_the_providers_open_high_and_low():
    given = quote(day_open_e4=2_280_000, day_high_e4=2_270_000, day_low_e4=2_265_000, day_volume=7)
    day = candle_rules.parts_of(given, timedelta(minutes=30))[0].bar
    assert (day.open_e4, day.high_e4, day.low_e4, day.close_e4) == (2_280_000, 2_280_000, 2_265_000, 2_272_500)
    assert day.volume == 7
    assert not day.complete


def test_a_change_is_unknown_without_the_close_before():
    assert price_rules.change(Decimal("227.25"), None) is None
    assert price_rules.change_percent(None, Decimal("226.80")) is None
    assert price_rules.change_percent(Decimal("227.25"), Decimal(0)) is None
    assert price_rules.change_percent(Decimal("227.25"), Decimal("226.80")) == Decimal("0.20")
    assert price_rules.change_percent(Decimal("113.40"), Decimal("226.80")) == Decimal("-50.00")
