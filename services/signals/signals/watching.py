"""Active signals, looked at as prices come: the first price is the entry, and a level that is met ends it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from libs.common.money import from_e4
from libs.contracts.market import Tick
from libs.contracts.signals import SignalSide
from services.signals.signals.rules import Touch, touched


@dataclass(slots=True)
class Watched:
    """An active signal. `since_ms`: prices that reached us later count. `updated`: which word of it this is."""

    id: UUID
    instrument: str
    side: SignalSide
    entry: Decimal | None
    stop: Decimal | None
    target: Decimal | None
    since_ms: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What a price makes of a signal."""

    signal_id: UUID
    entry: Decimal | None
    touch: Touch | None
    tick: Tick


class Watch:
    """All active signals by instrument."""

    def __init__(self) -> None:
        self._by_instrument: dict[str, dict[UUID, Watched]] = {}

    def __len__(self) -> int:
        return sum(len(signals) for signals in self._by_instrument.values())

    def load(self, signals: Iterable[Watched]) -> None:
        """Start over from what the database holds."""
        self._by_instrument = {}
        for signal in signals:
            self._by_instrument.setdefault(signal.instrument, {})[signal.id] = signal

    def forget(self, instrument: str, signal_id: UUID) -> None:
        """Watch a signal no more."""
        self._by_instrument.get(instrument, {}).pop(signal_id, None)

    def see(self, ticks: Iterable[Tick]) -> list[Seen]:
        """Take prices in their order, and tell which signals are to be looked at in the database.

        What was stale on arrival counts for nothing, and the low and high of a span that began before a signal was
        made do not either: only its price does.
        """
        found = []
        for tick in ticks:
            for signal in self._by_instrument.get(tick.instrument, {}).values():
                if tick.stale or tick.received_ms <= signal.since_ms:
                    continue
                entry = from_e4(tick.price_e4) if signal.entry is None else None
                touch = None
                if signal.entry is not None:
                    price = from_e4(tick.price_e4)
                    within = tick.span_start_ms > signal.since_ms
                    low, high = (from_e4(tick.low_e4), from_e4(tick.high_e4)) if within else (price, price)
                    touch = touched(signal.side, signal.stop, signal.target, low, high, price)
                if entry is not None or touch is not None:
                    found.append(Seen(signal.id, entry, touch, tick))
                if entry is not None:
                    signal.entry = entry
        return found
