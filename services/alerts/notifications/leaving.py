"""The address in a mail by which its reader gets no more of them: no login, nothing happens by opening it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Request
from fastapi.responses import HTMLResponse

from libs.common.errors import NotFound, StoreUnavailable
from libs.common.web import PUBLIC, Router, problems
from services.alerts.notifications.rules import Channel, Kind
from services.alerts.notifications.unsubscribe import Unsubscribe
from services.alerts.preferences.service import PreferencesOf

router = Router(tags=["notifications"])

Token = Annotated[str, Path(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]

_WORDS = {
    Kind.ALERT: "your alerts",
    Kind.ACCOUNT: "your account",
    Kind.COMPANY: "the days of companies",
    Kind.SIGNAL: "signals",
}

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>Mails of ShareWise</title></head>
<body><main><h1>{title}</h1><p>{text}</p>{form}
<p><a href="/settings/notifications">All settings of notifications</a></p></main></body></html>
"""


@router.get(
    "/api/unsubscribe/{token}/",
    response_class=HTMLResponse,
    dependencies=[PUBLIC],
    responses=problems(NotFound),
)
async def show_unsubscribe(token: Token, request: Request) -> HTMLResponse:
    """Show a page with a button. Opening it changes nothing: programs that look at mails open every address."""
    _, kind = _read(request, token)
    form = '<form method="post"><button type="submit" name="List-Unsubscribe" value="One-Click">Stop</button></form>'
    title = f"Stop mails about {_WORDS[kind]}?"
    return HTMLResponse(_PAGE.format(title=title, text="You still find them in the application.", form=form))


@router.post_unread(
    "/api/unsubscribe/{token}/",
    response_class=HTMLResponse,
    dependencies=[PUBLIC],
    responses=problems(NotFound, StoreUnavailable),
)
async def unsubscribe(token: Token, request: Request) -> HTMLResponse:
    """Stop mails of this kind to this person, as mail programs ask for by one click (RFC 8058). Safe to repeat."""
    user_id, kind = _read(request, token)
    preferences: PreferencesOf = request.app.state.preferences
    await preferences.switch_off(user_id, kind, Channel.MAIL)
    text = f"You get no more mails about {_WORDS[kind]}. You still find them in the application."
    return HTMLResponse(_PAGE.format(title="It is done", text=text, form=""))


def _read(request: Request, token: str) -> tuple[UUID, Kind]:
    unsubscribes: Unsubscribe = request.app.state.unsubscribes
    found = unsubscribes.read(token)
    if found is None:
        raise NotFound("There is no such address.")
    return found
