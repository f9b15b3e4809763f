"""Addresses, and every query of them. What reaches somebody is a secret and kept encrypted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.schema import Base

PENDING, ACTIVE, DISABLED = "pending", "active", "disabled"


class AddressRow(Base):
    """One way to reach a person. `sealed` is the address, `print` tells whether it is there already.

    A pending one waits for a code, of which `code_print` is kept until `code_ends_at`. `reason` says why one that is
    disabled is.
    """

    __tablename__ = "addresses"
    __table_args__ = (
        CheckConstraint("status IN ('pending', 'active', 'disabled')", name="status"),
        CheckConstraint("channel IN ('push', 'telegram', 'slack', 'sms')", name="channel"),
        Index("ix_addresses_user_id", "user_id"),
        Index(
            "uq_addresses_user_id_channel_print",
            "user_id",
            "channel",
            "print",
            unique=True,
            postgresql_where=text("print IS NOT NULL"),
        ),
        Index("ix_addresses_push_print", "print", postgresql_where=text("channel = 'push'")),
        Index("uq_addresses_code_print", "code_print", unique=True, postgresql_where=text("code_print IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    channel: Mapped[str]
    label: Mapped[str]
    sealed: Mapped[str | None]
    print: Mapped[str | None]
    status: Mapped[str]
    reason: Mapped[str | None]
    code_print: Mapped[str | None]
    code_ends_at: Mapped[datetime | None]
    code_tries: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


async def hold_person(session: AsyncSession, user_id: UUID) -> None:
    """Let nobody else add addresses of this person until the transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"addresses:{user_id}", 0))))


async def active_of(session: AsyncSession, user_ids: Collection[UUID]) -> Sequence[AddressRow]:
    """Read the addresses that these people are reached at."""
    query = select(AddressRow).where(AddressRow.user_id.in_(user_ids), AddressRow.status == ACTIVE)
    return list(await session.scalars(query.order_by(AddressRow.created_at)))


async def listed_for(session: AsyncSession, user_id: UUID) -> Sequence[AddressRow]:
    query = select(AddressRow).where(AddressRow.user_id == user_id).order_by(AddressRow.created_at, AddressRow.id)
    return list(await session.scalars(query))


async def count(session: AsyncSession, user_id: UUID) -> int:
    return int(await session.scalar(select(func.count()).where(AddressRow.user_id == user_id)) or 0)


async def find(session: AsyncSession, user_id: UUID, address_id: UUID) -> AddressRow | None:
    """Read one of a person's addresses and hold it until the transaction ends."""
    query = select(AddressRow).where(AddressRow.id == address_id, AddressRow.user_id == user_id)
    row: AddressRow | None = await session.scalar(query.with_for_update())
    return row


async def find_print(session: AsyncSession, user_id: UUID, channel: str, print_: str) -> AddressRow | None:
    """Read the address of this print, if the person has it."""
    query = select(AddressRow).where(
        AddressRow.user_id == user_id, AddressRow.channel == channel, AddressRow.print == print_
    )
    row: AddressRow | None = await session.scalar(query.with_for_update())
    return row


async def remove_print_of_others(session: AsyncSession, user_id: UUID, channel: str, print_: str) -> None:
    """Remove the address of this print from everybody else."""
    await session.execute(
        delete(AddressRow).where(
            AddressRow.channel == channel, AddressRow.print == print_, AddressRow.user_id != user_id
        )
    )


async def find_device(session: AsyncSession, print_: str) -> AddressRow | None:
    """Read the device of this print, whoever has it. At most one person does."""
    query = select(AddressRow).where(AddressRow.channel == "push", AddressRow.print == print_)
    row: AddressRow | None = await session.scalar(query.with_for_update())
    return row


async def remove_device(session: AsyncSession, print_: str) -> None:
    await session.execute(delete(AddressRow).where(AddressRow.channel == "push", AddressRow.print == print_))


async def find_code(session: AsyncSession, code_print: str, now: datetime) -> AddressRow | None:
    """Read what waits for this code."""
    query = select(AddressRow).where(AddressRow.code_print == code_print, AddressRow.code_ends_at > now)
    row: AddressRow | None = await session.scalar(query.with_for_update())
    return row


async def get(session: AsyncSession, address_id: UUID) -> AddressRow | None:
    return await session.get(AddressRow, address_id)


async def disable(session: AsyncSession, address_id: UUID, reason: str) -> None:
    """Write to an address no more."""
    await session.execute(update(AddressRow).where(AddressRow.id == address_id).values(status=DISABLED, reason=reason))


async def remove(session: AsyncSession, user_id: UUID, address_id: UUID) -> bool:
    """Remove one of a person's addresses. Says whether it was there."""
    gone = await session.execute(
        delete(AddressRow).where(AddressRow.id == address_id, AddressRow.user_id == user_id).returning(AddressRow.id)
    )
    return gone.one_or_none() is not None


async def remove_all_of(session: AsyncSession, user_id: UUID) -> None:
    await session.execute(delete(AddressRow).where(AddressRow.user_id == user_id))
