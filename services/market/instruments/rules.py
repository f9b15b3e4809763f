"""How an instrument may be written in a request, and which alerts make us watch one. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from libs.common.errors import SymbolNotFound
from libs.common.instruments import Instrument, is_symbol
from libs.contracts.alerts import AlertCreated, AlertDeleted, AlertStatus, AlertTriggered, AlertUpdated
from libs.contracts.signals import FollowChanged

AlertNews = AlertCreated | AlertUpdated | AlertDeleted | AlertTriggered

_SHOWN_CHARS = 40


@dataclass(frozen=True, slots=True)
class AlertWatch:
    """What is known of an alert: while it is active, its instrument and those of its candles are watched.

    `candles` are pairs of instrument and interval. `threshold`: of a plain alert, to ask for its stock in time.
    """

    alert_id: UUID
    instrument: str
    version: int
    active: bool
    candles: tuple[tuple[str, str], ...] = ()
    threshold: Decimal | None = None


@dataclass(frozen=True, slots=True)
class WatchChanges:
    """What news of alerts comes down to. `ended` are over whatever their version; nothing else is known of them."""

    watches: tuple[AlertWatch, ...]
    ended: tuple[UUID, ...]


def fold(news: Iterable[AlertNews]) -> WatchChanges:
    """Sum up news of alerts, given in their order, as one change per alert."""
    watches: dict[UUID, AlertWatch] = {}
    ended: dict[UUID, None] = {}
    for event in news:
        if isinstance(event, AlertTriggered):
            if event.stays_active:  # it may fire again, so its prices and candles are still needed
                continue
            ended[event.alert_id] = None
            if event.alert_id in watches:
                watches[event.alert_id] = replace(watches[event.alert_id], active=False)
            continue
        alert = event.alert
        if isinstance(event, AlertDeleted):
            ended[alert.alert_id] = None
        else:
            ended.pop(alert.alert_id, None)
        active = alert.status is AlertStatus.ACTIVE and not isinstance(event, AlertDeleted)
        candles = tuple(sorted({(need.instrument, need.interval) for need in alert.candles}))
        watches[alert.alert_id] = AlertWatch(
            alert.alert_id, alert.instrument, alert.version, active, candles, alert.threshold_price
        )
    return WatchChanges(tuple(watches.values()), tuple(ended))


def follow_watches(news: Iterable[FollowChanged]) -> tuple[AlertWatch, ...]:
    """Watch what strategies are followed on as what alerts read: the newest word of each follow, keyed by its id."""
    newest: dict[UUID, AlertWatch] = {}
    for event in news:
        candles = tuple(sorted({(need.instrument, need.interval) for need in event.candles}))
        known = newest.get(event.follow_id)
        if candles and (known is None or known.version < event.version):
            newest[event.follow_id] = AlertWatch(event.follow_id, candles[0][0], event.version, event.active, candles)
    return tuple(newest.values())


def read_symbol(text: str) -> Instrument | str:
    """Read `EXCHANGE:SYMBOL` or a bare symbol, case ignored. Raises SymbolNotFound for what can be neither."""
    if ":" in text:
        try:
            return Instrument.parse(text)
        except ValueError as error:
            raise symbol_not_found(text) from error
    symbol = text.upper()
    if not is_symbol(symbol):
        raise symbol_not_found(text)
    return symbol


def symbol_not_found(text: str) -> SymbolNotFound:
    """Make the problem that names what was asked for, as far as it is fit to be shown."""
    shown = "".join(char for char in text[:_SHOWN_CHARS] if char.isprintable())
    return SymbolNotFound(f"We know no stock {shown!r}. Search for it with GET /api/instruments/?q=.")
