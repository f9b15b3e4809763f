"""The routes of watchlists."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from libs.common.errors import (
    Conflict,
    NotFound,
    PermissionDenied,
    StoreUnavailable,
    SymbolAmbiguous,
    SymbolNotFound,
)
from libs.common.web import Permission, Router, ServicePrincipal, problems, require_service
from libs.common.web.idempotency import IdempotencyKey
from libs.contracts.market import WatchlistInfo
from services.market.access import WatchlistsReader, WatchlistsWriter, owner_of
from services.market.prices.api import StockOut
from services.market.watchlists import rules
from services.market.watchlists.service import Watchlist, Watchlists

router = Router(tags=["market"])
internal = Router(tags=["internal"])


def _watchlists(request: Request) -> Watchlists:
    watchlists: Watchlists = request.app.state.watchlists
    return watchlists


WatchlistsRoom = Annotated[Watchlists, Depends(_watchlists)]

Name = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=rules.MAX_NAME_CHARS, pattern=r"^[^\x00-\x1f\x7f]+$"
    ),
]
Symbols = Annotated[
    list[Annotated[str, StringConstraints(min_length=1, max_length=50)]],
    Field(
        max_length=rules.MAX_INSTRUMENTS,
        description="`NASDAQ:AAPL`, or `AAPL` where that is one.",
        examples=[["NASDAQ:AAPL", "NSE:TCS"]],
    ),
]


class WatchlistCreate(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "Banks", "instruments": ["NYSE:BAC"]}]}
    )

    name: Name
    instruments: Symbols = Field(default_factory=list)


class WatchlistChange(BaseModel):
    """What is absent stays. Another list becomes the default one by making that one so."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "US banks"}]})

    name: Name | None = None
    is_default: Literal[True] | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.name is None and self.is_default is None:
            raise ValueError("Send what is to change: name or is_default.")
        return self


class WatchlistContent(BaseModel):
    model_config = ConfigDict(extra="forbid")

    instruments: Symbols


class WatchlistsOrder(BaseModel):
    model_config = ConfigDict(extra="forbid")

    watchlists: list[UUID] = Field(max_length=rules.MAX_LISTS)


