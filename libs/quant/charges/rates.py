"""What a trade in shares costs, by date: duties, exchange and regulator fees, and what brokers take.

Fractions of the turnover (price x quantity of the one side) unless the name says otherwise. The first row of a history
also answers for the days before it; such an answer is marked as estimated. What brokers take is today's price list for
every day: a backtest asks what its trades would cost its user.

Sources, India: Finance Acts 2006 (1 June 2006) and 2012 (1 July 2012) for the securities transaction tax; NSE's
circulars of 2020-12 (in force 2021-01-01), 2023-03-24 (2023-04-01) and 2024-09-27 (2024-10-01), the contribution to the
investor protection fund included; BSE's price list since 2022-12-01; SEBI's
notification of 2019-03-22 and circular of 2020-04-27; Indian Stamp (Collection) Rules 2019 (2020-07-01);
service tax by the Finance Acts to 2017-06-30 with both cesses, GST since 2017-07-01; the brokers' price pages of 2026.
United States: SEC fee rate advisories under Section 31 of the Exchange Act (sales on or after the day); FINRA By-Laws,
Schedule A, section 1 (trading activity fee), Regulatory Notices 12-06 and 12-31, SR-FINRA-2020-032, SR-FINRA-2024-019.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from libs.common.dated_rules import DatedRule, DatedRules

ZERO = Decimal(0)


class Segment(StrEnum):
    """`DELIVERY`: shares are held over the day. `INTRADAY`: bought and sold within it."""

    DELIVERY = "delivery"
    INTRADAY = "intraday"


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
    """`rate` of the turnover, at most `most` in one order; `per_sale` for a delivery sold (tax included)."""

    rate: Decimal
    most: Decimal
    per_sale: Decimal = ZERO


def _percent(text: str) -> Decimal:
    return Decimal(text) / 100


def _sides(buy: str, sell: str) -> Sides:
    return Sides(_percent(buy), _percent(sell))


def _history(*rows: tuple[str, str]) -> DatedRules[Decimal]:
    return DatedRules(DatedRule(_percent(percent), date.fromisoformat(day)) for day, percent in rows)


TRANSACTION_TAX: Mapping[Segment, DatedRules[Sides]] = {
    Segment.DELIVERY: DatedRules(
        [
            DatedRule(_sides("0.125", "0.125"), date(2006, 6, 1)),
            DatedRule(_sides("0.1", "0.1"), date(2012, 7, 1)),
        ]
    ),
    Segment.INTRADAY: DatedRules([DatedRule(_sides("0", "0.025"), date(2006, 6, 1))]),
}
STAMP_DUTY: Mapping[Segment, DatedRules[Sides]] = {
    Segment.DELIVERY: DatedRules([DatedRule(_sides("0.015", "0"), date(2020, 7, 1))]),
    Segment.INTRADAY: DatedRules([DatedRule(_sides("0.003", "0"), date(2020, 7, 1))]),
}
EXCHANGE_FEE: Mapping[str, DatedRules[Decimal]] = {
    "NSE": _history(
        ("2014-04-01", "0.00325"), ("2021-01-01", "0.00345"), ("2023-04-01", "0.00335"), ("2024-10-01", "0.00307")
    ),
    "BSE": _history(("2022-12-01", "0.00375")),
}
REGULATOR_FEE: Mapping[str, DatedRules[Decimal]] = {
    # SEBI's, on both sides: ten rupees per crore, halved for ten months of 2020.
    INDIA: _history(("2019-04-01", "0.0001"), ("2020-06-01", "0.00005"), ("2021-04-01", "0.0001")),
    # The SEC's, of sales; its advisories count in dollars per million: 27.80 is 0.00278 %.
    US: _history(
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

ACTIVITY_FEE: DatedRules[PerShare] = DatedRules(
    DatedRule(PerShare(Decimal(amount), Decimal(most)), date.fromisoformat(day))
    for day, amount, most in (
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
BROKERAGE: Mapping[Broker, Mapping[Segment, Brokerage]] = {
    Broker.ZERODHA: {
        Segment.DELIVERY: Brokerage(ZERO, ZERO, per_sale=Decimal("15.34")),
        Segment.INTRADAY: Brokerage(_percent("0.03"), Decimal(20)),
    },
    Broker.UPSTOX: {
        Segment.DELIVERY: Brokerage(_MOST, Decimal(20), per_sale=Decimal("23.60")),
        Segment.INTRADAY: Brokerage(_percent("0.1"), Decimal(20)),
    },
    Broker.ALICE_BLUE: {
        Segment.DELIVERY: Brokerage(_MOST, Decimal(20), per_sale=Decimal("17.70")),
        Segment.INTRADAY: Brokerage(_percent("0.05"), Decimal(20)),
    },
    Broker.NONE: dict.fromkeys(Segment, _FREE),
    Broker.ZERO: dict.fromkeys(Segment, _FREE),
}
