"""When a provider counts as degraded, and which stocks are silent though they should speak. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.market.exchanges import EXCHANGES


class Market(StrEnum):
    """The exchanges of a country, which have one list of providers."""

    IN = "IN"
    US = "US"


@dataclass(frozen=True, slots=True)
class Health:
    """`failures` since the last success."""

    degraded: bool
    failures: int

    def after_failure(self, limit: int) -> Health:
        """One failure more; `limit` of them in a row make a provider degraded."""
        failures = self.failures + 1
        return Health(self.degraded or failures >= limit, failures)

    def after_success(self) -> Health:
        return Health(degraded=False, failures=0)


@dataclass(frozen=True, slots=True)
class Heard:
    """A stock that we ask for, and when its newest price reached us (None: never)."""

    instrument: str
    exchange: str
    received_at: datetime | None


def in_charge(order: Sequence[str], well: Collection[str]) -> str | None:
    """Tell which provider prices a market: the first of its list that is well; None where none is."""
    return next((provider for provider in order if provider in well), None)


def silent(stocks: Iterable[Heard], now: datetime, patience: timedelta, *, always_open: bool) -> list[Heard]:
    """Give the stocks of which nothing has come for longer than `patience` while their market was open.

    always_open: of a replay, whose market is open by its own clock. Weekends count as closed, single holidays do not:
    on those the list is long, and the holidays page says why.
    """
    return [
        stock
        for stock in stocks
        if (stock.received_at is None or now - stock.received_at > patience)
        and (always_open or was_open(stock.exchange, now, patience))
    ]


def was_open(exchange_code: str, now: datetime, patience: timedelta) -> bool:
    """Say whether an exchange's regular session has run for at least `patience` and still does."""
    exchange = EXCHANGES[exchange_code]
    day = now.astimezone(exchange.zone).date()
    return day.weekday() < _SATURDAY and exchange.opens_at(day) + patience <= now < exchange.closes_at(day)


_SATURDAY = 5
