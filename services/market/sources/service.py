"""Note how providers are doing, and show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.common import telemetry
from libs.common.db import Database
from libs.common.logging import get_logger
from libs.contracts.market import ProviderDegraded, ProviderRecovered
from services.market.budgets import rules as budgets
from services.market.budgets import tables as budget_tables
from services.market.budgets.rules import Limits
from services.market.candles import tables as candles
from services.market.prices import tables as prices
from services.market.sources import rules, tables
from services.market.sources.rules import Health, Heard

log = get_logger(__name__)

_silent = telemetry.gauge("sharewise_silent_stocks", "Stocks that we ask for and of which nothing comes.")

_REASON_CHARS = 300


@dataclass(frozen=True, slots=True)
class Configured:
    """A provider of this installation. `priority`: the lower one prices a stock while it is well.

    `patience`: how long a stock of it may be silent. `limits`: None where it has no budget.
    """

    name: str
    role: str
    priority: int
    patience: timedelta
    limits: Limits | None
    always_open: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A provider as staff see it. `silent` lists at most 100 stocks; `with_past` of `monitored` have a history."""

    configured: Configured
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
    """The sources room's use cases. degraded_after: failures in a row."""

    def __init__(self, db: Database, configured: Sequence[Configured], *, degraded_after: int) -> None:
        self._db = db
        self._configured = configured
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
            row.degraded, row.failures, row.last_ok_at = after.degraded, after.failures, tx.clock.now()

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
            row.degraded, row.failures = after.degraded, after.failures

    async def show(self) -> Sequence[Shown]:
        """Show the providers of this installation, the one that prices stocks first."""
        now = self._db.clock.now()
        async with self._db.read() as session:
            states = {row.provider: row for row in await tables.list_all(session)}
            used = await budget_tables.list_all(session)
            listed = await prices.list_monitored(session)
            bare = await candles.list_without_past(session, [one.id for one in listed], now)
        shown = []
        for configured in sorted(self._configured, key=lambda one: one.priority):
            state = states.get(configured.name)
            usage = budgets.at(now, used.get(configured.name))
            heard = [Heard(one.instrument, one.exchange, one.received_at) for one in listed]
            silent = rules.silent(heard, now, configured.patience, always_open=configured.always_open)
            shown.append(
                Shown(
                    configured,
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
        """Count the stocks of which nothing comes from any provider, and say in the log which they are."""
        shown = await self.show()
        quiet = [{one.instrument for one in provider.silent} for provider in shown]
        names = set.intersection(*quiet) if quiet else set()
        _silent.set(len(names))
        if names:
            log.warning("stocks_are_silent", stocks=sorted(names)[:_NAMED], count=len(names))
        return len(names)


_LISTED = 100
_NAMED = 20
