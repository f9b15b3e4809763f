"""Imports of instrument lists: what was asked for, how far it is, what it brought."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.ids import uuid7
from services.market.schema import Base


class InstrumentImportRow(Base):
    """One file. `content` goes when it is done. `problems`: the first rows that were refused, with their line."""

    __tablename__ = "instrument_imports"
    __table_args__ = (Index("ix_instrument_imports_created_at_id", "created_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    format: Mapped[str]
    file_name: Mapped[str]
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    valid_from: Mapped[date]
    state: Mapped[str]
    rows: Mapped[int]
    done: Mapped[int]
    added: Mapped[int]
    changed: Mapped[int]
    unchanged: Mapped[int]
    skipped: Mapped[int]
    refused: Mapped[int]
    problems: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    error: Mapped[str | None]
    requested_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
