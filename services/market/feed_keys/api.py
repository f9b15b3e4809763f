"""The route by which the broker service learns what to subscribe to."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from libs.common.errors import StoreUnavailable
from libs.common.web import Router, of_app, problems, require_service
from libs.contracts.ingest import MAX_KEYS, FeedKey, FeedKeys, FeedVendor
from services.market.feed_keys.service import FeedKeyBook

internal = Router(tags=["internal"])

_CALLERS = require_service("broker", scope="prices:read")
Name = Annotated[str, StringConstraints(max_length=50)]


class FeedKeysAsked(BaseModel):
    """Which instruments a connection is to bring. None: all that is monitored."""

    model_config = ConfigDict(extra="forbid")

    instruments: list[Name] | None = Field(default=None, max_length=MAX_KEYS, examples=[["NSE:INFY"]])


@internal.post(
    "/internal/feed-keys/{vendor}",
    dependencies=[Depends(_CALLERS)],
    summary="Tell how a broker's feed calls instruments",
    responses=problems(StoreUnavailable),
)
async def list_feed_keys(
    vendor: FeedVendor, body: FeedKeysAsked, book: Annotated[FeedKeyBook, Depends(of_app("feed_keys"))]
) -> FeedKeys:
    """Give the keys of those instruments that an imported list of the vendor told, by name."""
    found = await book.list_keys(vendor, body.instruments)
    return FeedKeys(items=tuple(FeedKey(instrument=instrument, key=key) for instrument, key in found))
