"""The routes of people's alerts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from libs.common.errors import Conflict, NotFound, PlanLimit, StoreUnavailable, UpstreamUnavailable
from libs.common.instruments import Instrument, is_symbol
from libs.common.money import plain
from libs.common.pagination import Page
from libs.common.web import PriceIn, Router, problems
from libs.common.web.idempotency import IdempotencyKey
from libs.common.web.pagination import PageParams
from libs.contracts.alerts import AlertStatus, Condition
from libs.contracts.base import Price
from services.alerts.access import AlertsReader, AlertsWriter
from services.alerts.definitions.rules import Alert, Change, StatusReason
from services.alerts.definitions.service import Alerts, Created, Draft

router = Router(tags=["alerts"])


def _alerts(request: Request) -> Alerts:
    alerts: Alerts = request.app.state.alerts
    return alerts


AlertsOf = Annotated[Alerts, Depends(_alerts)]


def _symbol(text: str) -> str:
    text = text.strip().upper()
    try:
        if ":" in text:
            return str(Instrument.parse(text))
    except ValueError as error:
        raise PydanticCustomError("symbol_form", "{words}", {"words": str(error)}) from error
    if not is_symbol(text):
        raise PydanticCustomError("symbol_form", "A symbol is written AAPL or NASDAQ:AAPL.")
    return text


Symbol = Annotated[str, StringConstraints(min_length=1, max_length=43), AfterValidator(_symbol)]
Note = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)]


class AlertCreate(BaseModel):
    """A price alert: it fires once, when the price reaches the threshold."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"stock_symbol": "AAPL", "alert_type": "threshold", "condition": "above", "threshold_price": 230.00}
            ]
        },
    )

    stock_symbol: Symbol = Field(description="`AAPL`, or `NASDAQ:AAPL` where the symbol is not unique.")
    alert_type: Literal["threshold"] = "threshold"
    condition: Condition
    threshold_price: PriceIn
    note: Note | None = None

    def to_draft(self) -> Draft:
        return Draft(self.stock_symbol, self.condition, self.threshold_price, self.note)


class AlertChange(BaseModel):
    """What to change; members left out stay as they are. An empty note takes the note away."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"threshold_price": "235.00"}]})

    threshold_price: PriceIn | None = None
    condition: Condition | None = None
    note: Note | None = None
    status: Literal["active", "paused"] | None = Field(
        default=None, description="`active` arms the alert anew: only prices from now on count."
    )

    def to_change(self) -> Change:
        status = None if self.status is None else AlertStatus(self.status)
        return Change(self.threshold_price, self.condition, self.note, status)


class AlertOut(BaseModel):
    """An alert. `armed_at`: only prices from then on count. `status_reason` says why it has its status."""

    id: UUID
    instrument: str = Field(examples=["NASDAQ:AAPL"])
    stock_symbol: str = Field(examples=["AAPL"])
    exchange: str = Field(examples=["NASDAQ"])
    name: str = Field(examples=["Apple Inc."])
    currency: str = Field(examples=["USD"])
    alert_type: Literal["threshold"]
    condition: Condition
    threshold_price: Price = Field(examples=["230.00"])
    status: AlertStatus
    status_reason: StatusReason
    is_active: bool
    note: str | None
    created_at: datetime
    updated_at: datetime
    armed_at: datetime
    triggered_at: datetime | None

    @classmethod
    def of(cls, alert: Alert) -> AlertOut:
        return cls(**_members(alert))


class CreatedAlertOut(AlertOut):
    """A new alert. `already_true`: the newest price reaches it already, so it fires at the next price."""

    already_true: bool | None = Field(description="null while the instrument has no price")

    @classmethod
    def of_created(cls, created: Created) -> CreatedAlertOut:
        return cls(**_members(created.alert), already_true=created.already_true)


@router.post(
    "/api/alerts/",
    status_code=201,
    responses=problems(PlanLimit, StoreUnavailable, UpstreamUnavailable),
)
async def create_alert(body: AlertCreate, user: AlertsWriter, alerts: AlertsOf, key: IdempotencyKey) -> CreatedAlertOut:
    """Create a price alert. It fires once, when the price reaches the threshold; reaching it exactly counts.

    A symbol that nobody knows is 422 `validation_failed` with `symbol_not_found` at `/stock_symbol`.
    """
    once = key.answering(CreatedAlertOut.of_created)
    return CreatedAlertOut.of_created(await alerts.create(user.user_id, body.to_draft(), once))


@router.get("/api/alerts/", responses=problems(StoreUnavailable))
async def list_alerts(
    user: AlertsReader,
    alerts: AlertsOf,
    page: PageParams,
    status: Annotated[AlertStatus | None, Query(description="Only alerts of this status.")] = None,
    symbol: Annotated[Symbol | None, Query(description="Only alerts on `AAPL` or `NASDAQ:AAPL`.")] = None,
) -> Page[AlertOut]:
    """List one's own alerts, newest first."""
    found = await alerts.list_for(user.user_id, page, status=status, symbol=symbol)
    return found.as_page(AlertOut.of)


@router.get("/api/alerts/{alert_id}/", responses=problems(NotFound, StoreUnavailable))
async def show_alert(alert_id: UUID, user: AlertsReader, alerts: AlertsOf) -> AlertOut:
    """Show one of one's own alerts."""
    return AlertOut.of(await alerts.get(user.user_id, alert_id))


@router.patch("/api/alerts/{alert_id}/", responses=problems(NotFound, PlanLimit, Conflict, StoreUnavailable))
async def change_alert(alert_id: UUID, body: AlertChange, user: AlertsWriter, alerts: AlertsOf) -> AlertOut:
    """Change an alert. Another threshold or condition arms it anew, as does making it active again."""
    return AlertOut.of(await alerts.change(user.user_id, alert_id, body.to_change()))


@router.delete("/api/alerts/{alert_id}/", status_code=204, responses=problems(NotFound, StoreUnavailable))
async def delete_alert(alert_id: UUID, user: AlertsWriter, alerts: AlertsOf) -> Response:
    """Delete an alert. What it triggered stays in the history."""
    await alerts.delete(user.user_id, alert_id)
    return Response(status_code=204)


def _members(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "instrument": alert.instrument,
        "stock_symbol": alert.symbol,
        "exchange": alert.exchange,
        "name": alert.name,
        "currency": alert.currency,
        "alert_type": "threshold",
        "condition": alert.condition,
        "threshold_price": plain(alert.threshold_price),
        "status": alert.status,
        "status_reason": alert.status_reason,
        "is_active": alert.is_active,
        "note": alert.note,
        "created_at": alert.created_at,
        "updated_at": alert.updated_at,
        "armed_at": alert.armed_at,
        "triggered_at": alert.triggered_at,
    }
