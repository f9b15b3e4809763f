"""A service that exists in tests only: one table, one event, and the machinery's own tables."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from libs.common.db import COLUMN_TYPES, service_metadata
from libs.common.settings import ServiceSettings
from libs.contracts.base import Event


class SampleSettings(ServiceSettings):
    service: ClassVar[str] = "sample"


class Base(DeclarativeBase):
    metadata = service_metadata("sample")
    type_annotation_map = COLUMN_TYPES


class Thing(Base):
    __tablename__ = "things"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]


class ThingMade(Event):
    type: ClassVar[str] = "sample.thing.made.v1"
    thing: str
    number: int = 0

    def subject(self) -> str:
        return self.thing


class OtherThingMade(Event):
    type: ClassVar[str] = "sample.other_thing.made.v1"
    thing: str

    def subject(self) -> str:
        return self.thing
