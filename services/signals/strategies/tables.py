"""Strategies, their versions and the links by which they are shared, with every query on them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    Text,
    UniqueConstraint,
    delete,
    func,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.errors import NotFound
from services.signals.schema import Base
from services.signals.strategies.rules import Share, Strategy, StrategyStatus, Version


class StrategyRow(Base):
    """A person's strategy. `number`: of its newest version."""

    __tablename__ = "strategies"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'archived')", name="status"),
        CheckConstraint("char_length(name) BETWEEN 1 AND 80", name="name"),
        CheckConstraint("char_length(about) <= 1000", name="about"),
        CheckConstraint("number >= 1", name="number"),
        Index("ix_strategies_user_id_created_at_id", "user_id", "created_at", "id"),
        Index("ix_strategies_active_user_id", "user_id", postgresql_where=text("status = 'active'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    name: Mapped[str]
    about: Mapped[str]
    status: Mapped[str]
    number: Mapped[int]
    template: Mapped[str | None]
    copied_from: Mapped[UUID | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class StrategyVersionRow(Base):
    """A version, which never changes. `written` is `document` as its author wrote it, with names of indicators."""

    __tablename__ = "strategy_versions"
    __table_args__ = (
        UniqueConstraint("strategy_id", "number", name="uq_strategy_versions_strategy_id_number"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("cardinality(instruments) BETWEEN 1 AND 100", name="instruments"),
        CheckConstraint("char_length(note) <= 200", name="note"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    strategy_id: Mapped[UUID] = mapped_column(ForeignKey(StrategyRow.id, ondelete="CASCADE"))
    number: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    written: Mapped[dict[str, Any]] = mapped_column(JSONB)
    instruments: Mapped[list[str]] = mapped_column(ARRAY(Text))
    words: Mapped[str]
    note: Mapped[str]
    created_at: Mapped[datetime]


class StrategyShareRow(Base):
    """A link by which who holds it sees one version. Only a hash of the link's secret is kept."""

    __tablename__ = "strategy_shares"
    __table_args__ = (
        UniqueConstraint("token_hash", name="uq_strategy_shares_token_hash"),
        Index("ix_strategy_shares_strategy_id", "strategy_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    strategy_id: Mapped[UUID] = mapped_column(ForeignKey(StrategyRow.id, ondelete="CASCADE"))
    version_id: Mapped[UUID] = mapped_column(ForeignKey(StrategyVersionRow.id, ondelete="CASCADE"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]


def strategy_of(row: StrategyRow) -> Strategy:
    """Read a row."""
    return Strategy(
        id=row.id,
        user_id=row.user_id,
        name=row.name,
        about=row.about,
        status=StrategyStatus(row.status),
        number=row.number,
        template=row.template,
        copied_from=row.copied_from,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def version_of(row: StrategyVersionRow, strategy: StrategyRow) -> Version:
    """Join a version and its strategy."""
    return Version(
        id=row.id,
        strategy_id=strategy.id,
        user_id=strategy.user_id,
        name=strategy.name,
        number=row.number,
        document=row.document,
        written=row.written,
        instruments=tuple(row.instruments),
        words=row.words,
        note=row.note,
        created_at=row.created_at,
        archived=strategy.status == StrategyStatus.ARCHIVED,
    )


async def add(session: AsyncSession, strategy: Strategy) -> None:
    """Store a new strategy, which needs a version yet."""
    session.add(StrategyRow(**asdict(strategy)))
    await session.flush()


async def add_version(session: AsyncSession, version: Version) -> None:
    """Store a new version and make it the newest of its strategy."""
    row = StrategyVersionRow(
        id=version.id,
        strategy_id=version.strategy_id,
        number=version.number,
        document=dict(version.document),
        written=dict(version.written),
        instruments=list(version.instruments),
        words=version.words,
        note=version.note,
        created_at=version.created_at,
    )
    session.add(row)
    await session.flush()
    newest = update(StrategyRow).where(StrategyRow.id == version.strategy_id)
    await session.execute(newest.values(number=version.number, updated_at=version.created_at))


async def store(session: AsyncSession, strategy: Strategy) -> None:
    """Store what a locked strategy has become."""
    values = {name: getattr(strategy, name) for name in ("name", "about", "status", "updated_at")}
    await session.execute(update(StrategyRow).where(StrategyRow.id == strategy.id).values(**values))


async def get_for(session: AsyncSession, user_id: UUID, strategy_id: UUID, *, lock: bool = False) -> Strategy:
    """Get a person's own strategy that is not archived. Raises NotFound, also for another's."""
    query = select(StrategyRow).where(
        StrategyRow.id == strategy_id, StrategyRow.user_id == user_id, StrategyRow.status == StrategyStatus.ACTIVE
    )
    row = await session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound("You have no such strategy.")
    return strategy_of(row)


async def counts(session: AsyncSession, user_id: UUID) -> tuple[int, int]:
    """Count a person's strategies: those that are not archived, and all."""
    query = select(func.count().filter(StrategyRow.status == StrategyStatus.ACTIVE), func.count())
    active, kept = (await session.execute(query.where(StrategyRow.user_id == user_id))).one()
    return active, kept


async def place_of(session: AsyncSession, strategy: Strategy) -> int:
    """Tell how many of the person's strategies are older than this one: the oldest ones are those of the plan."""
    query = select(func.count()).where(
        StrategyRow.user_id == strategy.user_id,
        StrategyRow.status == StrategyStatus.ACTIVE,
        tuple_(StrategyRow.created_at, StrategyRow.id) < (strategy.created_at, strategy.id),
    )
    return await session.scalar(query) or 0


def listed_for(user_id: UUID) -> Select[StrategyRow, StrategyVersionRow]:
    """Select a person's strategies that are not archived, each with its newest version."""
    newest = (StrategyVersionRow.strategy_id == StrategyRow.id) & (StrategyVersionRow.number == StrategyRow.number)
    query = select(StrategyRow, StrategyVersionRow).join(StrategyVersionRow, newest)
    return query.where(StrategyRow.user_id == user_id, StrategyRow.status == StrategyStatus.ACTIVE)


def versions_of(strategy_id: UUID) -> Select[StrategyVersionRow]:
    """Select a strategy's versions."""
    return select(StrategyVersionRow).where(StrategyVersionRow.strategy_id == strategy_id)


async def numbered(session: AsyncSession, strategy_id: UUID, numbers: Collection[int]) -> dict[int, Version]:
    """Get versions of a strategy by their numbers."""
    query = _versions().where(StrategyRow.id == strategy_id, StrategyVersionRow.number.in_(numbers))
    return {row.number: version_of(row, strategy) for row, strategy in await session.execute(query)}


async def add_share(session: AsyncSession, share: Share, strategy_id: UUID, token_hash: bytes) -> None:
    """Store a link."""
    session.add(
        StrategyShareRow(
            id=share.id,
            strategy_id=strategy_id,
            version_id=share.version_id,
            token_hash=token_hash,
            created_at=share.created_at,
            expires_at=share.expires_at,
        )
    )
    await session.flush()


async def shares_of(session: AsyncSession, strategy_id: UUID) -> list[Share]:
    """List the links to a strategy, newest first."""
    query = (
        select(StrategyShareRow, StrategyVersionRow.number)
        .join(StrategyVersionRow, StrategyVersionRow.id == StrategyShareRow.version_id)
        .where(StrategyShareRow.strategy_id == strategy_id)
        .order_by(StrategyShareRow.created_at.desc(), StrategyShareRow.id.desc())
    )
    return [
        Share(row.id, row.version_id, number, row.created_at, row.expires_at)
        for row, number in await session.execute(query)
    ]


async def remove_share(session: AsyncSession, strategy_id: UUID, share_id: UUID) -> bool:
    """Delete a link. Returns whether there was one."""
    query = delete(StrategyShareRow).where(StrategyShareRow.id == share_id, StrategyShareRow.strategy_id == strategy_id)
    return (await session.execute(query.returning(StrategyShareRow.id))).one_or_none() is not None


async def shared(session: AsyncSession, token_hash: bytes, now: datetime) -> tuple[Strategy, Version]:
    """Get what a link shows. Raises NotFound for one that ended, or whose strategy was archived."""
    query = (
        _versions()
        .join(StrategyShareRow, StrategyShareRow.version_id == StrategyVersionRow.id)
        .where(
            StrategyShareRow.token_hash == token_hash,
            StrategyRow.status == StrategyStatus.ACTIVE,
            or_(StrategyShareRow.expires_at.is_(None), StrategyShareRow.expires_at > now),
        )
    )
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise NotFound("This link shows nothing any more. Ask for a new one.")
    return strategy_of(found[1]), version_of(*found)


async def version(session: AsyncSession, version_id: UUID, *, user_id: UUID | None = None) -> Version:
    """Get a version, of this person if one is named. Raises NotFound, also for another's."""
    query = _versions().where(StrategyVersionRow.id == version_id)
    if user_id is not None:
        query = query.where(StrategyRow.user_id == user_id)
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise NotFound("You have no such version of a strategy.")
    return version_of(*found)


async def all_of(session: AsyncSession, user_id: UUID) -> list[tuple[Strategy, list[Version]]]:
    """List a person's strategies with all their versions, oldest first."""
    query = _versions().where(StrategyRow.user_id == user_id)
    query = query.order_by(StrategyRow.created_at, StrategyRow.id, StrategyVersionRow.number)
    found: dict[UUID, tuple[Strategy, list[Version]]] = {}
    for row, strategy in await session.execute(query):
        found.setdefault(strategy.id, (strategy_of(strategy), []))[1].append(version_of(row, strategy))
    return list(found.values())


async def remove_all_of(session: AsyncSession, user_id: UUID) -> None:
    """Delete a person's strategies, with their versions and links."""
    await session.execute(delete(StrategyRow).where(StrategyRow.user_id == user_id))


def _versions() -> Select[StrategyVersionRow, StrategyRow]:
    return select(StrategyVersionRow, StrategyRow).join(StrategyRow, StrategyRow.id == StrategyVersionRow.strategy_id)
