"""What a person may choose, and choosing it."""

from __future__ import annotations

from uuid import UUID

from libs.common.db import Database
from libs.common.errors import InvalidInput
from services.alerts.allowances.service import Allowances
from services.alerts.notifications.people import People
from services.alerts.notifications.rules import Channel
from services.alerts.preferences.rules import Person, Wish, allows_digest, is_fixed
from services.alerts.preferences.service import PreferencesChange, PreferencesOf


class Choices:
    """The use cases of the page on notifications."""

    def __init__(self, db: Database, people: People, preferences: PreferencesOf, allowances: Allowances) -> None:
        self._db = db
        self._people = people
        self._preferences = preferences
        self._allowances = allowances

    async def show(self, user_id: UUID) -> Person:
        """Tell what counts for a person."""
        async with self._db.read() as session:
            return (await self._people.of(session, [user_id]))[user_id]

    async def change(self, user_id: UUID, change: PreferencesChange) -> Person:
        """Change what a person chose.

        Raises InvalidInput for what nobody can choose, PlanFeature for a channel that the plan does not have, and
        UpstreamUnavailable when nobody can say what the plan has.
        """
        wanted: set[Channel] = set()
        for kind, by_channel in (change.wishes or {}).items():
            for channel, wish in by_channel.items():
                field = f"/wishes/{kind}/{channel}"
                if is_fixed(kind, channel) and wish is not Wish.ON:
                    raise InvalidInput.of(field, "fixed", "This always comes: it cannot be switched off.")
                if wish is Wish.DIGEST and not allows_digest(kind, channel):
                    raise InvalidInput.of(field, "no_digest", "Only mails about alerts and the account can wait.")
                if wish is not Wish.OFF and channel not in (Channel.IN_APP, Channel.MAIL):
                    wanted.add(channel)
        for channel in sorted(wanted):
            await self._allowances.require_channel(user_id, channel)
        await self._preferences.change(user_id, change)
        return await self.show(user_id)
