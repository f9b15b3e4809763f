"""The routes of rules over watchlists."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from libs.common.errors import Conflict, NotFound, PermissionDenied, PlanLimit, StoreUnavailable, UpstreamUnavailable
from libs.common.money import plain
from libs.common.pagination import Page
from libs.common.web import Router, of_app, problems
from libs.common.web.idempotency import IdempotencyKey
from libs.common.web.pagination import PageParams
from libs.contracts.alerts import Condition
from libs.contracts.base import Price
from services.alerts.access import AlertsReader, AlertsWriter
from services.alerts.definitions.api import AlertChange, AlertWish, terms_of
from services.alerts.definitions.forms import RuleOut, SignalWishOut, TermsOut
from services.alerts.definitions.rules import AlertType
from services.alerts.watchlists import rules
from services.alerts.watchlists.rules import RuleStatus
from services.alerts.watchlists.service import Shown, WatchlistRules

router = Router(tags=["alerts"])

WatchlistRulesRoom = Annotated[WatchlistRules, Depends(of_app("watchlist_rules"))]


class WatchlistRuleCreate(AlertWish):
    """An alert for each stock of a watchlist, now and as they come."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "watchlist_id": "0198c5a4-0000-7000-8000-000000000001",
                    "alert_type": "price",
                    "rule": {"operator": "change_down_percent", "percent": "5", "base": "previous_close"},
                    "frequency": "once_per_day",
                }
            ]
        },
    )

    watchlist_id: UUID


class WatchlistRuleOut(BaseModel):
    """A rule over a watchlist. `alerts`: how many of its alerts are in each status. `watchlist_name`: when it was made.

    `ended`: the list was deleted, and the alerts with it.
    """

    id: UUID
    watchlist_id: UUID
    watchlist_name: str
    status: RuleStatus
    alert_type: AlertType
    condition: Condition | None
    threshold_price: Price | None
    rule: RuleOut | None
    expression: str | None
    written: str | None = Field(description="The expression as it was written, with names of one's own in it.")
    signal: SignalWishOut | None
    terms: TermsOut | None
    summary: str = Field(examples=["is 5 % or more below the previous close"])
    note: str | None
    tags: list[str]
    message: str | None
    channels: list[str] | None
    expires_at: datetime | None
    alerts: dict[str, int] = Field(examples=[{"active": 12, "triggered": 3, "paused": 0}])
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, shown: Shown) -> WatchlistRuleOut:
        rule, draft = shown.rule, shown.rule.draft
        members: dict[str, Any] = {
            name: getattr(draft, name) for name in ("alert_type", "condition", "note", "message", "expires_at")
        }
        return cls(
            id=rule.id,
            watchlist_id=rule.watchlist_id,
            watchlist_name=rule.watchlist_name,
            status=rule.status,
            threshold_price=None if draft.threshold_price is None else plain(draft.threshold_price),
            rule=None if draft.rule is None else draft.rule.get("rule"),
            expression=None if draft.rule is None else draft.rule.get("expression"),
            written=None if draft.rule is None else draft.rule.get("written"),
            signal=None if draft.rule is None else draft.rule.get("signal"),
            terms=None if draft.rule is None else terms_of(rules.alert_of(rule).parsed_rule()),
            summary=rules.summary(rule),
            tags=list(draft.tags),
            channels=None if draft.channels is None else list(draft.channels),
            alerts=rules.counted(shown.alerts),
            created_at=rule.created_at,
            updated_at=rule.updated_at,
            **members,
        )


@router.post(
    "/api/alerts/watchlist-rules/",
    status_code=201,
    responses=problems(NotFound, PermissionDenied, PlanLimit, Conflict, StoreUnavailable, UpstreamUnavailable),
)
async def create_watchlist_rule(
    body: WatchlistRuleCreate, user: AlertsWriter, watchlist_rules: WatchlistRulesRoom, key: IdempotencyKey
) -> WatchlistRuleOut:
    """Make an alert for each stock of a watchlist, and for each that comes into it later.

    Each counts as an alert of the plan. Of those that come later, what the plan does not allow begins paused.
    """
    draft = body.draft_for("", watchlist_rules.now())
    once = key.answering(WatchlistRuleOut.of)
    return WatchlistRuleOut.of(await watchlist_rules.create(user, body.watchlist_id, draft, once))


@router.get("/api/alerts/watchlist-rules/", responses=problems(StoreUnavailable))
async def list_watchlist_rules(
    user: AlertsReader, watchlist_rules: WatchlistRulesRoom, page: PageParams
) -> Page[WatchlistRuleOut]:
    """List one's rules over watchlists, newest first."""
    return (await watchlist_rules.list_for(user.user_id, page)).as_page(WatchlistRuleOut.of)


@router.get("/api/alerts/watchlist-rules/{rule_id}/", responses=problems(NotFound, StoreUnavailable))
async def show_watchlist_rule(
    rule_id: UUID, user: AlertsReader, watchlist_rules: WatchlistRulesRoom
) -> WatchlistRuleOut:
    """Show one of one's rules over watchlists."""
    return WatchlistRuleOut.of(await watchlist_rules.get(user.user_id, rule_id))


@router.patch(
    "/api/alerts/watchlist-rules/{rule_id}/",
    responses=problems(NotFound, PlanLimit, Conflict, StoreUnavailable, UpstreamUnavailable),
)
async def change_watchlist_rule(
    rule_id: UUID, body: AlertChange, user: AlertsWriter, watchlist_rules: WatchlistRulesRoom
) -> WatchlistRuleOut:
    """Change a rule and all its alerts. What has fired stays so; pausing and resuming concerns the others."""
    change = body.to_change(watchlist_rules.now())
    return WatchlistRuleOut.of(await watchlist_rules.change(user.user_id, rule_id, change))


@router.delete(
    "/api/alerts/watchlist-rules/{rule_id}/", status_code=204, responses=problems(NotFound, StoreUnavailable)
)
async def delete_watchlist_rule(rule_id: UUID, user: AlertsWriter, watchlist_rules: WatchlistRulesRoom) -> Response:
    """Delete a rule with its alerts. What they triggered stays in the history."""
    await watchlist_rules.delete(user.user_id, rule_id)
    return Response(status_code=204)
