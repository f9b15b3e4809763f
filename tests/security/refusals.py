"""What a good refusal looks like, said once."""

from __future__ import annotations

from typing import NamedTuple

import httpx

from libs.common.errors import ErrorCode

LEAKS = ("Traceback", 'File "', "asyncpg", "sqlalchemy", "SELECT ", "INSERT ", "/site-packages/")


class Refusal(NamedTuple):
    """`field`: what of the request is wrong, as `pointer code`, such as `/threshold_price price_type`."""

    status: int
    code: str
    field: str | None = None


def invalid(field: str | None = None) -> Refusal:
    return Refusal(422, "validation_failed", field)


UNREADABLE = Refusal(400, "malformed_json")
MALFORMED = Refusal(400, "malformed_request")
NOT_SIGNED_IN = Refusal(401, "not_authenticated")
NO_SUCH_LOGIN = Refusal(401, "invalid_credentials")
NOT_ALLOWED = Refusal(403, "permission_denied")
NOT_FOUND = Refusal(404, "not_found")
NO_SUCH_SYMBOL = Refusal(404, "symbol_not_found")
NO_SUCH_METHOD = Refusal(405, "method_not_allowed")
TOO_BIG = Refusal(413, "payload_too_large")
WRONG_CONTENT = Refusal(415, "unsupported_media_type")
BAD_CURSOR = Refusal(422, "invalid_cursor")
BAD_LINK = Refusal(422, "invalid_token")
HEAD_TOO_BIG = Refusal(431, "headers_too_large")


def check_refused(answer: httpx.Response, refusal: Refusal) -> None:
    """Claim that an answer is this refusal, told in our form, and that it tells nothing of our inside."""
    assert answer.status_code == refusal.status, f"{answer.status_code} {answer.text[:300]}"
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == refusal.code == ErrorCode(refusal.code)
    assert problem["status"] == refusal.status
    assert problem["type"] == f"/docs/errors/{refusal.code}"
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == answer.headers.get("X-Request-ID"), "null where the request was never read"
    if refusal.field is not None:
        fields = [f"{error['field']} {error['code']}" for error in problem["errors"]]
        assert refusal.field in fields, fields
        assert all(error["message"] for error in problem["errors"])
    assert not [leak for leak in LEAKS if leak in answer.text]
