"""The first line of a request: its method and its target. Pure."""

from __future__ import annotations

import httptools

from libs.common.errors import BadRequest, MethodNotAllowed, Problem

METHODS = {
    name.encode(): name for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT")
}


class Refused(Exception):
    """Raised inside the parser's callbacks; `problem` is what the client is told."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


def origin_form(target: bytes) -> bytes:
    """Turn an absolute address (`GET http://host/path`) into path and query. CONNECT's target and `*` are refused."""
    try:
        parsed = httptools.parse_url(target)
    except httptools.HttpParserInvalidURLError as error:
        raise Refused(BadRequest("The address of the request is not valid.")) from error
    if not parsed.schema:
        raise Refused(MethodNotAllowed("This method's target is nothing that the door has."))
    return (parsed.path or b"/") + (b"?" + parsed.query if parsed.query else b"")
