"""The routes that look back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, Field

from libs.common.clock import from_ms
from libs.common.errors import NotFound, PlanFeature, StoreUnavailable, UpstreamUnavailable
from libs.common.money import from_e4, plain
from libs.common.web import Router, problems
from libs.contracts.base import Price
from services.alerts.access import AlertsReader
from services.alerts.conditions.rules import Edge, Gate
from services.alerts.definitions.api import AlertCreate
from services.alerts.lookback.rules import Look, Verdict
from services.alerts.lookback.service import Explanation, Lookback, Preview

router = Router(tags=["alerts"])


def _lookback(request: Request) -> Lookback:
    lookback: Lookback = request.app.state.lookback
    return lookback


LookbackOf = Annotated[Lookback, Depends(_lookback)]


class PreviewIn(AlertCreate):
    """An alert as it would be created, and over how many days to look back."""

    days: Annotated[int, Field(ge=1, le=365)] = 30


class PreviewMark(BaseModel):
    """A time at which it would have told. `threshold_price` had to be reached; null when the price went back."""

    at: datetime
    edge: Edge
    price: Price
    threshold_price: Price | None


class PreviewClose(BaseModel):
    at: datetime
    close: Price


class PreviewOut(BaseModel):
    """When the condition would have fired over recorded bars of `interval` (null: none are recorded).

    `fired` counts all firings; `marks` holds the newest 200, firings and times when the price went back. An alert that
    fires once would have told the first alone. `closes` is a line to draw them on.
    """

    instrument: str
    currency: str
    words: str
    already_true: bool | None
    interval: str | None
    start: datetime | None
    end: datetime | None
    bars: int
    fired: int
    marks: list[PreviewMark]
    closes: list[PreviewClose]

    @classmethod
    def of(cls, preview: Preview) -> PreviewOut:
        return cls(
            instrument=preview.info.instrument,
            currency=preview.info.currency,
            words=preview.words,
            already_true=preview.already_true,
            interval=preview.interval,
            start=preview.start,
            end=preview.end,
            bars=preview.bars,
            fired=preview.fired,
            marks=[
                PreviewMark(
                    at=from_ms(mark.at_ms),
                    edge=mark.edge,
                    price=from_e4(mark.price_e4),
                    threshold_price=None if mark.boundary_e4 is None else from_e4(mark.boundary_e4),
                )
                for mark in preview.marks
            ],
            closes=[PreviewClose(at=at, close=plain(close)) for at, close in preview.closes],
        )


class ExplainedValue(BaseModel):
    words: str
    value: float | None


class ExplainedClause(BaseModel):
    """One of the conditions that an expression joins. `holds` and a value are null while they are not known."""

    words: str
    holds: bool | None
    values: list[ExplainedValue]


class ExplainOut(BaseModel):
    """Why an alert did or did not fire at an instant, by the recorded bars of `interval` and by what was stored.

    `price` and `previous_price` are what was compared, `threshold_price` what had to be reached where it was met,
    `gate` what kept it from firing. `fired` is what was stored within a minute of the instant. `clauses` are the parts
    of an expression at the bar that had closed last, each with the numbers that it compares.
    """

    at: datetime
    words: str
    interval: str
    price_at: datetime | None
    price: Price | None
    previous_price: Price | None
    threshold_price: Price | None
    gate: Gate | None
    rearmed: bool | None
    fired: list[datetime]
    clauses: list[ExplainedClause]

    @classmethod
    def of(cls, found: Explanation) -> ExplainOut:
        look, verdict = found.look, found.verdict
        held = None if look is None else look.step.held
        previous = None if look is None else look.point.previous_e4
        return cls(
            at=found.at,
            words=found.words,
            interval=found.interval,
            price_at=_instant(look, verdict),
            price=_price(look, verdict),
            previous_price=None if previous is None else from_e4(previous),
            threshold_price=None if held is None else from_e4(held.boundary_e4),
            gate=look.step.gate if look is not None else None if verdict is None else verdict.gate,
            rearmed=None if look is None else look.state.rearmed,
            fired=[row.reached_at for row in found.firings if row.edge == Edge.FIRED],
            clauses=[
                ExplainedClause(
                    words=clause.words,
                    holds=clause.holds,
                    values=[ExplainedValue(words=words, value=value) for words, value in clause.values],
                )
                for clause in found.clauses
            ],
        )


def _instant(look: Look | None, verdict: Verdict | None) -> datetime | None:
    if look is not None:
        return from_ms(look.point.place.at_ms)
    return None if verdict is None else from_ms(verdict.closed.end_ms)


def _price(look: Look | None, verdict: Verdict | None) -> Decimal | None:
    if look is not None:
        return from_e4(look.point.price_e4)
    return None if verdict is None else from_e4(verdict.closed.close_e4)


class HappeningOut(BaseModel):
    """An entry of the timeline: created, edited, paused, resumed, expired, fired or cleared."""

    at: datetime
    kind: str
    words: str | None
    price: Price | None
    email_status: str | None


class TimelineOut(BaseModel):
    """What has happened to an alert, newest first, at most the last 200."""

    items: list[HappeningOut]


@router.post("/api/alerts/preview/", responses=problems(PlanFeature, StoreUnavailable, UpstreamUnavailable))
async def preview_alert(body: PreviewIn, user: AlertsReader, lookback: LookbackOf) -> PreviewOut:
    """Show when an alert would have fired over recorded history, before it is saved. Nothing is stored.

    Of an alert on signals it is only said: a strategy's backtest shows what it would have signalled.
    """
    return PreviewOut.of(await lookback.preview(user.user_id, body.to_draft(lookback.now()), body.days))


@router.get("/api/alerts/{alert_id}/explain/", responses=problems(NotFound, StoreUnavailable, UpstreamUnavailable))
async def explain_alert(
    alert_id: UUID,
    user: AlertsReader,
    lookback: LookbackOf,
    at: Annotated[AwareDatetime, Query(description="The instant that is asked about.")],
) -> ExplainOut:
    """Say why one of one's own alerts did or did not fire at an instant."""
    return ExplainOut.of(await lookback.explain(user.user_id, alert_id, at))


@router.get("/api/alerts/{alert_id}/timeline/", responses=problems(NotFound, StoreUnavailable))
async def show_timeline(alert_id: UUID, user: AlertsReader, lookback: LookbackOf) -> TimelineOut:
    """Show what has happened to one of one's own alerts."""
    happened = await lookback.timeline(user.user_id, alert_id)
    return TimelineOut(
        items=[
            HappeningOut(
                at=each.at,
                kind=each.kind,
                words=each.words,
                price=None if each.price is None else plain(each.price),
                email_status=each.email_status,
            )
            for each in happened
        ]
    )
