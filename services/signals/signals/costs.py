"""What entering and leaving a signal costs, for its track record. Pure."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_FLOOR, Decimal

from libs.contracts.signals import SignalSide
from libs.quant.charges import BROKERS, COUNTRIES, Segment, Side, UnknownCharges, charges

NOTIONAL = Decimal(100_000)
"""A record is reckoned for positions of this size in the instrument's currency, since fees have fixed parts."""


def round_trip(
    exchange: str, broker: str, side: SignalSide, entry: Decimal, entry_on: date, exit_price: Decimal, exit_on: date
) -> Decimal | None:
    """Give the charges of both fills as a part of the entry; None where nobody knows them.

    What is bought is delivered; what is sold short and bought back is charged as intraday, the only way for shares.
    """
    units = max(Decimal(1), (NOTIONAL / entry).to_integral_value(rounding=ROUND_FLOOR))
    long = side is SignalSide.LONG
    segment = Segment.DELIVERY if long else Segment.INTRADAY
    first, last = (Side.BUY, Side.SELL) if long else (Side.SELL, Side.BUY)
    try:
        paid = charges(segment, exchange, first, units, entry, entry_on, broker).total
        paid += charges(segment, exchange, last, units, exit_price, exit_on, broker).total
    except UnknownCharges:
        return None
    return (paid / (units * entry)).quantize(Decimal("0.0000000001"))


def broker_of(exchange: str, wanted: str) -> str:
    """Give the wanted broker where it serves an exchange, else the first one that does."""
    country = COUNTRIES.get(exchange)
    if country is None:
        return wanted
    known = sorted(BROKERS[country])
    return wanted if wanted in known else known[0]
