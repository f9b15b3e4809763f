"""Which stocks a polled provider is asked for: those that none before it on their market's list has in hand. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.market.exchanges import EXCHANGES
from services.market.sources.rules import Heard, silent


@dataclass(frozen=True, slots=True)
class Ahead:
    """A provider that comes before another one on a market's list.

    patience: of one that pushes, how long its price of a stock is fresh; of one that is asked, how long a stock may
    have no price from anybody while its market is open.
    """

    provider: str
    pushes: bool
    patience: timedelta


@dataclass(frozen=True, slots=True)
class Turn:
    """A provider's place: by market (a country) who comes before it. A market that is missing it does not price.

    feed: whose instruments it prices; of the first provider of an installation its own.
    """

    feed: str
    ahead: Mapping[str, Sequence[Ahead]]

    def names(self) -> frozenset[str]:
        """Give the providers before it, of all markets."""
        return frozenset(one.provider for listed in self.ahead.values() for one in listed)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the providers stand: which are degraded, and by provider the stocks that it refuses."""

    degraded: Collection[str]
    refused: Mapping[str, Collection[int]]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A stock with who priced it last, and when that came."""

    id: int
    instrument: str
    exchange: str
    source: str | None
    received_at: datetime | None


def takes(stock: Waiting, turn: Turn, standing: Standing, now: datetime) -> bool:
    """Say whether it is this provider's turn to price a stock."""
    ahead = turn.ahead.get(EXCHANGES[stock.exchange].country)
    return ahead is not None and not any(_has_in_hand(one, stock, standing, now) for one in ahead)


def _has_in_hand(one: Ahead, stock: Waiting, standing: Standing, now: datetime) -> bool:
    if one.pushes:
        fresh = stock.received_at is not None and stock.received_at > now - one.patience
        return fresh and stock.source == one.provider
    if one.provider in standing.degraded or stock.id in standing.refused.get(one.provider, ()):
        return False
    heard = Heard(stock.instrument, stock.exchange, stock.received_at)
    return not silent([heard], now, one.patience, always_open=False)
