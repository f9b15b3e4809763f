"""`python -m deploy.mailsink`: run the sink until SIGTERM or ctrl-C."""

from __future__ import annotations

import asyncio
import logging

import uvicorn

from deploy.mailsink.app import build_app
from deploy.mailsink.settings import MailsinkSettings
from deploy.mailsink.smtp import Faults, SinkHandler, start_smtp
from deploy.mailsink.store import MailStore
from libs.common.logging import configure_logging, get_logger

log = get_logger(__name__)


async def run(settings: MailsinkSettings) -> None:
    """Serve SMTP and HTTP in one loop; uvicorn owns the signals."""
    store = MailStore(settings.folder, keep=settings.keep)
    handler = SinkHandler(store, Faults())
    http = uvicorn.Server(
        uvicorn.Config(
            build_app(store, handler), host=settings.host, port=settings.port, log_config=None, access_log=False
        )
    )
    smtp = await start_smtp(
        handler, host=settings.host, port=settings.smtp_port, max_mail_bytes=settings.max_mail_bytes
    )
    log.info("mail_sink_started", smtp=f"{settings.host}:{settings.smtp_port}", mails=len(store))
    try:
        await http.serve()
    finally:
        smtp.close()


def main() -> None:
    settings = MailsinkSettings()
    configure_logging(settings.service, level=settings.log_level, log_format=settings.log_format)
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd tells every command
    asyncio.run(run(settings))


if __name__ == "__main__":
    main()
