"""SMTP through a few kept connections; every failure becomes one of the port's three (messaging.md, section 1.1)."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from typing import Literal

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPDataError,
    SMTPException,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)
from pydantic import SecretStr

from libs.common.logging import get_logger
from services.alerts.channels.mail.message import compose
from services.alerts.channels.port import Mail, NotSent, OutcomeUnknown, Refused

log = get_logger(__name__)

SmtpSecurity = Literal["starttls", "implicit", "opportunistic", "none"]

MAX_MAILS_PER_CONNECTION = 100
"""Providers close a connection after about so many, some without a word."""

MAX_IDLE_S = 30.0

_LOST = (SMTPServerDisconnected, SMTPTimeoutError, OSError)
_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")


@dataclass(frozen=True, slots=True)
class SmtpOptions:
    """Where and how mail is handed over. `sender` is `Name <address>`; `timeout_s` bounds each answer of the server.

    security: `starttls` and `implicit` insist on TLS; `opportunistic` takes it if offered; `none` never.
    """

    host: str
    port: int
    security: SmtpSecurity
    sender: str
    reply_to: str
    username: str | None = None
    password: SecretStr | None = None
    connections: int = 8
    timeout_s: float = 10.0


class SmtpChannel:
    """Hands mails over, at most `connections` at once."""

    def __init__(self, options: SmtpOptions, *, now: Callable[[], datetime]) -> None:
        self._options = options
        self._now = now
        self._free = asyncio.Semaphore(options.connections)
        self._idle: list[_Line] = []

    async def send(self, mail: Mail) -> None:
        """Hand a mail over. Raises Refused, NotSent or OutcomeUnknown, and nothing else."""
        try:
            raw = compose(mail, sender=self._options.sender, reply_to=self._options.reply_to, now=self._now())
        except ValueError as error:
            raise Refused("the mail cannot be written", bad_address="To" in str(error)) from error
        async with self._free:
            line = self._take()
            if line is not None:
                try:
                    await self._hand_over(line, mail, raw)
                    return
                except _WentStale:
                    pass  # the server closed a connection that rested: try once on a new one
            try:
                await self._hand_over(await self._connect(), mail, raw)
            except _WentStale as error:
                raise NotSent("the server broke off", channel_down=True) from error

    async def aclose(self) -> None:
        """Close the connections that rest."""
        while self._idle:
            self._idle.pop().client.close()

    def _take(self) -> _Line | None:
        while self._idle:
            line = self._idle.pop()
            if line.client.is_connected and line.rested_s() < MAX_IDLE_S:
                return line
            line.client.close()
        return None

    async def _connect(self) -> _Line:
        options = self._options
        client = SMTP(
            hostname=options.host,
            port=options.port,
            use_tls=options.security == "implicit",
            start_tls={"starttls": True, "opportunistic": None}.get(options.security, False),
            username=options.username,
            password=None if options.password is None else options.password.get_secret_value(),
            timeout=options.timeout_s,
        )
        try:
            await client.connect()
        except SMTPAuthenticationError as error:
            # 454 is theirs to mend, all other codes are ours: both mean that no mail goes now.
            log.error("smtp_login_refused", code=error.code)
            raise NotSent(f"the server refused our login with {error.code}", channel_down=True) from error
        except (SMTPConnectError, *_LOST) as error:
            raise NotSent(f"no connection to the mail server: {type(error).__name__}", channel_down=True) from error
        except SMTPException as error:
            log.error("smtp_setup_failed", error=repr(error))
            raise NotSent(f"the mail server cannot be used: {type(error).__name__}", channel_down=True) from error
        finally:
            if not client.is_connected:
                client.close()
        return _Line(client)

    async def _hand_over(self, line: _Line, mail: Mail, raw: bytes) -> None:
        """Run one mail transaction; the connection is kept only when it is known to be clean."""
        client, keep = line.client, False
        try:
            await self._envelope(client, mail)
            await self._content(client, raw)
            keep = line.used() < MAX_MAILS_PER_CONNECTION
        except (Refused, NotSent) as failure:
            keep = not getattr(failure, "channel_down", False) and await _reset(client)
            raise
        finally:
            if keep:
                line.rest()
                self._idle.append(line)
            else:
                client.close()

    async def _envelope(self, client: SMTP, mail: Mail) -> None:
        _, sender = parseaddr(self._options.sender)
        options, encoding = [], "ascii"
        if not mail.to.isascii():
            if not client.supports_extension("smtputf8"):
                raise Refused("the mail server takes no such address", bad_address=True)
            options, encoding = ["SMTPUTF8"], "utf-8"
        try:
            await client.mail(sender, options=options, encoding=encoding)
            await client.rcpt(mail.to, encoding=encoding)
        except SMTPSenderRefused as error:
            # Not this mail's fault: our address or account is not accepted, or there is no room.
            log.error("smtp_sender_refused", code=error.code)
            raise NotSent(f"the server refused our sender with {error.code}", channel_down=True) from error
        except SMTPResponseException as error:
            raise _failure(error, at_recipient=True) from error
        except ValueError as error:
            raise Refused("the address cannot be written", bad_address=True) from error
        except _LOST as error:
            raise _WentStale from error

    async def _content(self, client: SMTP, raw: bytes) -> None:
        try:
            await client.data(raw)
        except SMTPDataError as error:
            raise _failure(error, at_recipient=False) from error
        except _LOST as error:
            # The server may have taken the whole message and lost the line before its answer.
            raise OutcomeUnknown(f"no answer after the message: {type(error).__name__}") from error


class _WentStale(Exception):
    """The connection was lost before the message was handed over."""


class _Line:
    """A connection and what it has done."""

    def __init__(self, client: SMTP) -> None:
        self.client = client
        self._mails = 0
        self._rests_since = time.monotonic()

    def used(self) -> int:
        self._mails += 1
        return self._mails

    def rest(self) -> None:
        self._rests_since = time.monotonic()

    def rested_s(self) -> float:
        return time.monotonic() - self._rests_since


async def _reset(client: SMTP) -> bool:
    try:
        await client.rset()
    except (SMTPException, OSError):
        return False
    return True


def _failure(error: SMTPResponseException, *, at_recipient: bool) -> Refused | NotSent:
    """Read a refusal: 4yz passes, 5yz stays; the enhanced code says whose fault it is."""
    enhanced = _ENHANCED.match(error.message or "")
    status = enhanced[1] if enhanced else ""
    words = f"{error.code} {status}".strip()
    if error.code < 500:
        return NotSent(f"the server said not now: {words}", channel_down=error.code == 421)
    if status.startswith("5.7."):
        log.error("smtp_policy_refusal", code=error.code, status=status)
    bad_address = status.startswith("5.1.") if status else at_recipient and error.code in {550, 551, 553}
    return Refused(f"the server refused: {words}", bad_address=bad_address)
