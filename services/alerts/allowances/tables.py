"""What each user's plan allows here. The row is also the lock under which a user's active alerts are counted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, delete, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.contracts.billing import Entitlements
from services.alerts.schema import Base


class AllowanceRow(Base):
    """What billing said last of a user. `active_alerts` null means no limit."""

    __tablename__ = "allowances"

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    tier: Mapped[str]
    active_alerts: Mapped[int | None]
    channels: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{in_app,mail}'"))
    upgrade_to: Mapped[str | None]
    version: Mapped[int]
    heard_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many active alerts a user may have; None means no limit. `upgrade_to`: the plan that allows more."""

    active_alerts: int | None
    upgrade_to: str | None


async def lock(session: AsyncSession, user_id: UUID) -> Allowance | None:
    """Read a user's allowance and hold it until the transaction ends, so that counting and adding are one step."""
    row = await session.scalar(select(AllowanceRow).where(AllowanceRow.user_id == user_id).with_for_update())
    return None if row is None else Allowance(row.active_alerts, row.upgrade_to)


async def store(session: AsyncSession, entitlements: Entitlements, now: datetime) -> bool:
    """Store what billing says, unless something newer is known already. Returns whether it was news."""
    values = {
        "tier": entitlements.tier,
        "active_alerts": entitlements.limits.active_alerts,
        "channels": list(entitlements.limits.channels),
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


async def channels_of(session: AsyncSession, user_ids: Collection[UUID]) -> dict[UUID, tuple[list[str], str | None]]:
    """Tell the channels that plans allow, and the plan that allows more; of whom we have not heard, nothing."""
    rows = await session.execute(
        select(AllowanceRow.user_id, AllowanceRow.channels, AllowanceRow.upgrade_to).where(
            AllowanceRow.user_id.in_(user_ids)
        )
    )
    return {user_id: (channels, upgrade_to) for user_id, channels, upgrade_to in rows}


async def remove(session: AsyncSession, user_id: UUID) -> None:
    """Forget a user's allowance."""
    await session.execute(delete(AllowanceRow).where(AllowanceRow.user_id == user_id))
