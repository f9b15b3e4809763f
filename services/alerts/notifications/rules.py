"""When a message is tried again, and whose clock its times are written in. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
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
    WELCOME = "welcome"
    SECURITY_NOTICE = "security_notice"


CODE_LASTS = timedelta(minutes=10)
"""A code that could not be sent by then is of no use any more."""


class DeliveryStatus(StrEnum):
    """A message that is being tried is still queued: only its answer moves it."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"


class Urgency:
    """Who goes first when many wait. A person in front of a form beats a notice."""

    AWAITED = 0
    NOTICE = 1


def next_try(attempts: int, *, created_at: datetime, now: datetime, jitter: float) -> datetime | None:
    """Say when a message is tried again after `attempts` tries (1 or more); None when it is given up.

    jitter: a random number within 0..1, which spreads those that failed together.
    """
    wait = LADDER[min(attempts, len(LADDER)) - 1] * (1 + JITTER * (2 * jitter - 1))
    due_at = now + wait
    return due_at if due_at <= created_at + GIVE_UP_AFTER else None


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


def on_day(at: datetime, *, exchange: str) -> str:
    """Write the exchange's day of an instant: `12 August 2025`."""
    there = at.astimezone(ZoneInfo(_EXCHANGE_ZONES.get(exchange, "UTC")))
    return f"{there.day} {there:%B %Y}"
