"""The small value types: time, ids, money, instruments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.clock import FixedClock, SystemClock, from_ms, to_ms
from libs.common.ids import uuid7
from libs.common.instruments import Instrument, is_symbol
from libs.common.money import CurrencyMismatch, Money, from_e4, plain, shown, to_e4, to_paise, to_tick

prices_e4 = st.integers(min_value=1, max_value=10**15)


@given(st.integers(min_value=0, max_value=4_102_444_800_000))
def test_milliseconds_survive_the_way_to_an_instant_and_back(ms: int) -> None:
    assert to_ms(from_ms(ms)) == ms


def test_the_system_clock_is_aware_and_in_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_a_fixed_clock_moves_only_when_told() -> None:
    clock = FixedClock(datetime(2026, 11, 20, tzinfo=UTC))
    before = clock.now_ms()
    assert clock.now_ms() == before
    clock.move(timedelta(seconds=2))
    assert clock.now_ms() - before == 2_000


def test_ids_sort_by_the_order_of_their_making_and_say_what_they_are() -> None:
    ids = [uuid7() for _ in range(20_000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert {i.version for i in ids} == {7}
    assert {i.variant for i in ids} == {"specified in RFC 4122"}


@given(prices_e4)
def test_a_price_survives_the_way_to_ten_thousandths_and_back(e4: int) -> None:
    assert to_e4(from_e4(e4)) == e4


@pytest.mark.parametrize(
    ("text", "out"), [("230", "230.00"), ("0.05", "0.05"), ("0.0525", "0.0525"), ("1.5", "1.50"), ("0.125", "0.125")]
)
def test_a_price_has_two_decimals_or_as_many_as_it_needs(text: str, out: str) -> None:
    assert f"{plain(Decimal(text)):f}" == out


def test_a_fifth_decimal_is_refused_rather_than_lost() -> None:
    with pytest.raises(ValueError, match="4 decimals"):
        to_e4(Decimal("1.00001"))


@pytest.mark.parametrize(
    ("amount", "currency", "out"),
    [
        ("232.5", "USD", "$232.50"),
        ("1234567.8", "USD", "$1,234,567.80"),
        ("123456.05", "INR", "₹1,23,456.05"),
        ("12345678.9", "INR", "₹1,23,45,678.90"),
        ("999", "INR", "₹999.00"),
        ("-5", "USD", "-$5.00"),
        ("7", "CHF", "CHF 7.00"),
    ],
)
def test_prices_are_written_as_people_of_that_currency_write_them(amount: str, currency: str, out: str) -> None:
    assert shown(Decimal(amount), currency) == out


def test_rupees_and_dollars_do_not_add_up() -> None:
    assert Money(Decimal("1.10"), "INR") + Money(Decimal("2.20"), "INR") == Money(Decimal("3.30"), "INR")
    with pytest.raises(CurrencyMismatch):
        Money(Decimal(1), "INR") + Money(Decimal(1), "USD")


def test_rounding_is_by_name() -> None:
    assert to_tick(Decimal("101.03"), Decimal("0.05")) == Decimal("101.05")
    assert to_paise(Decimal("38.125")) == 3813


@pytest.mark.parametrize("text", ["NSE:RELIANCE", "nasdaq:aapl", "NSE:M&M", "BSE:BAJAJ-AUTO", "NYSE:BRK.B"])
def test_an_instrument_prints_what_it_parsed(text: str) -> None:
    assert str(Instrument.parse(text)) == text.upper()


@pytest.mark.parametrize(
    "text", ["AAPL", "", ":", "NSE:", ":AAPL", "NSE:A B", "NSE:\x00", "N1:A", "NSE:A:B", "NSE:" + "A" * 40]
)
def test_what_is_no_instrument_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="EXCHANGE:SYMBOL"):
        Instrument.parse(text)


@given(st.text(max_size=40))
def test_no_text_breaks_the_symbol_check(text: str) -> None:
    assert is_symbol(text) in {True, False}
