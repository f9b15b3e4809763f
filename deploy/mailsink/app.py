"""The HTTP side: an API of Mailpit's shape, the knobs for tests, and the page."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from deploy.mailsink.mails import Summary
from deploy.mailsink.smtp import Faults, SinkHandler
from deploy.mailsink.store import MailStore, UnknownMail

_PAGE = Path(__file__).parent / "page"
_PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data:; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'"
)
# A mail is somebody else's document: no scripts, no requests, an origin of its own; its links open a new tab.
_MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data: cid:; base-uri 'self'; frame-ancestors 'self'"
)
_MAX_PAGE = 1_000


def build_app(store: MailStore, handler: SinkHandler) -> Starlette:
    """Wire the routes to one store and to the SMTP side's faults."""
    routes = Routes(store, handler)
    return Starlette(
        routes=[
            Route("/api/v1/messages", routes.list_messages, methods=["GET"]),
            Route("/api/v1/messages", routes.delete_messages, methods=["DELETE"]),
            Route("/api/v1/search", routes.search, methods=["GET"]),
            Route("/api/v1/message/{id}", routes.show_message),
            Route("/api/v1/message/{id}/headers", routes.show_headers),
            Route("/api/v1/message/{id}/raw", routes.show_raw),
            Route("/api/v1/info", routes.show_info),
            Route("/api/v1/faults", routes.show_faults, methods=["GET"]),
            Route("/api/v1/faults", routes.set_faults, methods=["PUT"]),
            Route("/view/{id}.html", routes.view_html),
            Route("/healthz", routes.healthy),
            Route("/readyz", routes.healthy),
            Route("/livez", routes.healthy),
            Route("/{name:path}", routes.page),
        ],
        exception_handlers={UnknownMail: _not_found},
    )


class Routes:
    """Each method is one route; names of members are Mailpit's."""

    def __init__(self, store: MailStore, handler: SinkHandler) -> None:
        self._store = store
        self._handler = handler

    async def list_messages(self, request: Request) -> Response:
        return JSONResponse(self._listing(request, list(self._store.newest_first())))

    async def search(self, request: Request) -> Response:
        """Find by words; `to:`, `from:`, `subject:`, `message-id:` look in one place, quotes hold a phrase."""
        terms = list(_terms(request.query_params.get("query", "")))
        found = [summary for summary in self._store.newest_first() if all(_holds(summary, *term) for term in terms)]
        return JSONResponse(self._listing(request, found))

    async def delete_messages(self, request: Request) -> Response:
        """Delete the mails of body `{"IDs": [...]}`, or all of them without a body."""
        body = await request.body()
        try:
            ids = json.loads(body)["IDs"] if body.strip() else []
        except (ValueError, KeyError, TypeError):
            return JSONResponse({"Error": 'The body is {"IDs": ["..."]}, or empty for all.'}, status_code=400)
        if ids:
            self._store.delete([str(mail_id) for mail_id in ids])
        else:
            self._store.delete_all()
        return PlainTextResponse("ok")

    async def show_message(self, request: Request) -> Response:
        return JSONResponse(self._store.get(request.path_params["id"]).to_json())

    async def show_headers(self, request: Request) -> Response:
        return JSONResponse(self._store.get(request.path_params["id"]).headers)

    async def show_raw(self, request: Request) -> Response:
        return PlainTextResponse(self._store.get_raw(request.path_params["id"]))

    async def show_info(self, _: Request) -> Response:
        return JSONResponse({"Version": "sharewise", "Messages": len(self._store), "Unread": self._store.unread})

    async def show_faults(self, _: Request) -> Response:
        return JSONResponse(self._handler.faults.model_dump())

    async def set_faults(self, request: Request) -> Response:
        try:
            self._handler.faults = Faults.model_validate_json(await request.body())
        except ValidationError as error:
            return JSONResponse({"Error": str(error)}, status_code=422)
        return JSONResponse(self._handler.faults.model_dump())

    async def view_html(self, request: Request) -> Response:
        mail = self._store.get(request.path_params["id"])
        return HTMLResponse(
            f'<!doctype html><base target="_blank">{mail.shown_html()}',
            headers={"Content-Security-Policy": _MAIL_POLICY},
        )

    async def healthy(self, _: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def page(self, request: Request) -> Response:
        name = request.path_params["name"] or "index.html"
        if name not in {"index.html", "page.css", "page.js"}:
            return PlainTextResponse("Not found", status_code=404)
        headers = {"Content-Security-Policy": _PAGE_POLICY, "X-Content-Type-Options": "nosniff"}
        return FileResponse(_PAGE / name, headers=headers)

    def _listing(self, request: Request, found: list[Summary]) -> dict[str, Any]:
        start = _number(request, "start", default=0)
        limit = min(_number(request, "limit", default=50), _MAX_PAGE)
        shown = found[start : start + limit]
        unread = sum(not self._store.is_read(summary.id) for summary in found)
        return {
            "total": len(self._store),
            "unread": self._store.unread,
            "count": len(shown),
            "messages_count": len(found),
            "messages_unread": unread,
            "start": start,
            "tags": [],
            "messages": [summary.to_json(read=self._store.is_read(summary.id)) for summary in shown],
        }


def _number(request: Request, name: str, *, default: int) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else default


def _terms(query: str) -> Iterator[tuple[str, str]]:
    try:
        words = shlex.split(query)
    except ValueError:  # a quote that never closes
        words = query.split()
    for word in words:
        place, colon, rest = word.partition(":")
        known = colon and place.lower() in {"to", "from", "subject", "message-id"}
        yield (place.lower(), rest.lower()) if known else ("", word.lower())


def _holds(summary: Summary, place: str, words: str) -> bool:
    places = {
        "to": " ".join(address["Address"] for address in summary.to + summary.cc + summary.bcc),
        "from": f"{summary.sender['Name']} {summary.sender['Address']}",
        "subject": summary.subject,
        "message-id": summary.message_id,
    }
    looked_in = places[place] if place else f"{' '.join(places.values())} {summary.snippet}"
    return words in looked_in.lower()


async def _not_found(_: Request, __: Exception) -> Response:
    return JSONResponse({"Error": "No such mail: never taken, deleted, or pushed out by newer ones."}, status_code=404)
