"""The route by which auth has a mail sent that carries a secret (decisions 26)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response

from libs.common.web import Router, require_service
from libs.contracts.auth import MailCommand, ShortMessages
from services.alerts.notifications.service import Notices
from services.alerts.settings import AlertsSettings

router = Router(tags=["internal"])


def _notices(request: Request) -> Notices:
    notices: Notices = request.app.state.notices
    return notices


@router.post(
    "/internal/mails",
    status_code=202,
    summary="Send a mail that carries a secret",
    dependencies=[Depends(require_service("auth", scope="mails:send"))],
)
async def take_mail(command: MailCommand, notices: Annotated[Notices, Depends(_notices)]) -> Response:
    """Take a mail to be sent soon, once per `key`. Its words are kept encrypted until it is sent, and never logged."""
    await notices.take_command(command)
    return Response(status_code=202)


@router.get(
    "/internal/short-messages",
    summary="Say whether short messages are sent",
    dependencies=[Depends(require_service("auth", scope="mails:send"))],
)
async def show_short_messages(request: Request) -> ShortMessages:
    """Say whether a code could be sent to a number, so that nobody is told to wait for one that never comes."""
    settings: AlertsSettings = request.app.state.settings
    return ShortMessages(are_sent=settings.sms_channel != "none")
