"""The declarative base of market's schema."""

from __future__ import annotations

from sqlalchemy.orm import DeclarativeBase

from libs.common.db import COLUMN_TYPES, service_metadata


class Base(DeclarativeBase):
    metadata = service_metadata("market")
    type_annotation_map = COLUMN_TYPES
