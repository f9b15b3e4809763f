"""What the rules over watchlists hear."""

from __future__ import annotations

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

    async def settle_watchlist_rules(self, _context: JobContext) -> None:
        """Give new members their alerts and take those of former ones away. Runs every few seconds."""
        await self._watchlist_rules.settle_due()
