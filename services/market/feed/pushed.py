"""What becomes of prices that were pushed in a step: newest prices, candles, what is put aside, what is announced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from libs.common.db import Transaction
from libs.common.instruments import Instrument
from services.market.candles import rules as candle_rules
from services.market.candles import service as candle_service
from services.market.candles import tables as candles
from services.market.candles.rules import Part
from services.market.feed import rules
from services.market.feed.gate import Gate, Passed
from services.market.feed.rules import GapLimits
from services.market.prices import tables as prices
from services.market.prices.tables import Priced
from services.market.providers.port import Quote
from services.market.quality import service as quality
from services.market.quality.rules import PutAside


@dataclass(frozen=True, slots=True)
class PushOptions:
    """grace: how late a price may come before its candle closes. price_row_every: one kept row per stock in it."""

    max_lag: timedelta
    grace: timedelta
    price_row_every: timedelta
    gaps: GapLimits


@dataclass(frozen=True, slots=True)
class Judged:
    """The prices of a step, judged and ready to be written; writing them twice changes nothing more."""

    priced: Sequence[Priced]
    passed: Sequence[Passed]
    aside: Sequence[tuple[int, PutAside]]
    parts: Sequence[tuple[int, Part]]
    names: Mapping[int, Instrument]


class PushedPrices:
    """The prices that one source pushes."""

    def __init__(self, source: str, options: PushOptions) -> None:
        self.source = source
        self._options = options
        self.gate = Gate(source, options.max_lag, options.gaps, is_stream=True)
        self._rows_due = datetime.min.replace(tzinfo=UTC)

    def judge(self, quotes: Sequence[Quote], ids: Mapping[Instrument, int]) -> Judged:
        """Judge what came, in the order in which it came. Quotes of instruments without a number are left out."""
        known = [quote for quote in quotes if quote.instrument in ids]
        verdict = self.gate.judge(joined(known))
        doubted = {one.quote.instrument for one in verdict.passed if one.gap is not None}
        counted = [one for one in known if one.instrument not in doubted and rules.find_flaw(one) is None]
        # Each price by itself, whatever order it came in: a late one still belongs to its candle.
        parts = candle_rules.combined(part for one in counted for part in candle_rules.parts_of(one))
        return Judged(
            [Priced(ids[one.quote.instrument], one.quote, self.source, one.stale) for one in verdict.passed],
            verdict.passed,
            [(ids[one.quote.instrument], one) for one in verdict.aside],
            [(ids[part.bar.instrument], part) for part in parts],
            {number: instrument for instrument, number in ids.items()},
        )

    async def write(self, tx: Transaction, judged: Judged) -> list[Priced]:
        """Write a step in the caller's transaction. Returns the prices that replaced older ones."""
        now = tx.clock.now()
        driver = await tx.driver()
        replaced = await prices.write_newest(driver, judged.priced)
        if now >= self._rows_due:
            await prices.keep(driver, judged.priced)
        late = await candles.add(driver, judged.parts, judged.names, self.source)
        closed = await candles.complete_over(driver, self.source, now, self._options.grace)
        await candle_service.tell(tx, closed, late)
        await quality.put_aside(tx, judged.aside, self.source)
        for event in self.gate.announcements(judged.passed):
            tx.announce(event)
        return [price for price in judged.priced if price.instrument_id in replaced]

    def settle(self, judged: Judged, now: datetime) -> None:
        """Remember what is now stored."""
        if now >= self._rows_due and judged.priced:
            self._rows_due = now + self._options.price_row_every
        self.gate.settle(judged.passed)


def joined(quotes: Sequence[Quote]) -> list[Quote]:
    """Make one quote per instrument of what came in a step: the newest price, over the span of all of them."""
    by_instrument: dict[Instrument, Quote] = {}
    for quote in sorted(quotes, key=lambda one: one.at_ms):
        before = by_instrument.get(quote.instrument)
        if before is None:
            by_instrument[quote.instrument] = quote
            continue
        by_instrument[quote.instrument] = replace(
            quote,
            low_e4=min(before.low_e4, quote.low_e4),
            high_e4=max(before.high_e4, quote.high_e4),
            span_start_ms=min(before.span_start_ms, quote.span_start_ms),
            received_ms=max(before.received_ms, quote.received_ms),
            day_volume=quote.day_volume if quote.day_volume is not None else before.day_volume,
        )
    return list(by_instrument.values())
