"""The routes of backtests."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from libs.common.errors import Conflict, InvalidInput, NotFound, PlanLimit, StoreUnavailable, UpstreamUnavailable
from libs.common.instruments import Instrument
from libs.common.pagination import Page
from libs.common.web import Permission, PriceIn, Principal, Router, of_app, problems, require
from libs.common.web.idempotency import IdempotencyKey
from libs.common.web.pagination import PageParams
from services.signals.backtests import files, rules
from services.signals.backtests.rules import Axis, Kind
from services.signals.backtests.service import Backtests, Draft, Shown, Usage, Wish
from services.signals.jobs.rules import Status

router = Router(tags=["backtests"])

Reader = Annotated[Principal, Depends(require(Permission.STRATEGIES_READ))]
Writer = Annotated[Principal, Depends(require(Permission.STRATEGIES_WRITE))]
BacktestsOf = Annotated[Backtests, Depends(of_app("backtests"))]

EARLIEST = date(1990, 1, 1)


def _instrument(text: str) -> str:
    try:
        return str(Instrument.parse(text))
    except ValueError as error:
        raise PydanticCustomError("symbol_form", "{words}", {"words": str(error)}) from error


InstrumentName = Annotated[str, StringConstraints(min_length=3, max_length=43), AfterValidator(_instrument)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
Rate = Annotated[Decimal, Field(ge=0, le=1_000, decimal_places=4)]


class Slippage(BaseModel):
    """How much worse than the price an order is filled: by basis points of it, by ticks, or by its share of the volume.

    `volume_share`: by value x share^2 of the price; an entry takes at most 2.5 % of the bar's volume.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal["bps", "ticks", "volume_share"] = "bps"
    value: Rate = Decimal(5)


class AxisIn(BaseModel):
    """Numbers of the strategy (`GET /api/backtests/draft/` lists them) that take the same values, first to last."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    at: Annotated[list[Annotated[str, Field(min_length=2, max_length=60)]], Field(min_length=1, max_length=20)]
    first: Annotated[Decimal, Field(ge=0, le=10**12, max_digits=16, decimal_places=4)]
    last: Annotated[Decimal, Field(ge=0, le=10**12, max_digits=16, decimal_places=4)]
    step: Annotated[Decimal, Field(gt=0, le=10**12, max_digits=16, decimal_places=4)]

    def axis(self, number: int) -> Axis:
        values = rules.steps(self.first, self.last, self.step)
        if values is None:
            words = f"From first to last there are 1 to {rules.MOST_VALUES} steps."
            raise InvalidInput.of(f"/axes/{number}/step", "out_of_range", words)
        return Axis(self.name, tuple(dict.fromkeys(self.at)), values)


class BacktestCreate(BaseModel):
    """A strategy's version to try over recorded prices, and under which assumptions."""

    model_config = ConfigDict(extra="forbid")

    version_id: UUID
    kind: Kind = Kind.RUN
    name: Name | None = None
    instruments: Annotated[list[InstrumentName], Field(max_length=500)] = Field(
        default_factory=list, description="Empty: those of the strategy."
    )
    first: Annotated[date, Field(alias="from", ge=EARLIEST, description="The first day.")]
    last: Annotated[date | None, Field(alias="to", ge=EARLIEST, description="The last day; null: yesterday.")] = None
    benchmark: InstrumentName | None = None
    cash: PriceIn = Decimal(1_000_000)
    fill: Literal["next_open", "next_close", "same_close"] = "next_open"
    slippage: Slippage = Field(default_factory=Slippage)
    broker: Annotated[str | None, Field(max_length=40, description="Whose charges are paid; null: none.")] = None
    segment: Annotated[
        Literal["delivery", "intraday", "futures"],
        Field(description="Whose charges: `futures` (India) takes theirs on the prices of the shares."),
    ] = "delivery"
    lot: Annotated[int, Field(ge=1, le=1_000_000, description="Units are traded in multiples of it.")] = 1
    tick: Annotated[
        Decimal | None,
        Field(gt=0, le=1_000, decimal_places=4, description="The step of prices; null: the exchange's."),
    ] = None
    allow_partial: Annotated[bool, Field(description="Buy less where the cash is not enough, rather than nothing.")] = (
        True
    )
    axes: Annotated[list[AxisIn], Field(max_length=3)] = Field(default_factory=list)
    objective: Literal["sharpe", "sortino", "calmar", "cagr", "total_return", "profit_factor"] = "sharpe"
    folds: Annotated[int | None, Field(ge=2, le=20, description="Of a walk-forward.")] = None
    anchored: Annotated[bool, Field(description="Each fold of a walk-forward learns from the first day on.")] = False

    def wish(self) -> Wish:
        """Check what no single member shows. Raises InvalidInput."""
        if self.kind is not Kind.RUN and not self.axes:
            raise InvalidInput.of("/axes", "required", "Name the numbers that vary.")
        if self.kind is Kind.RUN and self.axes:
            raise InvalidInput.of("/axes", "unknown_member", "A single run varies nothing.")
        if self.kind is not Kind.WALK_FORWARD and self.folds is not None:
            raise InvalidInput.of("/folds", "unknown_member", "Only a walk-forward has folds.")
        axes = tuple(axis.axis(number) for number, axis in enumerate(self.axes))
        counts = Counter(at for axis in axes for at in axis.at)
        if any(count > 1 for count in counts.values()):
            raise InvalidInput.of("/axes", "duplicate", "Each number of the strategy varies on one axis only.")
        return Wish(
            version_id=self.version_id,
            kind=self.kind,
            name=self.name,
            first=self.first,
            last=self.last,
            instruments=tuple(dict.fromkeys(self.instruments)),
            benchmark=self.benchmark,
            cash=self.cash,
            options={
                "fill": self.fill,
                "slippage": {"kind": self.slippage.kind, "value": rules.spelled(self.slippage.value)},
                "broker": self.broker,
                "segment": self.segment,
                "lot": self.lot,
                "tick": None if self.tick is None else rules.spelled(self.tick),
                "allow_partial": self.allow_partial,
            },
            axes=axes,
            objective=self.objective,
            folds=(self.folds or 5) if self.kind is Kind.WALK_FORWARD else None,
            anchored=self.anchored,
        )


