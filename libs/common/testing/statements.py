"""What a block asks of the database: a list must cost as many statements at 1 row as at 100."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine


@contextlib.contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the SQL that this process sends through SQLAlchemy in the block, in order; BEGIN and COMMIT are not."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)
