"""What people chose."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, delete, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.notifications.rules import Channel, Kind
from services.alerts.preferences.rules import Preferences, Wish
from services.alerts.schema import Base


class PreferencesRow(Base):
    """`wishes`: kind -> channel -> wish, of what was chosen. Minutes are after midnight in the person's zone."""

    __tablename__ = "preferences"
    __table_args__ = (
        CheckConstraint("(quiet_from IS NULL) = (quiet_to IS NULL)", name="quiet"),
        CheckConstraint("digest_at BETWEEN 0 AND 1439", name="digest_at"),
    )

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    wishes: Mapped[dict[str, Any]] = mapped_column(JSONB)
    quiet_from: Mapped[int | None]
    quiet_to: Mapped[int | None]
    digest_at: Mapped[int]
    updated_at: Mapped[datetime]


async def of_people(session: AsyncSession, user_ids: Collection[UUID]) -> dict[UUID, Preferences]:
    """Read what these people chose; who chose nothing is not among them."""
    rows = await session.scalars(select(PreferencesRow).where(PreferencesRow.user_id.in_(user_ids)))
    return {row.user_id: _preferences(row) for row in rows}


async def of_person_to_change(session: AsyncSession, user_id: UUID) -> Preferences:
    """Read what a person chose and hold it until the transaction ends."""
    row = await session.scalar(select(PreferencesRow).where(PreferencesRow.user_id == user_id).with_for_update())
    return Preferences() if row is None else _preferences(row)


async def store(session: AsyncSession, user_id: UUID, preferences: Preferences, now: datetime) -> None:
    """Store what a person chose."""
    values = {
        "wishes": {kind: dict(by_channel) for kind, by_channel in preferences.wishes.items()},
        "quiet_from": preferences.quiet_from,
        "quiet_to": preferences.quiet_to,
        "digest_at": preferences.digest_at,
        "updated_at": now,
    }
    await session.execute(
        insert(PreferencesRow)
        .values(user_id=user_id, **values)
        .on_conflict_do_update(index_elements=[PreferencesRow.user_id], set_=values)
    )


async def remove_all_of(session: AsyncSession, user_id: UUID) -> None:
    await session.execute(delete(PreferencesRow).where(PreferencesRow.user_id == user_id))


def _preferences(row: PreferencesRow) -> Preferences:
    return Preferences(
        {
            Kind(kind): {Channel(channel): Wish(wish) for channel, wish in by_channel.items()}
            for kind, by_channel in row.wishes.items()
        },
        row.quiet_from,
        row.quiet_to,
        row.digest_at,
    )