class BacktestOut(BaseModel):
    """A backtest. `progress` counts to 1,000; `ahead` waits before it; `headline` are the first figures of its report.

    The report follows from `parameters`, the prices of `data_hash` and the code of `code_version` alone: where these
    are the same, `report_hash` is.
    """

    id: UUID
    strategy_id: UUID
    version_id: UUID
    name: str
    kind: Kind
    status: Status
    parameters: dict[str, Any]
    progress: int
    stage: str
    ahead: int | None
    error_code: str | None
    error: str | None
    headline: dict[str, Any] | None
    code_version: str | None
    data_hash: str | None
    report_hash: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, shown: Shown) -> BacktestOut:
        row = shown.row
        kept = {name: getattr(row, name) for name in cls.model_fields if name not in ("ahead", "progress")}
        return cls(ahead=shown.ahead, progress=row.done, **kept)


class BoundsOut(BaseModel):
    """What one's plan allows: a day, at once, and within one backtest."""

    per_day: int
    used_today: int
    at_once: int
    instruments: int
    bars: int
    combinations: int
    upgrade_to: str | None

    @classmethod
    def of(cls, usage: Usage) -> BoundsOut:
        bounds = usage.bounds
        return cls(
            per_day=bounds.per_day,
            used_today=min(usage.used, bounds.per_day),
            at_once=bounds.at_once,
            instruments=bounds.instruments,
            bars=bounds.bars,
            combinations=bounds.combinations,
            upgrade_to=usage.upgrade_to,
        )


class NumberOut(BaseModel):
    """A number of a strategy that a sweep may vary. `words` shows it in brackets, in its surroundings."""

    at: str
    value: str
    words: str


class DraftOut(BaseModel):
    """A strategy's version as a backtest begins with it, and the brokers whose charges may be paid.

    `last_day` is that of its first instrument's newest closed bar; null where none is known.
    """

    version_id: UUID
    strategy_id: UUID
    name: str
    number: int
    words: str
    interval: str
    instruments: list[str]
    numbers: list[NumberOut]
    brokers: list[str]
    last_day: date | None

    @classmethod
    def of(cls, draft: Draft) -> DraftOut:
        version = draft.version
        return cls(
            version_id=version.id,
            strategy_id=version.strategy_id,
            name=version.name,
            number=version.number,
            words=version.words,
            interval=version.document["interval"],
            instruments=list(version.instruments),
            numbers=[
                NumberOut(at=number.at, value=rules.spelled(number.value), words=number.words)
                for number in draft.numbers
            ],
            brokers=list(draft.brokers),
            last_day=draft.last_day,
        )


