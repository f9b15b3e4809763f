"""Who people are to those who tell them something: what they chose, where they are reached, what their plan has."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.alerts.addresses.service import Addresses
from services.alerts.allowances.service import Allowances
from services.alerts.notifications import recipients
from services.alerts.notifications.rules import Channel
from services.alerts.preferences.rules import Person, Preferences
from services.alerts.preferences.service import PreferencesOf

FREE_CHANNELS = frozenset({Channel.IN_APP, Channel.MAIL})
"""What everybody has, until billing says more."""


class People:
    """Gathers what deciding on notices takes."""

    def __init__(
        self, preferences: PreferencesOf, addresses: Addresses, allowances: Allowances, *, default_time_zone: str
    ) -> None:
        self._preferences = preferences
        self._addresses = addresses
        self._allowances = allowances
        self._default_time_zone = default_time_zone

    async def of(self, session: AsyncSession, user_ids: Collection[UUID]) -> Mapping[UUID, Person]:
        """Read these people, in as many statements as one takes."""
        chosen = await self._preferences.of_people(session, user_ids)
        plans = await self._allowances.channels_of(session, user_ids)
        reachable = await self._addresses.active_of(session, user_ids)
        known = await recipients.recipients_of(session, user_ids)
        people = {}
        for user_id in user_ids:
            recipient = known.get(user_id)
            channels, _ = plans.get(user_id, (FREE_CHANNELS, None))
            people[user_id] = Person(
                chosen.get(user_id, Preferences()),
                self._default_time_zone if recipient is None else recipient.time_zone,
                channels,
                reachable.get(user_id, {}),
                # Of whom we have not heard, auth is asked when the mail is written.
                True if recipient is None else recipient.alert_mails,
            )
        return people
