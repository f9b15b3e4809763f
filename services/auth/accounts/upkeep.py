"""What the worker does with accounts, without anybody asking: tiers, and links past their end."""

from __future__ import annotations

from libs.common.clock import Clock
from libs.common.db import Database, Transaction
from libs.common.logging import get_logger, hashed_id
from libs.contracts.billing import Entitlements
from services.auth.accounts import tables

log = get_logger(__name__)


class AccountUpkeep:
    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def note_tier(self, tx: Transaction, entitlements: Entitlements) -> None:
        """Note a person's tier; word that is older than what is known changes nothing.

        Tokens in use keep their tier until they are refreshed: limits are asked of billing, never read from a token.
        """
        changed = await tables.set_tier(
            tx.session, entitlements.user_id, entitlements.tier, entitlements.version, self._clock.now()
        )
        if changed:
            log.info("tier_noted", user=hashed_id(entitlements.user_id), tier=entitlements.tier)

    async def purge_links(self) -> None:
        """Drop links that have ended; the accounts stay, and may ask for new ones."""
        async with self._db.transaction() as tx:
            await tables.drop_ended_verifications(tx.session, self._clock.now())