@router.post(
    "/api/backtests/",
    status_code=202,
    responses=problems(NotFound, PlanLimit, StoreUnavailable, UpstreamUnavailable),
)
async def start_backtest(
    body: BacktestCreate, user: Writer, backtests: BacktestsOf, key: IdempotencyKey
) -> BacktestOut:
    """Ask for a backtest. It waits in a queue, and says how far it is on the socket's channel `jobs`."""
    return BacktestOut.of(await backtests.ask(user.user_id, body.wish(), key.answering(BacktestOut.of)))


@router.get("/api/backtests/", responses=problems(StoreUnavailable))
async def list_backtests(
    user: Reader,
    backtests: BacktestsOf,
    page: PageParams,
    status: Annotated[Status | None, Query(description="Only those of this status.")] = None,
    strategy_id: Annotated[UUID | None, Query(description="Only those of this strategy.")] = None,
) -> Page[BacktestOut]:
    """List one's backtests, newest first."""
    found = await backtests.list_for(user.user_id, page, status=status, strategy_id=strategy_id)
    return found.as_page(BacktestOut.of)


@router.get("/api/backtests/limits/", responses=problems(StoreUnavailable, UpstreamUnavailable))
async def show_backtest_limits(user: Reader, backtests: BacktestsOf) -> BoundsOut:
    """Show how many backtests one's plan allows, how large, and how many were asked for today."""
    return BoundsOut.of(await backtests.usage(user.user_id))


@router.get("/api/backtests/draft/", responses=problems(NotFound, StoreUnavailable))
async def show_backtest_draft(
    user: Reader, backtests: BacktestsOf, version_id: Annotated[UUID, Query(description="A strategy's version.")]
) -> DraftOut:
    """Show what a backtest of a strategy begins with, and which of its numbers a sweep may vary."""
    return DraftOut.of(await backtests.draft(user.user_id, version_id))


@router.get("/api/backtests/{backtest_id}/", responses=problems(NotFound, StoreUnavailable))
async def show_backtest(backtest_id: UUID, user: Reader, backtests: BacktestsOf) -> BacktestOut:
    """Show a backtest and how far it is."""
    return BacktestOut.of(await backtests.get(user.user_id, backtest_id))


@router.post("/api/backtests/{backtest_id}/cancel/", responses=problems(NotFound, Conflict, StoreUnavailable))
async def cancel_backtest(backtest_id: UUID, user: Writer, backtests: BacktestsOf) -> BacktestOut:
    """Stop a backtest that waits or runs."""
    return BacktestOut.of(await backtests.cancel(user.user_id, backtest_id))


@router.post(
    "/api/backtests/{backtest_id}/rerun/",
    status_code=202,
    responses=problems(NotFound, PlanLimit, StoreUnavailable, UpstreamUnavailable),
)
async def rerun_backtest(backtest_id: UUID, user: Writer, backtests: BacktestsOf, key: IdempotencyKey) -> BacktestOut:
    """Ask for a backtest once more, as it was: over the same prices its report is the same to the byte."""
    return BacktestOut.of(await backtests.again(user.user_id, backtest_id, key.answering(BacktestOut.of)))


@router.delete("/api/backtests/{backtest_id}/", status_code=204, responses=problems(NotFound, StoreUnavailable))
async def delete_backtest(backtest_id: UUID, user: Writer, backtests: BacktestsOf) -> None:
    """Delete a backtest with its report. One that runs is stopped."""
    await backtests.delete(user.user_id, backtest_id)


@router.get(
    "/api/backtests/{backtest_id}/report/",
    responses=problems(NotFound, Conflict, StoreUnavailable),
    response_model=dict[str, Any],
)
async def show_backtest_report(backtest_id: UUID, user: Reader, backtests: BacktestsOf) -> Response:
    """Read what a backtest found, byte for byte as it was made."""
    return Response(await backtests.report(user.user_id, backtest_id), media_type="application/json")


@router.get(
    "/api/backtests/{backtest_id}/download/",
    responses={
        **problems(NotFound, Conflict, StoreUnavailable),
        200: {"description": "The file.", "content": {kind: {} for kind in files.MEDIA_TYPES.values()}},
    },
    response_class=Response,
)
async def download_backtest(
    backtest_id: UUID,
    user: Reader,
    backtests: BacktestsOf,
    file: Annotated[
        Literal["json", "csv", "pdf"], Query(description="CSV holds the trades, or a sweep's points.")
    ] = "json",
) -> Response:
    """Fetch a backtest's report as a file."""
    report = await backtests.report(user.user_id, backtest_id)
    body = await files.made(file, report)
    return Response(
        body,
        media_type=files.MEDIA_TYPES[file],
        headers={
            "Content-Disposition": f'attachment; filename="backtest-{backtest_id}.{file}"',
            "Cache-Control": "no-store",
        },
    )
