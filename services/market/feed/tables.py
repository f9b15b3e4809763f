"""Where the feed stands: who runs it, up to where, and what a provider refused to price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.market.schema import Base


class FeedRow(Base):
    """One feed: the process that runs it, and the position up to which its prices are stored.

    Holder and position are one row on purpose: a process that lost the lease cannot store a step of it any more.
    """

    __tablename__ = "feeds"

    name: Mapped[str] = mapped_column(primary_key=True)
    source_key: Mapped[str]
    position: Mapped[str]
    holder: Mapped[UUID | None]
    held_until: Mapped[datetime]


class ProviderRefusalRow(Base):
    """An instrument that a provider will not price. `retry_at` None: not before the plan or the symbol changes."""

    __tablename__ = "provider_refusals"

    provider: Mapped[str] = mapped_column(primary_key=True)
    instrument_id: Mapped[int] = mapped_column(
        ForeignKey("market.instruments.id", ondelete="CASCADE"), primary_key=True
    )
    code: Mapped[str]
    reason: Mapped[str]
    refused_at: Mapped[datetime]
    retry_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Held:
    """What the holder of a feed finds: the stream that was played before, and where it stood."""

    source_key: str
    position: str


async def take(session: AsyncSession, name: str, holder: UUID, lease: timedelta) -> Held | None:
    """Become the one who runs a feed; None while another process does. By the database's clock."""
    await session.execute(
        insert(FeedRow)
        .values(name=name, source_key="", position="", holder=None, held_until=func.now())
        .on_conflict_do_nothing()
    )
    row = (
        await session.execute(
            update(FeedRow)
            .where(
                FeedRow.name == name,
                or_(FeedRow.holder == holder, FeedRow.holder.is_(None), FeedRow.held_until < func.now()),
            )
            .values(holder=holder, held_until=func.now() + lease)
            .returning(FeedRow.source_key, FeedRow.position)
        )
    ).one_or_none()
    return None if row is None else Held(row.source_key, row.position)


async def advance(
    session: AsyncSession, name: str, holder: UUID, lease: timedelta, *, source_key: str, position: str
) -> bool:
    """Store up to where the feed is, and keep the lease. False: another process runs it now, so store nothing."""
    held = await session.execute(
        update(FeedRow)
        .where(FeedRow.name == name, FeedRow.holder == holder)
        .values(held_until=func.now() + lease, source_key=source_key, position=position)
        .returning(FeedRow.name)
    )
    return held.one_or_none() is not None


async def let_go(session: AsyncSession, name: str, holder: UUID) -> None:
    """Let another process run the feed at once."""
    await session.execute(update(FeedRow).where(FeedRow.name == name, FeedRow.holder == holder).values(holder=None))


async def note_refusal(
    session: AsyncSession,
    provider: str,
    instrument_id: int,
    *,
    code: str,
    reason: str,
    at: datetime,
    retry_at: datetime | None,
) -> None:
    values = {"code": code, "reason": reason, "refused_at": at, "retry_at": retry_at}
    await session.execute(
        insert(ProviderRefusalRow)
        .values(provider=provider, instrument_id=instrument_id, **values)
        .on_conflict_do_update(index_elements=["provider", "instrument_id"], set_=values)
    )


async def forget_refusals(session: AsyncSession, provider: str, code: str) -> None:
    """Delete the refusals of one kind, so that the instruments are asked for again."""
    await session.execute(
        delete(ProviderRefusalRow).where(ProviderRefusalRow.provider == provider, ProviderRefusalRow.code == code)
    )


async def list_refused(session: AsyncSession, provider: str, now: datetime) -> Sequence[int]:
    """List the instruments that are not worth asking for yet."""
    statement = select(ProviderRefusalRow.instrument_id).where(
        ProviderRefusalRow.provider == provider,
        or_(ProviderRefusalRow.retry_at.is_(None), ProviderRefusalRow.retry_at > now),
    )
    return (await session.scalars(statement)).all()
