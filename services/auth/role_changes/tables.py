"""Changes of role that were asked for, with every query on them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.ids import uuid7
from libs.common.security.permissions import Role
from services.auth.accounts.rules import AccountStatus
from services.auth.accounts.tables import User
from services.auth.role_changes.rules import ChangeState
from services.auth.schema import Base


class RoleChange(Base):
    """A change that somebody asked for. At most one waits for each person."""

    __tablename__ = "role_changes"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'approved', 'refused', 'expired')", name="state"),
        Index("ix_role_changes_asked_at_id", "asked_at", "id"),
        Index("uq_role_changes_waiting", "user_id", unique=True, postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    from_role: Mapped[str]
    to_role: Mapped[str]
    reason: Mapped[str]
    state: Mapped[str] = mapped_column(default=ChangeState.WAITING)
    asked_by: Mapped[UUID]
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]


async def lock_super_admins(session: AsyncSession) -> None:
    """Let one change that makes or unmakes a SUPER_ADMIN happen at a time, so that the last one is known to be it."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("auth.super_admins", 0))))


async def count_other_super_admins(session: AsyncSession, user_id: UUID) -> int:
    """Count the active SUPER_ADMINs besides one person."""
    query = select(func.count()).where(
        User.role == Role.SUPER_ADMIN, User.status == AccountStatus.ACTIVE, User.id != user_id
    )
    return await session.scalar(query) or 0


async def expire(session: AsyncSession, now: datetime) -> None:
    """Close what has waited too long."""
    await session.execute(
        update(RoleChange)
        .where(RoleChange.state == ChangeState.WAITING, RoleChange.expires_at <= now)
        .values(state=ChangeState.EXPIRED)
    )


async def find(session: AsyncSession, change_id: UUID) -> RoleChange | None:
    return await session.get(RoleChange, change_id)


async def find_waiting(session: AsyncSession, user_id: UUID, now: datetime) -> RoleChange | None:
    """Find the change that waits for a person."""
    query = select(RoleChange).where(
        RoleChange.user_id == user_id, RoleChange.state == ChangeState.WAITING, RoleChange.expires_at > now
    )
    return (await session.scalars(query)).one_or_none()


async def decide(
    session: AsyncSession, change_id: UUID, state: ChangeState, decided_by: UUID, now: datetime
) -> RoleChange | None:
    """Decide a change that waits, once however many try at the same time. None when it does not wait any more."""
    query = (
        update(RoleChange)
        .where(RoleChange.id == change_id, RoleChange.state == ChangeState.WAITING, RoleChange.expires_at > now)
        .values(state=state, decided_by=decided_by, decided_at=now)
        .returning(RoleChange)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(query)).one_or_none()


def listed(state: ChangeState | None, now: datetime) -> Select[RoleChange, User]:
    """Select changes with whom they are about. What has waited too long counts as expired, closed yet or not."""
    query = select(RoleChange, User).join(User, User.id == RoleChange.user_id)
    is_late = (RoleChange.state == ChangeState.WAITING) & (RoleChange.expires_at <= now)
    if state is ChangeState.WAITING:
        return query.where(RoleChange.state == state, RoleChange.expires_at > now)
    if state is ChangeState.EXPIRED:
        return query.where((RoleChange.state == state) | is_late)
    return query if state is None else query.where(RoleChange.state == state)
