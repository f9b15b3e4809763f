"""The feed of a provider that must be asked: rounds over what is monitored, spaced out, within its credits."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from libs.common import telemetry
from libs.common.clock import from_ms
from libs.common.db import Database
from libs.common.instruments import Instrument
from libs.common.logging import get_logger
from libs.common.money import from_e4, shown, to_e4
from libs.contracts.market import PriceUpdated
from services.market.candles import rules as candle_rules
from services.market.candles import service as candle_service
from services.market.candles import tables as candles
from services.market.exchanges import EXCHANGES
from services.market.feed import plan, tables
from services.market.feed import wanted as wanted_stocks
from services.market.feed.gate import Gate, Passed
from services.market.feed.plan import Candidate
from services.market.feed.poll_options import Planned, PollOptions
from services.market.feed.publisher import TickPublisher
from services.market.feed.source import FeedLease, LeaseLost, adopt
from services.market.instruments import tables as instruments
from services.market.prices import tables as prices
from services.market.prices.tables import Priced, Quoted
from services.market.providers.port import (
    AuthFailed,
    BadRequest,
    Interval,
    NotCovered,
    Provider,
    ProviderError,
    Quote,
    RateLimited,
    SymbolUnknown,
    Transient,
)
from services.market.quality import service as quality
from services.market.quality.rules import PutAside
from services.market.sources.service import Sources

log = get_logger(__name__)

_answers = telemetry.counter(
    "sharewise_provider_quotes_total", "Quotes asked for, by outcome.", ["provider", "outcome"]
)

_UNKNOWN_FOR = timedelta(days=1)
_PAST = timedelta(days=730)
_LOOK_AROUND_S = 5.0
_FIRST_PAUSE_S = 30.0
_MAX_PAUSE_S = 300.0


@dataclass(frozen=True, slots=True)
class Round:
    """What a round brought, in numbers of instruments."""

    updated: int
    unchanged: int
    failed: int


class PollFeed:
    """Asks a provider for prices, round by round, and at once for what became monitored and has none yet.

    `urgent` is the same provider with all of the day's credits, for what a user waits for; the rounds leave it some.
    `has_prices` is set after the first call, whatever it brought: a provider that is away must not keep the platform
    from starting.
    """

    def __init__(
        self,
        db: Database,
        provider: Provider,
        urgent: Provider,
        publisher: TickPublisher,
        lease: FeedLease,
        options: PollOptions,
        has_prices: asyncio.Event,
        *,
        sources: Sources | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._db = db
        self._provider = provider
        self._urgent = urgent
        self._publisher = publisher
        self._lease = lease
        self._options = options
        self._sources = sources
        self._sleep = sleep
        self._feed = provider.name if options.turn is None else options.turn.feed
        self._gate = Gate(provider.name, provider.capabilities.max_lag, options.gaps)
        self._one_at_a_time = asyncio.Lock()
        self._began = False
        self._past_asked: set[int] = set()
        self._credits = 0.0
        self._has_prices = has_prices

    async def run(self) -> None:
        """Price what has no price yet, until cancelled: the first instruments, and those of a new alert.

        Begins with a whole round where the last one was missed, so that nobody waits for the clock after a long stop.
        """
        if await self._is_overdue():
            await self.run_round()
        pause_s = _FIRST_PAUSE_S
        while True:
            result = await self.run_round(unpriced_only=True)
            self._has_prices.set()
            if result is not None and result.failed:
                await self._sleep(pause_s)
                pause_s = min(pause_s * 2, _MAX_PAUSE_S)
            else:
                pause_s = _FIRST_PAUSE_S
                await self._sleep(_LOOK_AROUND_S)

    async def run_round(self, *, unpriced_only: bool = False) -> Round | None:
        """Ask for the price of everything monitored, or of what has none yet. None: another process feeds.

        One instrument's failure stops no other. Ends early when the day's credits are used up.
        """
        async with self._one_at_a_time:
            try:
                return await self._round(unpriced_only=unpriced_only) if await self._begin() else None
            except LeaseLost:
                log.warning("feed_lease_lost")
                return None

    async def run_planned(self) -> Round | None:
        """Ask for the few stocks that are most worth this minute's credits. None: nothing to do, or another feeds."""
        planned = self._options.planned
        assert planned is not None, "only the plan's cron calls this"
        async with self._one_at_a_time:
            try:
                return await self._minute(planned) if await self._begin() else None
            except LeaseLost:
                log.warning("feed_lease_lost")
                return None

    async def _minute(self, planned: Planned) -> Round | None:
        now = self._db.clock.now()
        wanted = await self._list_wanted()
        rate = plan.credits_per_minute(planned.per_day, {one.exchange for one in wanted})
        open_now = {name: one for name, one in wanted.items() if plan.is_open(one.exchange, now)}
        if not open_now:
            return None
        self._credits = min(self._credits + rate, planned.per_minute)
        async with self._db.read() as session:
            levels = await instruments.list_levels(session)
        candidates = [
            Candidate(
                str(name), None if one.price is None else float(one.price), one.received_at, levels.get(one.id, ())
            )
            for name, one in open_now.items()
        ]
        chosen = [Instrument.parse(name) for name in plan.choose(candidates, now, int(self._credits), planned.pace)]
        if not chosen:
            return None
        self._credits -= len(chosen)
        counts = await self._ask({name: open_now[name] for name in chosen}, self._provider)
        return Round(counts["updated"], counts["unchanged"], counts["failed"])

    async def _round(self, *, unpriced_only: bool) -> Round:
        wanted = await self._list_wanted(unpriced_only=unpriced_only)
        if not wanted and unpriced_only:
            return Round(0, 0, 0)
        counts = await self._ask(wanted, self._urgent if unpriced_only else self._provider)
        result = Round(counts["updated"], counts["unchanged"], counts["failed"])
        log.info(
            f"Fetched {len(wanted)} stocks: {result.updated} updated, {result.unchanged} unchanged, "
            f"{result.failed} failed",
            action="fetch_round_finished",
            updated=result.updated,
            unchanged=result.unchanged,
            failed=result.failed,
        )
        await self._fill_in_the_past(wanted)
        return result

    async def _begin(self) -> bool:
        """Take or renew the lease; the first time, make the provider's listings ours."""
        held = await self._lease.take()
        if held is None or self._began:
            return held is not None
        if self._feed == self._provider.name:
            ids = await adopt(self._db, self._provider, self._lease, held, self._feed)
        else:
            async with self._db.read() as session:
                ids = await instruments.ids_of(session, self._feed)
        async with self._db.transaction() as tx:
            await self._lease.renew(tx.session, source_key=self._feed, position="")
            # The plan may be another one since the last start.
            await tables.forget_refusals(tx.session, self._provider.name, NotCovered.__name__)
            known = await prices.list_newest(tx.session, list(ids.values()))
        self._gate.learn({one: to_e4(known[number]) for one, number in ids.items() if number in known})
        self._began = True
        return True

    async def _list_wanted(self, *, unpriced_only: bool = False) -> dict[Instrument, Quoted]:
        name, turn = self._provider.name, self._options.turn
        return await wanted_stocks.list_wanted(self._db, name, turn, unpriced_only=unpriced_only)

    async def _is_overdue(self) -> bool:
        """Say whether no price has come for longer than a round takes to come again."""
        async with self._db.read() as session:
            listed = await prices.list_to_fetch(session, self._feed)
        times = [one.received_at for one in listed if one.received_at is not None]
        return bool(times) and max(times) < self._db.clock.now() - self._options.interval

    async def _ask(self, wanted: dict[Instrument, Quoted], provider: Provider) -> Counter[str]:
        """Ask in batches, with the spacing between calls and a wait wherever the minute's credits are used up."""
        counts: Counter[str] = Counter()
        waiting = deque(wanted)
        size = provider.capabilities.batch_size
        wait_s = 0.0
        while waiting:
            await self._sleep(wait_s)
            batch = [waiting.popleft() for _ in range(min(size, len(waiting)))]
            answers = await self._quotes(batch, provider)
            wait_s = self._options.spacing_s
            for instrument in batch:
                answer = answers[instrument]
                if isinstance(answer, RateLimited) and not answer.whole_day:
                    waiting.append(instrument)
                    wait_s = max(wait_s, (answer.retry_at - self._db.clock.now()).total_seconds())
                    continue
                outcome = await self._take_in(wanted[instrument], instrument, answer)
                counts[outcome] += 1
                _answers.labels(self._provider.name, outcome).inc()
            self._has_prices.set()
            if any(_ends_the_round(answer) for answer in answers.values()):
                counts["failed"] += len(waiting)
                break
        return counts

    async def _quotes(self, batch: Sequence[Instrument], provider: Provider) -> dict[Instrument, Quote | ProviderError]:
        if await self._lease.take() is None:
            raise LeaseLost
        try:
            answers = dict(await provider.quotes(batch))
        except ProviderError as error:
            if isinstance(error, AuthFailed):
                log.error("provider_refused_our_key", provider=self._provider.name, reason=error.reason)
            answers = dict.fromkeys(batch, error)
        await self._note_health(answers)
        return answers

    async def _note_health(self, answers: Mapping[Instrument, Quote | ProviderError]) -> None:
        """Used-up credits and a symbol that they refuse are no failure of theirs."""
        if self._sources is None:
            return
        failures = [answer for answer in answers.values() if isinstance(answer, AuthFailed | Transient)]
        if len(failures) == len(answers):
            await self._sources.note_failure(self._provider.name, failures[0].reason)
        elif any(isinstance(answer, Quote) for answer in answers.values()):
            await self._sources.note_success(self._provider.name)

    async def _take_in(self, stock: Quoted, instrument: Instrument, answer: Quote | ProviderError) -> str:
        """Store one answer and say in the log what came of it. Returns the outcome's word."""
        if isinstance(answer, ProviderError):
            await self._note_refusal(stock, answer)
            log.warning(
                f"Failed {stock.symbol}: {answer.reason}",
                action="price_fetch_failed",
                instrument=stock.instrument,
                error=type(answer).__name__,
            )
            return "failed"
        if stock.price is not None and stock.source != self._provider.name:
            # Another provider had this stock meanwhile: a step is one from its price, not from our last one.
            self._gate.learn({instrument: to_e4(stock.price)})
        verdict = self._gate.judge([answer])
        if not verdict.passed:
            await self._put_aside(stock, verdict.aside)
            return "failed"
        passed = verdict.passed
        updated = await self._store(stock, passed[0])
        price = shown(from_e4(answer.price_e4), stock.currency)
        log.info(
            f"{'Updated' if updated else 'Unchanged'} {stock.symbol}: {price}",
            action="price_updated" if updated else "price_unchanged",
            instrument=stock.instrument,
            price=from_e4(answer.price_e4),
            at=from_ms(answer.at_ms),
            stale=passed[0].stale,
        )
        return "updated" if updated else "unchanged"

    async def _store(self, stock: Quoted, passed: Passed) -> bool:
        """Write a price, its row, its candles and its event. False when it is no newer than the one we have."""
        quote = passed.quote
        priced = Priced(stock.id, quote, self._provider.name, passed.stale)
        async with self._db.transaction() as tx:
            driver = await tx.driver()
            if not await prices.write_newest(driver, [priced]):
                return False
            await prices.keep(driver, [priced])
            parts = candle_rules.parts_of(quote, self._options.interval)
            closed = await candles.complete_earlier(driver, stock.id, [part.bar for part in parts])
            await candle_service.tell(tx, closed)
            # A step that no market makes waits for somebody's word before it counts in a candle.
            if passed.gap is None:
                await candle_service.add_late(tx, stock.id, parts, self._provider.name)
            tx.announce(
                PriceUpdated(
                    instrument=stock.instrument,
                    price=from_e4(quote.price_e4),
                    currency=stock.currency,
                    at=from_ms(quote.at_ms),
                    received_at=from_ms(quote.received_ms),
                    source=self._provider.name,
                    stale=passed.stale,
                )
            )
            await quality.put_aside(tx, [(stock.id, aside) for aside in passed.aside], self._provider.name)
            for event in self._gate.announcements([passed]):
                tx.announce(event)
        self._gate.settle([passed])
        await self._publisher.publish([priced])
        return True

    async def _put_aside(self, stock: Quoted, aside: Sequence[PutAside]) -> None:
        async with self._db.transaction() as tx:
            await quality.put_aside(tx, [(stock.id, one) for one in aside], self._provider.name)

    async def close_candles(self) -> None:
        """Complete the candles that are over though no later price came, such as the last one of a day."""
        async with self._db.transaction() as tx:
            over = await candles.complete_over(
                await tx.driver(), self._provider.name, self._db.clock.now(), self._options.interval
            )
            await candle_service.tell(tx, over)

    async def _note_refusal(self, stock: Quoted, error: ProviderError) -> None:
        """Remember what is not worth asking again soon."""
        if not isinstance(error, NotCovered | SymbolUnknown | BadRequest):
            return
        now = self._db.clock.now()
        retry_at = None if isinstance(error, NotCovered) else now + _UNKNOWN_FOR
        async with self._db.transaction() as tx:
            await tables.note_refusal(
                tx.session,
                self._provider.name,
                stock.id,
                code=type(error).__name__,
                reason=error.reason,
                at=now,
                retry_at=retry_at,
            )

    async def _fill_in_the_past(self, wanted: dict[Instrument, Quoted]) -> None:
        """Fetch the daily candles of those that have none from before today: a credit each, so once."""
        now = self._db.clock.now()
        numbers = [stock.id for stock in wanted.values() if stock.id not in self._past_asked]
        async with self._db.read() as session:
            bare = await candles.list_without_past(session, numbers, _midnight(now))
        for instrument, stock in wanted.items():
            if stock.id not in bare:
                continue
            await self._sleep(self._options.spacing_s)
            if await self._lease.take() is None:
                raise LeaseLost
            try:
                bars = await self._provider.bars(instrument, Interval.D1, now - _PAST, now)
            except RateLimited:
                return
            except ProviderError as error:
                log.warning("past_not_fetched", instrument=stock.instrument, reason=error.reason)
                self._past_asked.add(stock.id)
                continue
            self._past_asked.add(stock.id)
            today = EXCHANGES[instrument.exchange].opens_at(now.astimezone(EXCHANGES[instrument.exchange].zone).date())
            past = [(stock.id, bar) for bar in bars if from_ms(bar.at_ms) < today]
            async with self._db.transaction() as tx:
                await candles.replace(await tx.driver(), past, self._provider.name)


def _ends_the_round(answer: Quote | ProviderError) -> bool:
    return isinstance(answer, AuthFailed) or (isinstance(answer, RateLimited) and answer.whole_day)


def _midnight(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
