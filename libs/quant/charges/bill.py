"""The charges of one fill, item by item."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import TypeVar

from libs.quant.charges.rates import (
    ACTIVITY_FEE,
    BROKERAGE,
    BROKERS,
    COUNTRIES,
    EXCHANGE_FEE,
    EXERCISE_TAX,
    INDIA,
    REGULATOR_FEE,
    SERVICE_TAX,
    STAMP_DUTY,
    TRANSACTION_TAX,
    ZERO,
    Broker,
    Brokerage,
    History,
    PerShare,
    Segment,
    Side,
    Sides,
)

T = TypeVar("T")


class UnknownCharges(ValueError):
    """No price list is known for this market, segment or broker."""


@dataclass(frozen=True, slots=True)
class Charges:
    """What one fill costs, in the currency of its exchange, not rounded.

    `regulator_fee` is SEBI's or the SEC's, `activity_fee` FINRA's, `service_tax` GST or the tax before it, `depository`
    what the broker takes for shares delivered out. `estimated`: a rate of that day is not known for certain (a slab of
    several, or so early a day that the first known one stands in for it).
    """

    brokerage: Decimal = ZERO
    transaction_tax: Decimal = ZERO
    exchange_fee: Decimal = ZERO
    regulator_fee: Decimal = ZERO
    activity_fee: Decimal = ZERO
    stamp_duty: Decimal = ZERO
    service_tax: Decimal = ZERO
    depository: Decimal = ZERO
    estimated: bool = False

    def items(self) -> dict[str, Decimal]:
        """Give each item by its name, also those that are zero."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "estimated"}

    @property
    def total(self) -> Decimal:
        return sum(self.items().values(), ZERO)


@dataclass(frozen=True, slots=True)
class Rates:
    """All rates of one exchange, segment and broker on one day."""

    brokerage: Brokerage
    transaction_tax: Sides
    exchange_fee: Decimal
    regulator_fee: Sides
    activity_fee: PerShare
    stamp_duty: Sides
    service_tax: Decimal
    estimated: bool


def rates_on(segment: str, exchange: str, broker: str, on: date) -> Rates:
    """Give the rates in force on a trading day of the exchange.

    Raises UnknownCharges for a segment, exchange or broker without a price list, or a broker of another country.
    """
    country = COUNTRIES.get(exchange)
    if country is None:
        raise UnknownCharges(f"No charges are known for the exchange {exchange}; known are {', '.join(COUNTRIES)}.")
    try:
        part, taker = Segment(segment), Broker(broker)
    except ValueError as error:
        raise UnknownCharges(f"No charges are known for {segment} with the broker {broker}.") from error
    if taker not in BROKERS[country]:
        allowed = ", ".join(sorted(BROKERS[country]))
        raise UnknownCharges(f"The broker {broker} does not trade on {exchange}; known there are {allowed}.")
    if part not in BROKERAGE[taker]:
        raise UnknownCharges(f"No charges are known for {part} on {exchange}.")
    brokerage = BROKERAGE[taker][part]
    if country != INDIA:
        sec, early = _at(REGULATOR_FEE[country], on)
        activity, earlier = _at(ACTIVITY_FEE, on)
        nothing = Sides(ZERO, ZERO)
        return Rates(brokerage, nothing, ZERO, Sides(ZERO, sec), activity, nothing, ZERO, early or earlier)
    tax, tax_early = _at(TRANSACTION_TAX[part], on)
    fee, fee_early = _at(EXCHANGE_FEE[exchange][part], on)
    sebi, sebi_early = _at(REGULATOR_FEE[country], on)
    stamp, stamp_early = _at(STAMP_DUTY[part], on)
    service, service_early = _at(SERVICE_TAX, on)
    estimated = tax_early or fee_early or sebi_early or stamp_early or service_early
    return Rates(brokerage, tax, fee, Sides(sebi, sebi), PerShare(ZERO, ZERO), stamp, service, estimated)


def first_days(segment: str, exchange: str) -> list[date]:
    """List the days on which a rate of this segment and exchange changes, in order."""
    country = COUNTRIES[exchange]
    dates: set[date] = set()
    if country == INDIA:
        part = Segment(segment)
        for rules in (TRANSACTION_TAX[part], STAMP_DUTY[part]):
            dates |= _starts(rules)
        dates |= _starts(EXCHANGE_FEE[exchange][part]) | _starts(SERVICE_TAX)
    else:
        dates |= _starts(ACTIVITY_FEE)
    return sorted(dates | _starts(REGULATOR_FEE[country]))


def charges(
    segment: str, exchange: str, side: str, quantity: int | Decimal, price: Decimal, on: date, broker: str
) -> Charges:
    """Give the charges of one fill.

    segment: "delivery", "intraday", in India "futures" and "options" too; exchange: "NSE", "BSE", "NASDAQ" or "NYSE";
    side: "buy" or "sell"; quantity: shares, of derivatives lots times their size; price: of options the premium;
    on: the trading day in the exchange's place; broker: a `Broker` of that country.
    A delivery sold bears the depository's charge once a fill: the paper takes it once a scrip and day.
    Raises UnknownCharges, and ValueError for a quantity or price below zero.
    """
    if quantity < 0 or price < 0:
        raise ValueError(f"A fill of {quantity} at {price} cannot be charged.")
    if side not in tuple(Side):
        raise UnknownCharges(f"A fill is a buy or a sell, not {side}.")
    way, rates = Side(side), rates_on(segment, exchange, broker, on)
    turnover = Decimal(quantity) * price
    least = min(rates.brokerage.rate * turnover, rates.brokerage.most)
    brokerage = least + rates.brokerage.flat if quantity > 0 else ZERO
    exchange_fee = rates.exchange_fee * turnover
    regulator_fee = rates.regulator_fee.of(way) * turnover
    sold = way is Side.SELL and quantity > 0
    return Charges(
        brokerage=brokerage,
        transaction_tax=rates.transaction_tax.of(way) * turnover,
        exchange_fee=exchange_fee,
        regulator_fee=regulator_fee,
        activity_fee=min(rates.activity_fee.amount * quantity, rates.activity_fee.most) if sold else ZERO,
        stamp_duty=rates.stamp_duty.of(way) * turnover,
        service_tax=rates.service_tax * (brokerage + exchange_fee + regulator_fee),
        depository=rates.brokerage.per_sale if sold else ZERO,
        estimated=rates.estimated,
    )


def exercised(quantity: int | Decimal, intrinsic: Decimal, on: date) -> Charges:
    """Give what its holder pays when an Indian option is exercised for cash.

    quantity: lots times their size; intrinsic: what one is worth then. Raises ValueError for one below zero.
    """
    if quantity < 0 or intrinsic < 0:
        raise ValueError(f"An exercise of {quantity} worth {intrinsic} each cannot be charged.")
    tax, early = _at(EXERCISE_TAX, on)
    return Charges(transaction_tax=tax * Decimal(quantity) * intrinsic, estimated=early)


def _at(rules: History[T], day: date) -> tuple[T, bool]:
    """Give the rate of a day, and whether it is an estimate: as such, or that of a later day."""
    rule = rules.find(day)
    if rule is not None:
        return rule.value.rate, rule.value.is_estimated
    return rules.changes_between(date.min, date.max)[0].value.rate, True


def _starts(rules: History[T]) -> set[date]:
    return {rule.valid_from for rule in rules.changes_between(date.min, date.max)}
