"""The routes of people's alerts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from libs.common.errors import (
    Conflict,
    FieldError,
    InvalidInput,
    NotFound,
    PlanFeature,
    PlanLimit,
    StoreUnavailable,
    UpstreamUnavailable,
)
from libs.common.instruments import Instrument, is_symbol
from libs.common.money import from_e4, plain
from libs.common.pagination import Page
from libs.common.web import PriceIn, Router, problems
from libs.common.web.idempotency import IdempotencyKey
from libs.common.web.pagination import PageParams
from libs.contracts.alerts import AlertStatus, Condition
from libs.contracts.base import Price
from services.alerts.access import AlertsReader, AlertsWriter
from services.alerts.conditions.codec import Condition as ParsedRule
from services.alerts.definitions.drafts import Draft
from services.alerts.definitions.forms import (
    Channels,
    Expression,
    Note,
    RuleForm,
    RuleOut,
    SignalForm,
    SignalWishOut,
    Tags,
    Template,
    TermsForm,
    TermsOut,
    check_band,
    check_expiry,
    check_signal_terms,
)
from services.alerts.definitions.rules import Alert, AlertType, Change, StatusReason
from services.alerts.definitions.service import Alerts, Created

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


SearchText = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=r"^[^\x00-\x1f\x7f]+$")]


NEEDED = {
    "threshold": ("condition", "threshold_price"),
    "price": ("rule",),
    "expression": ("expression",),
    "signal": ("signal",),
}
"""Which members each kind of alert needs; it takes none of the others'."""


class AlertWish(TermsForm):
    """What an alert waits for, of whatever stock."""

    alert_type: Literal["threshold", "price", "expression", "signal"] = "threshold"
    condition: Condition | None = Field(default=None, description="Needed by a threshold.")
    threshold_price: PriceIn | None = Field(default=None, description="Needed by a threshold.")
    rule: RuleForm | None = Field(default=None, description="Needed by a price alert.")
    expression: Expression | None = Field(
        default=None,
        description="Needed by an expression alert: evaluated at the close of each bar of `interval`.",
        examples=["close > prev(highest(high, 20), 1) and volume > 2 * sma(volume, 20)"],
    )
    signal: SignalForm | None = Field(default=None, description="Needed by a signal alert.")
    note: Note | None = None
    tags: Tags = Field(default_factory=list)
    message: Template | None = Field(
        default=None, description="With TradingView's placeholders: `{{ticker}} {{close}}`."
    )
    channels: Channels | None = Field(default=None, description="null: by your preferences.")
    expires_at: AwareDatetime | None = None

    def draft_for(self, symbol: str, now: datetime) -> Draft:
        """Check what no single member shows, and make the draft. Raises InvalidInput."""
        check_expiry(self.expires_at, now)
        is_threshold = self.alert_type == "threshold"
        needed = NEEDED[self.alert_type]
        refused = {name for members in NEEDED.values() for name in members} - set(needed)
        refused |= set(TermsForm.model_fields) if is_threshold else set()
        errors = [
            FieldError(f"/{name}", "required", "This is needed.") for name in needed if getattr(self, name) is None
        ]
        errors += [
            FieldError(f"/{name}", "unknown_member", f"A {self.alert_type} alert does not take this.")
            for name in sorted(refused)
            if getattr(self, name) is not None
        ]
        if errors:
            raise InvalidInput(errors=errors)
        stored = None
        if self.rule is not None:
            stored = {"rule": self.rule.stored(), **self.stored_terms()}
            check_band(stored)
        if self.expression is not None:
            stored = {"expression": self.expression, **self.stored_terms()}
        if self.signal is not None:
            stored = {"signal": self.signal.stored(), **self.stored_terms()}
            check_signal_terms(stored)
        return Draft(
            symbol=symbol,
            condition=self.condition,
            threshold_price=self.threshold_price,
            note=self.note,
            alert_type=AlertType(self.alert_type),
            rule=stored,
            tags=tuple(dict.fromkeys(self.tags)),
            message=self.message,
            channels=None if self.channels is None else tuple(dict.fromkeys(self.channels)),
            expires_at=self.expires_at,
        )


