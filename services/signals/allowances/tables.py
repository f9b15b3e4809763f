"""What each user's plan allows. The row is also the lock under which what a user has is counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.contracts.billing import Entitlements, Limits, SubscriptionState, Tier
from services.signals.schema import Base


class AllowanceRow(Base):
    """What billing said last of a user."""

    __tablename__ = "allowances"

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    tier: Mapped[str]
    state: Mapped[str]
    limits: Mapped[dict[str, Any]] = mapped_column(JSONB)
    upgrade_to: Mapped[str | None]
    version: Mapped[int]
    heard_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a user may do. `upgrade_to`: the next plan above; None at the top."""

    tier: Tier
    state: SubscriptionState
    limits: Limits
    upgrade_to: str | None


def _allowance(row: AllowanceRow) -> Allowance:
    return Allowance(Tier(row.tier), SubscriptionState(row.state), Limits.model_validate(row.limits), row.upgrade_to)


async def lock(session: AsyncSession, user_id: UUID) -> Allowance | None:
    """Read a user's allowance and hold it until the transaction ends, so that counting and adding are one step."""
    row = await session.scalar(select(AllowanceRow).where(AllowanceRow.user_id == user_id).with_for_update())
    return None if row is None else _allowance(row)


async def find(session: AsyncSession, user_id: UUID) -> Allowance | None:
    """Read a user's allowance; None of whom nobody told."""
    row = await session.get(AllowanceRow, user_id)
    return None if row is None else _allowance(row)


async def store(session: AsyncSession, entitlements: Entitlements, now: datetime) -> bool:
    """Store what billing says, unless something newer is known already. Returns whether it was news."""
    values = {
        "tier": entitlements.tier,
        "state": entitlements.state,
        "limits": entitlements.limits.model_dump(mode="json"),
        "upgrade_to": entitlements.upgrade_to,
        "version": entitlements.version,
        "heard_at": now,
    }
    stored = await session.execute(
        insert(AllowanceRow)
        .values(user_id=entitlements.user_id, **values)
        .on_conflict_do_update(
            index_elements=[AllowanceRow.user_id], set_=values, where=AllowanceRow.version < entitlements.version
        )
        .returning(AllowanceRow.user_id)
    )
    return stored.one_or_none() is not None


async def remove(session: AsyncSession, user_id: UUID) -> None:
    """Forget a user's allowance."""
    await session.execute(delete(AllowanceRow).where(AllowanceRow.user_id == user_id))
