"""Mailed links, of each only the hash of its token."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.ids import uuid7
from services.auth.accounts.tables import User
from services.auth.links.rules import LinkPurpose
from services.auth.schema import Base


class MailedLink(Base):
    """`subject_id` is what the link decides upon, where that is not the person: a change of address."""

    __tablename__ = "mailed_links"
    __table_args__ = (Index("ix_mailed_links_user_id_purpose", "user_id", "purpose"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    purpose: Mapped[str]
    subject_id: Mapped[UUID | None]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


async def find(
    session: AsyncSession, token_hash: bytes, purposes: tuple[LinkPurpose, ...], now: datetime
) -> MailedLink | None:
    """Find a link that could be used now, without using it."""
    query = select(MailedLink).where(
        MailedLink.token_hash == token_hash,
        MailedLink.purpose.in_(purposes),
        MailedLink.used_at.is_(None),
        MailedLink.expires_at > now,
    )
    return (await session.scalars(query)).one_or_none()


async def use(
    session: AsyncSession, token_hash: bytes, purposes: tuple[LinkPurpose, ...], now: datetime
) -> MailedLink | None:
    """Use a link up, once however many try at the same time. None when it is unknown, used or past its end."""
    query = (
        update(MailedLink)
        .where(
            MailedLink.token_hash == token_hash,
            MailedLink.purpose.in_(purposes),
            MailedLink.used_at.is_(None),
            MailedLink.expires_at > now,
        )
        .values(used_at=now)
        .returning(MailedLink)
    )
    return (await session.scalars(query)).one_or_none()


async def count_since(session: AsyncSession, user_id: UUID, purpose: LinkPurpose, since: datetime) -> int:
    query = select(func.count()).where(
        MailedLink.user_id == user_id, MailedLink.purpose == purpose, MailedLink.created_at > since
    )
    return await session.scalar(query) or 0


async def void(session: AsyncSession, user_id: UUID, purposes: tuple[LinkPurpose, ...]) -> None:
    """Drop a person's links of these purposes."""
    await session.execute(delete(MailedLink).where(MailedLink.user_id == user_id, MailedLink.purpose.in_(purposes)))


async def void_of(session: AsyncSession, subject_id: UUID) -> None:
    """Drop the links that decide upon something."""
    await session.execute(delete(MailedLink).where(MailedLink.subject_id == subject_id))


async def drop_ended(session: AsyncSession, before: datetime) -> None:
    await session.execute(delete(MailedLink).where(MailedLink.expires_at < before))
