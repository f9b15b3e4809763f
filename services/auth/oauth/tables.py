"""Apps, what people granted them, and the codes and refresh tokens of that, with the queries that wait for nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Text, delete, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, Session, mapped_column

from libs.common.ids import uuid7
from services.auth.accounts.tables import User
from services.auth.schema import Base


class OAuthApp(Base):
    """An app that a developer registered. Its id is its `client_id`."""

    __tablename__ = "oauth_apps"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    name: Mapped[str]
    redirect_uris: Mapped[list[str]] = mapped_column(ARRAY(Text))
    secret_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    """None for an app that can keep no secret: one in a browser or on a desk."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def is_confidential(self) -> bool:
        return self.secret_hash is not None


class OAuthGrant(Base):
    """What a person gave an app, once. Its id is the `sid` of its tokens, and names the family of refresh tokens."""

    __tablename__ = "oauth_grants"
    __table_args__ = (
        Index("ix_oauth_grants_open", "user_id", "app_id", "created_at", postgresql_where=text("revoked_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    app_id: Mapped[UUID] = mapped_column(ForeignKey(OAuthApp.id, ondelete="CASCADE"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    auth_time: Mapped[datetime]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str | None]


class OAuthCode(Base):
    """A code on its way from the consent page to the app, as its hash. A used one is kept, so that a replay shows."""

    __tablename__ = "oauth_codes"

    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    app_id: Mapped[UUID] = mapped_column(ForeignKey(OAuthApp.id, ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    redirect_uri: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    code_challenge: Mapped[str]
    auth_time: Mapped[datetime]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    grant_id: Mapped[UUID | None] = mapped_column(ForeignKey(OAuthGrant.id, ondelete="CASCADE"))


class OAuthRefreshToken(Base):
    """A refresh token of a grant; of its secret only the hash. The successor is kept, encrypted, for the grace time."""

    __tablename__ = "oauth_refresh_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    grant_id: Mapped[UUID] = mapped_column(ForeignKey(OAuthGrant.id, ondelete="CASCADE"), index=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    used_by: Mapped[bytes | None] = mapped_column(LargeBinary)
    successor: Mapped[str | None]


# Apps


async def list_apps(session: AsyncSession, owner_id: UUID) -> Sequence[OAuthApp]:
    """List a developer's apps, newest first."""
    query = select(OAuthApp).where(OAuthApp.owner_id == owner_id).order_by(OAuthApp.created_at.desc(), OAuthApp.id)
    return (await session.scalars(query)).all()


async def lock_owner(session: AsyncSession, owner_id: UUID) -> None:
    """Let one app of a developer be made at a time, so that their number holds."""
    await session.execute(select(User.id).where(User.id == owner_id).with_for_update())


async def count_apps(session: AsyncSession, owner_id: UUID) -> int:
    return await session.scalar(select(func.count()).where(OAuthApp.owner_id == owner_id)) or 0


async def take_app(session: AsyncSession, owner_id: UUID, app_id: UUID) -> OAuthApp | None:
    """Take one of a developer's apps."""
    query = select(OAuthApp).where(OAuthApp.id == app_id, OAuthApp.owner_id == owner_id).with_for_update()
    return (await session.scalars(query)).one_or_none()


# Grants


async def list_granted(session: AsyncSession, user_id: UUID, now: datetime) -> Sequence[tuple[OAuthGrant, OAuthApp]]:
    """List what a person's apps hold now, newest first, with the apps."""
    query = (
        select(OAuthGrant, OAuthApp)
        .join(OAuthApp, OAuthApp.id == OAuthGrant.app_id)
        .where(OAuthGrant.user_id == user_id, OAuthGrant.revoked_at.is_(None), OAuthGrant.ends_at > now)
        .order_by(OAuthGrant.created_at.desc(), OAuthGrant.id.desc())
    )
    return [(row[0], row[1]) for row in (await session.execute(query)).all()]


async def take_granted(session: AsyncSession, user_id: UUID, app_id: UUID | None = None) -> Sequence[OAuthGrant]:
    """Take what a person granted, to one app or to all."""
    query = select(OAuthGrant).where(OAuthGrant.user_id == user_id, OAuthGrant.revoked_at.is_(None))
    query = query if app_id is None else query.where(OAuthGrant.app_id == app_id)
    return (await session.scalars(query.order_by(OAuthGrant.id).with_for_update())).all()


async def take_grants_of(session: AsyncSession, app_ids: Sequence[UUID]) -> Sequence[OAuthGrant]:
    """Take what everybody granted to some apps."""
    query = select(OAuthGrant).where(OAuthGrant.app_id.in_(app_ids), OAuthGrant.revoked_at.is_(None))
    return (await session.scalars(query.order_by(OAuthGrant.id).with_for_update())).all()


async def drop_app(session: AsyncSession, app_id: UUID) -> None:
    await session.execute(delete(OAuthApp).where(OAuthApp.id == app_id))


async def drop_ended(session: AsyncSession, before: datetime) -> None:
    """Drop grants that ended before an instant, and codes and refresh tokens that did."""
    await session.execute(delete(OAuthGrant).where((OAuthGrant.ends_at < before) | (OAuthGrant.revoked_at < before)))
    await session.execute(delete(OAuthCode).where(OAuthCode.expires_at < before))
    await session.execute(delete(OAuthRefreshToken).where(OAuthRefreshToken.expires_at < before))


# What the protocol asks, from inside `AsyncSession.run_sync`


def app_of(session: Session, app_id: UUID) -> OAuthApp | None:
    return session.get(OAuthApp, app_id)


def user_of(session: Session, user_id: UUID) -> User | None:
    return session.get(User, user_id)


def take_code(session: Session, code_hash: bytes, app_id: UUID) -> OAuthCode | None:
    """Take a code of an app; the next who shows it waits until this transaction ends."""
    query = select(OAuthCode).where(OAuthCode.code_hash == code_hash, OAuthCode.app_id == app_id).with_for_update()
    return session.scalars(query).one_or_none()


def take_grant(session: Session, grant_id: UUID) -> OAuthGrant | None:
    """Take a grant, which is the lock of its family: two refresh tokens of one family cannot both rotate."""
    return session.get(OAuthGrant, grant_id, with_for_update=True)


def take_refresh_token(session: Session, token_id: UUID) -> tuple[OAuthRefreshToken, OAuthGrant] | None:
    """Take a refresh token with its grant."""
    grant_id = session.scalar(select(OAuthRefreshToken.grant_id).where(OAuthRefreshToken.id == token_id))
    if grant_id is None:
        return None
    grant = take_grant(session, grant_id)
    token = session.get(OAuthRefreshToken, token_id)
    return None if grant is None or token is None else (token, grant)


def take_oldest(session: Session, user_id: UUID, app_id: UUID, *, beyond: int) -> Sequence[OAuthGrant]:
    """Take what a person granted an app beyond the newest few."""
    query = (
        select(OAuthGrant)
        .where(OAuthGrant.user_id == user_id, OAuthGrant.app_id == app_id, OAuthGrant.revoked_at.is_(None))
        .order_by(OAuthGrant.created_at.desc(), OAuthGrant.id.desc())
        .offset(beyond)
        .with_for_update()
    )
    return session.scalars(query).all()
