"""Strategies, their versions and the links by which they are shared, with every query on them."""

from __future__ import annotations

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
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.errors import NotFound
from services.signals.schema import Base
from services.signals.strategies.rules import Strategy, StrategyStatus, Version


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
    )


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
