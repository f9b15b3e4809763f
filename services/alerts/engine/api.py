"""The route of what has fired."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel, Field

from libs.common.errors import StoreUnavailable
from libs.common.money import plain
from libs.common.pagination import Page
from libs.common.web import Router, problems
from libs.common.web.pagination import PageParams
from libs.contracts.alerts import Condition
from libs.contracts.base import Price
from services.alerts.access import AlertsReader
from services.alerts.conditions.words import threshold_sentence
from services.alerts.engine.history import Fired, History
from services.alerts.notifications.rules import DeliveryStatus

router = Router(tags=["alerts"])


def _history(request: Request) -> History:
    history: History = request.app.state.history
    return history


class TriggeredOut(BaseModel):
    """A firing: `price` at `reached_at` fired it, `triggered_at` is when that was stored.

    `recorded_at`, in a replay only, is when that price was true in the real market.
    """

    id: UUID
    alert_id: UUID
    instrument: str = Field(examples=["NASDAQ:AAPL"])
    symbol: str = Field(examples=["AAPL"])
    exchange: str = Field(examples=["NASDAQ"])
    name: str = Field(examples=["Apple Inc."])
    currency: str = Field(examples=["USD"])
    condition: Condition
    threshold_price: Price = Field(examples=["230.00"])
    words: str = Field(examples=["Tell me once when AAPL on NASDAQ trades at or above $230.00."])
    message: str | None
    price: Price = Field(examples=["232.50"])
    reached_at: datetime
    triggered_at: datetime
    recorded_at: datetime | None
    email_sent: bool
    email_status: DeliveryStatus

    @classmethod
    def of(cls, fired: Fired) -> TriggeredOut:
        row = fired.row
        return cls(
            id=row.id,
            alert_id=row.alert_id,
            instrument=row.instrument,
            symbol=row.symbol,
            exchange=row.exchange,
            name=row.name,
            currency=row.currency,
            condition=Condition(row.condition),
            threshold_price=plain(row.threshold_price),
            words=row.words
            or threshold_sentence(
                row.condition, row.threshold_price, symbol=row.symbol, exchange=row.exchange, currency=row.currency
            ),
            message=row.message,
            price=plain(row.price),
            reached_at=row.reached_at,
            triggered_at=row.triggered_at,
            recorded_at=row.recorded_at,
            email_sent=fired.email_status in (DeliveryStatus.SENT, DeliveryStatus.DELIVERED),
            email_status=fired.email_status,
        )


@router.get("/api/alerts/triggered/", responses=problems(StoreUnavailable))
async def list_triggered_alerts(
    user: AlertsReader, history: Annotated[History, Depends(_history)], page: PageParams
) -> Page[TriggeredOut]:
    """List what has fired, newest first, and whether its mail was sent."""
    return (await history.list_for(user.user_id, page)).as_page(TriggeredOut.of)
