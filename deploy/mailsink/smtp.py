"""The SMTP side: takes mails from anyone for anyone, and fails on demand so that senders can be tested."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from pydantic import BaseModel, ConfigDict, Field

from deploy.mailsink.store import MailStore
from libs.common.logging import get_logger

log = get_logger(__name__)


class Faults(BaseModel):
    """What the sink does wrong on purpose, next. Counts run down to 0, which is: behave."""

    model_config = ConfigDict(extra="forbid")

    delay_ms: int = Field(default=0, ge=0, le=60_000)
    """Wait this long before each answer to a mail's data."""
    reject: int = Field(default=0, ge=0)
    """Refuse this many mails with `reject_code`, keeping none of them."""
    reject_code: int = Field(default=451, ge=400, le=599)
    lose_answer: int = Field(default=0, ge=0)
    """Keep this many mails, then cut the connection before the answer: the sender cannot know that they were taken."""


@dataclass(slots=True)
class SinkHandler:
    """aiosmtpd's hooks."""

    store: MailStore
    faults: Faults

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's name)
        faults = self.faults
        if faults.delay_ms:
            await asyncio.sleep(faults.delay_ms / 1000)
        if faults.reject:
            faults.reject -= 1
            return f"{faults.reject_code} Refused on purpose"
        content = envelope.original_content or b""
        summary = self.store.add(envelope.mail_from or "", list(envelope.rcpt_tos), content)
        log.info("mail_taken", mail_id=summary.id, subject=summary.subject, bytes=summary.size)
        if faults.lose_answer:
            faults.lose_answer -= 1
            transport = server.transport
            assert isinstance(transport, asyncio.Transport)
            transport.abort()
        return f"250 Taken as {summary.id}"


def _accept_anyone(*_: object) -> AuthResult:
    return AuthResult(success=True)


async def start_smtp(handler: SinkHandler, *, host: str, port: int, max_mail_bytes: int) -> asyncio.Server:
    """Listen for mails in this loop. A user name and password are taken without a look: presets may carry one."""

    def protocol() -> SMTP:
        return SMTP(
            handler,
            hostname="mailsink.localhost",
            ident="ShareWise mail sink",
            enable_SMTPUTF8=True,
            data_size_limit=max_mail_bytes,
            authenticator=_accept_anyone,
            auth_require_tls=False,
            loop=asyncio.get_running_loop(),
        )

    return await asyncio.get_running_loop().create_server(protocol, host=host, port=port)
