"""Keep how people want to be told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database, Transaction
from services.alerts.notifications.rules import Channel, Kind
from services.alerts.preferences import tables
from services.alerts.preferences.rules import Preferences, Wish, Wishes


@dataclass(frozen=True, slots=True)
class PreferencesChange:
    """What is to change; None stays. `quiet`: from and to in minutes, or an empty tuple for no quiet hours."""

    wishes: Wishes | None = None
    quiet: tuple[int, int] | tuple[()] | None = None
    digest_at: int | None = None

    def applied_to(self, held: Preferences) -> Preferences:
        """Give what it makes of preferences."""
        if self.wishes is not None:
            kinds = {*held.wishes, *self.wishes}
            merged = {kind: {**held.wishes.get(kind, {}), **self.wishes.get(kind, {})} for kind in kinds}
            held = replace(held, wishes=merged)
        if self.quiet is not None:
            begin, end = self.quiet or (None, None)
            held = replace(held, quiet_from=begin, quiet_to=end)
        return held if self.digest_at is None else replace(held, digest_at=self.digest_at)


class PreferencesOf:
    """The use cases."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of_people(self, session: AsyncSession, user_ids: Collection[UUID]) -> Mapping[UUID, Preferences]:
        """Tell what these people chose; who chose nothing is not among them."""
        return await tables.of_people(session, user_ids)

    async def get(self, user_id: UUID) -> Preferences:
        """Tell what a person chose."""
        async with self._db.read() as session:
            return (await tables.of_people(session, [user_id])).get(user_id, Preferences())

    async def change(self, user_id: UUID, change: PreferencesChange) -> Preferences:
        """Change what a person chose."""
        async with self._db.transaction() as tx:
            changed = change.applied_to(await tables.of_person_to_change(tx.session, user_id))
            await tables.store(tx.session, user_id, changed, self._db.clock.now())
        return changed

    async def switch_off(self, user_id: UUID, kind: Kind, channel: Channel) -> None:
        """Have a person told of this kind by this channel no more."""
        await self.change(user_id, PreferencesChange(wishes={kind: {channel: Wish.OFF}}))

    async def forget_wish(self, tx: Transaction, user_id: UUID, kind: Kind, channel: Channel) -> None:
        """Take back what was chosen, because it was chosen anew elsewhere."""
        held = await tables.of_person_to_change(tx.session, user_id)
        if channel in held.wishes.get(kind, {}):
            left = {name: wish for name, wish in held.wishes[kind].items() if name is not channel}
            await tables.store(
                tx.session, user_id, replace(held, wishes={**held.wishes, kind: left}), self._db.clock.now()
            )

    async def export(self, session: AsyncSession, user_id: UUID) -> Mapping[str, Any] | None:
        """Hand over what a person chose."""
        held = (await tables.of_people(session, [user_id])).get(user_id)
        if held is None:
            return None
        return {
            "wishes": held.wishes,
            "quiet_from_minute": held.quiet_from,
            "quiet_to_minute": held.quiet_to,
            "digest_at_minute": held.digest_at,
        }

    async def erase(self, tx: Transaction, user_id: UUID) -> None:
        """Forget what a person chose."""
        await tables.remove_all_of(tx.session, user_id)
