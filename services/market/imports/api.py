"""The routes of imports, for staff."""

from __future__ import annotations

import base64
import binascii
from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator
from redis.exceptions import RedisError

from libs.common.errors import NotFound, StoreUnavailable
from libs.common.jobs import JobQueue
from libs.common.logging import get_logger
from libs.common.pagination import Page
from libs.common.web import Router, problems
from libs.common.web.pagination import PageParams
from services.market.access import InstrumentsManager
from services.market.imports.formats import Format
from services.market.imports.service import Imports, wake
from services.market.imports.tables import InstrumentImportRow

router = Router(tags=["market"])
log = get_logger(__name__)

MAX_FILE_BYTES = 4 * 1024 * 1024
"""As it comes, which may be gzip: the whole list of Kite is some 2 MB then."""
MAX_BODY_BYTES = MAX_FILE_BYTES * 4 // 3 + 4_096


def _imports(request: Request) -> Imports:
    imports: Imports = request.app.state.imports
    return imports


def _queue(request: Request) -> JobQueue:
    queue: JobQueue = request.app.state.queue
    return queue


ImportsRoom = Annotated[Imports, Depends(_imports)]


class ImportCreate(BaseModel):
    """A list as a file, gzip or plain, in base64. `valid_from`: since when its names hold, by default today."""

    model_config = ConfigDict(extra="forbid")

    format: Format
    file_name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
    ]
    content: Annotated[str, Field(min_length=1, max_length=MAX_FILE_BYTES * 4 // 3 + 4, examples=["SGVsbG8="])]
    valid_from: date | None = None

    @field_validator("content")
    @classmethod
    def _is_base64(cls, content: str) -> str:
        try:
            base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValueError("The content is no base64.") from error
        return content


class ImportProblemOut(BaseModel):
    """A row that was refused."""

    line: int = Field(examples=[17])
    code: str = Field(examples=["bad_isin"])
    message: str


class ImportOut(BaseModel):
    """An import and how far it is: `done` of `rows`. `problems` are the first hundred rows that were refused."""

    id: UUID
    format: Format
    file_name: str
    valid_from: date
    state: Literal["waiting", "running", "done", "failed"]
    rows: int
    done: int
    added: int
    changed: int
    unchanged: int
    skipped: int
    refused: int
    problems: list[ImportProblemOut]
    error: str | None
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, row: InstrumentImportRow) -> Self:
        return cls.model_validate(row, from_attributes=True)


@router.post("/api/market/imports/", status_code=202, responses=problems(StoreUnavailable))
async def import_instruments(
    body: ImportCreate, user: InstrumentsManager, imports: ImportsRoom, queue: Annotated[JobQueue, Depends(_queue)]
) -> ImportOut:
    """Hand in a list of instruments. It is worked through by a job: ask for its progress by its id."""
    content = base64.b64decode(body.content)
    row = await imports.hand_in(user, body.format, body.file_name, content, body.valid_from)
    try:
        await wake(queue, row.id)
    except RedisError:
        log.warning("import_not_woken", import_id=row.id)  # the cron finds it
    return ImportOut.of(row)


@router.get("/api/market/imports/", responses=problems(StoreUnavailable))
async def list_imports(_user: InstrumentsManager, imports: ImportsRoom, page: PageParams) -> Page[ImportOut]:
    """List the imports, newest first."""
    return (await imports.list_all(page)).as_page(ImportOut.of)


@router.get("/api/market/imports/{import_id}/", responses=problems(NotFound, StoreUnavailable))
async def show_import(import_id: UUID, _user: InstrumentsManager, imports: ImportsRoom) -> ImportOut:
    """Show an import: how far it is, and what it brought."""
    return ImportOut.of(await imports.get(import_id))
