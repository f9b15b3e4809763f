"""The routes of custom indicators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from libs.common.errors import Conflict, NotFound, PlanFeature, StoreUnavailable, UpstreamUnavailable
from libs.common.web import Router, of_app, problems, require_service
from libs.common.web.idempotency import IdempotencyKey
from libs.contracts.signals import NamedExpression, NamedExpressions
from services.signals.access import StrategiesReader, StrategiesWriter
from services.signals.indicators.service import Indicators, Shown

router = Router(tags=["indicators"])
internal = Router(tags=["internal"])

IndicatorsOf = Annotated[Indicators, Depends(of_app("indicators"))]

Expression = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
About = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]*$")]


class IndicatorCreate(BaseModel):
    """A name for an expression: a number such as `ema(close, 20) - ema(close, 50)`, or a condition."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(min_length=1, max_length=30)] = Field(examples=["trend"])
    expression: Expression = Field(examples=["ema(close, 20) - ema(close, 50)"])
    about: About = ""


class IndicatorChange(BaseModel):
    """Members left out stay as they are. What was saved with the name keeps its earlier meaning."""

    model_config = ConfigDict(extra="forbid")

    expression: Expression | None = None
    about: About | None = None


class IndicatorOut(BaseModel):
    """A custom indicator. `meaning` is written out in full, `words` says it."""

    id: UUID
    name: str
    expression: str
    kind: Literal["number", "boolean"]
    meaning: str
    words: str
    about: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, shown: Shown) -> IndicatorOut:
        indicator = shown.indicator
        return cls(
            id=indicator.id,
            name=indicator.name,
            expression=indicator.expression,
            kind=shown.meaning.kind,
            meaning=str(shown.meaning),
            words=shown.meaning.words(),
            about=indicator.about,
            created_at=indicator.created_at,
            updated_at=indicator.updated_at,
        )


class IndicatorsOut(BaseModel):
    """At most 50, by name."""

    items: list[IndicatorOut]


@router.post(
    "/api/indicators/custom/",
    status_code=201,
    responses=problems(PlanFeature, Conflict, StoreUnavailable, UpstreamUnavailable),
)
async def create_custom_indicator(
    body: IndicatorCreate, user: StrategiesWriter, indicators: IndicatorsOf, key: IdempotencyKey
) -> IndicatorOut:
    """Name an expression, to use it by its name in strategies, screens and other indicators."""
    once = key.answering(IndicatorOut.of)
    return IndicatorOut.of(await indicators.create(user.user_id, body.name, body.expression, body.about, once))


@router.get("/api/indicators/custom/", responses=problems(StoreUnavailable))
async def list_custom_indicators(user: StrategiesReader, indicators: IndicatorsOf) -> IndicatorsOut:
    """List one's custom indicators."""
    return IndicatorsOut(items=[IndicatorOut.of(one) for one in await indicators.list_for(user.user_id)])


@router.patch(
    "/api/indicators/custom/{indicator_id}/",
    responses=problems(NotFound, PlanFeature, StoreUnavailable, UpstreamUnavailable),
)
async def change_custom_indicator(
    indicator_id: UUID, body: IndicatorChange, user: StrategiesWriter, indicators: IndicatorsOf
) -> IndicatorOut:
    """Change a custom indicator. Versions of strategies that used it stay as they are."""
    return IndicatorOut.of(await indicators.change(user.user_id, indicator_id, body.expression, body.about))


@router.delete(
    "/api/indicators/custom/{indicator_id}/",
    status_code=204,
    responses=problems(NotFound, Conflict, StoreUnavailable),
)
async def delete_custom_indicator(indicator_id: UUID, user: StrategiesWriter, indicators: IndicatorsOf) -> Response:
    """Delete a custom indicator. One that another uses is 409."""
    await indicators.delete(user.user_id, indicator_id)
    return Response(status_code=204)


@internal.get(
    "/internal/users/{user_id}/indicators",
    dependencies=[Depends(require_service("alerts", scope="strategies:read"))],
    summary="Say what a person's names stand for",
    responses=problems(StoreUnavailable, UpstreamUnavailable),
)
async def list_named_expressions(user_id: UUID, indicators: IndicatorsOf) -> NamedExpressions:
    """Say what a person's names stand for, and whether the person's plan lets them be used."""
    items = tuple(
        NamedExpression(name=name, expression=text) for name, text in (await indicators.defined(user_id)).items()
    )
    return NamedExpressions(items=items, may_use=bool(items) and await indicators.may_use(user_id))
