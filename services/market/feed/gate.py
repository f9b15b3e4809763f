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
from services.market.quality.rules import PutAside, QuarantineReason

log = get_logger(__name__)

_refused = telemetry.counter("sharewise_prices_refused_total", "Prices that cannot be true.", ["source", "flaw"])
_gaps = telemetry.counter("sharewise_price_gaps_total", "Steps between prices that need an explanation.", ["reason"])


@dataclass(frozen=True, slots=True)
class Passed:
    """A quote that may be true. `stale`: it fires nothing. `gap`: why it may not be compared with `before_e4`.

    `aside`: what of it staff are shown.
    """

    quote: Quote
    stale: bool
    before_e4: int | None
    gap: Gap | None
    aside: tuple[PutAside, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """`passed` may be true; `aside` is what staff are shown, of these and of those that did not pass."""

    passed: list[Passed]
    aside: list[PutAside]


class Gate:
    """Judges the quotes of one source by what it knows of the prices before them."""

    def __init__(self, source: str, max_lag: timedelta, limits: GapLimits, *, is_stream: bool = False) -> None:
        self._source = source
        self._max_lag = max_lag
        self._limits = limits
        self._is_stream = is_stream
        self._last_at_ms: dict[Instrument, int] = {}
        self._last: dict[Instrument, int] = {}
        self._held_until_ms: dict[Instrument, int] = {}

    def learn(self, prices: Mapping[Instrument, int]) -> None:
        """Take prices as known: those that were stored before."""
        self._last.update(prices)

    def knows(self, instrument: Instrument) -> bool:
        """Say whether a price of it was learnt or settled."""
        return instrument in self._last

    def judge(self, quotes: Iterable[Quote]) -> Verdict:
        """Leave out what cannot be true and mark what may fire nothing. Changes nothing: see `settle`."""
        verdict = Verdict([], [])
        for quote in quotes:
            before = self._last.get(quote.instrument)
            flaw = rules.find_flaw(quote) or self._find_disorder(quote, before)
            if flaw is not None:
                _refused.labels(self._source, flaw).inc()
                log.warning("price_refused", instrument=str(quote.instrument), flaw=flaw, price_e4=quote.price_e4)
                verdict.aside.append(PutAside(quote, flaw, before))
                continue
            gap = rules.find_gap(quote, before, self._limits)
            held = quote.received_ms < self._held_until_ms.get(quote.instrument, 0)
            late = rules.is_stale(quote, self._max_lag)
            aside: list[PutAside] = []
            if gap is Gap.UNEXPLAINED:
                aside.append(PutAside(quote, QuarantineReason.JUMP, before))
            if late:
                aside.append(PutAside(quote, QuarantineReason.STALE, before))
            verdict.aside.extend(aside)
            verdict.passed.append(Passed(quote, gap is not None or held or late, before, gap, tuple(aside)))
        return verdict

    def _find_disorder(self, quote: Quote, before_e4: int | None) -> QuarantineReason | None:
        """Say whether a stream went back in time or said a thing twice. A poll may well find nothing new."""
        last_ms = self._last_at_ms.get(quote.instrument)
        if not self._is_stream or last_ms is None or quote.restarted or quote.at_ms > last_ms:
            return None
        is_same = quote.at_ms == last_ms and quote.price_e4 == before_e4
        return QuarantineReason.DUPLICATE if is_same else QuarantineReason.OUT_OF_ORDER

    def settle(self, passed: Iterable[Passed]) -> None:
        """Remember prices that are now stored, as what the next ones are judged by."""
        for one in passed:
            quote = one.quote
            self._last[quote.instrument] = quote.price_e4
            self._last_at_ms[quote.instrument] = quote.at_ms
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
