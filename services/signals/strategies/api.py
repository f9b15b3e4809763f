"""The routes of people's strategies."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from libs.common.errors import Conflict, NotFound, PlanFeature, PlanLimit, StoreUnavailable, UpstreamUnavailable
from libs.common.pagination import Page
from libs.common.web import Router, of_app, problems, require_service
from libs.common.web.idempotency import IdempotencyKey
from libs.common.web.pagination import PageParams
from libs.contracts.signals import StrategyInfo
from libs.quant.strategy import Rules
from services.signals.access import StrategiesReader, StrategiesWriter
from services.signals.strategies.forms import RulesForm, StrategyRulesOut
from services.signals.strategies.rules import MOST_INSTRUMENTS, MOST_VERSIONS, Draft, Version
from services.signals.strategies.service import Change, Checked, Shown, Strategies
from services.signals.strategies.templates import TEMPLATES

router = Router(tags=["strategies"])
internal = Router(tags=["internal"])

StrategiesOf = Annotated[Strategies, Depends(of_app("strategies"))]

Name = Annotated[
    str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]*$")
]
About = Annotated[
    str, StringConstraints(max_length=1000, strip_whitespace=True, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")
]
Note = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]*$")]
Symbol = Annotated[
    str,
    StringConstraints(min_length=1, max_length=43, strip_whitespace=True, to_upper=True, pattern=r"^[\w.&:\- ]+$"),
]
Instruments = Annotated[list[Symbol], Field(min_length=1, max_length=MOST_INSTRUMENTS, examples=[["NSE:TCS"]])]
Number = Annotated[int, Field(ge=1, le=MOST_VERSIONS)]


class TemplateOut(BaseModel):
    """A well-known strategy to begin with. `source`: where it was described. None of them is advice."""

    key: str
    name: str
    about: str
    source: str
    words: str
    rules: StrategyRulesOut


class TemplatesOut(BaseModel):
    items: list[TemplateOut]


class StrategyRules(BaseModel):
    """Rules, and the instruments that they trade: `NSE:TCS`, or `TCS` where that is unique."""

    model_config = ConfigDict(extra="forbid")

    rules: RulesForm
    instruments: Instruments


class CheckedOut(BaseModel):
    """Rules as they are read. `history`: how many bars are needed before the first decision."""

    words: str
    rules: StrategyRulesOut
    instruments: list[str]
    history: int

    @classmethod
    def of(cls, checked: Checked) -> CheckedOut:
        return cls(
            words=checked.rules.words(),
            rules=rules_of(checked.document),
            instruments=list(checked.instruments),
            history=max(checked.rules.history().values()),
        )


class StrategyCreate(StrategyRules):
    name: Name
    about: About = ""
    template: Annotated[str, StringConstraints(max_length=40)] | None = Field(
        default=None, description="The key of the template that it began as."
    )

    def to_draft(self) -> Draft:
        known = self.template in {template.key for template in TEMPLATES}
        return Draft(
            name=self.name,
            about=self.about,
            rules=self.rules.written(),
            instruments=tuple(self.instruments),
            template=self.template if known else None,
        )


class StrategyChange(BaseModel):
    """Members left out stay as they are. Rules change by a new version."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    about: About | None = None


class VersionCreate(StrategyRules):
    note: Note = Field(default="", description="What the change is for.")


class VersionOut(BaseModel):
    """A version, which never changes. `rules` are written out in full, `written` as their author wrote them."""

    id: UUID
    strategy_id: UUID
    number: int
    rules: StrategyRulesOut
    written: StrategyRulesOut
    instruments: list[str]
    words: str
    note: str
    created_at: datetime

    @classmethod
    def of(cls, version: Version) -> VersionOut:
        return cls(
            id=version.id,
            strategy_id=version.strategy_id,
            number=version.number,
            rules=rules_of(version.document),
            written=rules_of(version.written),
            instruments=list(version.instruments),
            words=version.words,
            note=version.note,
            created_at=version.created_at,
        )


class ChangedVersionOut(BaseModel):
    """A version and what it changed of the one before, in words."""

    version: VersionOut
    changes: list[str]

    @classmethod
    def of(cls, change: Change) -> ChangedVersionOut:
        return cls(version=VersionOut.of(change.version), changes=list(change.changes))


class StrategyOut(BaseModel):
    """A strategy with its newest version. `copied_from`: the version that it was copied from."""

    id: UUID
    name: str
    about: str
    template: str | None
    copied_from: UUID | None
    created_at: datetime
    updated_at: datetime
    version: VersionOut

    @classmethod
    def of(cls, shown: Shown) -> StrategyOut:
        strategy = shown.strategy
        return cls(
            id=strategy.id,
            name=strategy.name,
            about=strategy.about,
            template=strategy.template,
            copied_from=strategy.copied_from,
            created_at=strategy.created_at,
            updated_at=strategy.updated_at,
            version=VersionOut.of(shown.version),
        )


