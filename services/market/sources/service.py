"""Note how providers are doing, and show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from libs.common import telemetry
from libs.common.db import Database, Transaction
from libs.common.logging import get_logger
from libs.common.pagination import Found, PageRequest, paginate
from libs.contracts.sources import ProviderDegraded, ProviderRecovered
from services.market.budgets import rules as budgets
from services.market.budgets import tables as budget_tables
from services.market.budgets.rules import Limits
from services.market.candles import tables as candles
from services.market.exchanges import EXCHANGES
from services.market.prices import tables as prices
from services.market.sources import rules, tables
from services.market.sources.rules import Health, Heard
from services.market.sources.tables import FailoverRow, ProviderStateRow

log = get_logger(__name__)

_silent = telemetry.gauge("sharewise_silent_stocks", "Stocks that we ask for and of which nothing comes.")

_REASON_CHARS = 300


class SourceRole(StrEnum):
    """How a provider's prices come: played, asked for, over a connection of ours, or over the broker service's."""

    REPLAY = "replay"
    POLLED = "polled"
    PUSHED = "pushed"
    INGESTED = "ingested"


@dataclass(frozen=True, slots=True)
class Configured:
    """A provider of this installation. `priority`: its place in the list of all.

    `patience`: how long a stock of it may be silent. `limits`: None where it has no budget.
    """

    name: str
    role: SourceRole
    priority: int
    patience: timedelta
    limits: Limits | None
    always_open: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A provider's place on a market's list, the first being 1, and whether it prices that market now."""

    market: str
    place: int
    in_charge: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A provider as staff see it. `silent` lists at most 100 stocks; `with_past` of `monitored` have a history."""

    configured: Configured
    places: Sequence[Place]
    degraded: bool
    since: datetime | None
    last_ok_at: datetime | None
    last_error: str | None
    last_error_at: datetime | None
    minute_used: int
    day_used: int
    monitored: int
    with_past: int
    silent: Sequence[Heard]


class Sources:
    """The sources room's use cases. degraded_after: failures in a row.

    orders: by market (a country) its providers, the one that prices it while all are well first.
    """

    def __init__(
        self,
        db: Database,
        configured: Sequence[Configured],
        *,
        degraded_after: int,
        orders: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> None:
        self._db = db
        self._configured = configured
        self._orders = orders
        self._degraded_after = degraded_after

    async def note_success(self, provider: str) -> None:
        """Note that a provider answered; told where it was degraded."""
        async with self._db.transaction() as tx:
            row = await tables.lock(tx.session, provider, tx.clock.now())
            after = Health(row.degraded, row.failures).after_success()
            if row.degraded:
                log.info("provider_recovered", provider=provider)
                tx.announce(ProviderRecovered(provider=provider, since=tx.clock.now()))
                row.since = tx.clock.now()
            is_news = provider not in self._well([row])
            row.degraded, row.failures, row.last_ok_at = after.degraded, after.failures, tx.clock.now()
            if is_news:
                await self._hand_over(tx, provider, f"{provider} answers.")

    async def note_failure(self, provider: str, reason: str) -> None:
        """Note that a provider failed; told where that makes it degraded."""
        async with self._db.transaction() as tx:
            row = await tables.lock(tx.session, provider, tx.clock.now())
            after = Health(row.degraded, row.failures).after_failure(self._degraded_after)
            row.last_error, row.last_error_at = reason[:_REASON_CHARS], tx.clock.now()
            if after.degraded and not row.degraded:
                log.warning("provider_degraded", provider=provider, reason=reason)
                tx.announce(ProviderDegraded(provider=provider, since=tx.clock.now(), reason=reason[:_REASON_CHARS]))
                row.since = tx.clock.now()
            is_news = after.degraded != row.degraded
            row.degraded, row.failures = after.degraded, after.failures
            if is_news:
                await self._hand_over(tx, provider, f"{provider} failed: {reason}")

    async def _hand_over(self, tx: Transaction, changed: str, reason: str) -> None:
        """Note who prices each market now that `changed` is well or is not, where that is another one than before."""
        await tx.session.flush()
        well = self._well(await tables.list_all(tx.session))
        for market, order in sorted(self._orders.items()):
            after = rules.in_charge(order, well)
            before = rules.in_charge(order, well ^ {changed})
            row = await tables.lock_charge(tx.session, market, before, tx.clock.now())
            if row.provider == after:
                continue
            log.warning("provider_failed_over", market=market, previous=row.provider, provider=after, reason=reason)
            tx.session.add(
                FailoverRow(
                    market=market,
                    previous=row.provider,
                    provider=after,
                    reason=reason[:_REASON_CHARS],
                    at=tx.clock.now(),
                )
            )
            row.provider, row.since = after, tx.clock.now()

    def _well(self, states: Sequence[ProviderStateRow]) -> frozenset[str]:
        """Tell which are well: what we ask or play counts as well until it fails, the others once they were heard."""
        known = {row.provider: row for row in states}
        return frozenset(one.name for one in self._configured if _is_well(one, known.get(one.name)))

    async def list_failovers(self, page: PageRequest) -> Found[FailoverRow]:
        """List when a market went over from one provider to another, newest first."""
        key = (FailoverRow.at, FailoverRow.id)
        async with self._db.read() as session:
            return await paginate(session, tables.failovers(), page, key=key, scope="failovers")

    async def show(self) -> Sequence[Shown]:
        """Show the providers of this installation, the one that prices stocks first."""
        now = self._db.clock.now()
        async with self._db.read() as session:
            states = {row.provider: row for row in await tables.list_all(session)}
            used = await budget_tables.list_all(session)
            listed = await prices.list_monitored(session)
            bare = await candles.list_without_past(session, [one.id for one in listed], now)
        well = self._well(list(states.values()))
        chiefs = {market: rules.in_charge(order, well) for market, order in self._orders.items()}
        shown = []
        for configured in sorted(self._configured, key=lambda one: one.priority):
            state = states.get(configured.name)
            usage = budgets.at(now, used.get(configured.name))
            heard = [Heard(one.instrument, one.exchange, one.received_at) for one in listed]
            silent = rules.silent(heard, now, configured.patience, always_open=configured.always_open)
            shown.append(
                Shown(
                    configured,
                    [
                        Place(market, order.index(configured.name) + 1, chiefs[market] == configured.name)
                        for market, order in sorted(self._orders.items())
                        if configured.name in order
                    ],
                    degraded=state is not None and state.degraded,
                    since=None if state is None else state.since,
                    last_ok_at=None if state is None else state.last_ok_at,
                    last_error=None if state is None else state.last_error,
                    last_error_at=None if state is None else state.last_error_at,
                    minute_used=usage.minute_used,
                    day_used=usage.day_used,
                    monitored=len(listed),
                    with_past=len(listed) - len(bare),
                    silent=silent[:_LISTED],
                )
            )
        return shown

    async def watch_for_silence(self) -> int:
        """Count the stocks of which nothing comes from any provider, and say in the log which they are.

        A connection over which frames came, and come no more while its market is open, has failed.
        """
        shown = await self.show()
        now = self._db.clock.now()
        for one in shown:
            patience, last = one.configured.patience, one.last_ok_at
            waits = one.configured.role is SourceRole.INGESTED and last is not None and now - last > patience
            markets = {place.market for place in one.places}
            if waits and any(
                rules.was_open(code, now, patience)
                for code, exchange in EXCHANGES.items()
                if exchange.country in markets
            ):
                await self.note_failure(one.configured.name, "Frames came before, and come no more.")
        quiet = [{one.instrument for one in provider.silent} for provider in shown]
        names = set.intersection(*quiet) if quiet else set()
        _silent.set(len(names))
        if names:
            log.warning("stocks_are_silent", stocks=sorted(names)[:_NAMED], count=len(names))
        return len(names)


def _is_well(one: Configured, state: ProviderStateRow | None) -> bool:
    if state is None or state.last_ok_at is None:
        is_ours_to_ask = one.role in (SourceRole.POLLED, SourceRole.REPLAY)
        return is_ours_to_ask and not (state is not None and state.degraded)
    return not state.degraded


_LISTED = 100
_NAMED = 20
