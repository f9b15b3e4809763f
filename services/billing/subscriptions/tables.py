"""The subscriptions' table and every query of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.contracts.billing import SubscriptionState, Tier
from services.billing.schema import Base
from services.billing.subscriptions.rules import Subscription


class SubscriptionRow(Base):
    """What one user has now. `ends_at` is null exactly while unpaid: every other state ends by itself."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        CheckConstraint("(ends_at IS NULL) = (state = 'unpaid')", name="only_unpaid_has_no_end"),
        Index("ix_subscriptions_ends_at", "ends_at", postgresql_where=text("ends_at IS NOT NULL")),
    )

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    tier: Mapped[str]
    state: Mapped[str]
    plan_version: Mapped[int]
    ends_at: Mapped[datetime | None]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


async def find_for(session: AsyncSession, user_id: UUID) -> Subscription | None:
    """Find a user's subscription."""
    row = await session.get(SubscriptionRow, user_id)
    return None if row is None else _subscription(row)


async def lock_ended(session: AsyncSession, now: datetime, limit: int) -> list[Subscription]:
    """Lock subscriptions whose end has passed, the oldest first, leaving out those that another worker holds."""
    rows = await session.scalars(
        select(SubscriptionRow)
        .where(SubscriptionRow.ends_at <= now)
        .order_by(SubscriptionRow.ends_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [_subscription(row) for row in rows]


async def add_first(session: AsyncSession, subscription: Subscription, now: datetime) -> bool:
    """Store a user's first subscription. Returns False, changing nothing, when there is one already."""
    added = await session.execute(
        insert(SubscriptionRow)
        .values(user_id=subscription.user_id, created_at=now, **_changing(subscription, now))
        .on_conflict_do_nothing()
        .returning(SubscriptionRow.user_id)
    )
    return added.one_or_none() is not None


async def replace(session: AsyncSession, subscription: Subscription, now: datetime) -> None:
    """Store what a locked subscription has become."""
    await session.execute(
        update(SubscriptionRow)
        .where(SubscriptionRow.user_id == subscription.user_id)
        .values(**_changing(subscription, now))
    )


async def remove(session: AsyncSession, user_id: UUID) -> None:
    """Forget a user's subscription, if there is one."""
    await session.execute(delete(SubscriptionRow).where(SubscriptionRow.user_id == user_id))


def _changing(subscription: Subscription, now: datetime) -> dict[str, object]:
    return {
        "tier": subscription.tier,
        "state": subscription.state,
        "plan_version": subscription.plan_version,
        "ends_at": subscription.ends_at,
        "version": subscription.version,
        "updated_at": now,
    }


def _subscription(row: SubscriptionRow) -> Subscription:
    return Subscription(
        user_id=row.user_id,
        tier=Tier(row.tier),
        state=SubscriptionState(row.state),
        plan_version=row.plan_version,
        ends_at=row.ends_at,
        version=row.version,
    )
