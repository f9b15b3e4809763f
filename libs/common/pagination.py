"""Lists in pages: keyset pagination behind a signed, opaque cursor.

    mine = select(Alert).where(Alert.user_id == user_id)
    found = await paginate(session, mine, page, key=(Alert.created_at, Alert.id), scope=f"alerts {user_id}")

One statement per page, however far down: the cursor holds the key of the last row, and the next page begins behind it.
The signature keeps clients from probing with keys of their own; the scope keeps a cursor to the list it came from.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
from pydantic import BaseModel, SecretStr
from sqlalchemy import Select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql import ColumnElement

from libs.common.errors import InvalidCursor

DEFAULT_LIMIT = 50
MAX_LIMIT = 200

_MAC_BYTES = 16
_MAX_CURSOR_CHARS = 1_000

T = TypeVar("T")
S = TypeVar("S")


class Page(BaseModel, Generic[T]):
    """One page of a list, as it goes to the client. `next_cursor` is null on the last one."""

    items: list[T]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Found(Generic[S]):
    """One page of rows."""

    items: list[S]
    next_cursor: str | None

    def as_page(self, render: Callable[[S], T]) -> Page[T]:
        """Make the client's page of it."""
        return Page(items=[render(item) for item in self.items], next_cursor=self.next_cursor)


class Cursors:
    """Signs and reads cursors."""

    def __init__(self, secret: SecretStr) -> None:
        self._key = hashlib.sha256(b"cursor\0" + secret.get_secret_value().encode()).digest()

    def write(self, scope: str, values: Sequence[Any]) -> str:
        payload = orjson.dumps([_to_text(value) for value in values])
        return base64.urlsafe_b64encode(self._mac(scope, payload) + payload).decode().rstrip("=")

    def read(self, scope: str, cursor: str, types: Sequence[type]) -> list[Any]:
        """Read a cursor of this scope. Raises InvalidCursor for every other text."""
        try:
            if len(cursor) > _MAX_CURSOR_CHARS or not cursor.isascii():
                raise InvalidCursor()
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
            if not hmac.compare_digest(mac, self._mac(scope, payload)):
                raise InvalidCursor()
            texts = orjson.loads(payload)
            return [_from_text(text, kind) for text, kind in zip(texts, types, strict=True)]
        except (binascii.Error, ValueError) as error:
            raise InvalidCursor() from error

    def _mac(self, scope: str, payload: bytes) -> bytes:
        return hmac.digest(self._key, scope.encode() + b"\0" + payload, "sha256")[:_MAC_BYTES]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page a client asks for."""

    cursors: Cursors
    limit: int = DEFAULT_LIMIT
    cursor: str | None = None


async def paginate(
    session: AsyncSession,
    statement: Select[*tuple[Any, ...]],
    page: PageRequest,
    *,
    key: Sequence[InstrumentedAttribute[Any] | ColumnElement[Any]],
    scope: str,
    descending: bool = True,
) -> Found[Any]:
    """Read one page, newest first unless told otherwise. Raises InvalidCursor.

    key: columns that are never null and together unique; all go in one direction. scope: names the list and whose it
    is. Gives entities when the statement selects one, else rows.
    """
    if page.cursor is not None:
        last = page.cursors.read(scope, page.cursor, [column.type.python_type for column in key])
        beyond = tuple_(*key) < tuple_(*last) if descending else tuple_(*key) > tuple_(*last)
        statement = statement.where(beyond)
    order = [column.desc() if descending else column.asc() for column in key]
    selected = len(statement.column_descriptions)
    result = await session.execute(statement.add_columns(*key).order_by(*order).limit(page.limit + 1))
    rows = result.all()
    items = [row[0] if selected == 1 else row[:selected] for row in rows[: page.limit]]
    if len(rows) <= page.limit:
        return Found(items, None)
    return Found(items, page.cursors.write(scope, rows[page.limit - 1][selected:]))


def _to_text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str | int | Decimal | UUID) and not isinstance(value, bool):
        return str(value)
    raise TypeError(f"A {type(value).__name__} cannot be part of a cursor.")


def _from_text(text: str, kind: type) -> Any:
    return datetime.fromisoformat(text) if kind is datetime else kind(text)