class AlertCreate(AlertWish):
    """An alert: a plain threshold, which fires once when the price reaches it, or a `price` alert with a `rule`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"stock_symbol": "AAPL", "alert_type": "threshold", "condition": "above", "threshold_price": 230.00},
                {
                    "stock_symbol": "AAPL",
                    "alert_type": "price",
                    "rule": {"operator": "moving_down_percent", "percent": "2.5", "window_s": 3600},
                    "frequency": "every_time",
                    "cool_down_s": 900,
                    "message": "{{ticker}} fell to {{close}} at {{timenow}}",
                },
            ]
        },
    )

    stock_symbol: Symbol = Field(description="`AAPL`, or `NASDAQ:AAPL` where the symbol is not unique.")

    def to_draft(self, now: datetime) -> Draft:
        return self.draft_for(self.stock_symbol, now)


class AlertChange(TermsForm):
    """What to change; members left out stay as they are. An empty note takes the note away, null what may be null."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"threshold_price": "235.00"}]})

    threshold_price: PriceIn | None = None
    condition: Condition | None = None
    rule: RuleForm | None = None
    expression: Expression | None = None
    signal: SignalForm | None = None
    note: Note | None = None
    tags: Tags | None = None
    message: Template | None = None
    channels: Channels | None = None
    expires_at: AwareDatetime | None = None
    snoozed_until: AwareDatetime | None = Field(default=None, description="Until then nothing fires.")
    status: Literal["active", "paused"] | None = Field(
        default=None, description="`active` arms the alert anew: only prices from now on count."
    )

    def to_change(self, now: datetime) -> Change:
        check_expiry(self.expires_at, now)
        check_expiry(self.snoozed_until, now, "/snoozed_until")
        stored = {
            **({} if self.rule is None else {"rule": self.rule.stored()}),
            **({} if self.expression is None else {"expression": self.expression}),
            **({} if self.signal is None else {"signal": self.signal.stored()}),
            **self.stored_terms(),
        }
        given: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("message", "expires_at", "snoozed_until")
            if name in self.model_fields_set
        }
        if "channels" in self.model_fields_set:
            given["channels"] = None if self.channels is None else tuple(dict.fromkeys(self.channels))
        return Change(
            threshold_price=self.threshold_price,
            condition=self.condition,
            rule=stored or None,
            note=self.note,
            tags=None if self.tags is None else tuple(dict.fromkeys(self.tags)),
            status=None if self.status is None else AlertStatus(self.status),
            **given,
        )


class AlertOut(BaseModel):
    """An alert. `armed_at`: only prices from then on count. `status_reason` says why it has its status.

    `condition` and `threshold_price` are those of a threshold; every other alert has a `rule` and `terms`. `words` says
    the whole alert, `summary` only what has to happen.
    """

    id: UUID
    instrument: str = Field(examples=["NASDAQ:AAPL"])
    stock_symbol: str = Field(examples=["AAPL"])
    exchange: str = Field(examples=["NASDAQ"])
    name: str = Field(examples=["Apple Inc."])
    currency: str = Field(examples=["USD"])
    alert_type: AlertType
    condition: Condition | None
    threshold_price: Price | None = Field(examples=["230.00"])
    rule: RuleOut | None
    expression: str | None
    written: str | None = Field(description="The expression as it was written, with names of one's own in it.")
    signal: SignalWishOut | None
    terms: TermsOut | None
    words: str = Field(examples=["Tell me once when AAPL on NASDAQ trades at or above $230.00."])
    summary: str = Field(examples=["at or above $230.00"])
    status: AlertStatus
    status_reason: StatusReason
    is_active: bool
    note: str | None
    tags: list[str]
    message: str | None
    channels: list[str] | None
    expires_at: datetime | None
    snoozed_until: datetime | None
    watchlist_rule_id: UUID | None = Field(description="The rule over a watchlist that keeps it.")
    created_at: datetime
    updated_at: datetime
    armed_at: datetime
    triggered_at: datetime | None

    @classmethod
    def of(cls, alert: Alert) -> AlertOut:
        return cls(**_members(alert))


class CreatedAlertOut(AlertOut):
    """A new alert. `already_true`: the newest price meets it already, so it fires at the next price."""

    already_true: bool | None = Field(description="null while the instrument has no price")

    @classmethod
    def of_created(cls, created: Created) -> CreatedAlertOut:
        return cls(**_members(created.alert), already_true=created.already_true)


