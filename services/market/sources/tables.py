"""How each provider is doing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Identity, Index, Select, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.market.schema import Base


class ProviderStateRow(Base):
    """A provider as the feed finds it. `degraded` since `since`; `failures` counts those without a success between."""

    __tablename__ = "provider_states"

    provider: Mapped[str] = mapped_column(primary_key=True)
    degraded: Mapped[bool]
    since: Mapped[datetime]
    failures: Mapped[int]
    last_ok_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    last_error_at: Mapped[datetime | None]


class MarketChargeRow(Base):
    """Which provider prices a market (a country's exchanges) now; None while none of its list is well."""

    __tablename__ = "market_charges"

    market: Mapped[str] = mapped_column(primary_key=True)
    provider: Mapped[str | None]
    since: Mapped[datetime]


class FailoverRow(Base):
    """A market went over from one provider to another, and why."""

    __tablename__ = "provider_failovers"
    __table_args__ = (Index("ix_provider_failovers_at_id", "at", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    market: Mapped[str]
    previous: Mapped[str | None]
    provider: Mapped[str | None]
    reason: Mapped[str]
    at: Mapped[datetime]


async def lock(session: AsyncSession, provider: str, now: datetime) -> ProviderStateRow:
    """Give a provider's row, made where there is none, and keep others from changing it meanwhile."""
    await session.execute(
        insert(ProviderStateRow)
        .values(provider=provider, degraded=False, since=now, failures=0)
        .on_conflict_do_nothing()
    )
    statement = select(ProviderStateRow).where(ProviderStateRow.provider == provider).with_for_update()
    return (await session.scalars(statement)).one()


async def list_all(session: AsyncSession) -> Sequence[ProviderStateRow]:
    return (await session.scalars(select(ProviderStateRow).order_by(ProviderStateRow.provider))).all()


async def list_degraded(session: AsyncSession) -> Sequence[str]:
    """List the providers that are degraded."""
    return (await session.scalars(select(ProviderStateRow.provider).where(ProviderStateRow.degraded))).all()


async def lock_charge(session: AsyncSession, market: str, provider: str | None, now: datetime) -> MarketChargeRow:
    """Give a market's row, made with `provider` where there is none, and keep others from changing it meanwhile."""
    made = insert(MarketChargeRow).values(market=market, provider=provider, since=now).on_conflict_do_nothing()
    await session.execute(made)
    statement = select(MarketChargeRow).where(MarketChargeRow.market == market).with_for_update()
    return (await session.scalars(statement)).one()


async def forget_failovers(session: AsyncSession, before: datetime) -> None:
    """Delete those from before an instant."""
    await session.execute(delete(FailoverRow).where(FailoverRow.at < before))


def failovers() -> Select[FailoverRow]:
    """Select what went over to another provider."""
    return select(FailoverRow)
