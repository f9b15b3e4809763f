"""Who may call the routes of market."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from libs.common.web import Permission, Principal, require

MarketReader = Annotated[Principal, Depends(require(Permission.MARKET_READ))]
WatchlistsReader = Annotated[Principal, Depends(require(Permission.WATCHLISTS_READ))]
WatchlistsWriter = Annotated[Principal, Depends(require(Permission.WATCHLISTS_WRITE))]
InstrumentsManager = Annotated[Principal, Depends(require(Permission.INSTRUMENTS_MANAGE))]
