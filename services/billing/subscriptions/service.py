"""Begin trials, end what has run out, and say what a user may do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from libs.common.db import Database, Transaction
from libs.common.logging import get_logger
from libs.contracts.billing import Entitlements, EntitlementsChanged
from services.billing.plans.rules import PlanBook
from services.billing.plans.tables import load_plans
from services.billing.subscriptions import rules, tables
from services.billing.subscriptions.rules import Subscription

log = get_logger(__name__)


class Subscriptions:
    """The use cases. One object per process."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def start_trial(self, tx: Transaction, user_id: UUID, verified_at: datetime) -> None:
        """Begin the trial of an account whose address was confirmed then. A second call does nothing."""
        now = self._db.clock.now()
        plans = await load_plans(tx.session)
        subscription = rules.start_trial(user_id, verified_at=verified_at, plans=plans)
        if await tables.add_first(tx.session, subscription, now):
            _announce(tx, subscription, now, plans)
            log.info("trial_started", user_id=user_id, ends_at=subscription.ends_at)

    async def entitlements(self, user_id: UUID) -> Entitlements:
        """Say what a user may do now, an end that has passed included. An unknown user has the free allowance."""
        now = self._db.clock.now()
        async with self._db.read() as session:
            plans = await load_plans(session)
            found = await tables.find_for(session, user_id)
        if found is None:
            found = rules.without_subscription(user_id, now=now, plans=plans)
        return rules.entitlements_of(rules.as_of(found, now, plans), now=now, plans=plans)

    async def end_what_ran_out(self, batch: int) -> int:
        """Move on every subscription whose end has passed, and announce it. Returns how many; safe to run at once."""
        ended = 0
        while True:
            async with self._db.transaction() as tx:
                now = self._db.clock.now()
                due = await tables.lock_ended(tx.session, now, batch)
                plans = await load_plans(tx.session)
                for subscription in due:
                    moved_on = rules.as_of(subscription, now, plans)
                    await tables.replace(tx.session, moved_on, now)
                    _announce(tx, moved_on, now, plans)
            ended += len(due)
            if len(due) < batch:
                return ended

    async def export(self, user_id: UUID) -> Mapping[str, Any]:
        """Hand over what is kept about a user."""
        async with self._db.read() as session:
            found = await tables.find_for(session, user_id)
        if found is None:
            return {}
        return {
            "subscription": {
                "tier": found.tier,
                "state": found.state,
                "ends_at": found.ends_at,
                "plan_version": found.plan_version,
            }
        }

    async def erase(self, user_id: UUID) -> None:
        """Forget a user."""
        async with self._db.transaction() as tx:
            await tables.remove(tx.session, user_id)


def _announce(tx: Transaction, subscription: Subscription, now: datetime, plans: PlanBook) -> None:
    tx.announce(EntitlementsChanged(entitlements=rules.entitlements_of(subscription, now=now, plans=plans)))
