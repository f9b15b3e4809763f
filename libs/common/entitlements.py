"""What billing lets each user do, for services that keep what it said last, so that work asks nobody.

class Allowances(Entitled):
    async def hear(self, tx, entitlements):
        return await tables.store(tx.session, entitlements, self._db.clock.now())

await allowances.asking(user_id, lambda: self._create(...))  # `_create` holds the allowance, or raises PlanLimit
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from libs.common.db import Database, Transaction
from libs.common.errors import PlanFeature, PlanLimit, UpstreamUnavailable
from libs.common.http import HttpFailure, ServiceClient
from libs.common.logging import get_logger
from libs.contracts.billing import Entitlements

log = get_logger(__name__)

T = TypeVar("T")


class AllowanceUnknown(Exception):
    """Nobody has told us of this user yet: ask billing, outside the transaction, and try again."""


class Entitled(ABC):
    """What billing said last. Changes come by its event; who is not known yet is asked for."""

    def __init__(self, db: Database, billing: ServiceClient) -> None:
        self._db = db
        self._billing = billing

    @abstractmethod
    async def hear(self, tx: Transaction, entitlements: Entitlements) -> bool:
        """Take note of what billing says. Returns whether it was news."""

    async def ask(self, user_id: UUID) -> bool:
        """Ask billing about a user. Returns whether it was news. Raises UpstreamUnavailable when it cannot be asked."""
        try:
            entitlements = await self._billing.get(f"/internal/entitlements/{user_id}", Entitlements)
        except HttpFailure as failure:
            log.warning("billing_not_asked", reason=failure.reason)
            raise UpstreamUnavailable("Your plan cannot be looked up at the moment. Try again soon.") from failure
        async with self._db.transaction() as tx:
            return await self.hear(tx, entitlements)

    async def asking(self, user_id: UUID, work: Callable[[], Awaitable[T]]) -> T:
        """Work, asking billing where we do not know the user's plan, or know one that says no.

        A refusal is worth the question: the upgrade that somebody has just paid for may still be on its way to us.
        """
        try:
            return await work()
        except AllowanceUnknown:
            await self.ask(user_id)
        except (PlanLimit, PlanFeature):
            try:
                news = await self.ask(user_id)
            except UpstreamUnavailable:
                news = False
            if not news:
                raise
        return await work()
