"""Sessions, their refresh tokens and the devices people have used, with every query on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Text, delete, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.ids import uuid7
from libs.common.security.permissions import Role
from services.auth.accounts.tables import User
from services.auth.schema import Base


class UserSession(Base):
    """One login and all that came of it. Its id is the `sid` of its tokens, and names the family of refresh tokens."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index("ix_sessions_open", "user_id", "created_at", postgresql_where=text("revoked_at IS NULL")),
        Index("ix_sessions_seen", "last_seen_at", postgresql_where=text("revoked_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    """The absolute end, however often it is refreshed."""
    auth_time: Mapped[datetime]
    """When the person last proved who they are."""
    amr: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """How they did, in the words of RFC 8176."""
    by_cookie: Mapped[bool]
    user_agent: Mapped[str]
    network: Mapped[str]
    device_print: Mapped[str | None]
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str | None]


class RefreshToken(Base):
    """A refresh token; of its secret only the hash. The successor is kept, encrypted, for the grace time."""

    __tablename__ = "refresh_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    session_id: Mapped[UUID] = mapped_column(ForeignKey(UserSession.id, ondelete="CASCADE"), index=True)
    parent_id: Mapped[UUID | None]
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    used_by: Mapped[bytes | None] = mapped_column(LargeBinary)
    successor: Mapped[str | None]


class KnownDevice(Base):
    """A device from which somebody has logged in."""

    __tablename__ = "known_devices"

    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    device_print: Mapped[str] = mapped_column(primary_key=True)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


async def lock_for_refresh(session: AsyncSession, token_id: UUID) -> tuple[RefreshToken, UserSession] | None:
    """Take a refresh token and its session; the next who wants them waits until this transaction ends."""
    owner = await session.scalar(select(RefreshToken.session_id).where(RefreshToken.id == token_id))
    if owner is None:
        return None
    # The session's row is the lock of its whole family: two tokens of one family cannot both rotate.
    held = await session.get(UserSession, owner, with_for_update=True)
    token = await session.get(RefreshToken, token_id)
    return None if held is None or token is None else (token, held)


async def session_of(session: AsyncSession, token_id: UUID) -> tuple[RefreshToken, UserSession] | None:
    query = select(RefreshToken, UserSession).join(UserSession).where(RefreshToken.id == token_id)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def list_open(session: AsyncSession, user_id: UUID, now: datetime) -> Sequence[UserSession]:
    """List a person's open sessions, newest first."""
    query = (
        select(UserSession)
        .where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None), UserSession.ends_at > now)
        .order_by(UserSession.created_at.desc(), UserSession.id.desc())
    )
    return (await session.scalars(query)).all()


async def get_for(session: AsyncSession, user_id: UUID, session_id: UUID) -> UserSession | None:
    """Take one open session of a person."""
    query = (
        select(UserSession)
        .where(UserSession.id == session_id, UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
        .with_for_update()
    )
    return (await session.scalars(query)).one_or_none()


async def list_idle(
    session: AsyncSession, since: Mapping[Role, datetime], now: datetime, *, limit: int
) -> Sequence[UserSession]:
    """Take open sessions that were not seen since an instant, which differs by role; some may be left for later."""
    if not since:
        return []
    is_idle = or_(*((User.role == role) & (UserSession.last_seen_at < instant) for role, instant in since.items()))
    query = (
        select(UserSession)
        .join(User, User.id == UserSession.user_id)
        # The newest of the instants narrows by the index what the roles then decide.
        .where(UserSession.revoked_at.is_(None), UserSession.last_seen_at < max(since.values()))
        .where(UserSession.ends_at > now, is_idle)
        .order_by(UserSession.last_seen_at)
        .limit(limit)
        .with_for_update(of=UserSession, skip_locked=True)
    )
    return (await session.scalars(query)).all()


async def has_any_device(session: AsyncSession, user_id: UUID) -> bool:
    query = select(KnownDevice.user_id).where(KnownDevice.user_id == user_id).limit(1)
    return await session.scalar(query) is not None


async def lock_user(session: AsyncSession, user_id: UUID) -> None:
    """Let one login of a person happen at a time, so that the cap on sessions holds."""
    await session.execute(select(User.id).where(User.id == user_id).with_for_update())


async def remember_device(session: AsyncSession, user_id: UUID, device_print: str, now: datetime) -> None:
    query = insert(KnownDevice).values(user_id=user_id, device_print=device_print, first_seen_at=now, last_seen_at=now)
    await session.execute(
        query.on_conflict_do_update(index_elements=["user_id", "device_print"], set_={"last_seen_at": now})
    )


async def is_known_device(session: AsyncSession, user_id: UUID, device_print: str) -> bool:
    return await session.get(KnownDevice, (user_id, device_print)) is not None


async def forget_devices(session: AsyncSession, user_id: UUID) -> None:
    await session.execute(delete(KnownDevice).where(KnownDevice.user_id == user_id))


async def list_devices(session: AsyncSession, user_id: UUID) -> Sequence[KnownDevice]:
    return (await session.scalars(select(KnownDevice).where(KnownDevice.user_id == user_id))).all()


async def drop_devices(session: AsyncSession, before: datetime) -> None:
    """Forget devices that were not used for long."""
    await session.execute(delete(KnownDevice).where(KnownDevice.last_seen_at < before))


async def drop_ended(session: AsyncSession, before: datetime) -> None:
    """Drop sessions that ended before an instant, with their tokens."""
    await session.execute(delete(UserSession).where((UserSession.ends_at < before) | (UserSession.revoked_at < before)))
