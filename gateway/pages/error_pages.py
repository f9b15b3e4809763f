"""`/docs/errors/<code>`: what each code means and what to do, made from the classes that raise it."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from html import escape

from gateway.credentials import Visitor
from gateway.door import OwnRoute, Page, Visit
from gateway.pages.policy import page_headers, text_policy
from gateway.pages.text import text_page
from libs.common.errors import ErrorCode, Problem

ROOT = "/docs/errors"
_HEADERS = [*page_headers("text/html; charset=utf-8", text_policy()), (b"cache-control", b"public, max-age=300")]


class ErrorPages:
    """One address for each code, and one for the list of them."""

    def routes(self) -> Mapping[bytes, OwnRoute]:
        shown = {f"{ROOT}/{code}".encode(): OwnRoute(_shows(code, kind)) for code, kind in problem_kinds().items()}
        return {ROOT.encode(): OwnRoute(_list_errors), **shown}


def _shows(code: ErrorCode, kind: type[Problem]) -> Callable[[Visit, Visitor | None], Awaitable[Page]]:
    async def serve(_visit: Visit, _visitor: Visitor | None) -> Page:
        return 200, list(_HEADERS), error_page(code, kind)

    return serve


async def _list_errors(_visit: Visit, _visitor: Visitor | None) -> Page:
    rows = "".join(
        f'<tr><td><a href="{ROOT}/{code}"><code>{code}</code></a></td><td>{kind.status}</td>'
        f"<td>{escape(kind.title)}</td></tr>"
        for code, kind in sorted(problem_kinds().items())
    )
    table = f"<table><thead><tr><th>Code</th><th>Status</th><th>Title</th></tr></thead><tbody>{rows}</tbody></table>"
    return 200, list(_HEADERS), text_page("Error codes", f"<p>Test <code>code</code>; the words may change.</p>{table}")


def error_page(code: ErrorCode, kind: type[Problem]) -> bytes:
    """Write the page of one code."""
    meaning = inspect.getdoc(kind) if "__doc__" in vars(kind) and kind.__doc__ else f"{kind.title}."
    paragraphs = "".join(f"<p>{_marked_up(part)}</p>" for part in str(meaning).split("\n\n"))
    body = (
        f"<p><code>{code}</code>, HTTP status {kind.status}</p>{paragraphs}"
        f"<p>The answer is <code>application/problem+json</code> (RFC 9457) with this <code>code</code> and a "
        f'<code>request_id</code> to quote when you ask us.</p><p><a href="{ROOT}">All codes</a></p>'
    )
    return text_page(kind.title, body)


def problem_kinds() -> Mapping[ErrorCode, type[Problem]]:
    """Give for each code the class that stands for it: the first that defines it, going down from Problem."""
    found: dict[ErrorCode, type[Problem]] = {}
    queue: list[type[Problem]] = [Problem]
    while queue:
        kind = queue.pop(0)
        if not kind.__name__.startswith("_") and kind is not Problem:
            found.setdefault(kind.code, kind)
        queue += kind.__subclasses__()
    return found


def _marked_up(text: str) -> str:
    parts = escape(" ".join(text.split()), quote=False).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))
