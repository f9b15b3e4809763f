"""The routes of many alerts at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Self
from uuid import UUID

from fastapi import Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from libs.common.errors import Conflict, PlanLimit, StoreUnavailable, UpstreamUnavailable
from libs.common.web import Router, of_app, problems
from libs.common.web.idempotency import IdempotencyKey
from libs.contracts.alerts import AlertStatus
from services.alerts.access import AlertsReader, AlertsWriter
from services.alerts.bulk import sheets
from services.alerts.bulk.forms import row_of
from services.alerts.bulk.rules import MOST_PICKED, Action, Checked, LineState, Matching, Order, Row
from services.alerts.bulk.service import BulkAlerts, Done, Looked
from services.alerts.definitions.api import SearchText
from services.alerts.definitions.forms import Tag, check_expiry
from services.alerts.definitions.rules import Alert, AlertType

router = Router(tags=["alerts"])

BulkAlertsRoom = Annotated[BulkAlerts, Depends(of_app("bulk_alerts"))]

CsvText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200_000),
    Field(
        description="The text of a CSV file whose first line names its columns.",
        examples=["symbol,condition,threshold_price,tags\nAAPL,above,230,swing;tech\n"],
    ),
]


class AlertsFile(BaseModel):
    """A file of alerts: at most 1,000 lines. Columns are the members of an alert; `tags` and `channels` part by `;`."""

    model_config = ConfigDict(extra="forbid")

    file: CsvText


class AlertsImport(AlertsFile):
    """A file that was checked, and the `digest` that the check gave."""

    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class LineProblem(BaseModel):
    """What is wrong with a column of a line."""

    column: str
    code: str
    message: str


class LineOut(BaseModel):
    """A line of the file, and what it would do: `new`, nothing since it `exists`, or nothing since it is `bad`."""

    line: int
    symbol: str
    state: LineState
    paused: bool
    words: str | None
    errors: list[LineProblem]

    @classmethod
    def of(cls, one: Checked) -> LineOut:
        return cls(
            line=one.line,
            symbol=one.symbol,
            state=one.state,
            paused=one.paused,
            words=None if one.alert is None else one.alert.words,
            errors=[LineProblem(column=each.field, code=each.code, message=each.message) for each in one.errors],
        )


class CheckedFileOut(BaseModel):
    """What importing a file would do. `digest` is what the import asks for.

    `active`: how many active alerts it would add; `room`: how many more the plan allows, null for any number.
    """

    digest: str
    new: int
    exists: int
    bad: int
    active: int
    room: int | None
    lines: list[LineOut]

    @classmethod
    def of(cls, looked: Looked) -> CheckedFileOut:
        states = [one.state for one in looked.sheet.lines]
        return cls(
            digest=looked.sheet.digest,
            new=states.count(LineState.NEW),
            exists=states.count(LineState.EXISTS),
            bad=states.count(LineState.BAD),
            active=looked.sheet.active,
            room=looked.room,
            lines=[LineOut.of(one) for one in looked.sheet.lines],
        )


class ImportedOut(BaseModel):
    """The alerts that were made, in the order of the file."""

    created: int
    alerts: list[UUID]

    @classmethod
    def of(cls, alerts: Sequence[Alert]) -> ImportedOut:
        return cls(created=len(alerts), alerts=[alert.id for alert in alerts])


class MatchingIn(BaseModel):
    """What the list of alerts is narrowed by, as in its query."""

    model_config = ConfigDict(extra="forbid")

    status: AlertStatus | None = None
    alert_type: AlertType | None = None
    tag: Annotated[str, StringConstraints(max_length=30)] | None = None
    text: SearchText | None = None
    watchlist_rule_id: UUID | None = None


class BulkIn(BaseModel):
    """An action on picked `alerts`, or on all that are `matching`: 500 a call, then again with `after`.

    `tags` goes with the two about tags; `until` with `snooze` (null wakes them) and `extend` (null: no end).
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"action": "add_tags", "alerts": ["0198c5a4-0000-7000-8000-000000000001"], "tags": ["swing"]}]
        },
    )

    action: Action
    alerts: Annotated[list[UUID], Field(min_length=1, max_length=MOST_PICKED)] | None = None
    matching: MatchingIn | None = None
    after: UUID | None = Field(default=None, description="The `next_after` of the call before, with `matching`.")
    tags: Annotated[list[Tag], Field(max_length=10)] | None = None
    until: AwareDatetime | None = None

    @model_validator(mode="after")
    def _check_members(self) -> Self:
        if (self.alerts is None) == (self.matching is None) or (self.after is not None and self.matching is None):
            raise PydanticCustomError("bulk_picked", "Name either `alerts` or what is `matching`, with its `after`.")
        needs_tags = self.action in (Action.ADD_TAGS, Action.REMOVE_TAGS)
        if needs_tags != bool(self.tags):
            raise PydanticCustomError("bulk_tags", "`tags` goes with add_tags and remove_tags.")
        if "until" in self.model_fields_set and self.action not in (Action.SNOOZE, Action.EXTEND):
            raise PydanticCustomError("bulk_until", "`until` goes with snooze and extend.")
        return self

    def picked(self) -> list[UUID] | Matching:
        if self.matching is None:
            return self.alerts or []
        return Matching(**self.matching.model_dump(), after=self.after)


