"""Make, change and delete rules over watchlists, and keep their alerts those of the lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database, Transaction
from libs.common.errors import Conflict, PermissionDenied, UpstreamUnavailable
from libs.common.http import HttpFailure, Refused, ServiceClient
from libs.common.idempotency import UNKEYED, Once
from libs.common.ids import uuid7
from libs.common.logging import get_logger
from libs.common.pagination import Found, PageRequest, paginate
from libs.common.security.principal import Principal
from libs.contracts.alerts import AlertStatus
from libs.contracts.market import InstrumentChanged, InstrumentInfo, WatchlistChanged, WatchlistInfo
from services.alerts.allowances.service import Allowances
from services.alerts.definitions import writing
from services.alerts.definitions.drafts import Draft
from services.alerts.definitions.rules import Change
from services.alerts.definitions.service import Alerts
from services.alerts.definitions.writing import Wanted
from services.alerts.instruments.service import Instruments
from services.alerts.renames.rules import renamed
from services.alerts.watchlists import rules, tables
from services.alerts.watchlists.rules import Rule, RuleStatus
from services.alerts.watchlists.tables import WatchlistRuleRow

log = get_logger(__name__)

SETTLE_BATCH = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """A rule, and how many of its alerts are in each status."""

    rule: Rule
    alerts: Mapping[str, int]


class WatchlistRules:
    """The use cases. Somebody else's rule does not exist here.

    Locks are taken in one order: the allowance, the list, the rule, its alerts.
    """

    def __init__(
        self, db: Database, market: ServiceClient, instruments: Instruments, alerts: Alerts, allowances: Allowances
    ) -> None:
        self._db = db
        self._market = market
        self._instruments = instruments
        self._alerts = alerts
        self._allowances = allowances

    async def create(self, user: Principal, watchlist_id: UUID, draft: Draft, once: Once[Shown] = UNKEYED) -> Shown:
        """Make a rule with an alert for each stock of the list.

        Raises NotFound for a list that is not the caller's, InvalidInput for what its alerts cannot wait for, Conflict
        beyond the number of rules, PlanLimit when the plan does not allow an alert for each stock, UpstreamUnavailable
        when market, billing or signals cannot be asked.
        """
        draft = await self._alerts.checked(user.user_id, draft)
        async with self._db.read() as session:
            before = await tables.members_of(session, watchlist_id)
        watchlist = await self._watchlist(user, watchlist_id)
        infos = await self._instruments.find_all(watchlist.instruments)
        heard = 0 if before is None else before.revision
        return await self._allowances.asking(
            user.user_id, lambda: self._create(user.user_id, watchlist, heard, infos, draft, once)
        )

    def now(self) -> datetime:
        """Tell the time by which alerts are armed and expire."""
        return self._db.clock.now()

    async def list_for(self, user_id: UUID, page: PageRequest) -> Found[Shown]:
        """List a person's rules, newest first."""
        async with self._db.read() as session:
            found = await paginate(
                session,
                tables.listed_for(user_id),
                page,
                key=(WatchlistRuleRow.created_at, WatchlistRuleRow.id),
                scope=f"watchlist rules {user_id}",
            )
            counts = await tables.counts_of(session, [row.id for row in found.items])
        return Found([Shown(tables.rule_of(row), counts.get(row.id, {})) for row in found.items], found.next_cursor)

    async def get(self, user_id: UUID, rule_id: UUID) -> Shown:
        """Show a rule. Raises NotFound."""
        async with self._db.read() as session:
            return await _shown(session, await tables.get_for(session, user_id, rule_id))

    async def change(self, user_id: UUID, rule_id: UUID, change: Change) -> Shown:
        """Change a rule and its alerts alike. Raises as `Alerts.change` does."""
        checked = await self._alerts.checked_change(user_id, change)
        return await self._allowances.asking(user_id, lambda: self._change(user_id, rule_id, checked))

    async def delete(self, user_id: UUID, rule_id: UUID) -> None:
        """Delete a rule and its alerts; what they triggered stays in the history. Raises NotFound."""
        async with self._db.transaction() as tx:
            rule = await tables.get_for(tx.session, user_id, rule_id, lock=True)
            await writing.drop(tx, await tables.alerts_of(tx.session, rule.id, lock=True))
            await tables.remove(tx.session, rule.id)
        log.info("watchlist_rule_deleted", rule_id=rule_id)

    async def hear_watchlist(self, tx: Transaction, event: WatchlistChanged) -> None:
        """Take note of what is in a list now. The rules over a list that was deleted end, with their alerts."""
        if not event.deleted:
            await tables.hear(tx.session, event.user_id, event.watchlist_id, event.instruments, self._db.clock.now())
            await tables.unsettle(tx.session, event.watchlist_id)
            return
        await tables.forget(tx.session, event.watchlist_id)
        for rule in await tables.lock_rules_over(tx.session, event.watchlist_id):
            await writing.drop(tx, await tables.alerts_of(tx.session, rule.id, lock=True))
            await tables.store(tx.session, replace(rule, status=RuleStatus.ENDED, updated_at=self._db.clock.now()))
            await tables.settle(tx.session, rule.id)

    async def hear_renamed(self, tx: Transaction, event: InstrumentChanged) -> None:
        """Follow an instrument to its new name: no rule takes it for another one, and expressions name it anew."""
        await tables.rename(tx.session, event.previous, event.instrument)
        for rule in await tables.lock_rules_reading(tx.session, event.previous):
            draft = replace(rule.draft, rule=renamed(rule.draft.rule, event))
            await tables.store(tx.session, replace(rule, draft=draft, updated_at=self._db.clock.now()))

    async def unsettled(self) -> list[UUID]:
        """List rules whose alerts may not be those of their lists, at most a hundred."""
        async with self._db.read() as session:
            return [rule.id for rule in await tables.unsettled(session, SETTLE_BATCH)]

    async def settle(self, rule_id: UUID) -> None:
        """Make a rule's alerts those of its list; safe to run twice at once. Raises UpstreamUnavailable."""
        async with self._db.read() as session:
            rule = await tables.find(session, rule_id)
        if rule is not None:
            await self._allowances.asking(rule.user_id, partial(self._settle, rule))

    async def export(self, session: AsyncSession, user_id: UUID) -> list[Mapping[str, Any]]:
        """Hand over a person's rules."""
        rows = await session.scalars(tables.listed_for(user_id).order_by(WatchlistRuleRow.created_at))
        return [
            {"watchlist": row.watchlist_name, "alert": row.draft, "status": row.status, "created_at": row.created_at}
            for row in rows
        ]

    async def erase(self, tx: Transaction, user_id: UUID) -> None:
        """Forget a person's rules; their alerts go with the others."""
        await tables.remove_all_of(tx.session, user_id)

    async def _watchlist(self, user: Principal, watchlist_id: UUID) -> WatchlistInfo:
        try:
            return await self._market.get(f"/internal/watchlists/{watchlist_id}", WatchlistInfo, on_behalf_of=user)
        except HttpFailure as failure:
            if isinstance(failure, Refused) and failure.status == PermissionDenied.status:
                raise PermissionDenied("A rule over a watchlist needs leave to read watchlists.") from failure
            log.warning("market_not_asked", reason=failure.reason)
            raise UpstreamUnavailable("Your watchlists are not available at the moment. Try again soon.") from failure

    async def _create(
        self,
        user_id: UUID,
        watchlist: WatchlistInfo,
        heard: int,
        infos: Mapping[str, InstrumentInfo],
        draft: Draft,
        once: Once[Shown],
    ) -> Shown:
        now = self._db.clock.now()
        async with self._db.transaction() as tx, once.held(tx) as answer:
            allowance = await self._allowances.hold(tx, user_id)
            if await tables.count_of(tx.session, user_id) >= rules.MAX_RULES:
                raise Conflict(f"You have {rules.MAX_RULES} rules, which is all there can be. Delete one first.")
            known = await tables.members_of(tx.session, watchlist.watchlist_id, lock=True)
            # What was announced while market was asked is newer than its answer.
            if known is None or known.revision == heard:
                await tables.hear(tx.session, user_id, watchlist.watchlist_id, watchlist.instruments, now)
                members: Sequence[str] = watchlist.instruments
            else:
                members = known.instruments
            rule = Rule(
                id=uuid7(),
                user_id=user_id,
                watchlist_id=watchlist.watchlist_id,
                watchlist_name=watchlist.name,
                draft=replace(draft, symbol=""),
                status=RuleStatus.ACTIVE,
                created_at=now,
                updated_at=now,
            )
            found = [infos[name] for name in members if name in infos]
            await writing.refuse_beyond(tx, user_id, allowance, len(found))
            await tables.add(tx.session, rule, settled=len(found) == len(members))
            wanted = [Wanted(replace(draft, symbol=info.instrument), info) for info in found]
            await writing.add(tx, user_id, wanted, now, watchlist_rule_id=rule.id)
            shown = Shown(rule, {AlertStatus.ACTIVE: len(wanted)})
            answer(shown)
        log.info("watchlist_rule_created", rule_id=rule.id, alerts=len(wanted))
        return shown

    async def _change(self, user_id: UUID, rule_id: UUID, change: Change) -> Shown:
        now = self._db.clock.now()
        async with self._db.transaction() as tx:
            allowance = await self._allowances.hold(tx, user_id)
            rule = await tables.get_for(tx.session, user_id, rule_id, lock=True)
            wanted = rules.changed_rule(rule, change, now)
            alerts = await tables.alerts_of(tx.session, rule.id, lock=True)
            pairs = [(alert, rules.changed_alert(alert, change, now)) for alert in alerts]
            more = sum(after.is_active and not before.is_active for before, after in pairs)
            await writing.refuse_beyond(tx, user_id, allowance, more)
            await writing.put(tx, [(before, after) for before, after in pairs if after is not before], now)
            await tables.store(tx.session, wanted)
            shown = await _shown(tx.session, wanted)
        log.info("watchlist_rule_changed", rule_id=rule_id, status=wanted.status, alerts=len(pairs))
        return shown

    async def _settle(self, rule: Rule) -> None:
        async with self._db.read() as session:
            members = await tables.members_of(session, rule.watchlist_id)
            alerts = await tables.alerts_of(session, rule.id)
        missing = () if members is None else rules.difference(members.instruments, alerts).missing
        infos = await self._instruments.find_all(missing)
        now = self._db.clock.now()
        async with self._db.transaction() as tx:
            allowance = await self._allowances.hold(tx, rule.user_id)
            members = await tables.members_of(tx.session, rule.watchlist_id, lock=True)
            found = await tables.find(tx.session, rule.id, lock=True)
            if found is None or members is None or found.status is RuleStatus.ENDED:
                return
            differs = rules.difference(members.instruments, await tables.alerts_of(tx.session, rule.id, lock=True))
            await writing.drop(tx, differs.beyond)
            new = [] if rules.has_run_out(found, now) else [infos[name] for name in differs.missing if name in infos]
            room = await writing.room_for(tx, rule.user_id, allowance)
            wanted = [
                Wanted(replace(found.draft, symbol=info.instrument), info, rules.why_paused(found, place, room))
                for place, info in enumerate(new)
            ]
            await writing.add(tx, rule.user_id, wanted, now, watchlist_rule_id=rule.id)
            # A member that came while market was asked is looked at the next time.
            if set(differs.missing) <= set(missing):
                await tables.settle(tx.session, rule.id)
        log.info("watchlist_rule_settled", rule_id=rule.id, added=len(wanted), removed=len(differs.beyond))


async def _shown(session: AsyncSession, rule: Rule) -> Shown:
    return Shown(rule, (await tables.counts_of(session, [rule.id])).get(rule.id, {}))
