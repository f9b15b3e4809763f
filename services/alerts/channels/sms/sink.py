"""Short messages where there is no provider."""

from __future__ import annotations

import html

from libs.common.ids import uuid7
from services.alerts.channels.port import Mail, MailChannel, Refused, Sms

DOMAIN = "sms.sharewise.local"


class SinkSms:
    """Writes each message as a mail to `<digits>@sms.sharewise.local`, for the mail sink of development."""

    def __init__(self, mail: MailChannel) -> None:
        self._mail = mail

    async def send(self, sms: Sms) -> None:
        """Hand a message over as a mail. Raises what the mail channel raises."""
        reference = str(uuid7())
        await self._mail.send(
            Mail(
                to=f"{sms.to.removeprefix('+')}@{DOMAIN}",
                subject=f"SMS to {sms.to}",
                text=sms.text,
                html=f"<p>{html.escape(sms.text)}</p>",
                message_id=f"<{reference}@{DOMAIN}>",
                reference=reference,
            )
        )


class NoSms:
    """There is no provider, and says so in the ledger."""

    async def send(self, _sms: Sms) -> None:
        """Raises Refused."""
        raise Refused("no SMS provider is set (ALERTS_SMS_PROVIDER)")
