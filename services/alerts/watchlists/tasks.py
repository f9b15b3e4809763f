"""What the rules over watchlists hear."""

from __future__ import annotations

from uuid import UUID

from libs.common.db import Transaction
from libs.common.events.envelope import Envelope
from libs.common.jobs import JobContext
from libs.contracts.market import WatchlistChanged
from services.alerts.watchlists.service import WatchlistRules


class WatchlistHandlers:
    """Handlers of events and jobs, for the worker."""

    def __init__(self, watchlist_rules: WatchlistRules) -> None:
        self._watchlist_rules = watchlist_rules

    async def watchlist_changed(self, tx: Transaction, event: WatchlistChanged, _envelope: Envelope) -> None:
        await self._watchlist_rules.hear_watchlist(tx, event)

    async def find_unsettled_rules(self, context: JobContext) -> None:
        """Have each rule whose list has changed looked at, by a job of its own: none waits for another's trouble."""
        for rule_id in await self._watchlist_rules.unsettled():
            name = WatchlistHandlers.settle_watchlist_rule.__name__
            await context.queue.put(name, str(rule_id), job_id=f"settle-rule:{rule_id}")

    async def settle_watchlist_rule(self, _context: JobContext, rule_id: str) -> None:
        """Give new members of a rule's list their alerts and take those of former ones away."""
        await self._watchlist_rules.settle(UUID(rule_id))
