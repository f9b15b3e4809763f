"""Rules over watchlists, and what market said last of the lists: the rules' members are read from there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Select, Text, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.errors import NotFound
from services.alerts.definitions.drafts import Draft
from services.alerts.definitions.rules import Alert
from services.alerts.definitions.tables import AlertRow, alert_of
from services.alerts.instruments.tables import InstrumentRow
from services.alerts.schema import Base
from services.alerts.watchlists.rules import Rule, RuleStatus


class WatchlistRow(Base):
    """A list as market announced it last. `revision` counts what we heard, so that an older answer does not win."""

    __tablename__ = "watchlists"
    __table_args__ = (Index("ix_watchlists_user_id", "user_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    instruments: Mapped[list[str]] = mapped_column(ARRAY(Text))
    revision: Mapped[int]
    heard_at: Mapped[datetime]


class WatchlistRuleRow(Base):
    """A rule. `settled`: its alerts are those of the list as we know it."""

    __tablename__ = "watchlist_rules"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'paused', 'ended')", name="status"),
        Index("ix_watchlist_rules_user_id_created_at_id", "user_id", "created_at", "id"),
        Index("ix_watchlist_rules_watchlist_id", "watchlist_id"),
        Index("ix_watchlist_rules_unsettled", "updated_at", postgresql_where=text("NOT settled")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    watchlist_id: Mapped[UUID]
    watchlist_name: Mapped[str]
    draft: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str]
    settled: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Members:
    """What is in a list as far as we know, and how often we have heard of it."""

    instruments: tuple[str, ...]
    revision: int


def rule_of(row: WatchlistRuleRow) -> Rule:
    """Read a row."""
    return Rule(
        id=row.id,
        user_id=row.user_id,
        watchlist_id=row.watchlist_id,
        watchlist_name=row.watchlist_name,
        draft=Draft.from_stored(row.draft, ""),
        status=RuleStatus(row.status),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def members_of(session: AsyncSession, watchlist_id: UUID, *, lock: bool = False) -> Members | None:
    """Tell what is in a list; None for one that we have not heard of."""
    query = select(WatchlistRow).where(WatchlistRow.id == watchlist_id)
    row = await session.scalar(query.with_for_update() if lock else query)
    return None if row is None else Members(tuple(row.instruments), row.revision)


async def hear(
    session: AsyncSession, user_id: UUID, watchlist_id: UUID, instruments: Sequence[str], now: datetime
) -> None:
    """Store what is in a list now, and hold it until the transaction ends."""
    told = {"instruments": list(instruments), "heard_at": now}
    await session.execute(
        insert(WatchlistRow)
        .values(id=watchlist_id, user_id=user_id, revision=1, **told)
        .on_conflict_do_update(index_elements=[WatchlistRow.id], set_={**told, "revision": WatchlistRow.revision + 1})
    )


async def forget(session: AsyncSession, watchlist_id: UUID) -> None:
    """Drop a list that is no more."""
    await session.execute(delete(WatchlistRow).where(WatchlistRow.id == watchlist_id))


async def rename(session: AsyncSession, previous: str, instrument: str) -> None:
    """Put an instrument's new name into every list."""
    await session.execute(
        update(WatchlistRow)
        .where(WatchlistRow.instruments.contains([previous]))
        .values(instruments=func.array_replace(WatchlistRow.instruments, previous, instrument))
    )


async def unsettle(session: AsyncSession, watchlist_id: UUID) -> None:
    """Note that the rules over a list are to be looked at."""
    await session.execute(
        update(WatchlistRuleRow)
        .where(WatchlistRuleRow.watchlist_id == watchlist_id, WatchlistRuleRow.status != RuleStatus.ENDED)
        .values(settled=False)
    )


async def lock_rules_over(session: AsyncSession, watchlist_id: UUID) -> list[Rule]:
    """Lock the rules over a list."""
    query = select(WatchlistRuleRow).where(WatchlistRuleRow.watchlist_id == watchlist_id)
    return [rule_of(row) for row in await session.scalars(query.order_by(WatchlistRuleRow.id).with_for_update())]


async def lock_rules_reading(session: AsyncSession, instrument: str) -> list[Rule]:
    """Lock the rules the expressions of which name an instrument."""
    names = WatchlistRuleRow.draft["rule"]["expression"].astext.contains(f'"{instrument}"', autoescape=True)
    query = select(WatchlistRuleRow).where(names).order_by(WatchlistRuleRow.id).with_for_update()
    return [rule_of(row) for row in await session.scalars(query)]


