"""Keep the registered texts of short messages, and write messages by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from libs.common.audit import record
from libs.common.db import Database
from libs.common.errors import Conflict, InvalidInput
from libs.common.security.principal import Principal
from services.alerts.channels.port import Sms
from services.alerts.sms_texts import rules, tables
from services.alerts.sms_texts.alphabet import filled_in
from services.alerts.sms_texts.rules import SmsKind, Wording
from services.alerts.sms_texts.tables import SmsTextRow


@dataclass(frozen=True, slots=True)
class Current:
    """What is sent now. `version` 0 and no `set_at`: the built-in text."""

    kind: SmsKind
    wording: Wording
    version: int
    set_at: datetime | None


class SmsTexts:
    """The use cases."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def list_all(self) -> list[Current]:
        """List the texts, one for each kind of short message."""
        async with self._db.read() as session:
            rows = await tables.by_kind(session)
        return [_current(kind, rows.get(kind)) for kind in SmsKind]

    async def change(self, kind: SmsKind, wording: Wording, *, version: int, by: Principal, why: str) -> Current:
        """Send by this text from now on. version: of the text that was looked at.

        Raises InvalidInput, and Conflict where somebody else has changed it meanwhile.
        """
        if wrong := rules.faults(kind, wording.text):
            raise InvalidInput(errors=wrong)
        try:
            async with self._db.transaction() as tx:
                row = await tables.hold(tx.session, kind)
                before = _current(kind, row)
                if before.version != version:
                    raise _changed_meanwhile()
                if row is None:
                    row = SmsTextRow(kind=kind.value)
                    tx.session.add(row)
                row.text, row.template_id, row.sender = wording.text, wording.template_id, wording.sender
                row.version, row.set_by, row.set_at = version + 1, by.user_id, tx.clock.now()
                await tx.session.flush()
                details = {"from": before.wording.text, "to": wording.text, "template_id": wording.template_id or ""}
                record(
                    tx,
                    "sms_text.changed",
                    object_kind="sms_text",
                    object_id=kind,
                    caller=by,
                    reason=why,
                    details=details,
                )
        except IntegrityError as error:
            raise _changed_meanwhile() from error
        return _current(kind, row)

    async def written(self, kind: SmsKind, to: str, words: Mapping[str, str], *, delivery_id: str) -> Sms:
        """Write a short message to a number (E.164). What the slots cannot hold is cut."""
        async with self._db.read() as session:
            wording = _current(kind, await tables.find(session, kind)).wording
        return Sms(
            to,
            filled_in(wording.text, words),
            template_id=wording.template_id or "",
            sender=wording.sender or "",
            delivery_id=delivery_id,
        )


def _current(kind: SmsKind, row: SmsTextRow | None) -> Current:
    if row is None:
        return Current(kind, rules.BUILT_IN[kind], 0, None)
    return Current(kind, Wording(row.text, row.template_id, row.sender), row.version, row.set_at)


def _changed_meanwhile() -> Conflict:
    return Conflict("Somebody else has changed this text meanwhile. Look at it again.")
