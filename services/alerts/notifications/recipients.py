"""Recipients: whom we write to, and where."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.schema import Base


class RecipientRow(Base):
    """A person's confirmed address. `suppressed_reason` is set once the mailbox is known not to exist."""

    __tablename__ = "recipients"

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    first_name: Mapped[str]
    last_name: Mapped[str]
    time_zone: Mapped[str]
    suppressed_reason: Mapped[str | None]
    alert_mails: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    """Off: what fires is shown in the application alone."""
    updated_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where to write to a person, and how their times are written."""

    email: str
    first_name: str
    time_zone: str
    suppressed_reason: str | None
    alert_mails: bool = True


async def remember_recipient(
    session: AsyncSession,
    *,
    user_id: UUID,
    email: str,
    first_name: str,
    last_name: str,
    time_zone: str,
    alert_mails: bool = True,
    now: datetime,
) -> None:
    """Store a person's address. A new address is written to again, whatever was wrong with the old one."""
    words = {"email": email, "first_name": first_name, "last_name": last_name, "updated_at": now}
    statement = insert(RecipientRow).values(
        user_id=user_id, time_zone=time_zone, suppressed_reason=None, alert_mails=alert_mails, **words
    )
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[RecipientRow.user_id],
            set_={
                **words,
                "suppressed_reason": text(
                    "CASE WHEN recipients.email = excluded.email THEN recipients.suppressed_reason END"
                ),
            },
        )
    )


async def note_settings(
    session: AsyncSession, user_id: UUID, *, time_zone: str, alert_mails: bool, now: datetime
) -> None:
    """Store how a person wants mails. Of whom we have not heard, auth says it with the address."""
    await session.execute(
        update(RecipientRow)
        .where(RecipientRow.user_id == user_id)
        .values(time_zone=time_zone, alert_mails=alert_mails, updated_at=now)
    )


async def recipients_of(session: AsyncSession, user_ids: Collection[UUID]) -> dict[UUID, RecipientRow]:
    """Read the recipients that we know of."""
    rows = await session.scalars(select(RecipientRow).where(RecipientRow.user_id.in_(user_ids)))
    return {row.user_id: row for row in rows}


async def suppress(session: AsyncSession, user_id: UUID, email: str, reason: str) -> None:
    """Write to this address no more."""
    await session.execute(
        update(RecipientRow)
        .where(RecipientRow.user_id == user_id, RecipientRow.email == email)
        .values(suppressed_reason=reason)
    )
