"""The routes of the screener."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from libs.common.errors import Conflict, NotFound, PlanFeature, StoreUnavailable, TooManyRequests, UpstreamUnavailable
from libs.common.money import plain
from libs.common.pagination import Page
from libs.common.web import Router, of_app, problems
from libs.common.web.idempotency import IdempotencyKey
from libs.common.web.pagination import PageParams
from libs.contracts.base import Price
from services.signals.access import StrategiesReader, StrategiesWriter
from services.signals.jobs.rules import Status
from services.signals.screener.rules import Screen
from services.signals.screener.service import Screener, Wish
from services.signals.strategies.api import Symbol

router = Router(tags=["screener"])

ScreenerOf = Annotated[Screener, Depends(of_app("screener"))]


class ScreenCreate(BaseModel):
    """A scan. `day`: judged on that day's last bar, else on the newest; without `instruments` all are scanned."""

    model_config = ConfigDict(extra="forbid")

    expression: Annotated[str, StringConstraints(min_length=1, max_length=2000)] = Field(
        examples=["close > sma(200) and rsi(14) < 30"]
    )
    interval: Literal["1m", "5m", "15m", "1h", "1d"] = "1d"
    day: date | None = None
    exchange: Annotated[str, StringConstraints(pattern="^[A-Z]{2,10}$")] | None = None
    instruments: Annotated[list[Symbol], Field(min_length=1, max_length=500)] | None = None

    def to_wish(self) -> Wish:
        return Wish(
            expression=self.expression,
            interval=self.interval,
            day=self.day,
            exchange=self.exchange,
            instruments=None if self.instruments is None else tuple(self.instruments),
        )


class ScreenOut(BaseModel):
    """A scan. `unknown`: of how many nothing is known: too few bars, or none of the week before `day`."""

    id: UUID
    expression: str
    meaning: str
    words: str
    interval: str
    day: date | None
    exchange: str | None
    instruments: list[str] | None
    status: Status
    reason: str | None
    done: int
    total: int
    matched: int
    unknown: int
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, screen: Screen) -> ScreenOut:
        return cls(**_members(screen))


class MatchOut(BaseModel):
    """A stock that was found. `at`: the bar's beginning. `change`: since the bar before, 0.01 is 1 %.

    `values`: the numbers that the expression looks at, by their texts.
    """

    instrument: str
    at: datetime
    close: Price
    change: float | None
    values: dict[str, float | None]


class ScreenResultOut(ScreenOut):
    """A scan with what it found by now, by name; at most 500 of `matched`."""

    matches: list[MatchOut]

    @classmethod
    def of_result(cls, screen: Screen, matches: list[dict[str, Any]]) -> ScreenResultOut:
        shown = [MatchOut(**{**match, "close": plain(_decimal(match["close"]))}) for match in matches]
        return cls(**_members(screen), matches=shown)


@router.post(
    "/api/screener/",
    status_code=202,
    responses=problems(PlanFeature, TooManyRequests, StoreUnavailable, UpstreamUnavailable),
)
async def create_screen(
    body: ScreenCreate, user: StrategiesWriter, screener: ScreenerOf, key: IdempotencyKey
) -> ScreenOut:
    """Scan instruments by a condition. Ask for the result at its address; its progress comes on the channel `jobs`."""
    return ScreenOut.of(await screener.ask(user.user_id, body.to_wish(), key.answering(ScreenOut.of)))


@router.get("/api/screener/", responses=problems(StoreUnavailable))
async def list_screens(user: StrategiesReader, screener: ScreenerOf, page: PageParams) -> Page[ScreenOut]:
    """List one's scans, newest first; the last 50 are kept."""
    return (await screener.list_for(user.user_id, page)).as_page(ScreenOut.of)


@router.get("/api/screener/{screen_id}/", responses=problems(NotFound, StoreUnavailable))
async def show_screen(screen_id: UUID, user: StrategiesReader, screener: ScreenerOf) -> ScreenResultOut:
    """Show a scan and what it found."""
    return ScreenResultOut.of_result(*await screener.get(user.user_id, screen_id))


@router.post("/api/screener/{screen_id}/cancel/", responses=problems(NotFound, Conflict, StoreUnavailable))
async def cancel_screen(screen_id: UUID, user: StrategiesWriter, screener: ScreenerOf) -> ScreenOut:
    """Stop a scan that waits or runs."""
    return ScreenOut.of(await screener.cancel(user.user_id, screen_id))


@router.delete("/api/screener/{screen_id}/", status_code=204, responses=problems(NotFound, StoreUnavailable))
async def delete_screen(screen_id: UUID, user: StrategiesWriter, screener: ScreenerOf) -> Response:
    """Delete a scan; one that runs stops."""
    await screener.delete(user.user_id, screen_id)
    return Response(status_code=204)


def _members(screen: Screen) -> dict[str, Any]:
    return {name: getattr(screen, name) for name in ScreenOut.model_fields}


def _decimal(number: float) -> Decimal:
    # Prices have four decimals at most; of adjusted ones these are kept.
    return Decimal(str(number)).quantize(Decimal("0.0001"))
