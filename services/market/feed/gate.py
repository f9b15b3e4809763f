"""The gate between a provider and our tables: what passes it is believed, and marked where it may fire nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from libs.common import telemetry
from libs.common.clock import from_ms
from libs.common.instruments import Instrument
from libs.common.logging import get_logger
from libs.common.money import from_e4
from libs.contracts.market import PriceGapped
from services.market.feed import rules
from services.market.feed.rules import Gap, GapLimits
from services.market.providers.port import Quote

log = get_logger(__name__)

_refused = telemetry.counter("sharewise_prices_refused_total", "Prices that cannot be true.", ["source", "flaw"])
_gaps = telemetry.counter("sharewise_price_gaps_total", "Steps between prices that need an explanation.", ["reason"])


@dataclass(frozen=True, slots=True)
class Passed:
    """A quote that may be true. `stale`: it fires nothing. `gap`: why it may not be compared with `before_e4`."""

    quote: Quote
    stale: bool
    before_e4: int | None
    gap: Gap | None


class Gate:
    """Judges the quotes of one source by what it knows of the prices before them."""

    def __init__(self, source: str, max_lag: timedelta, limits: GapLimits) -> None:
        self._source = source
        self._max_lag = max_lag
        self._limits = limits
        self._last: dict[Instrument, int] = {}
        self._held_until_ms: dict[Instrument, int] = {}

    def learn(self, prices: Mapping[Instrument, int]) -> None:
        """Take prices as known: those that were stored before."""
        self._last.update(prices)

    def judge(self, quotes: Iterable[Quote]) -> list[Passed]:
        """Leave out what cannot be true and mark what may fire nothing. Changes nothing: see `settle`."""
        passed: list[Passed] = []
        for quote in quotes:
            flaw = rules.find_flaw(quote)
            if flaw is not None:
                _refused.labels(self._source, flaw).inc()
                log.warning("price_refused", instrument=str(quote.instrument), flaw=flaw, price_e4=quote.price_e4)
                continue
            before = self._last.get(quote.instrument)
            gap = rules.find_gap(quote, before, self._limits)
            held = quote.received_ms < self._held_until_ms.get(quote.instrument, 0)
            stale = gap is not None or held or rules.is_stale(quote, self._max_lag)
            passed.append(Passed(quote, stale, before, gap))
        return passed

    def settle(self, passed: Iterable[Passed]) -> None:
        """Remember prices that are now stored, as what the next ones are judged by."""
        for one in passed:
            quote = one.quote
            self._last[quote.instrument] = quote.price_e4
            if one.gap is not None:
                self._held_until_ms[quote.instrument] = quote.received_ms + self._limits.hold // _MILLISECOND
                _gaps.labels(one.gap).inc()
                log.warning(
                    "price_gapped",
                    instrument=str(quote.instrument),
                    reason=one.gap,
                    before=from_e4(one.before_e4 or 0),
                    price=from_e4(quote.price_e4),
                )

    def announcements(self, passed: Iterable[Passed]) -> list[PriceGapped]:
        """Make the events that tell of the gaps."""
        return [
            PriceGapped(
                instrument=str(one.quote.instrument),
                previous_price=from_e4(one.before_e4),
                price=from_e4(one.quote.price_e4),
                at=from_ms(one.quote.at_ms),
                source=self._source,
                reason=one.gap.value,
            )
            for one in passed
            if one.gap is not None and one.before_e4 is not None
        ]


_MILLISECOND = timedelta(milliseconds=1)
