"""What market announces of headlines, and what its internal route answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from libs.contracts.base import Event, Message


class NewsPublished(Event):
    """A fresh headline names an instrument; told once for each instrument that it names.

    `sentiment` is a model's guess of how the headline as a whole sounds; `score` from -1 (negative) to 1 (positive).
    `url` is http or https. What was published long before it came is stored and never told. `received_at`: when it
    reached us, so that nobody judges by it what was before.
    """

    type: ClassVar[str] = "market.news.published.v1"
    news_id: UUID
    instrument: str
    headline: str
    source: str
    url: str | None
    published_at: datetime
    sentiment: Literal["negative", "neutral", "positive"]
    score: float
    model: str
    received_at: datetime | None = None

    def subject(self) -> str:
        return self.instrument


class Headline(Message):
    """How a headline sounds, from -1 (negative) to 1 (positive), by a model's guess."""

    published_at: datetime
    received_at: datetime
    score: float


class Headlines(Message):
    """Answer of `GET /internal/news/{instrument}?limit=`: its newest headlines in the order in which they came."""

    instrument: str
    items: tuple[Headline, ...]


class ManyHeadlines(Message):
    """Answer of `GET /internal/news?instruments=&to=&limit=`: the newest headlines before an instant, by the names.

    In the order in which they came. Who is unknown or has none is left out.
    """

    items: Mapping[str, tuple[Headline, ...]]
