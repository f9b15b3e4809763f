"""An SMTP server for tests, which answers as it is told to."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

SLOW_S = 5.0
"""Longer than anybody waits here."""


@dataclass
class MailServer:
    """Takes mails. `answers` maps a recipient to what RCPT says, `after_data` to what DATA says; each is used up.

    The words `drop` in place of an answer close the connection there, after the message was read; `slow` lets the other
    side lose patience. `cut_in_data`: how often the connection is closed in the middle of a message.
    """

    answers: dict[str, list[str]] = field(default_factory=dict)
    after_data: dict[str, list[str]] = field(default_factory=dict)
    taken: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    greets: bool = True
    cut_in_data: int = 0
    _servers: list[SMTP] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = _next(self.answers, address)
        if answer == "drop":
            _close(server)
            return "421 gone"
        if answer == "slow":
            await asyncio.sleep(SLOW_S)
            answer = None
        if answer is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        answer = _next(self.after_data, envelope.rcpt_tos[0])
        if answer is not None and answer.startswith(("4", "5")):
            return answer
        self.raw.append(content)
        self.taken.append(message_from_bytes(content, policy=policy.default))  # type: ignore[arg-type]
        if answer == "drop":
            _close(server)
        if answer == "slow":
            await asyncio.sleep(SLOW_S)
        return "250 taken"

    def ids(self) -> Counter[str]:
        """Count the mails taken by Message-ID."""
        return Counter(str(mail["Message-ID"]) for mail in self.taken)

    @contextlib.asynccontextmanager
    async def serving(self, *, port: int = 0, **options: Any) -> AsyncIterator[MailServer]:
        def connect() -> SMTP:
            self.connections += 1
            protocol = _Breakable(self, hostname="mail.test", loop=asyncio.get_running_loop(), **options)
            self._servers.append(protocol)
            return protocol

        server = await asyncio.get_running_loop().create_server(connect, "127.0.0.1", port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for protocol in self._servers:
                _close(protocol)
            await server.wait_closed()


class _Breakable(SMTP):
    """Breaks off in the middle of a message when it is told to."""

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        handler = self.event_handler
        if isinstance(handler, MailServer) and handler.cut_in_data:
            handler.cut_in_data -= 1
            await self.push("354 go on")
            await self._reader.readline()
            _close(self)
            return
        await super().smtp_DATA(arg)


def _close(server: SMTP) -> None:
    if server.transport is not None:
        server.transport.abort()


def _next(answers: dict[str, list[str]], address: str) -> str | None:
    waiting = answers.get(address)
    return waiting.pop(0) if waiting else None
