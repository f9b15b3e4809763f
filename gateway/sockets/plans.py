"""What a user's plan gives on the socket: asked of billing, kept, and corrected by billing's event within a second."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from libs.common.errors import NotFound
from libs.common.http import HttpFailure
from libs.common.logging import get_logger
from libs.contracts.billing import Entitlements

log = get_logger(__name__)

KEEP_S = 300.0
RETRY_S = 5.0
MAX_KEPT = 50_000


class AsksBilling(Protocol):
    async def entitlements(self, user_id: UUID) -> Entitlements:
        """Raises the errors of `libs.common.http`, and NotFound."""
        ...


class SocketPlan:
    """The two numbers that count here. interval_s: between two prices of one instrument, None for every tick."""

    __slots__ = ("interval_s", "symbols", "upgrade_to")

    def __init__(self, symbols: int, ticks_per_s: int | None, upgrade_to: str | None) -> None:
        self.symbols = symbols
        self.interval_s = None if ticks_per_s is None else 1 / ticks_per_s
        self.upgrade_to = upgrade_to

    @classmethod
    def of(cls, entitlements: Entitlements) -> SocketPlan:
        limits = entitlements.limits
        return cls(limits.socket_symbols, limits.socket_ticks_per_second, entitlements.upgrade_to)


FREE = SocketPlan(symbols=10, ticks_per_s=1, upgrade_to="BASIC")
"""The free allowance of every plan: what holds while billing cannot be asked."""


class Plans:
    """Plans by user. `listen` hears of every change."""

    def __init__(self, billing: AsksBilling, *, now: Callable[[], float] = time.monotonic) -> None:
        self._billing = billing
        self._now = now
        self._kept: OrderedDict[UUID, tuple[SocketPlan, float]] = OrderedDict()
        self._unsure: set[UUID] = set()
        self._listeners: list[Callable[[UUID, SocketPlan], None]] = []

    def listen(self, listener: Callable[[UUID, SocketPlan], None]) -> None:
        self._listeners.append(listener)

    async def find(self, user_id: UUID) -> SocketPlan:
        """Give a user's plan. Never raises: while billing is away the last known, else the free allowance, holds."""
        kept = self._kept.get(user_id)
        if kept is not None and self._now() < kept[1]:
            return kept[0]
        try:
            plan = SocketPlan.of(await self._billing.entitlements(user_id))
        except NotFound:
            plan = FREE  # verified a moment ago: billing's event will follow
        except HttpFailure as error:
            log.warning("entitlements_not_read", error=type(error).__name__)
            plan = FREE if kept is None else kept[0]
            self._keep(user_id, plan, RETRY_S)
            self._unsure.add(user_id)
            return plan
        self._keep(user_id, plan, KEEP_S)
        self._unsure.discard(user_id)
        return plan

    async def settle(self) -> None:
        """Ask again for those whose plan we had to guess. Called every few seconds."""
        for user_id in list(self._unsure):
            guessed = self._kept.pop(user_id, (FREE, 0.0))
            plan = await self.find(user_id)
            if user_id in self._unsure:
                self._keep(user_id, guessed[0], RETRY_S)
                return  # billing is still away: no use in asking for the others
            self._tell(user_id, plan)

    def change(self, entitlements: Entitlements) -> None:
        """Take what billing announced."""
        plan = SocketPlan.of(entitlements)
        self._keep(entitlements.user_id, plan, KEEP_S)
        self._unsure.discard(entitlements.user_id)
        self._tell(entitlements.user_id, plan)

    def _tell(self, user_id: UUID, plan: SocketPlan) -> None:
        for listener in self._listeners:
            listener(user_id, plan)

    def _keep(self, user_id: UUID, plan: SocketPlan, seconds: float) -> None:
        self._kept[user_id] = (plan, self._now() + seconds)
        self._kept.move_to_end(user_id)
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
