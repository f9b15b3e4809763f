"""Changes of address under way, and codes that were sent to numbers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.ids import uuid7
from services.auth.accounts.tables import User
from services.auth.contacts.rules import CODE_TRIES
from services.auth.schema import Base


class EmailChange(Base):
    """A wish for another address. `ended_at`: it happened, was replaced by another wish, or was voided."""

    __tablename__ = "email_changes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    email: Mapped[str]
    email_key: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    new_confirmed_at: Mapped[datetime | None]
    old_confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class PhoneCode(Base):
    """A code that was sent to a number, as a keyed hash."""

    __tablename__ = "phone_codes"
    __table_args__ = (
        Index("ix_phone_codes_user_id_created_at", "user_id", "created_at"),
        Index("ix_phone_codes_phone_created_at", "phone", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    phone: Mapped[str]
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


async def find_open_change(session: AsyncSession, user_id: UUID, now: datetime) -> EmailChange | None:
    query = select(EmailChange).where(
        EmailChange.user_id == user_id, EmailChange.ended_at.is_(None), EmailChange.expires_at > now
    )
    return (await session.scalars(query.order_by(EmailChange.created_at.desc()).limit(1))).one_or_none()


async def lock_change(session: AsyncSession, change_id: UUID) -> EmailChange | None:
    """Take a change: its two confirmations happen one after the other."""
    return await session.get(EmailChange, change_id, with_for_update=True, populate_existing=True)


async def end_open_changes(session: AsyncSession, user_id: UUID, now: datetime) -> None:
    await session.execute(
        update(EmailChange).where(EmailChange.user_id == user_id, EmailChange.ended_at.is_(None)).values(ended_at=now)
    )


async def free_email(session: AsyncSession, email_key: str) -> bool:
    """Make an address free if nobody has confirmed it: registering alone holds none. Says whether it is free."""
    holder = (await session.scalars(select(User).where(User.email_key == email_key).with_for_update())).one_or_none()
    if holder is None:
        return True
    if holder.is_verified:
        return False
    await session.delete(holder)
    await session.flush()
    return True


async def count_codes(session: AsyncSession, user_id: UUID, phone: str, since: datetime) -> tuple[int, int]:
    """Count the codes that were sent since then: to the person, and to the number by anybody."""
    query = select(
        func.count().filter(PhoneCode.user_id == user_id), func.count().filter(PhoneCode.phone == phone)
    ).where(PhoneCode.created_at > since, (PhoneCode.user_id == user_id) | (PhoneCode.phone == phone))
    row = (await session.execute(query)).one()
    return row[0], row[1]


async def newest_code_at(session: AsyncSession, user_id: UUID) -> datetime | None:
    return await session.scalar(select(func.max(PhoneCode.created_at)).where(PhoneCode.user_id == user_id))


async def end_codes(session: AsyncSession, user_id: UUID, now: datetime) -> None:
    await session.execute(
        update(PhoneCode).where(PhoneCode.user_id == user_id, PhoneCode.ended_at.is_(None)).values(ended_at=now)
    )


async def try_code(session: AsyncSession, user_id: UUID, now: datetime) -> PhoneCode | None:
    """Count a try at a person's code, at most so many however many come at once. None when there is none to try."""
    query = (
        update(PhoneCode)
        .where(
            PhoneCode.user_id == user_id,
            PhoneCode.ended_at.is_(None),
            PhoneCode.expires_at > now,
            PhoneCode.tries < CODE_TRIES,
        )
        .values(tries=PhoneCode.tries + 1)
        .returning(PhoneCode)
    )
    return (await session.scalars(query)).one_or_none()


async def use_code(session: AsyncSession, code_id: UUID, now: datetime) -> bool:
    """Use a code up. Says whether it was there to be used."""
    query = (
        update(PhoneCode)
        .where(PhoneCode.id == code_id, PhoneCode.ended_at.is_(None))
        .values(ended_at=now)
        .returning(PhoneCode.id)
    )
    return (await session.scalar(query)) is not None


async def is_phone_confirmed_elsewhere(session: AsyncSession, phone: str, user_id: UUID) -> bool:
    query = select(User.id).where(User.phone == phone, User.phone_confirmed_at.is_not(None), User.id != user_id)
    return (await session.scalar(query)) is not None


async def lock_phone(session: AsyncSession, phone: str) -> None:
    """Wait until no other transaction confirms this number."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(phone, 2))))


async def drop_ended(session: AsyncSession, before: datetime) -> None:
    await session.execute(delete(EmailChange).where(EmailChange.expires_at < before))
    await session.execute(delete(PhoneCode).where(PhoneCode.created_at < before))
