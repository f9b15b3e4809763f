"""The declarative base of signals's schema."""

from __future__ import annotations

from sqlalchemy.orm import DeclarativeBase

from libs.common.db import COLUMN_TYPES, service_metadata


class Base(DeclarativeBase):
    metadata = service_metadata("signals")
    type_annotation_map = COLUMN_TYPES
