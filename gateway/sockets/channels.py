"""Which channels there are. Data, and pure: a new event channel is a row here and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from libs.common.instruments import Instrument
from libs.common.security.permissions import Permission
from libs.contracts.alerts import AlertTriggered, NoticeCreated, NoticesRead, NotificationFailed, NotificationSent
from libs.contracts.signals import JobFinished, JobProgressed, SignalClosed, SignalCreated, SignalUpdated

TICKS = "ticks:"


@dataclass(frozen=True, slots=True)
class EventChannel:
    """A user's own events of one service. The channel names no user: whose events they are follows from the token.

    permission: what a key or an app must have been given to hear it.
    """

    name: str
    service: str
    types: frozenset[str]
    permission: Permission


EVENT_CHANNELS: Mapping[str, EventChannel] = {
    channel.name: channel
    for channel in (
        EventChannel(
            "notifications",
            "alerts",
            frozenset(
                (
                    AlertTriggered.type,
                    NoticeCreated.type,
                    NoticesRead.type,
                    NotificationSent.type,
                    NotificationFailed.type,
                )
            ),
            Permission.ALERTS_READ,
        ),
        EventChannel(
            "signals",
            "signals",
            frozenset((SignalCreated.type, SignalUpdated.type, SignalClosed.type)),
            Permission.SIGNALS_READ,
        ),
        EventChannel("jobs", "signals", frozenset((JobProgressed.type, JobFinished.type)), Permission.STRATEGIES_READ),
    )
}


def permission_of(channel: str) -> Permission:
    """Say what it takes to hear a channel that there is."""
    known = EVENT_CHANNELS.get(channel)
    return Permission.MARKET_READ if known is None else known.permission


class UnknownChannel(ValueError):
    """There is no channel of that name."""


def instrument_of(channel: str) -> str | None:
    """Give the instrument of a ticks channel (`ticks:NSE:RELIANCE`), None for an event channel.

    Raises UnknownChannel for what is neither.
    """
    if channel in EVENT_CHANNELS:
        return None
    if channel.startswith(TICKS):
        name = channel[len(TICKS) :]
        try:
            instrument = str(Instrument.parse(name))
        except ValueError as error:
            raise UnknownChannel("A ticks channel is written ticks:EXCHANGE:SYMBOL.") from error
        if instrument == name:  # one spelling, so that the frames carry the name that was asked for
            return instrument
        raise UnknownChannel(f"That channel is written {TICKS}{instrument}.")
    raise UnknownChannel("There is no such channel.")