class StrategyCopy(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    number: Number | None = Field(default=None, description="The version; the newest where it is left out.")


_TEMPLATES = TemplatesOut(
    items=[
        TemplateOut(
            key=template.key,
            name=template.name,
            about=template.about,
            source=template.source,
            words=rules.words(),
            rules=StrategyRulesOut.model_validate(rules.document()),
        )
        for template in TEMPLATES
        for rules in (Rules.read(template.rules),)
    ]
)

_WRITES = problems(PlanLimit, PlanFeature, Conflict, StoreUnavailable, UpstreamUnavailable)
OWN_WRITES = problems(NotFound, PlanLimit, PlanFeature, Conflict, StoreUnavailable, UpstreamUnavailable)


@router.get("/api/strategies/templates/", responses=problems(StoreUnavailable))
async def list_strategy_templates(_user: StrategiesReader) -> TemplatesOut:
    """List well-known strategies to begin with, each with where it was described."""
    return _TEMPLATES


@router.post("/api/strategies/check/", responses=problems(PlanFeature, StoreUnavailable, UpstreamUnavailable))
async def check_strategy(body: StrategyRules, user: StrategiesReader, strategies: StrategiesOf) -> CheckedOut:
    """Read rules and say them in words, before anything is saved. What is wrong is 422 at `/rules/...`."""
    return CheckedOut.of(await strategies.check(user.user_id, body.rules.written(), body.instruments))


@router.post("/api/strategies/", status_code=201, responses=_WRITES)
async def create_strategy(
    body: StrategyCreate, user: StrategiesWriter, strategies: StrategiesOf, key: IdempotencyKey
) -> StrategyOut:
    """Make a strategy with its first version."""
    return StrategyOut.of(await strategies.create(user.user_id, body.to_draft(), key.answering(StrategyOut.of)))


@router.get("/api/strategies/", responses=problems(StoreUnavailable))
async def list_strategies(user: StrategiesReader, strategies: StrategiesOf, page: PageParams) -> Page[StrategyOut]:
    """List one's strategies, newest first."""
    return (await strategies.list_for(user.user_id, page)).as_page(StrategyOut.of)


@router.get("/api/strategies/{strategy_id}/", responses=problems(NotFound, StoreUnavailable))
async def show_strategy(strategy_id: UUID, user: StrategiesReader, strategies: StrategiesOf) -> StrategyOut:
    """Show one of one's strategies with its newest version."""
    return StrategyOut.of(await strategies.get(user.user_id, strategy_id))


@router.patch("/api/strategies/{strategy_id}/", responses=problems(NotFound, StoreUnavailable))
async def change_strategy(
    strategy_id: UUID, body: StrategyChange, user: StrategiesWriter, strategies: StrategiesOf
) -> StrategyOut:
    """Give a strategy another name or text."""
    return StrategyOut.of(await strategies.describe(user.user_id, strategy_id, body.name, body.about))


@router.delete("/api/strategies/{strategy_id}/", status_code=204, responses=problems(NotFound, StoreUnavailable))
async def delete_strategy(strategy_id: UUID, user: StrategiesWriter, strategies: StrategiesOf) -> Response:
    """Take a strategy away. Its versions stay with the backtests and signals that were made of them."""
    await strategies.archive(user.user_id, strategy_id)
    return Response(status_code=204)


@router.post("/api/strategies/{strategy_id}/versions/", status_code=201, responses=OWN_WRITES)
async def create_strategy_version(
    strategy_id: UUID, body: VersionCreate, user: StrategiesWriter, strategies: StrategiesOf, key: IdempotencyKey
) -> StrategyOut:
    """Change a strategy's rules or instruments: this makes a new version, and the others stay as they are."""
    once = key.answering(StrategyOut.of)
    written = body.rules.written()
    shown = await strategies.revise(user.user_id, strategy_id, written, body.instruments, body.note, once)
    return StrategyOut.of(shown)


@router.get("/api/strategies/{strategy_id}/versions/", responses=problems(NotFound, StoreUnavailable))
async def list_strategy_versions(
    strategy_id: UUID, user: StrategiesReader, strategies: StrategiesOf, page: PageParams
) -> Page[ChangedVersionOut]:
    """List a strategy's versions, newest first, each with what it changed."""
    return (await strategies.versions(user.user_id, strategy_id, page)).as_page(ChangedVersionOut.of)


@router.get("/api/strategies/{strategy_id}/versions/{number}/", responses=problems(NotFound, StoreUnavailable))
async def show_strategy_version(
    strategy_id: UUID,
    number: Annotated[int, Path(ge=1, le=MOST_VERSIONS)],
    user: StrategiesReader,
    strategies: StrategiesOf,
) -> ChangedVersionOut:
    """Show one version of a strategy."""
    return ChangedVersionOut.of(await strategies.at(user.user_id, strategy_id, number))


@router.post("/api/strategies/{strategy_id}/copy/", status_code=201, responses=OWN_WRITES)
async def copy_strategy(
    strategy_id: UUID, body: StrategyCopy, user: StrategiesWriter, strategies: StrategiesOf, key: IdempotencyKey
) -> StrategyOut:
    """Begin a new strategy as one of one's own is, or was at a version."""
    once = key.answering(StrategyOut.of)
    return StrategyOut.of(await strategies.copy(user.user_id, strategy_id, body.number, body.name, once))


def rules_of(document: object) -> StrategyRulesOut:
    """Make the answer of a document."""
    return StrategyRulesOut.model_validate(document)


@internal.get(
    "/internal/users/{user_id}/strategies/{strategy_id}",
    dependencies=[Depends(require_service("alerts", scope="strategies:read"))],
    summary="Name a strategy of a person",
    responses=problems(NotFound, StoreUnavailable),
)
async def name_strategy(user_id: UUID, strategy_id: UUID, strategies: StrategiesOf) -> StrategyInfo:
    """Name a strategy; one of somebody else is 404."""
    shown = await strategies.get(user_id, strategy_id)
    return StrategyInfo(strategy_id=strategy_id, name=shown.strategy.name)
