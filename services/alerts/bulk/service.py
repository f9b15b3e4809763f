"""Read a file of alerts in, after it was looked at; write one; act on many alerts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID

from libs.common.db import Database
from libs.common.errors import Conflict, FieldError, InvalidInput, PlanFeature
from libs.common.idempotency import UNKEYED, Once
from libs.common.logging import get_logger
from libs.contracts.alerts import AlertStatus
from libs.contracts.market import InstrumentInfo
from services.alerts.allowances.service import Allowances
from services.alerts.bulk import rules, sheets, tables
from services.alerts.bulk.rules import MOST_PICKED, Matching, Order, Problem, Refusal, Row, Sheet
from services.alerts.definitions import writing
from services.alerts.definitions.drafts import Draft
from services.alerts.definitions.rules import Alert, StatusReason
from services.alerts.definitions.service import Alerts
from services.alerts.definitions.writing import Wanted
from services.alerts.instruments.service import Instruments

log = get_logger(__name__)

EXPORT_BATCH = 1_000
MOST_TAGS_LISTED = 200


@dataclass(frozen=True, slots=True)
class Looked:
    """What a file would do. room: how many more active alerts the plan allows; None: as many as one likes."""

    sheet: Sheet
    room: int | None


@dataclass(frozen=True, slots=True)
class Done:
    """What an action did. `unchanged`: alerts that were so already. next_after: where matching alerts go on."""

    changed: int
    unchanged: int
    refused: Sequence[Refusal]
    next_after: UUID | None = None


class BulkAlerts:
    """The use cases. Somebody else's alert does not exist here."""

    def __init__(self, db: Database, instruments: Instruments, alerts: Alerts, allowances: Allowances) -> None:
        self._db = db
        self._instruments = instruments
        self._alerts = alerts
        self._allowances = allowances

    def now(self) -> datetime:
        """Tell the time by which alerts are armed and expire."""
        return self._db.clock.now()

    async def look(self, user_id: UUID, rows: Sequence[Row]) -> Looked:
        """Tell what a file would do; nothing is stored. Raises UpstreamUnavailable when nobody can be asked."""
        rows = await self._checked(user_id, rows)
        found = await self._find(rows)
        return await self._allowances.asking(user_id, partial(self._look, user_id, rows, found))

    async def take_in(
        self, user_id: UUID, rows: Sequence[Row], digest: str, once: Once[Sequence[Alert]] = UNKEYED
    ) -> list[Alert]:
        """Make the alerts of a file that was looked at: all that are new in it, or none.

        Raises Conflict unless the file would do what was shown, PlanLimit, UpstreamUnavailable.
        """
        rows = await self._checked(user_id, rows)
        found = await self._find(rows)
        return await self._allowances.asking(user_id, partial(self._take_in, user_id, rows, found, digest, once))

    async def act(
        self, user_id: UUID, picked: Sequence[UUID] | Matching, order: Order, once: Once[Done] = UNKEYED
    ) -> Done:
        """Do something with alerts that were picked, or with the next 500 that match.

        What cannot be done with one of them is told, and the rest is done.
        Raises PlanLimit when more would be active than the plan allows: then nothing is done.
        """
        return await self._allowances.asking(user_id, partial(self._act, user_id, picked, order, once))

    async def export(
        self, user_id: UUID, *, status: AlertStatus | None = None, tag: str | None = None
    ) -> AsyncIterator[str]:
        """Write a person's alerts as CSV, in the order in which they were made, piece by piece."""
        yield sheets.head()
        after = 0
        while True:
            async with self._db.read() as session:
                alerts = await tables.page_of(session, user_id, after=after, limit=EXPORT_BATCH, status=status, tag=tag)
            if alerts:
                yield sheets.written(alerts)
            if len(alerts) < EXPORT_BATCH:
                return
            after = alerts[-1].number

    async def tags(self, user_id: UUID) -> Sequence[tuple[str, int]]:
        """Count a person's alerts by tag, the most used first, at most 200 tags."""
        async with self._db.read() as session:
            return await tables.tags_of(session, user_id, MOST_TAGS_LISTED)

    async def _checked(self, user_id: UUID, rows: Sequence[Row]) -> list[Row]:
        """Write out the names of one's own, and check what expressions read."""
        checked = iter(await self._alerts.checked_all(user_id, [row.draft for row in rows if row.draft is not None]))
        return [row if row.draft is None else _checked(row, next(checked)) for row in rows]

    async def _find(self, rows: Sequence[Row]) -> Mapping[str, InstrumentInfo | Problem]:
        found = await self._instruments.look_up([row.draft.symbol for row in rows if row.draft is not None])
        return {symbol: _problem(one) if isinstance(one, InvalidInput) else one for symbol, one in found.items()}

    async def _look(self, user_id: UUID, rows: Sequence[Row], found: Mapping[str, InstrumentInfo | Problem]) -> Looked:
        now, names = self._db.clock.now(), _instruments_of(found)
        async with self._db.transaction() as tx:
            allowance = await self._allowances.hold(tx, user_id)
            existing = await tables.waiting_on(tx.session, user_id, names)
            return Looked(rules.checked(rows, found, existing, now), await writing.room_for(tx, user_id, allowance))

    async def _take_in(
        self,
        user_id: UUID,
        rows: Sequence[Row],
        found: Mapping[str, InstrumentInfo | Problem],
        digest: str,
        once: Once[Sequence[Alert]],
    ) -> list[Alert]:
        now = self._db.clock.now()
        async with self._db.transaction() as tx, once.held(tx) as answer:
            allowance = await self._allowances.hold(tx, user_id)
            existing = await tables.waiting_on(tx.session, user_id, _instruments_of(found))
            sheet = rules.checked(rows, found, existing, now)
            if sheet.digest != digest:
                raise Conflict("The file, or what it would do by now, is not what was checked. Check it again.")
            await writing.refuse_beyond(tx, user_id, allowance, sheet.active)
            wanted = [
                Wanted(Draft.of(one.alert), one.info, StatusReason.PAUSED_BY_USER if one.paused else None)
                for one in sheet.new
                if one.alert is not None and one.info is not None
            ]
            alerts = await writing.add(tx, user_id, wanted, now)
            answer(alerts)
        log.info("alerts_imported", alerts=len(alerts), lines=len(rows))
        return alerts

    async def _act(self, user_id: UUID, picked: Sequence[UUID] | Matching, order: Order, once: Once[Done]) -> Done:
        now = self._db.clock.now()
        async with self._db.transaction() as tx, once.held(tx) as answer:
            allowance = await self._allowances.hold(tx, user_id)
            next_after = None
            if isinstance(picked, Matching):
                alert_ids = await tables.matching(tx.session, user_id, picked, MOST_PICKED)
                next_after = alert_ids[-1] if len(alert_ids) == MOST_PICKED else None
            else:
                alert_ids = list(picked)
            alerts = await tables.lock_own(tx.session, user_id, alert_ids)
            result = rules.outcome(alerts, order, now)
            await writing.refuse_beyond(tx, user_id, allowance, result.activated)
            await writing.put(tx, result.changes, now)
            await writing.drop(tx, result.deleted)
            own = {alert.id for alert in alerts}
            unknown = [
                Refusal(alert_id, "not_found", "You have no such alert.")
                for alert_id in dict.fromkeys(alert_ids)
                if alert_id not in own
            ]
            changed = len(result.changes) + len(result.deleted)
            done = Done(changed, result.unchanged, [*result.refused, *unknown], next_after)
            answer(done)
        log.info("alerts_acted_on", action=order.action, changed=done.changed, refused=len(done.refused))
        return done


def _checked(row: Row, checked: Draft | InvalidInput | PlanFeature) -> Row:
    if isinstance(checked, Draft):
        return replace(row, draft=checked)
    errors = [FieldError("/expression", checked.code, checked.detail or checked.title)]
    if isinstance(checked, InvalidInput):
        errors = list(checked.errors)
    return replace(row, draft=None, errors=sheets.by_column(errors))


def _problem(problem: InvalidInput) -> Problem:
    first = problem.errors[0]
    return Problem(first.code, first.message)


def _instruments_of(found: Mapping[str, InstrumentInfo | Problem]) -> list[str]:
    return [info.instrument for info in found.values() if isinstance(info, InstrumentInfo)]
