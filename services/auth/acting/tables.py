"""Who acted as whom and who allowed it, with every query on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.ids import uuid7
from services.auth.accounts.tables import User
from services.auth.schema import Base


class ActingSession(Base):
    """One time that a member of staff acted as a person. Its id is the `sid` of the acting token."""

    __tablename__ = "acting_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    reason: Mapped[str]
    by_consent: Mapped[bool]
    started_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """When it was ended before its time."""


class SupportConsent(Base):
    """That a person lets the support look, and until when."""

    __tablename__ = "support_consents"

    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    until: Mapped[datetime]
    given_at: Mapped[datetime]


async def end_of_staff(session: AsyncSession, staff_id: UUID, now: datetime) -> Sequence[ActingSession]:
    """End what a member of staff has open; gives what it ended."""
    query = (
        update(ActingSession)
        .where(ActingSession.staff_id == staff_id, ActingSession.ended_at.is_(None), ActingSession.ends_at > now)
        .values(ended_at=now)
        .returning(ActingSession)
    )
    return (await session.scalars(query)).all()


async def end_by_consent(session: AsyncSession, user_id: UUID, now: datetime) -> Sequence[ActingSession]:
    """End what is open by a person's consent; gives what it ended."""
    query = (
        update(ActingSession)
        .where(
            ActingSession.user_id == user_id,
            ActingSession.by_consent,
            ActingSession.ended_at.is_(None),
            ActingSession.ends_at > now,
        )
        .values(ended_at=now)
        .returning(ActingSession)
    )
    return (await session.scalars(query)).all()


async def list_of(session: AsyncSession, user_id: UUID) -> Sequence[ActingSession]:
    """List when somebody acted as a person."""
    query = select(ActingSession).where(ActingSession.user_id == user_id).order_by(ActingSession.started_at)
    return (await session.scalars(query)).all()


async def drop_before(session: AsyncSession, before: datetime) -> None:
    await session.execute(delete(ActingSession).where(ActingSession.ends_at < before))


async def find_consent(session: AsyncSession, user_id: UUID, *, lock: bool = False) -> datetime | None:
    """Find until when a person lets the support look. lock: nobody withdraws it until this transaction ends."""
    query = select(SupportConsent.until).where(SupportConsent.user_id == user_id)
    return (await session.scalars(query.with_for_update(read=True) if lock else query)).one_or_none()


async def put_consent(session: AsyncSession, user_id: UUID, until: datetime, now: datetime) -> None:
    query = insert(SupportConsent).values(user_id=user_id, until=until, given_at=now)
    await session.execute(
        query.on_conflict_do_update(index_elements=["user_id"], set_={"until": until, "given_at": now})
    )


async def drop_consent(session: AsyncSession, user_id: UUID) -> bool:
    """Forget a consent. Says whether there was one."""
    query = delete(SupportConsent).where(SupportConsent.user_id == user_id).returning(SupportConsent.user_id)
    return (await session.scalar(query)) is not None
