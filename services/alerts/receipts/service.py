"""Move messages by what providers tell of them, and stop writing where nobody is or wants it."""

from __future__ import annotations

from collections.abc import Sequence

from libs.common.db import Database, Transaction
from libs.common.logging import get_logger
from libs.contracts.alerts import NotificationFailed, NotificationSent
from services.alerts.addresses.service import Addresses
from services.alerts.notifications import recipients
from services.alerts.notifications.mails import KINDS_OF_MAILS
from services.alerts.notifications.rules import Channel, DeliveryStatus, Kind, Purpose
from services.alerts.notifications.tables import DeliveryRow
from services.alerts.notifications.unsubscribe import LEAVABLE
from services.alerts.preferences.service import PreferencesOf
from services.alerts.receipts import rules, tables
from services.alerts.receipts.rules import Outcome, Receipt

log = get_logger(__name__)

CHUNK = 200
"""Receipts in one transaction."""


class Receipts:
    """The use case."""

    def __init__(self, db: Database, preferences: PreferencesOf, addresses: Addresses) -> None:
        self._db = db
        self._preferences = preferences
        self._addresses = addresses

    async def note(self, receipts: Sequence[Receipt]) -> int:
        """Note what providers tell. Returns how many messages moved. Safe to repeat, in any order."""
        count = 0
        for start in range(0, len(receipts), CHUNK):
            part = receipts[start : start + CHUNK]
            async with self._db.transaction() as tx:
                rows = await tables.hold(tx.session, {receipt.delivery_id for receipt in part})
                known = [(receipt, rows[receipt.delivery_id]) for receipt in part if receipt.delivery_id in rows]
                count += sum([await self._move(tx, receipt, row) for receipt, row in known])
                leaving = [(row.user_id, kind) for receipt, row in known for kind in _left(receipt, row)]
                lost = [row.address_id for receipt, row in known if receipt.is_bad_address]
            # What follows stands in rooms of its own; a provider that hears of a failure tells all of it again.
            for user_id, kind in dict.fromkeys(leaving):
                await self._preferences.switch_off(user_id, kind, Channel.MAIL)
            for address_id in dict.fromkeys(lost):
                if address_id is not None:
                    await self._addresses.lose(address_id, "nothing reaches this number")
        return count

    async def _move(self, tx: Transaction, receipt: Receipt, row: DeliveryRow) -> bool:
        if not rules.is_of(row.provider_id, receipt.provider_id):
            return False
        if receipt.is_bad_address and row.channel == Channel.MAIL and receipt.address is not None:
            await recipients.suppress(tx.session, row.user_id, receipt.address, receipt.reason or "it came back")
        before = DeliveryStatus(row.status)
        status = rules.moved(before, receipt.outcome)
        if status is None:
            return False
        now = self._db.clock.now()
        row.status, row.reason, row.sealed = status, receipt.reason, None
        row.sent_at = row.sent_at or now
        if status is DeliveryStatus.DELIVERED:
            # Their clock, but never before ours nor after now.
            row.delivered_at = min(max(receipt.at, row.sent_at), now)
        log.info("delivery_moved", delivery_id=row.id, before=before, status=status)
        if row.triggered_id is not None:
            self._announce(tx, row, before)
        return True

    def _announce(self, tx: Transaction, row: DeliveryRow, before: DeliveryStatus) -> None:
        """Tell of notices that came to an end otherwise than was told before."""
        if row.status == DeliveryStatus.DELIVERED:
            if before is not DeliveryStatus.SENT and row.sent_at is not None:
                tx.announce(
                    NotificationSent(
                        delivery_id=row.id,
                        user_id=row.user_id,
                        channel=row.channel,
                        triggered_id=row.triggered_id,
                        sent_at=row.sent_at,
                    )
                )
            return
        tx.announce(
            NotificationFailed(
                delivery_id=row.id,
                user_id=row.user_id,
                channel=row.channel,
                triggered_id=row.triggered_id,
                reason=row.reason or row.status,
            )
        )


def _left(receipt: Receipt, row: DeliveryRow) -> Sequence[Kind]:
    """Name the kinds of mails that a receipt ends: of a complaint all that can be left."""
    if row.channel != Channel.MAIL:
        return []
    if receipt.outcome is Outcome.COMPLAINED:
        return LEAVABLE
    kind = KINDS_OF_MAILS.get(Purpose(row.purpose))
    return [kind] if receipt.outcome is Outcome.LEFT and kind in LEAVABLE else []
