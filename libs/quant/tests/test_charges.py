"""Charges of fills against the test vectors of the price lists, and the vector form against the itemised one."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from libs.quant.charges import (
    BROKERS,
    BUY,
    COUNTRIES,
    SELL,
    Charges,
    CostTable,
    UnknownCharges,
    charges,
    cost_table,
    exercised,
    fill_cost,
    fill_costs,
    trading_days,
)

TODAY = date(2026, 11, 20)
# Of the brokers' published formulas: brokerage, tax, exchange, regulator, stamp, GST, total without the depository.
VECTORS = [
    ("delivery", "NSE", "buy", 10, "0 15 0.4605 0.015 2.25 0.08559 17.81109"),
    ("delivery", "NSE", "sell", 10, "0 15 0.4605 0.015 0 0.08559 15.56109"),
    ("delivery", "BSE", "buy", 10, "0 15 0.5625 0.015 2.25 0.10395 17.93145"),
    ("intraday", "NSE", "buy", 10, "4.5 0 0.4605 0.015 0.45 0.89559 6.32109"),
    ("intraday", "NSE", "buy", 100, "20 0 4.605 0.15 4.5 4.4559 33.7109"),
    ("intraday", "NSE", "sell", 100, "20 37.5 4.605 0.15 0 4.4559 66.7109"),
]


@pytest.mark.parametrize(("segment", "exchange", "side", "quantity", "told"), VECTORS)
def test_the_published_examples_come_out_to_the_last_digit(
    segment: str, exchange: str, side: str, quantity: int, told: str
) -> None:
    bill = charges(segment, exchange, side, quantity, Decimal(1500), TODAY, "zerodha")
    items = (bill.brokerage, bill.transaction_tax, bill.exchange_fee, bill.regulator_fee, bill.stamp_duty)
    assert [*items, bill.service_tax, bill.total - bill.depository] == [Decimal(number) for number in told.split()]
    assert bill.depository == (Decimal("15.34") if (segment, side) == ("delivery", "sell") else 0)
    assert not bill.estimated


# What a broker's calculator shows for 400 bought and sold, in the order above; both sides together.
ROUND_TRIPS = [
    ("futures", "NSE", 1000, 1100, date(2026, 11, 20), "40 220 15.372 0.84 8 10.11816 294.33016"),
    ("futures", "NSE", 1000, 1100, date(2024, 10, 1), "40 88 15.372 0.84 8 10.11816 162.33016"),
    ("futures", "BSE", 1000, 1100, date(2026, 11, 20), "40 220 0 0.84 8 7.3512 276.1912"),
    ("options", "NSE", 100, 110, date(2026, 11, 20), "40 66 29.8452 0.084 1.2 12.587256 149.716456"),
    ("options", "NSE", 100, 110, date(2023, 6, 1), "40 27.5 42.42 0.084 1.2 14.85072 126.05472"),
    ("options", "BSE", 100, 110, date(2026, 11, 20), "40 66 27.3 0.084 1.2 12.12912 146.71312"),
]


@pytest.mark.parametrize(("segment", "exchange", "bought", "sold", "on", "told"), ROUND_TRIPS)
def test_futures_and_options_cost_what_a_brokers_calculator_shows(
    segment: str, exchange: str, bought: int, sold: int, on: date, told: str
) -> None:
    bills = [
        charges(segment, exchange, side, 400, Decimal(price), on, "zerodha")
        for side, price in (("buy", bought), ("sell", sold))
    ]
    names = ("brokerage", "transaction_tax", "exchange_fee", "regulator_fee", "stamp_duty", "service_tax")
    items = [sum(bill.items()[name] for bill in bills) for name in names]
    assert [*items, sum(bill.total for bill in bills)] == [Decimal(number) for number in told.split()]
    assert not any(bill.estimated for bill in bills)


@pytest.mark.parametrize(
    ("segment", "rates"),
    [
        ("delivery", "2004-10-01 0.075, 2005-06-01 0.1, 2006-06-01 0.125, 2012-07-01 0.1"),
        ("intraday", "2004-10-01 0.015, 2005-06-01 0.02, 2006-06-01 0.025"),
        ("futures", "2006-06-01 0.017, 2013-06-01 0.01, 2023-04-01 0.0125, 2024-10-01 0.02, 2026-04-01 0.05"),
        ("options", "2008-06-01 0.017, 2016-06-01 0.05, 2023-04-01 0.0625, 2024-10-01 0.1, 2026-04-01 0.15"),
    ],
)
def test_the_transaction_tax_on_a_sale_changes_on_its_days(segment: str, rates: str) -> None:
    def tax(on: date) -> Decimal:
        return charges(segment, "NSE", "sell", 100, Decimal(1), on, "none").transaction_tax

    told = [(date.fromisoformat(row.split()[0]), Decimal(row.split()[1])) for row in rates.split(", ")]
    assert [tax(day) for day, _ in told] == [rate for _, rate in told]
    assert [tax(day - timedelta(days=1)) for day, _ in told[1:]] == [rate for _, rate in told[:-1]]


def test_two_million_of_futures_sold_pay_a_thousand_rupees_of_tax() -> None:
    # The example of cleartax.in on the Finance Act 2026.
    days = (date(2026, 3, 31), date(2026, 4, 1))
    sold = [charges("futures", "NSE", "sell", 1, Decimal(2_000_000), on, "none") for on in days]
    assert [bill.transaction_tax for bill in sold] == [400, 1000]


def test_an_exercised_option_pays_on_what_it_is_worth() -> None:
    assert exercised(75, Decimal(40), date(2026, 3, 31)).total == Decimal("3.75")
    assert exercised(75, Decimal(40), date(2026, 4, 1)) == Charges(transaction_tax=Decimal("4.5"))
    assert exercised(75, Decimal(40), date(2019, 8, 30)).estimated  # it was taken of the settlement price
    with pytest.raises(ValueError, match="cannot be charged"):
        exercised(1, Decimal(-1), TODAY)


def test_a_slab_of_several_is_marked() -> None:
    def known(exchange: str, segment: str, *on: date) -> list[bool]:
        broker = "zero" if exchange == "NASDAQ" else "none"
        return [not charges(segment, exchange, "buy", 1, Decimal(100), day, broker).estimated for day in on]

    assert known("NSE", "delivery", date(2024, 3, 28), date(2024, 4, 1), date(2024, 10, 1)) == [True, False, True]
    assert known("BSE", "options", date(2024, 9, 30), date(2024, 10, 1)) == [False, True]
    assert known("BSE", "delivery", date(2022, 11, 30), date(2022, 12, 1)) == [False, True]
    assert known("NASDAQ", "delivery", date(2011, 6, 30), date(2011, 7, 1)) == [False, True]


def test_kites_own_sample_of_2022_comes_out_but_for_its_brokerage() -> None:
    # 1498 rupees bought for delivery when NSE took 0.00345 %; the sample's account paid a brokerage of 0.01.
    bill = charges("delivery", "NSE", "buy", 1, Decimal(1498), date(2022, 3, 1), "none")
    assert (bill.transaction_tax, bill.exchange_fee) == (Decimal("1.498"), Decimal("0.051681"))
    assert bill.service_tax + Decimal("0.18") * Decimal("0.01") == Decimal("0.01137222")


def test_a_sale_in_the_us_pays_the_sec_and_finra_and_a_purchase_nothing() -> None:
    def sold(on: date, quantity: int = 100) -> tuple[Decimal, Decimal]:
        bill = charges("delivery", "NASDAQ", "sell", quantity, Decimal(200), on, "zero")
        assert bill.total == bill.regulator_fee + bill.activity_fee
        return bill.regulator_fee, bill.activity_fee

    assert sold(date(2024, 5, 21)) == (Decimal("0.16"), Decimal("0.0166"))  # 8.00 a million
    assert sold(date(2024, 5, 22)) == (Decimal("0.556"), Decimal("0.0166"))  # 27.80
    assert sold(date(2025, 6, 2)) == (0, Decimal("0.0166"))
    assert sold(TODAY, 100_000) == (Decimal("412"), Decimal("9.79"))  # 20.60, and the most that FINRA takes
    assert charges("delivery", "NYSE", "buy", 100, Decimal(200), TODAY, "zero").total == 0


def test_sebi_took_half_for_ten_months() -> None:
    days = (date(2020, 5, 29), date(2020, 6, 1), date(2021, 3, 31), date(2021, 4, 1))
    fees = [charges("delivery", "BSE", "buy", 1, Decimal(10_000_000), day, "none").regulator_fee for day in days]
    assert fees == [10, 5, 5, 10]


def test_a_day_before_the_first_known_rate_is_marked() -> None:
    old = charges("delivery", "NSE", "buy", 10, Decimal(100), date(2019, 1, 1), "none")
    assert old.estimated
    assert old.stamp_duty == Decimal("0.15")  # of 2020, the first uniform one
    assert not charges("intraday", "NSE", "sell", 1, Decimal(100), date(2020, 7, 1), "none").estimated
    assert cost_table("delivery", "NSE", "none", [date(2019, 1, 1), TODAY]).estimated


@pytest.mark.parametrize(
    ("segment", "exchange", "side", "broker", "word"),
    [
        ("forwards", "NSE", "buy", "zerodha", "forwards"),
        ("futures", "NYSE", "buy", "zero", "futures"),
        ("delivery", "LSE", "buy", "zerodha", "LSE"),
        ("delivery", "NSE", "short", "zerodha", "short"),
        ("delivery", "NSE", "buy", "zero", "zero"),
        ("delivery", "NYSE", "buy", "nobody", "nobody"),
    ],
)
def test_what_has_no_price_list_is_refused(segment: str, exchange: str, side: str, broker: str, word: str) -> None:
    with pytest.raises(UnknownCharges, match=word):
        charges(segment, exchange, side, 1, Decimal(1), TODAY, broker)
    with pytest.raises(ValueError, match="cannot be charged"):
        charges("delivery", "NSE", "buy", -1, Decimal(1), TODAY, "zerodha")


days = st.dates(date(2010, 1, 1), date(2027, 12, 31))


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted(COUNTRIES)),
    st.sampled_from(["delivery", "intraday", "futures", "options"]),
    st.lists(days, min_size=1, max_size=8),
    st.integers(1, 10_000_000),
    st.integers(1, 500_000_000),
    st.data(),
)
def test_the_vector_form_is_the_itemised_one(
    exchange: str, segment: str, on: list[date], quantity: int, paise: int, data: st.DataObject
) -> None:
    assume(COUNTRIES[exchange] == "IN" or segment in ("delivery", "intraday"))
    broker = data.draw(st.sampled_from(sorted(BROKERS[COUNTRIES[exchange]])))
    table = cost_table(segment, exchange, broker, on)
    price = Decimal(paise) / 100
    for bar, day in enumerate(on):
        for code, side in ((BUY, "buy"), (SELL, "sell")):
            right = charges(segment, exchange, side, quantity, price, day, broker)
            told = fill_cost(table.terms[table.row[bar], code], float(quantity), float(price))
            assert told == pytest.approx(float(right.total), rel=1e-12)
            assert right.total >= 0
            assert not right.estimated or table.estimated
    many = fill_costs(table.terms[table.row, SELL], np.full(len(on), float(quantity)), np.full(len(on), float(price)))
    assert many.tolist() == [
        fill_cost(table.terms[row, SELL], float(quantity), float(price)) for row in table.row.tolist()
    ]


def test_the_rates_change_on_their_day_and_a_table_holds_each_list_once() -> None:
    on = [date(2024, 9, 25) + timedelta(days=n) for n in range(10)]
    table = cost_table("intraday", "NSE", "none", on)
    assert table.row.tolist() == [0] * 6 + [1] * 4  # 2024-10-01
    assert len(table.terms) == 2
    flat = CostTable.flat(0.001, 3)
    assert fill_cost(flat.terms[flat.row[2], BUY], 10, 200.0) == pytest.approx(2.0)
    assert len(cost_table("delivery", "NYSE", "zero", []).row) == 0


def test_a_bar_belongs_to_the_day_of_its_place() -> None:
    half_past_nine = 1_700_000_000_000 // 86_400_000 * 86_400_000 + 4 * 3_600_000
    told = trading_days(np.array([half_past_nine, half_past_nine + 15 * 3_600_000]), 330)
    assert told.tolist() == [date(2023, 11, 14), date(2023, 11, 15)]
    right = cost_table("delivery", "NSE", "zerodha", told.tolist())
    assert cost_table("delivery", "NSE", "zerodha", told).terms.tolist() == right.terms.tolist()
