"""What the worker does with accounts, without anybody asking: tiers, and links past their end."""

from __future__ import annotations

from libs.common.clock import Clock
from libs.common.db import Database, Transaction
from libs.common.logging import get_logger, hashed_id
from libs.contracts.billing import Entitlements
from services.auth.accounts import tables
from services.auth.standing.service import Standings

log = get_logger(__name__)


class AccountUpkeep:
    def __init__(self, db: Database, standings: Standings, clock: Clock) -> None:
        self._db = db
        self._standings = standings
        self._clock = clock

    async def note_tier(self, tx: Transaction, entitlements: Entitlements) -> None:
        """Note a person's tier; word that is older than what is known changes nothing.

        Tokens of another tier are void from then on, and the next refresh gives one of the new tier.
        """
        user = await tables.lock(tx.session, entitlements.user_id)
        if user is None or user.entitlements_version >= entitlements.version:
            return
        user.entitlements_version = entitlements.version
        self._standings.change(tx, user, tier=entitlements.tier)
        log.info("tier_noted", user=hashed_id(user.id), tier=user.tier)

    async def purge_links(self) -> None:
        """Drop links that have ended; the accounts stay, and may ask for new ones."""
        async with self._db.transaction() as tx:
            await tables.drop_ended_verifications(tx.session, self._clock.now())
