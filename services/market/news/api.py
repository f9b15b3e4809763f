"""The routes of news."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, Field

from libs.common.errors import InvalidInput, StoreUnavailable, SymbolAmbiguous, SymbolNotFound
from libs.common.pagination import Page
from libs.common.web import Router, problems, require_service
from libs.common.web.pagination import PageParams
from libs.contracts.news import Headline, Headlines, ManyHeadlines
from services.market.access import MarketReader
from services.market.news.sentiment import Sentiment
from services.market.news.service import News, Newsroom

router = Router(tags=["market"])
internal = Router(tags=["internal"])

_CALLERS = require_service("alerts", "signals", scope="prices:read")
_MAX_HEADLINES = 1_000
_MOST_TOGETHER = 50


def _newsroom(request: Request) -> Newsroom:
    newsroom: Newsroom = request.app.state.newsroom
    return newsroom


class NewsOut(BaseModel):
    """A headline, as plain text. `sentiment` is a model's guess of its tone, of the headline as a whole, and no advice.

    `score`: the model's probability of positive less that of negative. `url` is http or https.
    """

    id: UUID
    published_at: datetime
    received_at: datetime
    source: str = Field(examples=["Exchange notices"])
    url: str | None
    headline: str = Field(examples=["Apple raises its dividend"])
    summary: str | None
    language: str = Field(examples=["en"], description="A language tag; `und` where the source does not tell.")
    instruments: list[str] = Field(examples=[["NASDAQ:AAPL"]])
    sentiment: Sentiment
    score: float = Field(ge=-1, le=1)
    model: str = Field(examples=["headlines-1"])

    @classmethod
    def of(cls, news: News) -> NewsOut:
        row = news.row
        return cls(
            id=row.id,
            published_at=row.published_at,
            received_at=row.received_at,
            source=row.source,
            url=row.url,
            headline=row.headline,
            summary=row.summary,
            language=row.language,
            instruments=list(news.instruments),
            sentiment=Sentiment(row.sentiment),
            score=row.score,
            model=row.model,
        )


@router.get(
    "/api/news/", summary="List the news", responses=problems(SymbolNotFound, SymbolAmbiguous, StoreUnavailable)
)
async def list_news(
    _user: MarketReader,
    page: PageParams,
    newsroom: Annotated[Newsroom, Depends(_newsroom)],
    symbol: Annotated[str | None, Query(max_length=60, examples=["NASDAQ:AAPL"])] = None,
    start: Annotated[AwareDatetime | None, Query(alias="from", description="From this instant on.")] = None,
    end: Annotated[AwareDatetime | None, Query(alias="to", description="Before this instant.")] = None,
    sentiment: Annotated[Sentiment | None, Query()] = None,
) -> Page[NewsOut]:
    """List headlines, newest first: all, or those that name an instrument."""
    found = await newsroom.list(symbol, page, start=start, end=end, sentiment=sentiment)
    return found.as_page(NewsOut.of)


@internal.get(
    "/internal/news",
    dependencies=[Depends(_CALLERS)],
    summary="Give how the newest headlines about several instruments sound",
    responses=problems(StoreUnavailable),
)
async def list_headlines_of_many(
    newsroom: Annotated[Newsroom, Depends(_newsroom)],
    instruments: Annotated[str, Query(max_length=44 * _MOST_TOGETHER, description="Names, parted by commas.")],
    end: Annotated[AwareDatetime | None, Query(alias="to", description="That came before this instant.")] = None,
    limit: Annotated[int, Query(ge=1, le=_MAX_HEADLINES)] = 100,
) -> ManyHeadlines:
    """Give the newest headlines about at most 50 instruments, each one's in the order in which they came."""
    names = list(dict.fromkeys(instruments.split(",")))
    if len(names) > _MOST_TOGETHER:
        raise InvalidInput.of("/instruments", "too_many", f"At most {_MOST_TOGETHER} instruments at once.")
    found = await newsroom.newest_of(names, before=end, limit=limit)
    return ManyHeadlines(items={name: tuple(map(_headline, rows)) for name, rows in found.items()})


@internal.get(
    "/internal/news/{instrument}",
    dependencies=[Depends(_CALLERS)],
    summary="Give how the newest headlines about an instrument sound",
    responses=problems(SymbolNotFound, SymbolAmbiguous, StoreUnavailable),
)
async def list_headlines(
    instrument: str,
    newsroom: Annotated[Newsroom, Depends(_newsroom)],
    limit: Annotated[int, Query(ge=1, le=_MAX_HEADLINES)] = 100,
) -> Headlines:
    """Give the newest headlines about an instrument in the order in which they came: what a rule may know, and when."""
    name, rows = await newsroom.newest(instrument, limit)
    return Headlines(instrument=name, items=tuple(map(_headline, rows)))


def _headline(row: Any) -> Headline:
    return Headline(published_at=row.published_at, received_at=row.received_at, score=row.score)
