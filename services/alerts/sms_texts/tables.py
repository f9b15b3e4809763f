"""The texts that staff entered, and every query of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.schema import Base
from services.alerts.sms_texts.rules import SmsKind


class SmsTextRow(Base):
    """The registered text of one kind of short message. `version` grows with each change."""

    __tablename__ = "sms_texts"
    __table_args__ = (CheckConstraint("kind IN ('phone_code', 'address_code', 'notice')", name="kind"),)

    kind: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
    template_id: Mapped[str | None]
    sender: Mapped[str | None]
    version: Mapped[int]
    set_by: Mapped[UUID]
    set_at: Mapped[datetime]


async def by_kind(session: AsyncSession) -> Mapping[str, SmsTextRow]:
    return {row.kind: row for row in await session.scalars(select(SmsTextRow))}


async def find(session: AsyncSession, kind: SmsKind) -> SmsTextRow | None:
    return await session.get(SmsTextRow, kind.value)


async def hold(session: AsyncSession, kind: SmsKind) -> SmsTextRow | None:
    """Read a text and keep others from changing it until the transaction ends."""
    return await session.get(SmsTextRow, kind.value, with_for_update=True)
