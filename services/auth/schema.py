"""The declarative base of auth's schema."""

from __future__ import annotations

from sqlalchemy.orm import DeclarativeBase

from libs.common.db import COLUMN_TYPES, service_metadata


class Base(DeclarativeBase):
    metadata = service_metadata("auth")
    type_annotation_map = COLUMN_TYPES
