"""Ways to reach a person."""

from __future__ import annotations

from services.alerts.channels.port import Letterlike, MailChannel, Sms, SmsChannel


class Channels:
    """Hands each message to the channel that it is for."""

    def __init__(self, mail: MailChannel, sms: SmsChannel) -> None:
        self._mail = mail
        self._sms = sms

    async def send(self, message: Letterlike) -> str | None:
        """Hand a message over. Returns what they call it, if they say. Raises Refused, NotSent or OutcomeUnknown."""
        if isinstance(message, Sms):
            return await self._sms.send(message)
        return await self._mail.send(message)

    async def aclose(self) -> None:
        """Give back what the channels hold."""
        await self._mail.aclose()
