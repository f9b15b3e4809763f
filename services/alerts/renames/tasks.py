"""What is heard of stocks with new names."""

from __future__ import annotations

from libs.common.db import Transaction
from libs.common.events.envelope import Envelope
from libs.contracts.market import InstrumentChanged
from services.alerts.renames.service import Renames
from services.alerts.watchlists.service import WatchlistRules


class RenameHandlers:
    """Handler of market's event, for the worker: rules over lists first, so that none takes the stock for another."""

    def __init__(self, renames: Renames, watchlist_rules: WatchlistRules) -> None:
        self._renames = renames
        self._watchlist_rules = watchlist_rules

    async def instrument_changed(self, tx: Transaction, event: InstrumentChanged, _envelope: Envelope) -> None:
        await self._watchlist_rules.hear_renamed(tx, event)
        await self._renames.hear(tx, event)
