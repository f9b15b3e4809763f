"""Every knob of alerts."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Any, ClassVar, Literal, Self

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from pydantic import Field, SecretStr, model_validator

from libs.common.settings import ServiceSettings
from libs.contracts.market import TICK_PARTITIONS
from services.alerts.channels.mail import SmtpOptions
from services.alerts.channels.mail.smtp import SmtpSecurity
from services.alerts.channels.pace import Pace
from services.alerts.channels.push.vapid import key_from, read_key
from services.alerts.notifications.rules import Channel

SMTP_PRESETS: dict[str, dict[str, Any]] = {
    "none": {},
    # With an app password of a Google account; some 500 recipients a day, so for development and small installations.
    "gmail": {"smtp_host": "smtp.gmail.com", "smtp_port": 587, "smtp_security": "starttls"},
}
"""What `ALERTS_SMTP_PRESET` fills in where nothing else is set."""


class AlertsSettings(ServiceSettings):
    service: ClassVar[str] = "alerts"

    port: int = 8003
    worker_port: int = 8103
    engine_port: int = Field(default=8113, ge=0, le=65535)
    sender_port: int = Field(default=8114, ge=0, le=65535)

    smtp_preset: Literal["none", "gmail"] = "none"
    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(default=1025, ge=1, le=65535)
    smtp_security: SmtpSecurity = "opportunistic"
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_connections: int = Field(default=8, ge=1, le=50)
    smtp_timeout_s: float = Field(default=10.0, gt=0, le=20)
    mail_from: str = "ShareWise <alerts@sharewise.local>"
    mail_reply_to: str | None = None
    mail_domain: str | None = None
    """The right side of our Message-IDs; that of `mail_from` unless set."""

    mail_provider: Literal["smtp", "sendgrid"] = "smtp"
    sendgrid_key: SecretStr | None = None
    sendgrid_url: str = "https://api.sendgrid.com"
    sendgrid_webhook_key: str | None = None
    """The public key of SendGrid's signed event webhook, base64: what becomes of mails is told to
    `<public url>/api/sendgrid/events/`."""
    sendgrid_dry: bool = False
    """They check each mail and send none (sandbox mode)."""

    sms_provider: Literal["default", "none", "sink", "http", "twilio"] = "default"
    """`sink` writes short messages as mails, for development; `default` is that in development and none elsewhere."""
    twilio_account: str = ""
    twilio_auth_token: SecretStr | None = None
    twilio_url: str = "https://api.twilio.com"
    sms_url: str | None = None
    sms_encoding: Literal["json", "form"] = "json"
    sms_headers: SecretStr | None = None
    """JSON: header -> value, such as `{"authkey": "..."}`."""
    sms_body: str = '{"to": "{to}", "text": "{text}", "template_id": "{template}", "sender": "{sender}"}'
    """JSON: member -> text in which {to}, {digits}, {text}, {template}, {sender} and {entity} are filled in."""
    sms_sender: str = ""
    """The header that is registered with the operators, six letters in India; a text may have its own."""
    sms_entity: str = ""
    """The number of our registration with the operators (PE id)."""

    default_time_zone: str = "Asia/Kolkata"
    """The zone in which a person reads times, until they choose one."""

    hourly_limits: dict[Channel, int] = Field(
        default_factory=lambda: {Channel.SMS: 20, Channel.TELEGRAM: 60, Channel.SLACK: 60, Channel.PUSH: 60}
    )
    """Most notices an hour to one person by a channel; what is more stays in the application."""
    channel_paces: dict[Channel, Pace] = Field(
        default_factory=lambda: {
            Channel.TELEGRAM: Pace(total=25, each=1),
            Channel.SLACK: Pace(each=1),
            Channel.SMS: Pace(total=10),
        }
    )
    """Most messages a second by a channel from one worker (`total`), and to one address (`each`)."""
    notice_keep_days: int = Field(default=180, ge=1, le=3_650)
    """How long notices and the ledger of their messages are kept."""

    telegram_bot: str | None = None
    """Our bot's name, without @; Telegram is offered where it is set."""
    telegram_token: SecretStr | None = None
    telegram_webhook_secret: SecretStr | None = None
    """What Telegram sends along with updates: `secret_token` of setWebhook."""
    telegram_api_url: str = "https://api.telegram.org"
    slack_host: str = "hooks.slack.com"
    chat_lanes: int = Field(default=8, ge=1, le=100)

    push_private_key: SecretStr | None = None
    """The key that browsers subscribe to: base64url of 32 bytes (VAPID). It must never change: browsers would have to
    subscribe anew. Unset: in development one is made of `field_key`; elsewhere push is not offered."""
    push_contact: str | None = None
    """`mailto:` or https, for whoever runs a push service; the address of `mail_from` unless set."""
    push_hosts: tuple[str, ...] = (
        "fcm.googleapis.com",
        "push.services.mozilla.com",
        "push.apple.com",
        "notify.windows.com",
    )
    """The push services of browsers, each with what is under it: nothing else is called."""

    webhook_private_addresses: bool | None = None
    """Let webhooks go to plain http and to addresses of one's own network; unset: in development only."""
    webhook_lanes: int = Field(default=16, ge=1, le=100)
    """Calls to webhooks at once."""
    webhook_log_days: int = Field(default=30, ge=1, le=365)

    tick_partitions: int = Field(default=TICK_PARTITIONS, ge=1, le=64)
    engine_chunk: int = Field(default=480, ge=1, le=5_000)
    """Most alerts fired in one transaction: long enough to be fast, short enough that no symbol waits for it."""
    engine_lease_s: float = Field(default=3.0, ge=1.0, le=60)
    """After so long a silence of an engine the others take its alerts; one that was killed they take at once."""

    instrument_cache_s: float = Field(default=5.0, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _apply_preset(cls, values: dict[str, Any]) -> dict[str, Any]:
        preset = SMTP_PRESETS.get(str(values.get("smtp_preset", "none")), {})
        if preset and values.get("smtp_username") and "mail_from" not in values:
            preset = {**preset, "mail_from": f"ShareWise <{values['smtp_username']}>"}
        return {**preset, **values}

    @model_validator(mode="after")
    def _refuse_a_readable_login(self) -> Self:
        if self.is_production and self.smtp_username and self.smtp_security not in {"starttls", "implicit"}:
            raise ValueError("smtp_username needs smtp_security starttls or implicit: a login must not be readable.")
        if "@" not in parseaddr(self.mail_from)[1]:
            raise ValueError("mail_from is written `Name <address>`.")
        return self

    @model_validator(mode="after")
    def _refuse_an_sms_provider_without_address(self) -> Self:
        if self.sms_provider == "http" and not (self.sms_url or "").startswith("https://"):
            raise ValueError("sms_provider http needs sms_url, an https:// address.")
        if self.sms_provider == "twilio" and not (self.twilio_account and self.twilio_auth_token and self.sms_sender):
            raise ValueError("sms_provider twilio needs twilio_account, twilio_auth_token and sms_sender.")
        if self.sms_provider == "sink" and self.is_production:
            raise ValueError("sms_provider sink is for development: codes would go out by mail.")
        return self

    @property
    def sms_channel(self) -> Literal["none", "sink", "http", "twilio"]:
        """What sends short messages."""
        if self.sms_provider != "default":
            return self.sms_provider
        return "sink" if self.is_development else "none"

    @model_validator(mode="after")
    def _refuse_private_webhooks_in_production(self) -> Self:
        if self.is_production and self.webhook_private_addresses:
            raise ValueError("webhook_private_addresses is for development: people could call our own network.")
        return self

    @property
    def offered_channels(self) -> frozenset[Channel]:
        """What people may choose here: a channel that nothing is set up for is not offered."""
        telegram = {Channel.TELEGRAM} if self.telegram_bot is not None else set()
        push = {Channel.PUSH} if self.push_key() is not None else set()
        sms = {Channel.SMS} if self.sms_channel != "none" else set()
        return frozenset({Channel.IN_APP, Channel.MAIL, Channel.SLACK, *telegram, *push, *sms})

    def push_key(self) -> EllipticCurvePrivateKey | None:
        """Give the key that browsers subscribe to; None where push is not offered. Raises ValueError."""
        if self.push_private_key is not None:
            return read_key(self.push_private_key)
        return key_from(self.field_key) if self.is_development else None

    @model_validator(mode="after")
    def _refuse_a_push_key_that_is_none(self) -> Self:
        self.push_key()
        return self

    @property
    def private_webhooks(self) -> bool:
        """Whether webhooks may go to one's own network."""
        if self.webhook_private_addresses is None:
            return self.is_development
        return self.webhook_private_addresses

    @property
    def message_domain(self) -> str:
        """What stands on the right of `@` in our Message-IDs."""
        return self.mail_domain or parseaddr(self.mail_from)[1].rpartition("@")[2]

    @model_validator(mode="after")
    def _refuse_sendgrid_without_a_key(self) -> Self:
        if self.mail_provider == "sendgrid" and self.sendgrid_key is None:
            raise ValueError("mail_provider sendgrid needs sendgrid_key.")
        return self

    def smtp_options(self) -> SmtpOptions:
        """Gather what the mail channel needs."""
        return SmtpOptions(
            host=self.smtp_host,
            port=self.smtp_port,
            security=self.smtp_security,
            sender=self.mail_from,
            reply_to=self.mail_reply_to or self.mail_from,
            username=self.smtp_username,
            password=self.smtp_password,
            connections=self.smtp_connections,
            timeout_s=self.smtp_timeout_s,
        )
