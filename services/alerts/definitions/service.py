"""Create, change, delete and list alerts: each change is announced in its own commit, which is how the engine hears."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database, Transaction
from libs.common.errors import InvalidInput, PlanFeature
from libs.common.idempotency import UNKEYED, Once
from libs.common.logging import get_logger, hashed_id
from libs.common.pagination import Found, PageRequest, paginate
from libs.contracts.alerts import AlertDeleted, AlertStatus, AlertUpdated
from libs.contracts.billing import Entitlements
from libs.contracts.market import InstrumentInfo, PriceGapped
from services.alerts.allowances.service import Allowances
from services.alerts.definitions import rules, tables, writing
from services.alerts.definitions.drafts import Draft
from services.alerts.definitions.rules import Alert, AlertType, Change, Happened
from services.alerts.definitions.writing import Wanted
from services.alerts.instruments.service import Instruments
from services.alerts.strategies.service import Strategies

log = get_logger(__name__)

REVIEW_BATCH = 1_000
EXPIRY_BATCH = 200

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Created:
    """A new alert. `already_true`: the newest price reaches it, so it fires at the next one; None without a price."""

    alert: Alert
    already_true: bool | None


class Alerts:
    """The use cases of people's own alerts. Someone else's alert does not exist here."""

    def __init__(self, db: Database, instruments: Instruments, allowances: Allowances, strategies: Strategies) -> None:
        self._db = db
        self._instruments = instruments
        self._allowances = allowances
        self._strategies = strategies

    async def create(self, user_id: UUID, draft: Draft, once: Once[Created] = UNKEYED) -> Created:
        """Create an alert, armed from now on.

        Raises InvalidInput for an unknown symbol, PlanLimit when the user's plan allows no more, UpstreamUnavailable
        when market, or billing of a new user, or signals for a name of the user's, cannot be asked.
        """
        info = await self._instruments.get(draft.symbol)
        draft = await self.checked(user_id, draft)
        return await self._allowances.asking(user_id, lambda: self._create(user_id, draft, info, once))

    def now(self) -> datetime:
        """Tell the time by which alerts are armed and expire."""
        return self._db.clock.now()

    async def checked(self, user_id: UUID, draft: Draft) -> Draft:
        """Write out what the user's names stand for, and check what the draft reads.

        Raises InvalidInput, PlanFeature, UpstreamUnavailable.
        """
        return replace(draft, rule=await self._read(user_id, draft.rule))

    async def checked_change(self, user_id: UUID, change: Change) -> Change:
        """Do the same for what a change sets."""
        return replace(change, rule=await self._read(user_id, change.rule))

    async def checked_all(self, user_id: UUID, drafts: Sequence[Draft]) -> list[Draft | InvalidInput | PlanFeature]:
        """Do the same for many, asking once for what they share; of one that cannot be, tell why.

        Raises UpstreamUnavailable.
        """
        names = self._strategies.names_of(user_id)
        checked: list[Draft | InvalidInput | PlanFeature] = []
        for draft in drafts:
            try:
                checked.append(replace(draft, rule=await names.read(draft.rule)))
            except (InvalidInput, PlanFeature) as problem:
                checked.append(problem)
        await self._instruments.look_up_all(draft.rule for draft in checked if isinstance(draft, Draft))
        for at, read in enumerate(checked):
            if isinstance(read, Draft):
                try:
                    checked[at] = replace(read, rule=await self._instruments.check_rule(read.rule))
                except InvalidInput as problem:
                    checked[at] = problem
        return checked

    async def get(self, user_id: UUID, alert_id: UUID) -> Alert:
        """Get an alert. Raises NotFound."""
        async with self._db.read() as session:
            return await tables.get_for(session, user_id, alert_id)

    async def list_for(
        self,
        user_id: UUID,
        page: PageRequest,
        *,
        status: AlertStatus | None = None,
        symbol: str | None = None,
        alert_type: AlertType | None = None,
        tag: str | None = None,
        text: str | None = None,
        watchlist_rule_id: UUID | None = None,
    ) -> Found[Alert]:
        """List alerts, newest first. symbol: in capitals, with or without its exchange; text: in name or note."""
        wanted = tables.listed_for(
            user_id,
            status=status,
            symbol=symbol,
            alert_type=alert_type,
            tag=tag,
            text=text,
            watchlist_rule_id=watchlist_rule_id,
        )
        async with self._db.read() as session:
            found = await paginate(
                session,
                wanted,
                page,
                key=(tables.AlertRow.created_at, tables.AlertRow.id),
                scope=f"alerts {user_id} {status} {symbol} {alert_type} {tag} {text} {watchlist_rule_id}",
            )
        return Found([tables.alert_of(row, listing) for row, listing in found.items], found.next_cursor)

    async def change(self, user_id: UUID, alert_id: UUID, change: Change) -> Alert:
        """Change an alert. Raises NotFound, Conflict for an impossible status, PlanLimit when it would be active."""
        checked = await self.checked_change(user_id, change)
        return await self._allowances.asking(user_id, lambda: self._change(user_id, alert_id, checked))

    async def delete(self, user_id: UUID, alert_id: UUID) -> None:
        """Delete an alert; what it triggered stays in the history. Raises NotFound, and Conflict for one of a list."""
        async with self._db.transaction() as tx:
            alert = await tables.get_for(tx.session, user_id, alert_id, lock=True)
            rules.check_deletable(alert)
            await writing.drop(tx, [alert])
        log.info("alert_deleted", alert_id=alert_id)

    async def hear_entitlements(self, tx: Transaction, entitlements: Entitlements) -> None:
        """Take note of a user's plan. What is active beyond it is paused, the newest alerts first, and says why."""
        if not await self._allowances.hear(tx, entitlements):
            return
        allowed = (await self._allowances.hold(tx, entitlements.user_id)).active_alerts
        if allowed is None:
            return
        now = self._db.clock.now()
        beyond = await tables.lock_active_beyond(tx.session, entitlements.user_id, allowed)
        for alert in beyond:
            paused = rules.paused_for_plan(alert, now)
            await tables.store(tx.session, paused)
            tx.announce(AlertUpdated(alert=paused.state(), previous=alert.state()))
        if beyond:
            user = hashed_id(entitlements.user_id)
            log.info("alerts_paused_for_plan", user=user, paused=len(beyond), allowed=allowed)

    async def hear_gap(self, tx: Transaction, gap: PriceGapped, announced_at: datetime) -> None:
        """Put an instrument's alerts to review after a step that is no move of the market (decisions 29).

        Alerts armed after it was announced were made at the new level and stay as they are.
        """
        reason, now, waiting = rules.GAP_REASONS[gap.reason], self._db.clock.now(), 0
        while True:
            put = await tables.put_to_review(
                tx.session, gap.instrument, reason, armed_before=announced_at, now=now, limit=REVIEW_BATCH
            )
            for alert in put:
                before = replace(alert, status=AlertStatus.ACTIVE, version=alert.version - 1)
                tx.announce(AlertUpdated(alert=alert.state(), previous=before.state()))
            waiting += len(put)
            if len(put) < REVIEW_BATCH:
                break
        log.warning("alerts_put_to_review", instrument=gap.instrument, alerts=waiting, reason=reason)

    async def expire_due(self) -> int:
        """Expire what has run out of time. Returns how many; safe to run twice at once."""
        total = 0
        while True:
            now = self._db.clock.now()
            async with self._db.transaction() as tx:
                due = await tables.lock_due_to_expire(tx.session, now, EXPIRY_BATCH)
                told: list[tuple[Alert, Happened, Mapping[str, str]]] = []
                for alert in due:
                    gone = rules.expired(alert, now)
                    await tables.store(tx.session, gone)
                    tx.announce(AlertUpdated(alert=gone.state(), previous=alert.state()))
                    told.append((gone, Happened.EXPIRED, {}))
                await tables.note_events(tx.session, told, now)
            total += len(due)
            if len(due) < EXPIRY_BATCH:
                break
        if total:
            log.info("alerts_expired", alerts=total)
        return total

    async def export(self, session: AsyncSession, user_id: UUID) -> list[Mapping[str, Any]]:
        """Hand over a user's alerts."""
        found = await session.execute(tables.listed_for(user_id).order_by(tables.AlertRow.created_at))
        alerts = [tables.alert_of(row, listing) for row, listing in found]
        return [
            {
                "id": alert.id,
                "instrument": alert.instrument,
                "condition": alert.condition,
                "threshold_price": None if alert.threshold_price is None else str(alert.threshold_price),
                "rule": alert.rule,
                "words": alert.words,
                "tags": list(alert.tags),
                "message": alert.message,
                "expires_at": alert.expires_at,
                "status": alert.status,
                "note": alert.note,
                "created_at": alert.created_at,
                "triggered_at": alert.triggered_at,
            }
            for alert in alerts
        ]

    async def erase(self, tx: Transaction, user_id: UUID) -> None:
        """Delete all alerts of a user, so that none fires any more."""
        for alert in await tables.lock_all_of(tx.session, user_id):
            tx.announce(AlertDeleted(alert=alert.state()))
        await tables.remove_all_of(tx.session, user_id)
        await self._allowances.erase(tx, user_id)

    async def _read(self, user_id: UUID, rule: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        return await self._instruments.check_rule(await self._strategies.names_of(user_id).read(rule))

    async def _create(self, user_id: UUID, draft: Draft, info: InstrumentInfo, once: Once[Created]) -> Created:
        now, price = self._db.clock.now(), None if info.stale else info.price
        async with self._db.transaction() as tx, once.held(tx) as answer:
            await writing.refuse_beyond(tx, user_id, await self._allowances.hold(tx, user_id))
            [alert] = await writing.add(tx, user_id, [Wanted(draft, info)], now)
            created = Created(alert, rules.is_already_true(alert, price))
            answer(created)
        log.info("alert_created", alert_id=alert.id, instrument=alert.instrument, condition=alert.condition)
        return created

    async def _change(self, user_id: UUID, alert_id: UUID, change: Change) -> Alert:
        async with self._db.transaction() as tx:
            # The allowance is locked before the alert, as in every other use case: else two could wait for each other.
            activating = change.status is AlertStatus.ACTIVE
            allowance = await self._allowances.hold(tx, user_id) if activating else None
            alert = await tables.get_for(tx.session, user_id, alert_id, lock=True)
            wanted = rules.changed(alert, change, self._db.clock.now())
            if wanted is alert:
                return alert
            if allowance is not None and not alert.is_active:
                await writing.refuse_beyond(tx, user_id, allowance)
            await writing.put(tx, [(alert, wanted)], wanted.updated_at)
        log.info("alert_changed", alert_id=alert_id, status=wanted.status, version=wanted.version)
        return wanted