class WatchlistOut(BaseModel):
    """A list and what is in it, in its order. The dashboard shows the default one."""

    id: UUID
    name: str = Field(examples=["Banks"])
    is_default: bool
    instruments: list[str] = Field(examples=[["NYSE:BAC", "NYSE:JPM"]])
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, watchlist: Watchlist) -> Self:
        row = watchlist.row
        return cls(
            id=row.id,
            name=row.name,
            is_default=row.is_default,
            instruments=list(watchlist.instruments),
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


class WatchlistsOut(BaseModel):
    """All lists in their order: there are never many, so `next_cursor` is always null."""

    items: list[WatchlistOut]
    next_cursor: None = None


@router.get("/api/watchlists/", responses=problems(StoreUnavailable))
async def list_watchlists(user: WatchlistsReader, watchlists: WatchlistsRoom) -> WatchlistsOut:
    """List one's own watchlists in their order."""
    return WatchlistsOut(items=[WatchlistOut.of(each) for each in await watchlists.list_for(user.user_id)])


@router.post("/api/watchlists/", status_code=201, responses=problems(Conflict, StoreUnavailable))
async def create_watchlist(
    body: WatchlistCreate, user: WatchlistsWriter, watchlists: WatchlistsRoom, key: IdempotencyKey
) -> WatchlistOut:
    """Make a watchlist. The first one becomes the default one."""
    once = key.answering(WatchlistOut.of)
    return WatchlistOut.of(await watchlists.create(user.user_id, body.name, body.instruments, once))


@router.put("/api/watchlists/order/", responses=problems(StoreUnavailable))
async def order_watchlists(body: WatchlistsOrder, user: WatchlistsWriter, watchlists: WatchlistsRoom) -> WatchlistsOut:
    """Put one's watchlists into another order: name each of them once."""
    ordered = await watchlists.order(user.user_id, body.watchlists)
    return WatchlistsOut(items=[WatchlistOut.of(each) for each in ordered])


@router.get("/api/watchlists/{watchlist_id}/", responses=problems(NotFound, StoreUnavailable))
async def show_watchlist(watchlist_id: UUID, user: WatchlistsReader, watchlists: WatchlistsRoom) -> WatchlistOut:
    """Show one of one's watchlists."""
    return WatchlistOut.of(await watchlists.get(user.user_id, watchlist_id))


@router.patch("/api/watchlists/{watchlist_id}/", responses=problems(NotFound, Conflict, StoreUnavailable))
async def change_watchlist(
    watchlist_id: UUID, body: WatchlistChange, user: WatchlistsWriter, watchlists: WatchlistsRoom
) -> WatchlistOut:
    """Rename a watchlist, or make it the default one."""
    changed = await watchlists.change(
        user.user_id, watchlist_id, name=body.name, make_default=body.is_default is not None
    )
    return WatchlistOut.of(changed)


@router.delete("/api/watchlists/{watchlist_id}/", status_code=204, responses=problems(NotFound, StoreUnavailable))
async def delete_watchlist(watchlist_id: UUID, user: WatchlistsWriter, watchlists: WatchlistsRoom) -> Response:
    """Delete a watchlist. Where it was the default one, the first of the others becomes it."""
    await watchlists.delete(user.user_id, watchlist_id)
    return Response(status_code=204)


@router.get("/api/watchlists/{watchlist_id}/stocks/", responses=problems(NotFound, StoreUnavailable))
async def list_watchlist_stocks(
    watchlist_id: UUID, user: WatchlistsReader, watchlists: WatchlistsRoom
) -> list[StockOut]:
    """List what is in a watchlist with its newest prices, in the list's order: a bare list of at most 200."""
    return [StockOut.of(stock) for stock in await watchlists.stocks(user.user_id, watchlist_id, owner_of(user))]


@router.put("/api/watchlists/{watchlist_id}/instruments/", responses=problems(NotFound, StoreUnavailable))
async def fill_watchlist(
    watchlist_id: UUID, body: WatchlistContent, user: WatchlistsWriter, watchlists: WatchlistsRoom
) -> WatchlistOut:
    """Make these, in this order, all that is in a watchlist."""
    return WatchlistOut.of(await watchlists.fill(user.user_id, watchlist_id, body.instruments))


@router.post("/api/watchlists/{watchlist_id}/instruments/", responses=problems(NotFound, Conflict, StoreUnavailable))
async def add_to_watchlist(
    watchlist_id: UUID, body: WatchlistContent, user: WatchlistsWriter, watchlists: WatchlistsRoom, key: IdempotencyKey
) -> WatchlistOut:
    """Put instruments behind those in a watchlist. What is in it already stays where it is."""
    once = key.answering(WatchlistOut.of)
    return WatchlistOut.of(await watchlists.add(user.user_id, watchlist_id, body.instruments, once))


@router.delete(
    "/api/watchlists/{watchlist_id}/instruments/{symbol}/",
    responses=problems(NotFound, SymbolNotFound, SymbolAmbiguous, StoreUnavailable),
)
async def take_out_of_watchlist(
    watchlist_id: UUID, symbol: str, user: WatchlistsWriter, watchlists: WatchlistsRoom
) -> WatchlistOut:
    """Take an instrument out of a watchlist. One that is not in it changes nothing."""
    return WatchlistOut.of(await watchlists.take_out(user.user_id, watchlist_id, symbol))


@internal.get(
    "/internal/watchlists/{watchlist_id}",
    summary="Show a watchlist of the person that the caller acts for",
    responses=problems(NotFound, PermissionDenied, StoreUnavailable),
)
async def get_watchlist(
    watchlist_id: UUID,
    caller: Annotated[ServicePrincipal, Depends(require_service("alerts", "signals", scope="prices:read"))],
    watchlists: WatchlistsRoom,
) -> WatchlistInfo:
    """Show a watchlist to a service that shows its owner's token (X-On-Behalf-Of); somebody else's is 404."""
    person = caller.on_behalf_of
    if person is None or not person.may(Permission.WATCHLISTS_READ):
        raise PermissionDenied("Say for whom, with a token that may see watchlists.")
    found = await watchlists.get(person.user_id, watchlist_id)
    return WatchlistInfo(watchlist_id=found.row.id, name=found.row.name, instruments=tuple(found.instruments))
