"""The routes by which strategies are followed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from libs.common.clock import from_ms
from libs.common.errors import Conflict, InvalidInput, NotFound, StoreUnavailable, UpstreamUnavailable
from libs.common.money import plain
from libs.common.pagination import Page
from libs.common.web import PriceIn, Router, of_app, problems
from libs.common.web.idempotency import IdempotencyKey
from libs.common.web.pagination import PageParams
from libs.contracts.base import Price
from services.signals.access import SignalsReader, StrategiesWriter
from services.signals.generation.following import Followed, Follows, Wish
from services.signals.generation.rules import FollowStatus
from services.signals.generation.tables import FollowedRow

router = Router(tags=["signals"])

FollowsOf = Annotated[Follows, Depends(of_app("follows"))]
InstrumentIn = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,10}:[A-Z0-9&._-]{1,30}$")]


class FollowIn(BaseModel):
    """A version of one's strategy to follow. No `instruments`: those of the version. `capital`: to size signals by."""

    model_config = ConfigDict(extra="forbid")

    version_id: UUID
    instruments: Annotated[list[InstrumentIn], Field(max_length=50)] = []
    capital: PriceIn | None = None


class FollowedInstrumentOut(BaseModel):
    """An instrument of a follow. `seen_at` is when the newest candle that was read had closed, in market time."""

    instrument: str
    symbol: str
    name: str
    seen_at: datetime | None
    trouble: str | None

    @classmethod
    def of(cls, row: FollowedRow) -> FollowedInstrumentOut:
        seen_at = None if row.seen_ms is None else from_ms(row.seen_ms)
        return cls(instrument=row.instrument, symbol=row.symbol, name=row.name, seen_at=seen_at, trouble=row.trouble)


class FollowOut(BaseModel):
    """A followed version of a strategy."""

    id: UUID
    strategy_id: UUID
    version_id: UUID
    version_number: int
    strategy: str
    interval: str
    capital: Price | None
    status: FollowStatus
    instruments: list[FollowedInstrumentOut]
    created_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, followed: Followed) -> FollowOut:
        row = followed.row
        return cls(
            id=row.id,
            strategy_id=row.strategy_id,
            version_id=row.version_id,
            version_number=row.version_number,
            strategy=row.strategy,
            interval=row.interval,
            capital=None if row.capital is None else plain(row.capital),
            status=FollowStatus(row.status),
            instruments=[FollowedInstrumentOut.of(one) for one in followed.instruments],
            created_at=row.created_at,
            ended_at=row.ended_at,
        )


@router.post(
    "/api/signals/follows/",
    status_code=201,
    responses=problems(NotFound, InvalidInput, Conflict, UpstreamUnavailable, StoreUnavailable),
)
async def follow_strategy(body: FollowIn, user: StrategiesWriter, follows: FollowsOf, key: IdempotencyKey) -> FollowOut:
    """Follow a version of one's own strategy: from now on each closed candle may make a signal."""
    wish = Wish(body.version_id, tuple(body.instruments), body.capital)
    return FollowOut.of(await follows.begin(user.user_id, wish, key.answering(FollowOut.of)))


@router.get("/api/signals/follows/", responses=problems(StoreUnavailable))
async def list_follows(
    user: SignalsReader,
    follows: FollowsOf,
    page: PageParams,
    active: Annotated[bool | None, Query(description="Only those that go on, or that ended.")] = None,
) -> Page[FollowOut]:
    """List the strategies that one follows, newest first."""
    return (await follows.list_for(user.user_id, page, active=active)).as_page(FollowOut.of)


@router.delete("/api/signals/follows/{follow_id}/", status_code=204, responses=problems(NotFound, StoreUnavailable))
async def end_follow(follow_id: UUID, user: StrategiesWriter, follows: FollowsOf) -> Response:
    """Follow a strategy no longer. Its active signals are cancelled; its record stays."""
    await follows.end(user.user_id, follow_id)
    return Response(status_code=204)
