"""What a trade costs, by date: duties, exchange and regulator fees, and what brokers take.

Fractions of the turnover (price x quantity of the one side; of options the premium) unless the name says otherwise. A
row that ends with `ABOUT` has no witness that is certain: a slab of several, a neighbour's rate, a day not found. It,
and a day before the first row (which then answers for it), are marked as estimated. What brokers take is today's price
list for every day: a backtest asks what its trades would cost its user.

Sources, India. Securities transaction tax: Finance (No. 2) Act 2004 and the Finance Acts 2005, 2006, 2008, 2012, 2013,
2016, 2023, 2024 (No. 2), 2026, as the brokers list them (tradingqna.com/t/185139; cleartax.in/s/securities-transaction-
tax-stt for 2026-04-01). Exchange fees: NSE's circulars of 2020-12 (in force 2021-01-01), 2023-03-24 (2023-04-01;
community.dhan.co/t/7768) and 2024-09-27 (2024-10-01), its contribution to the investor protection fund included (cash
and futures 0.0001 %, options 0.0005 %, since 2023-04-01); April to September 2024 as Upstox billed them
(upstox.com/pricing); BSE's price list since 2022-12-01 and its circular of 2024-09-27 (Sensex and Bankex options;
those on single shares pay 0.005 %). SEBI's notifications of 2014-05-23 and 2019-03-22 and circular of 2020-04-27.
Indian Stamp (Collection) Rules 2019 (2020-07-01; before, each state had its own). Service tax by the Finance Acts to
2017-06-30 with both cesses, GST since 2017-07-01. The brokers' price pages of 2024 to 2026; Zerodha's depository charge
is 13 rupees and GST (support.zerodha.com, "What does DP charge mean").
United States: SEC fee rate advisories under Section 31 of the Exchange Act (sales on or after the day; sec.gov/news
2010-255, 2012-232); FINRA By-Laws, Schedule A, section 1 (trading activity fee), Regulatory Notices 11-27, 12-06 and
12-31, SR-FINRA-2020-032, SR-FINRA-2024-019.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeVar

from libs.common.dated_rules import DatedRule, DatedRules

T = TypeVar("T")

ZERO = Decimal(0)


class Segment(StrEnum):
    """`DELIVERY`: shares are held over the day. `INTRADAY`: bought and sold within it. The others are derivatives."""

    DELIVERY = "delivery"
    INTRADAY = "intraday"
    FUTURES = "futures"
    OPTIONS = "options"


CASH = frozenset({Segment.DELIVERY, Segment.INTRADAY})


class Side(StrEnum):
    """What one fill does."""

    BUY = "buy"
    SELL = "sell"


class Broker(StrEnum):
    """Whose price list. `NONE` takes nothing (India); `ZERO` is a US broker without commission."""

    ZERODHA = "zerodha"
    UPSTOX = "upstox"
    ALICE_BLUE = "alice_blue"
    NONE = "none"
    ZERO = "zero"


INDIA, US = "IN", "US"
COUNTRIES: Mapping[str, str] = {"NSE": INDIA, "BSE": INDIA, "NASDAQ": US, "NYSE": US}
BROKERS: Mapping[str, frozenset[Broker]] = {
    INDIA: frozenset({Broker.ZERODHA, Broker.UPSTOX, Broker.ALICE_BLUE, Broker.NONE}),
    US: frozenset({Broker.ZERO}),
}


@dataclass(frozen=True, slots=True)
class Sides:
    """A fraction of the turnover on each side."""

    buy: Decimal
    sell: Decimal

    def of(self, side: Side) -> Decimal:
        return self.buy if side is Side.BUY else self.sell


@dataclass(frozen=True, slots=True)
class PerShare:
    """An amount for each share, at most `most` in one fill."""

    amount: Decimal
    most: Decimal


@dataclass(frozen=True, slots=True)
class Brokerage:
    """`rate` of the turnover, at most `most` in one order, and `flat` for each.

    `per_sale`: the depository's, for a delivery sold (tax included).
    """

    rate: Decimal
    most: Decimal
    per_sale: Decimal = ZERO
    flat: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Told(Generic[T]):
    """A rate of a history, and whether it is an estimate."""

    rate: T
    is_estimated: bool


ABOUT = "about"
History = DatedRules[Told[T]]


def _percent(text: str) -> Decimal:
    return Decimal(text) / 100


def _sides(buy: str, sell: str) -> Sides:
    return Sides(_percent(buy), _percent(sell))


def _dated(rows: Iterable[tuple[str, T, bool]]) -> History[T]:
    return DatedRules(DatedRule(Told(rate, about), date.fromisoformat(day)) for day, rate, about in rows)


def _history(*rows: tuple[str, ...]) -> History[Decimal]:
    """Rows of a day, a percentage, and perhaps `ABOUT`."""
    return _dated((row[0], _percent(row[1]), ABOUT in row[2:]) for row in rows)


def _both(*rows: tuple[str, ...]) -> History[Sides]:
    return _dated((row[0], _sides(row[1], row[1]), ABOUT in row[2:]) for row in rows)


def _sold(*rows: tuple[str, ...]) -> History[Sides]:
    return _dated((row[0], _sides("0", row[1]), ABOUT in row[2:]) for row in rows)


def _bought(*rows: tuple[str, ...]) -> History[Sides]:
    return _dated((row[0], _sides(row[1], "0"), ABOUT in row[2:]) for row in rows)


TRANSACTION_TAX: Mapping[Segment, History[Sides]] = {
    Segment.DELIVERY: _both(
        ("2004-10-01", "0.075"), ("2005-06-01", "0.1"), ("2006-06-01", "0.125"), ("2012-07-01", "0.1")
    ),
    Segment.INTRADAY: _sold(("2004-10-01", "0.015"), ("2005-06-01", "0.02"), ("2006-06-01", "0.025")),
    Segment.FUTURES: _sold(
        ("2004-10-01", "0.01"), ("2005-06-01", "0.0133"), ("2006-06-01", "0.017"), ("2013-06-01", "0.01"),
        ("2023-04-01", "0.0125"), ("2024-10-01", "0.02"), ("2026-04-01", "0.05"),
    ),
    # Before June 2008 it was reckoned from the contract's value, which a premium does not tell.
    Segment.OPTIONS: _sold(
        ("2008-06-01", "0.017"), ("2016-06-01", "0.05"), ("2023-04-01", "0.0625"), ("2024-10-01", "0.1"),
        ("2026-04-01", "0.15"),
    ),
}  # fmt: skip
EXERCISE_TAX = _history(("2019-09-01", "0.125"), ("2026-04-01", "0.15"))
"""The transaction tax on an option that is exercised: of what it is worth then (before, of the settlement price)."""

STAMP_DUTY: Mapping[Segment, History[Sides]] = {
    Segment.DELIVERY: _bought(("2020-07-01", "0.015")),
    Segment.INTRADAY: _bought(("2020-07-01", "0.003")),
    Segment.FUTURES: _bought(("2020-07-01", "0.002")),
    Segment.OPTIONS: _bought(("2020-07-01", "0.003")),
}
_NSE_CASH = _history(
    ("2014-04-01", "0.00325"), ("2021-01-01", "0.00345"), ("2023-04-01", "0.00335"), ("2024-04-01", "0.00332", ABOUT),
    ("2024-10-01", "0.00307"),
)  # fmt: skip
# Trades were paid for one by one between, which brokers passed on as a part of the turnover.
_BSE_CASH = _history(("2016-01-01", "0.00275", ABOUT), ("2017-04-03", "0.003", ABOUT), ("2022-12-01", "0.00375"))
EXCHANGE_FEE: Mapping[str, Mapping[Segment, History[Decimal]]] = {
    "NSE": {
        Segment.DELIVERY: _NSE_CASH,
        Segment.INTRADAY: _NSE_CASH,
        Segment.FUTURES: _history(
            ("2014-04-01", "0.0019", ABOUT), ("2021-01-01", "0.002"), ("2023-04-01", "0.002"),
            ("2024-04-01", "0.00198", ABOUT), ("2024-10-01", "0.00183"),
        ),
        Segment.OPTIONS: _history(
            ("2014-04-01", "0.05", ABOUT), ("2021-01-01", "0.053"), ("2023-04-01", "0.0505"),
            ("2024-04-01", "0.05", ABOUT), ("2024-10-01", "0.03553"),
        ),
    },
    "BSE": {
        Segment.DELIVERY: _BSE_CASH,
        Segment.INTRADAY: _BSE_CASH,
        Segment.FUTURES: _history(("2023-11-01", "0")),
        Segment.OPTIONS: _history(
            ("2022-04-25", "0.005", ABOUT), ("2023-11-01", "0.0375", ABOUT), ("2024-04-01", "0.0495", ABOUT),
            ("2024-10-01", "0.0325"),
        ),
    },
}  # fmt: skip
REGULATOR_FEE: Mapping[str, History[Decimal]] = {
    # SEBI's, on both sides: by the crore 20, 15 and 10 rupees, halved for ten months of 2020.
    INDIA: _history(
        ("2014-05-23", "0.0002"), ("2017-04-01", "0.00015", ABOUT), ("2019-04-01", "0.0001"),
        ("2020-06-01", "0.00005"), ("2021-04-01", "0.0001"),
    ),
    # The SEC's, of sales; its advisories count in dollars per million: 27.80 is 0.00278 %.
    US: _history(
        ("2010-04-01", "0.00169", ABOUT), ("2011-01-21", "0.00192"), ("2012-02-21", "0.0018", ABOUT),
        ("2012-04-01", "0.00224"), ("2013-05-25", "0.00174"), ("2014-03-18", "0.00221"), ("2015-02-14", "0.00184"),
        ("2016-02-16", "0.00218"), ("2017-07-04", "0.00231"), ("2018-05-22", "0.00130"), ("2019-04-16", "0.00207"),
        ("2020-02-18", "0.00221"), ("2021-02-25", "0.00051"), ("2022-05-14", "0.00229"), ("2023-02-27", "0.00080"),
        ("2024-05-22", "0.00278"), ("2025-05-14", "0"), ("2026-04-04", "0.00206"),
    ),
}  # fmt: skip
SERVICE_TAX = _history(
    ("2012-04-01", "12.36"), ("2015-06-01", "14"), ("2015-11-15", "14.5"), ("2016-06-01", "15"), ("2017-07-01", "18")
)
"""Of brokerage, exchange fee and regulator fee together: GST, and the service tax before it."""

ACTIVITY_FEE: History[PerShare] = _dated(
    (day, PerShare(Decimal(amount), Decimal(most)), False)
    for day, amount, most in (
        ("2011-07-01", "0.000090", "4.50"),
        ("2012-03-01", "0.000095", "4.75"),
        ("2012-07-01", "0.000119", "5.95"),
        ("2022-01-01", "0.000130", "6.49"),
        ("2023-01-01", "0.000145", "7.27"),
        ("2024-01-01", "0.000166", "8.30"),
        ("2026-01-01", "0.000195", "9.79"),
    )
)
"""FINRA's, of shares sold."""

