"""What the first steps hear."""

from __future__ import annotations

from libs.common.db import Transaction
from libs.common.events.envelope import Envelope
from libs.contracts.alerts import AlertCreated
from services.auth.profile.service import Profiles


class ProfileHandlers:
    def __init__(self, profiles: Profiles) -> None:
        self._profiles = profiles

    async def on_alert_created(self, tx: Transaction, event: AlertCreated, _envelope: Envelope) -> None:
        """The first alert is one of the first steps."""
        await self._profiles.note_first_alert(tx, event.alert.user_id)