async def unsettled(session: AsyncSession, limit: int) -> list[Rule]:
    """List rules whose alerts are not those of their list, the longest waiting first."""
    query = select(WatchlistRuleRow).where(~WatchlistRuleRow.settled).order_by(WatchlistRuleRow.updated_at)
    return [rule_of(row) for row in await session.scalars(query.limit(limit))]


async def find(session: AsyncSession, rule_id: UUID, *, lock: bool = False) -> Rule | None:
    """Find a rule, whosever it is."""
    query = select(WatchlistRuleRow).where(WatchlistRuleRow.id == rule_id)
    row = await session.scalar(query.with_for_update() if lock else query)
    return None if row is None else rule_of(row)


async def get_for(session: AsyncSession, user_id: UUID, rule_id: UUID, *, lock: bool = False) -> Rule:
    """Get a person's own rule. Raises NotFound, also for another's."""
    query = listed_for(user_id).where(WatchlistRuleRow.id == rule_id)
    row = await session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound("You have no such rule.")
    return rule_of(row)


async def count_of(session: AsyncSession, user_id: UUID) -> int:
    """Count a person's rules."""
    query = select(func.count()).where(WatchlistRuleRow.user_id == user_id)
    return await session.scalar(query) or 0


def listed_for(user_id: UUID) -> Select[WatchlistRuleRow]:
    """Select a person's rules."""
    return select(WatchlistRuleRow).where(WatchlistRuleRow.user_id == user_id)


async def add(session: AsyncSession, rule: Rule, *, settled: bool) -> None:
    """Store a new rule."""
    session.add(
        WatchlistRuleRow(
            id=rule.id,
            user_id=rule.user_id,
            watchlist_id=rule.watchlist_id,
            watchlist_name=rule.watchlist_name,
            draft=rule.draft.stored(),
            status=rule.status,
            settled=settled,
            created_at=rule.created_at,
            updated_at=rule.updated_at,
        )
    )
    await session.flush()


async def store(session: AsyncSession, rule: Rule) -> None:
    """Store what a locked rule has become."""
    values = {"draft": rule.draft.stored(), "status": rule.status, "updated_at": rule.updated_at}
    await session.execute(update(WatchlistRuleRow).where(WatchlistRuleRow.id == rule.id).values(**values))


async def settle(session: AsyncSession, rule_id: UUID) -> None:
    """Note that a rule's alerts are those of its list."""
    await session.execute(update(WatchlistRuleRow).where(WatchlistRuleRow.id == rule_id).values(settled=True))


async def remove(session: AsyncSession, rule_id: UUID) -> None:
    """Delete a rule."""
    await session.execute(delete(WatchlistRuleRow).where(WatchlistRuleRow.id == rule_id))


async def remove_all_of(session: AsyncSession, user_id: UUID) -> None:
    """Forget a person's rules and lists."""
    for row in (WatchlistRuleRow, WatchlistRow):
        await session.execute(delete(row).where(row.user_id == user_id))


async def alerts_of(session: AsyncSession, rule_id: UUID, *, lock: bool = False) -> list[Alert]:
    """List a rule's alerts in the order in which they were made."""
    query = (
        select(AlertRow, InstrumentRow)
        .join(InstrumentRow, InstrumentRow.id == AlertRow.instrument_id)
        .where(AlertRow.watchlist_rule_id == rule_id)
        .order_by(AlertRow.number)
    )
    found = await session.execute(query.with_for_update(of=AlertRow) if lock else query)
    return [alert_of(*each) for each in found]


async def counts_of(session: AsyncSession, rule_ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    """Count rules' alerts by status."""
    rows = await session.execute(
        select(AlertRow.watchlist_rule_id, AlertRow.status, func.count())
        .where(AlertRow.watchlist_rule_id.in_(rule_ids))
        .group_by(AlertRow.watchlist_rule_id, AlertRow.status)
    )
    counts: dict[UUID, dict[str, int]] = {rule_id: {} for rule_id in rule_ids}
    for rule_id, status, count in rows:
        if rule_id is not None:
            counts[rule_id][status] = count
    return counts
