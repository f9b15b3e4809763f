"""When a message is tried again, and whose clock its times are written in. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

GIVE_UP_AFTER = timedelta(days=1)

LADDER = tuple(timedelta(seconds=seconds) for seconds in (30, 60, 120, 300, 600, 1_200, 2_400, 3_600, 7_200))
"""The wait after the first, second, ... failed try; the last one goes on until we give up."""

JITTER = 0.2


class Purpose(StrEnum):
    """What a message is for: the template that it is written by."""

    ALERT_TRIGGERED = "alert_triggered"
    VERIFY_EMAIL = "verify_email"
    ACCOUNT_EXISTS = "account_exists"
    PASSWORD_RESET = "password_reset"  # noqa: S105  a purpose
    EMAIL_CHANGE_NEW = "email_change_new"
    EMAIL_CHANGE_OLD = "email_change_old"
    LOGIN_UNBLOCK = "login_unblock"
    ACCOUNT_CLOSING = "account_closing"
    PHONE_CODE = "phone_code"
    ADDRESS_CODE = "address_code"
    """Confirms a number that notices go to."""
    ADDRESS_TEST = "address_test"
    """Shows that notices reach a chat, a number or a device."""
    WELCOME = "welcome"
    SECURITY_NOTICE = "security_notice"
    COMPANY_DAY = "company_day"
    """Results or an ex-day that come: a notice by its title and text."""
    SIGNAL = "signal"
    """A signal of a strategy that is followed, or its end: a notice by its title and text."""
    NOTICE = "notice"
    """A notice by its title and text alone."""
    DIGEST = "digest"
    WEBHOOK = "webhook"


CODE_LASTS = timedelta(minutes=10)
"""A code that could not be sent by then is of no use any more."""


class Channel(StrEnum):
    """Ways to reach a person."""

    IN_APP = "in_app"
    MAIL = "mail"
    PUSH = "push"
    TELEGRAM = "telegram"
    SLACK = "slack"
    SMS = "sms"
    WEBHOOK = "webhook"


class Kind(StrEnum):
    """What a notice is about: what people choose channels by."""

    ALERT = "alert"
    SIGNAL = "signal"
    COMPANY = "company"
    ACCOUNT = "account"
    SECURITY = "security"


class Lane(StrEnum):
    """Which sender takes a message: one party that is away holds up its own lane only."""

    POST = "post"
    CHAT = "chat"
    WEBHOOK = "webhook"


LANES: Mapping[Channel, Lane] = {
    Channel.MAIL: Lane.POST,
    Channel.SMS: Lane.POST,
    Channel.PUSH: Lane.CHAT,
    Channel.TELEGRAM: Lane.CHAT,
    Channel.SLACK: Lane.CHAT,
    Channel.WEBHOOK: Lane.WEBHOOK,
}


DOORBELL = "alerts_deliveries"
"""The channel of NOTIFY by which a commit tells the senders of new messages; what is told is the lane."""


class DeliveryStatus(StrEnum):
    """A message that is being tried is still queued: only its answer moves it.

    Sent: somebody took it to hand it on. Where they tell what became of it, it is delivered or bounced after that.
    Collected waits for the person's digest; digested went into one.
    """

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    COLLECTED = "collected"
    DIGESTED = "digested"


class Urgency:
    """Who goes first when many wait. A person in front of a form beats a notice."""

    AWAITED = 0
    NOTICE = 1


WEBHOOK_LADDER = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""Standard Webhooks 1.0.0, after the first try at once; behind the last one a message is given up (decisions 14)."""


def next_try(
    attempts: int,
    *,
    opened_at: datetime,
    now: datetime,
    jitter: float,
    retry_after: timedelta | None = None,
    lane: Lane = Lane.POST,
) -> datetime | None:
    """Say when a message is tried again after `attempts` tries (1 or more); None when it is given up.

    jitter: a random number within 0..1, which spreads those that failed together. retry_after: what they asked for.
    """
    spread = 1 + JITTER * (2 * jitter - 1)
    if lane is Lane.WEBHOOK:
        if attempts > len(WEBHOOK_LADDER):
            return None
        return now + max(WEBHOOK_LADDER[attempts - 1] * spread, min(retry_after or timedelta(0), GIVE_UP_AFTER))
    due_at = now + max(LADDER[min(attempts, len(LADDER)) - 1] * spread, retry_after or timedelta(0))
    return due_at if due_at <= opened_at + GIVE_UP_AFTER else None


_EXCHANGE_ZONES = {
    "NASDAQ": "America/New_York",
    "NYSE": "America/New_York",
    "AMEX": "America/New_York",
    "ARCA": "America/New_York",
    "NSE": "Asia/Kolkata",
    "BSE": "Asia/Kolkata",
}


def in_zones(at: datetime, *, user_zone: str, exchange: str) -> str:
    """Write an instant for a person: in their zone, and in the exchange's (UTC where that is the same or unknown).

    `24 Nov 2026, 20:31:05 IST (10:01:05 EST)`
    """
    here = at.astimezone(ZoneInfo(user_zone))
    there = at.astimezone(ZoneInfo(_EXCHANGE_ZONES.get(exchange, "UTC")))
    if there.utcoffset() == here.utcoffset():
        there = at.astimezone(ZoneInfo("UTC"))
    same_day = "" if there.date() == here.date() else f"{there.day} {there:%b}, "
    return f"{here.day} {here:%b %Y, %H:%M:%S} {here.tzname()} ({same_day}{there:%H:%M:%S} {there.tzname()})"


def in_zone(at: datetime, *, zone: str) -> str:
    """Write an instant for a person: `24 Nov 2026, 20:31 IST`."""
    here = at.astimezone(ZoneInfo(zone))
    return f"{here.day} {here:%b %Y, %H:%M} {here.tzname()}"


def clock_time(at: datetime, *, exchange: str, with_day: bool) -> str:
    """Write an instant by the exchange's clock, shortly: `15:30`, or `24 Nov 15:30`."""
    there = at.astimezone(ZoneInfo(_EXCHANGE_ZONES.get(exchange, "UTC")))
    return f"{there.day} {there:%b %H:%M}" if with_day else f"{there:%H:%M}"


def on_day(at: datetime, *, exchange: str) -> str:
    """Write the exchange's day of an instant: `12 August 2025`."""
    there = at.astimezone(ZoneInfo(_EXCHANGE_ZONES.get(exchange, "UTC")))
    return f"{there.day} {there:%B %Y}"


def place_of_sealed(delivery_id: UUID) -> str:
    """Name where a message's secret is kept, which its encryption is bound to."""
    return f"deliveries|{delivery_id}|sealed"
