"""Which prices of a broker's feed are news. Pure."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from uuid import UUID

from libs.common.instruments import Instrument
from services.market.providers.port import FeedPrice, Quote

MAX_CONNECTIONS = 500
"""So many connections are remembered; of the one that was silent longest counting begins anew."""


@dataclass(slots=True)
class _Last:
    traded_ms: int | None
    price_e4: int
    volume: int | None
    at_ms: int


class Trades:
    """Tells the trades of a connection from what is repeated: brokers send a packet for every change of the depth.

    Where a frame tells the time of the last trade, a price is that of this time, and what has the same time, price and
    volume is no news. Times in whole seconds are put a millisecond apart in their order. Where it does not, a price is
    of the moment in which it came, once the volume (or, without one, the price) is another than before: what such a
    connection says first may be of any age, so it is remembered and not believed.
    """

    def __init__(self) -> None:
        self._last: dict[str, _Last] = {}

    def quote(self, price: FeedPrice, instrument: Instrument, received_ms: int) -> Quote | None:
        """Make a quote of a price that is news; None for what is none."""
        before = self._last.get(price.key)
        at_ms = _news_at(price, before, received_ms)
        if at_ms is None:
            if before is None:
                self._last[price.key] = _Last(price.traded_ms, price.price_e4, price.day_volume, 0)
            return None
        latest = at_ms if before is None else max(at_ms, before.at_ms)
        self._last[price.key] = _Last(price.traded_ms, price.price_e4, price.day_volume, latest)
        return Quote(
            instrument,
            price.price_e4,
            at_ms,
            received_ms,
            price.price_e4,
            price.price_e4,
            at_ms,
            previous_close_e4=price.previous_close_e4,
            day_open_e4=price.day_open_e4,
            day_high_e4=price.day_high_e4,
            day_low_e4=price.day_low_e4,
            day_volume=price.day_volume,
        )


def _news_at(price: FeedPrice, before: _Last | None, received_ms: int) -> int | None:
    same = before is not None and (price.price_e4, price.day_volume) == (before.price_e4, before.volume)
    if price.traded_ms is not None:
        if before is None or price.traded_ms != before.traded_ms:
            return price.traded_ms
        return None if same else before.at_ms + 1
    if before is None or same or (price.day_volume is not None and price.day_volume == before.volume):
        return None
    return max(received_ms, before.at_ms + 1)


class Connections:
    """The trades of each connection, of those that spoke last."""

    def __init__(self, most: int = MAX_CONNECTIONS) -> None:
        self._most = most
        self._trades: OrderedDict[UUID, Trades] = OrderedDict()

    def __len__(self) -> int:
        return len(self._trades)

    def trades_of(self, connection: UUID) -> Trades:
        """Give what is known of a connection, nothing for a new one."""
        trades = self._trades.setdefault(connection, Trades())
        self._trades.move_to_end(connection)
        if len(self._trades) > self._most:
            self._trades.popitem(last=False)
        return trades
