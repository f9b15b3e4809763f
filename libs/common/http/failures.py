"""The three ways in which a call ends without the answer that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson


class HttpFailure(Exception):
    """Base of the three. `reason` is for logs; it holds neither bodies nor query strings."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Refused(HttpFailure):
    """They said no; final. `status` is their HTTP status, `body` at most 64 KiB of what they said."""

    def __init__(
        self, reason: str, *, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.body = body
        self.headers = headers or {}

    @property
    def problem(self) -> Mapping[str, Any]:
        """Their answer as a problem document; empty when it is none."""
        try:
            document = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return {}
        return document if isinstance(document, dict) else {}

    @property
    def code(self) -> str | None:
        """The `code` of their problem document, when there is one."""
        code = self.problem.get("code")
        return code if isinstance(code, str) else None


class NotSent(HttpFailure):
    """It certainly was not taken: no connection, an open breaker, or a 429. `retry_after`: seconds, if they said.

    `status` and `body` are those of a 429: some parties tell only there which of their limits it was.
    """

    def __init__(
        self, reason: str, *, retry_after: float | None = None, status: int | None = None, body: bytes = b""
    ) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.status = status
        self.body = body


class OutcomeUnknown(HttpFailure):
    """It may have happened: the answer was lost, late, cut off, or a 5xx. `status` is None when there was no answer."""

    def __init__(self, reason: str, *, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status
