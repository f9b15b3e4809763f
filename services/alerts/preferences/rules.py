"""Which channels a notice goes out by, and when. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from services.alerts.notifications.rules import Channel, DeliveryStatus, Kind

DAY_MINUTES = 24 * 60
DEFAULT_DIGEST_AT = 18 * 60
"""Minutes after midnight, where the person is."""

NOISY = frozenset({Channel.MAIL, Channel.PUSH, Channel.TELEGRAM, Channel.SLACK, Channel.SMS})
"""What quiet hours hold back. The application makes no noise, and a webhook is a program's."""

MATRIX_CHANNELS = (Channel.IN_APP, Channel.MAIL, Channel.PUSH, Channel.TELEGRAM, Channel.SLACK, Channel.SMS)
"""What people choose by kind. Webhooks choose their events at the endpoint."""


class Wish(StrEnum):
    """What somebody wants of a kind by a channel. Digest: gathered into one mail a day."""

    ON = "on"
    OFF = "off"
    DIGEST = "digest"


Wishes = Mapping[Kind, Mapping[Channel, Wish]]


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a person chose; a wish that is absent is the default. Minutes are after midnight in the person's zone.

    Quiet hours go from `quiet_from` to before `quiet_to`, past midnight when that is the smaller; None for none.
    """

    wishes: Wishes = field(default_factory=dict)
    quiet_from: int | None = None
    quiet_to: int | None = None
    digest_at: int = DEFAULT_DIGEST_AT

    def wish(self, kind: Kind, channel: Channel) -> Wish:
        """Say what counts. What tells of the account's safety, and the notices in the application, always come."""
        if is_fixed(kind, channel):
            return Wish.ON
        chosen = self.wishes.get(kind, {}).get(channel)
        return default_wish(kind, channel) if chosen is None else chosen


@dataclass(frozen=True, slots=True)
class Person:
    """What deciding on one person's notices takes. `reachable`: the addresses by channel that are confirmed."""

    preferences: Preferences
    zone: str
    plan_channels: Collection[str]
    reachable: Mapping[Channel, Sequence[object]]
    mails_alerts: bool = True


@dataclass(frozen=True, slots=True)
class Decision:
    """A message by a channel: to be sent at `due_at` (None: at once), or kept in the ledger with a reason."""

    channel: Channel
    status: DeliveryStatus = DeliveryStatus.QUEUED
    reason: str | None = None
    due_at: datetime | None = None


def is_fixed(kind: Kind, channel: Channel) -> bool:
    """Say whether nobody can choose here."""
    return channel is Channel.IN_APP or (kind is Kind.SECURITY and channel is Channel.MAIL)


def allows_digest(kind: Kind, channel: Channel) -> bool:
    """Say whether this may wait for the digest."""
    return channel is Channel.MAIL and kind is not Kind.SECURITY


def default_wish(kind: Kind, channel: Channel) -> Wish:
    """Say what counts until somebody chooses. A short message costs, so it is asked for; days of companies are many."""
    if kind is Kind.COMPANY:
        return Wish.ON if channel is Channel.IN_APP else Wish.OFF
    if channel is Channel.SMS or (kind is Kind.ACCOUNT and channel not in (Channel.IN_APP, Channel.MAIL)):
        return Wish.OFF
    return Wish.ON


def decide(kind: Kind, person: Person, chosen: Collection[str] | None, now: datetime) -> list[Decision]:
    """Decide by which channels a notice goes out. Mail always stands in the ledger, so that its absence has a reason.

    chosen: channels named for this one notice in place of the preferences.
    """
    decisions = []
    for channel in MATRIX_CHANNELS:
        if channel is Channel.IN_APP:
            continue
        wish = effective_wish(kind, channel, person, chosen)
        if channel is Channel.MAIL and wish is Wish.OFF:
            decisions.append(Decision(channel, DeliveryStatus.SUPPRESSED, "switched off by you"))
            continue
        if wish is Wish.OFF or (channel is not Channel.MAIL and not person.reachable.get(channel)):
            continue
        if channel not in person.plan_channels and channel is not Channel.MAIL:
            decisions.append(Decision(channel, DeliveryStatus.SUPPRESSED, "not part of your plan"))
        elif wish is Wish.DIGEST:
            due_at = next_at(now, zone=person.zone, minutes=person.preferences.digest_at)
            decisions.append(Decision(channel, DeliveryStatus.COLLECTED, "for your digest", due_at))
        else:
            held = None if kind is Kind.SECURITY else quiet_until(now, zone=person.zone, of=person.preferences)
            decisions.append(
                Decision(channel, reason=None if held is None else "held for your quiet hours", due_at=held)
            )
    return decisions


def quiet_until(now: datetime, *, zone: str, of: Preferences) -> datetime | None:
    """Give the end of the quiet hours that `now` is in; None outside of them."""
    begin, end = of.quiet_from, of.quiet_to
    if begin is None or end is None or begin == end:
        return None
    here = now.astimezone(ZoneInfo(zone))
    minute = here.hour * 60 + here.minute
    inside = begin <= minute < end if begin < end else minute >= begin or minute < end
    return next_at(now, zone=zone, minutes=end) if inside else None


def next_at(now: datetime, *, zone: str, minutes: int) -> datetime:
    """Give the next instant after `now` at which clocks there show this time of day."""
    there = ZoneInfo(zone)
    day = now.astimezone(there).date()
    while True:
        at = datetime.combine(day, time(minutes // 60, minutes % 60), tzinfo=there).astimezone(now.tzinfo)
        if at > now:
            return at
        day += timedelta(days=1)


def effective_wish(kind: Kind, channel: Channel, person: Person, chosen: Collection[str] | None = None) -> Wish:
    """Say what counts for a person. chosen: channels named for one notice in place of the preferences."""
    if is_fixed(kind, channel):
        return Wish.ON
    wish = person.preferences.wish(kind, channel)
    if (kind, channel) == (Kind.ALERT, Channel.MAIL) and channel not in person.preferences.wishes.get(kind, {}):
        wish = Wish.ON if person.mails_alerts else Wish.OFF
    if chosen is None:
        return wish
    if channel not in chosen:
        return Wish.OFF
    return Wish.ON if wish is Wish.OFF else wish
