"""Settings and first steps, with every query on them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.auth.accounts.tables import User
from services.auth.profile.rules import FORM, Step, StepState
from services.auth.schema import Base


class UserSettings(Base):
    """A person's settings, of the form `form`."""

    __tablename__ = "user_settings"

    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    form: Mapped[int]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    updated_at: Mapped[datetime]


class FirstStep(Base):
    """What a person has decided of one step; a step without a row is open."""

    __tablename__ = "first_steps"
    __table_args__ = (CheckConstraint("state IN ('done', 'skipped')", name="state"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    at: Mapped[datetime]


async def find_settings(session: AsyncSession, user_id: UUID, *, lock: bool = False) -> Mapping[str, Any]:
    """Give what is stored; empty for nothing."""
    row = await session.get(UserSettings, user_id, with_for_update=True if lock else None)
    return {} if row is None else row.data


async def put_settings(session: AsyncSession, user_id: UUID, data: Mapping[str, Any], now: datetime) -> None:
    values = {"form": FORM, "data": dict(data), "updated_at": now}
    query = insert(UserSettings).values(user_id=user_id, **values)
    await session.execute(query.on_conflict_do_update(index_elements=["user_id"], set_=values))


async def list_steps(session: AsyncSession, user_id: UUID) -> dict[str, str]:
    rows = await session.execute(select(FirstStep.step, FirstStep.state).where(FirstStep.user_id == user_id))
    return {row.step: row.state for row in rows}


async def decide_step(session: AsyncSession, user_id: UUID, step: Step, state: StepState, now: datetime) -> None:
    """Store what was decided. A step that is done stays done, also when it is skipped later."""
    query = insert(FirstStep).values(user_id=user_id, step=step, state=state, at=now)
    await session.execute(
        query.on_conflict_do_update(
            index_elements=["user_id", "step"],
            set_={"state": state, "at": now},
            where=FirstStep.state != StepState.DONE,
        )
    )
