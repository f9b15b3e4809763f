"""Imports of price files, for staff."""

from __future__ import annotations

import base64
import binascii
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, status
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from libs.common.clock import from_ms
from libs.common.errors import NotFound, StoreUnavailable
from libs.common.money import from_e4
from libs.common.pagination import Page
from libs.common.web import Router, problems
from libs.common.web.pagination import PageParams
from libs.contracts.base import Price
from services.market.access import InstrumentsManager
from services.market.history.rules import ImportState
from services.market.history.service import History
from services.market.history.tables import PriceImportRow

router = Router(tags=["staff"])

MAX_FILE_BYTES = 4 * 1024 * 1024
"""As it comes, which may be gzip, zip or Parquet. A day's bhavcopy is some 0.6 MB plain."""
MAX_BODY_BYTES = MAX_FILE_BYTES * 4 // 3 + 4_096


def _history(request: Request) -> History:
    history: History = request.app.state.history
    return history


HistoryRoom = Annotated[History, Depends(_history)]


class PriceImportIn(BaseModel):
    """A file of prices in base64. `exchange`: of a file that does not tell its own.

    `add_unknown`: make instruments known that we do not have; else their bars are left out and named in the report.
    """

    model_config = ConfigDict(extra="forbid")

    file_name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f/\\]+$")
    ] = Field(examples=["sec_bhavdata_full_31122025.csv"])
    content: Annotated[str, Field(min_length=1, max_length=MAX_FILE_BYTES * 4 // 3 + 4, examples=["U1lNQk9M"])]
    exchange: Annotated[str, StringConstraints(max_length=10)] = "NSE"
    add_unknown: bool = False

    @field_validator("content")
    @classmethod
    def _is_base64(cls, content: str) -> str:
        try:
            base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValueError("The content is no base64.") from error
        return content


class PriceStepOut(BaseModel):
    """A step between two bars that no market makes: a split, or a mistake of the file."""

    instrument: str
    at: datetime
    before: Price
    price: Price

    @classmethod
    def of(cls, step: dict[str, Any]) -> PriceStepOut:
        return cls(
            instrument=step["instrument"],
            at=from_ms(step["at_ms"]),
            before=from_e4(step["before_e4"]),
            price=from_e4(step["price_e4"]),
        )


class PriceImportOut(BaseModel):
    """An import: `done` of `bars` are stored. `refused` rows cannot be true; `unknown` and `steps` list at most 100."""

    id: UUID
    file_name: str
    state: ImportState
    interval: str | None
    bars: int
    done: int
    refused: int
    instruments: int
    added: int
    first_day: date | None
    last_day: date | None
    unknown: list[str]
    steps: list[PriceStepOut]
    error: str | None
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, row: PriceImportRow) -> PriceImportOut:
        return cls(
            id=row.id,
            file_name=row.file_name,
            state=ImportState(row.state),
            interval=row.interval,
            bars=row.bars,
            done=row.done,
            refused=row.refused,
            instruments=row.instruments,
            added=row.added,
            first_day=row.first_day,
            last_day=row.last_day,
            unknown=row.unknown,
            steps=[PriceStepOut.of(step) for step in row.steps],
            error=row.error,
            created_at=row.created_at,
            finished_at=row.finished_at,
        )


@router.post(
    "/api/market/price-imports/",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Import a file of prices",
    responses=problems(StoreUnavailable),
)
async def import_prices(body: PriceImportIn, staff: InstrumentsManager, history: HistoryRoom) -> PriceImportOut:
    """Hand in a bhavcopy (old or UDiFF), sec_bhavdata_full, or any CSV or Parquet table of bars.

    The worker stores it within seconds to minutes; ask for the import by its id to see how far it is.
    """
    content = base64.b64decode(body.content)
    row = await history.hand_in(body.file_name, body.exchange, content, add_unknown=body.add_unknown, by=staff)
    return PriceImportOut.of(row)


@router.get("/api/market/price-imports/", summary="List the imports of prices", responses=problems(StoreUnavailable))
async def list_price_imports(
    _staff: InstrumentsManager, page: PageParams, history: HistoryRoom
) -> Page[PriceImportOut]:
    """List imports, newest first."""
    return (await history.list_all(page)).as_page(PriceImportOut.of)


@router.get(
    "/api/market/price-imports/{import_id}/",
    summary="Show an import of prices",
    responses=problems(NotFound, StoreUnavailable),
)
async def get_price_import(import_id: UUID, _staff: InstrumentsManager, history: HistoryRoom) -> PriceImportOut:
    """Show how far an import is and what it brought."""
    return PriceImportOut.of(await history.get(import_id))