# SEBI allows a broker at most 2.5 % of the turnover, which bounds a flat amount on a small order.
_MOST = Decimal("0.025")
_FREE = Brokerage(ZERO, ZERO)
_TWENTY = Decimal(20)
_FLAT = Brokerage(ZERO, ZERO, flat=_TWENTY)
BROKERAGE: Mapping[Broker, Mapping[Segment, Brokerage]] = {
    Broker.ZERODHA: {
        Segment.DELIVERY: Brokerage(ZERO, ZERO, per_sale=Decimal("15.34")),
        Segment.INTRADAY: Brokerage(_percent("0.03"), _TWENTY),
        Segment.FUTURES: Brokerage(_percent("0.03"), _TWENTY),
        Segment.OPTIONS: _FLAT,
    },
    Broker.UPSTOX: {
        Segment.DELIVERY: Brokerage(_MOST, _TWENTY, per_sale=Decimal("23.60")),
        Segment.INTRADAY: Brokerage(_percent("0.1"), _TWENTY),
        Segment.FUTURES: Brokerage(_percent("0.05"), _TWENTY),
        Segment.OPTIONS: _FLAT,
    },
    Broker.ALICE_BLUE: {
        Segment.DELIVERY: Brokerage(_MOST, _TWENTY, per_sale=Decimal("17.70")),
        Segment.INTRADAY: Brokerage(_percent("0.05"), _TWENTY),
        Segment.FUTURES: Brokerage(_percent("0.05"), _TWENTY),
        Segment.OPTIONS: _FLAT,
    },
    Broker.NONE: dict.fromkeys(Segment, _FREE),
    Broker.ZERO: dict.fromkeys(CASH, _FREE),
}