class BulkRefusal(BaseModel):
    """An alert with which it was not done."""

    alert_id: UUID
    code: str
    message: str


class BulkOut(BaseModel):
    """What was done. `unchanged`: alerts that were so already. `next_after`: more may match; null: these were all."""

    changed: int
    unchanged: int
    refused: list[BulkRefusal]
    next_after: UUID | None

    @classmethod
    def of(cls, done: Done) -> BulkOut:
        return cls(
            changed=done.changed,
            unchanged=done.unchanged,
            refused=[BulkRefusal(alert_id=one.alert_id, code=one.code, message=one.message) for one in done.refused],
            next_after=done.next_after,
        )


class TagCount(BaseModel):
    tag: str
    alerts: int


class TagsOut(BaseModel):
    """One's tags, the most used first, at most 200."""

    items: list[TagCount]


@router.post("/api/alerts/import/check/", responses=problems(StoreUnavailable, UpstreamUnavailable))
async def check_alerts_file(body: AlertsFile, user: AlertsReader, bulk: BulkAlertsRoom) -> CheckedFileOut:
    """Tell what importing a file would do, line by line. Nothing is stored."""
    return CheckedFileOut.of(await bulk.look(user.user_id, _rows(body, bulk)))


@router.post(
    "/api/alerts/import/",
    status_code=201,
    responses=problems(Conflict, PlanLimit, StoreUnavailable, UpstreamUnavailable),
)
async def import_alerts(
    body: AlertsImport, user: AlertsWriter, bulk: BulkAlertsRoom, key: IdempotencyKey
) -> ImportedOut:
    """Make the new alerts of a file that was checked: all of them or, beyond the plan, none.

    409 where the file would do something else by now than the check has shown.
    """
    once = key.answering(ImportedOut.of)
    return ImportedOut.of(await bulk.take_in(user.user_id, _rows(body, bulk), body.digest, once))


@router.get(
    "/api/alerts/export/",
    responses={**problems(StoreUnavailable), 200: {"content": {"text/csv": {}}, "description": "The file."}},
    response_class=StreamingResponse,
)
async def export_alerts(
    user: AlertsReader,
    bulk: BulkAlertsRoom,
    status: Annotated[AlertStatus | None, Query(description="Only alerts of this status.")] = None,
    tag: Annotated[str | None, Query(max_length=30, description="Only alerts with this tag.")] = None,
) -> StreamingResponse:
    """Fetch one's alerts as CSV, as an import takes them."""
    name = f"sharewise-alerts-{bulk.now():%Y-%m-%d}.csv"
    return StreamingResponse(
        _encoded(bulk.export(user.user_id, status=status, tag=tag)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@router.post("/api/alerts/bulk/", responses=problems(PlanLimit, StoreUnavailable, UpstreamUnavailable))
async def act_on_alerts(body: BulkIn, user: AlertsWriter, bulk: BulkAlertsRoom, key: IdempotencyKey) -> BulkOut:
    """Pause, resume, delete, tag, snooze or extend up to 500 alerts: those that are named, or those that match.

    What cannot be done with one of them is told, and done with the others; beyond the plan nothing is done.
    """
    check_expiry(body.until, bulk.now(), "/until")
    order = Order(body.action, tuple(dict.fromkeys(body.tags or ())), body.until)
    return BulkOut.of(await bulk.act(user.user_id, body.picked(), order, key.answering(BulkOut.of)))


@router.get("/api/alerts/tags/", responses=problems(StoreUnavailable))
async def list_alert_tags(user: AlertsReader, bulk: BulkAlertsRoom) -> TagsOut:
    """List the tags of one's alerts."""
    return TagsOut(items=[TagCount(tag=tag, alerts=count) for tag, count in await bulk.tags(user.user_id)])


def _rows(body: AlertsFile, bulk: BulkAlerts) -> list[Row]:
    now = bulk.now()
    return [row_of(line, now) for line in sheets.read(body.file)]


async def _encoded(pieces: AsyncIterator[str]) -> AsyncIterator[bytes]:
    async for piece in pieces:
        yield piece.encode()