@router.post(
    "/api/alerts/",
    status_code=201,
    responses=problems(PlanLimit, PlanFeature, StoreUnavailable, UpstreamUnavailable),
)
async def create_alert(body: AlertCreate, user: AlertsWriter, alerts: AlertsOf, key: IdempotencyKey) -> CreatedAlertOut:
    """Create an alert. A threshold fires once, when the price reaches it; reaching it exactly counts.

    A `price` alert has a rule: TradingView's operators, with a frequency, a cool-down, hours and an expiry.

    An `expression` alert may use the names of one's custom indicators: they are written out, so that what they stand
    for later changes nothing; `written` keeps the text. A `signal` alert waits for signals of one's strategies.

    A symbol that nobody knows is 422 `validation_failed` with `symbol_not_found` at `/stock_symbol`.
    """
    once = key.answering(CreatedAlertOut.of_created)
    return CreatedAlertOut.of_created(await alerts.create(user.user_id, body.to_draft(alerts.now()), once))


@router.get("/api/alerts/", responses=problems(StoreUnavailable))
async def list_alerts(
    user: AlertsReader,
    alerts: AlertsOf,
    page: PageParams,
    status: Annotated[AlertStatus | None, Query(description="Only alerts of this status.")] = None,
    symbol: Annotated[Symbol | None, Query(description="Only alerts on `AAPL` or `NASDAQ:AAPL`.")] = None,
    alert_type: Annotated[AlertType | None, Query(description="Only alerts of this kind.")] = None,
    tag: Annotated[str | None, Query(max_length=30, description="Only alerts with this tag.")] = None,
    text: Annotated[SearchText | None, Query(description="Only alerts with this in symbol, name or note.")] = None,
    watchlist_rule_id: Annotated[UUID | None, Query(description="Only alerts of this rule over a watchlist.")] = None,
) -> Page[AlertOut]:
    """List one's own alerts, newest first."""
    found = await alerts.list_for(
        user.user_id,
        page,
        status=status,
        symbol=symbol,
        alert_type=alert_type,
        tag=tag,
        text=text,
        watchlist_rule_id=watchlist_rule_id,
    )
    return found.as_page(AlertOut.of)


@router.get("/api/alerts/{alert_id}/", responses=problems(NotFound, StoreUnavailable))
async def show_alert(alert_id: UUID, user: AlertsReader, alerts: AlertsOf) -> AlertOut:
    """Show one of one's own alerts."""
    return AlertOut.of(await alerts.get(user.user_id, alert_id))


@router.patch(
    "/api/alerts/{alert_id}/",
    responses=problems(NotFound, PlanLimit, PlanFeature, Conflict, StoreUnavailable, UpstreamUnavailable),
)
async def change_alert(alert_id: UUID, body: AlertChange, user: AlertsWriter, alerts: AlertsOf) -> AlertOut:
    """Change an alert. Another threshold, condition or rule arms it anew, as does making it active again."""
    return AlertOut.of(await alerts.change(user.user_id, alert_id, body.to_change(alerts.now())))


@router.delete("/api/alerts/{alert_id}/", status_code=204, responses=problems(NotFound, Conflict, StoreUnavailable))
async def delete_alert(alert_id: UUID, user: AlertsWriter, alerts: AlertsOf) -> Response:
    """Delete an alert. What it triggered stays in the history. One that a rule over a watchlist keeps is 409."""
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
        "alert_type": alert.alert_type,
        "condition": alert.condition,
        "threshold_price": None if alert.threshold_price is None else plain(alert.threshold_price),
        "rule": None if alert.rule is None else alert.rule.get("rule"),
        "expression": None if alert.rule is None else alert.rule.get("expression"),
        "written": None if alert.rule is None else alert.rule.get("written"),
        "signal": None if alert.rule is None else alert.rule.get("signal"),
        "terms": None if alert.rule is None else terms_of(alert.parsed_rule()),
        "words": alert.words,
        "summary": alert.summary,
        "status": alert.status,
        "status_reason": alert.status_reason,
        "is_active": alert.is_active,
        "note": alert.note,
        "tags": list(alert.tags),
        "message": alert.message,
        "channels": None if alert.channels is None else list(alert.channels),
        "expires_at": alert.expires_at,
        "snoozed_until": alert.snoozed_until,
        "watchlist_rule_id": alert.watchlist_rule_id,
        "created_at": alert.created_at,
        "updated_at": alert.updated_at,
        "armed_at": alert.armed_at,
        "triggered_at": alert.triggered_at,
    }


def terms_of(condition: ParsedRule) -> dict[str, Any]:
    """Give the members of `TermsOut`."""
    terms = condition.terms
    return {
        "frequency": terms.frequency,
        "interval": condition.interval,
        "cool_down_s": terms.cool_down_ms // 1_000,
        "rearm_band": from_e4(terms.band_e4),
        "market_hours_only": terms.hours_only,
        "tell_cleared": condition.tell_cleared,
    }
