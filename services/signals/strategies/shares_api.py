"""The routes of links to strategies."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from libs.common.errors import Conflict, NotFound, StoreUnavailable
from libs.common.web import Router, problems
from libs.common.web.idempotency import IdempotencyKey
from services.signals.access import StrategiesReader, StrategiesWriter
from services.signals.strategies.api import OWN_WRITES, Name, Number, StrategiesOf, StrategyOut, rules_of
from services.signals.strategies.forms import StrategyRulesOut
from services.signals.strategies.rules import Share
from services.signals.strategies.service import Shown

router = Router(tags=["strategies"])

Secret = Annotated[str, StringConstraints(min_length=16, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]


class ShareCreate(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: Number | None = Field(default=None, description="The version; the newest where it is left out.")
    days: Annotated[int, Field(ge=1, le=365)] | None = Field(default=None, description="null: until it is ended.")


class ShareOut(BaseModel):
    """A link to one version."""

    id: UUID
    number: int
    created_at: datetime
    expires_at: datetime | None

    @classmethod
    def of(cls, share: Share) -> ShareOut:
        return cls(id=share.id, number=share.number, created_at=share.created_at, expires_at=share.expires_at)


class SharesOut(BaseModel):
    items: list[ShareOut]


class NewShareOut(BaseModel):
    """A new link. `secret` is shown this once: whoever has it sees that version, and may copy it."""

    share: ShareOut
    secret: str


class SharedIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    secret: Secret


class SharedCopy(SharedIn):
    name: Name | None = None


class SharedOut(BaseModel):
    """What a link shows: nothing of its author, and no later version."""

    name: str
    about: str
    number: int
    rules: StrategyRulesOut
    instruments: list[str]
    words: str
    created_at: datetime

    @classmethod
    def of(cls, shown: Shown) -> SharedOut:
        version = shown.version
        return cls(
            name=shown.strategy.name,
            about=shown.strategy.about,
            number=version.number,
            rules=rules_of(version.document),
            instruments=list(version.instruments),
            words=version.words,
            created_at=version.created_at,
        )


@router.post("/api/strategies/shared/", responses=problems(NotFound, StoreUnavailable))
async def show_shared_strategy(body: SharedIn, _user: StrategiesReader, strategies: StrategiesOf) -> SharedOut:
    """Show what a link shows. The secret goes in the body, since addresses are written into logs."""
    return SharedOut.of(await strategies.shared(body.secret))


@router.post("/api/strategies/shared/copy/", status_code=201, responses=OWN_WRITES)
async def copy_shared_strategy(
    body: SharedCopy, user: StrategiesWriter, strategies: StrategiesOf, key: IdempotencyKey
) -> StrategyOut:
    """Begin a strategy of one's own as a shared one is."""
    once = key.answering(StrategyOut.of)
    return StrategyOut.of(await strategies.copy_shared(user.user_id, body.secret, body.name, once))


@router.post(
    "/api/strategies/{strategy_id}/shares/", status_code=201, responses=problems(NotFound, Conflict, StoreUnavailable)
)
async def share_strategy(
    strategy_id: UUID, body: ShareCreate, user: StrategiesWriter, strategies: StrategiesOf
) -> NewShareOut:
    """Make a link to a version. Its secret is in this answer only, so no Idempotency-Key is taken."""
    share, secret = await strategies.share(user.user_id, strategy_id, body.number, body.days)
    return NewShareOut(share=ShareOut.of(share), secret=secret)


@router.get("/api/strategies/{strategy_id}/shares/", responses=problems(NotFound, StoreUnavailable))
async def list_strategy_shares(strategy_id: UUID, user: StrategiesReader, strategies: StrategiesOf) -> SharesOut:
    """List the links to a strategy, newest first."""
    return SharesOut(items=[ShareOut.of(one) for one in await strategies.shares(user.user_id, strategy_id)])


@router.delete(
    "/api/strategies/{strategy_id}/shares/{share_id}/",
    status_code=204,
    responses=problems(NotFound, StoreUnavailable),
)
async def end_strategy_share(
    strategy_id: UUID, share_id: UUID, user: StrategiesWriter, strategies: StrategiesOf
) -> Response:
    """End a link at once."""
    await strategies.unshare(user.user_id, strategy_id, share_id)
    return Response(status_code=204)
