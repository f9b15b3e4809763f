"""Who may call the routes of market."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from libs.common.web import Permission, Principal, require

MarketReader = Annotated[Principal, Depends(require(Permission.MARKET_READ))]
WatchlistsReader = Annotated[Principal, Depends(require(Permission.WATCHLISTS_READ))]
WatchlistsWriter = Annotated[Principal, Depends(require(Permission.WATCHLISTS_WRITE))]
InstrumentsManager = Annotated[Principal, Depends(require(Permission.INSTRUMENTS_MANAGE))]


def owner_of(caller: Principal) -> UUID | None:
    """Tell whose own prices a caller sees: one's own, and none where staff act as somebody (decisions 30)."""
    return caller.user_id if caller.actor is None else None
