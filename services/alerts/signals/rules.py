"""The words of a notice about a signal, and what a signal makes of an alert. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from libs.common.money import plain, shown
from libs.contracts.signals import SignalClosed, SignalCreated, SignalSide, SignalState, SignalStatus
from services.alerts.conditions.codec import Condition, SignalWish
from services.alerts.conditions.rules import Edge, Gate, Place, State, gate_of

NOT_ADVICE = "For information, not investment advice."
BY_A_MODEL = "Made with a trained model."

_ENDS = {
    SignalStatus.HIT_TARGET: "hit its target",
    SignalStatus.STOPPED: "was stopped",
    SignalStatus.EXITED: "was ended by its strategy",
    SignalStatus.EXPIRED: "has expired",
    SignalStatus.CANCELLED: "was cancelled",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person reads. `link` is a path of the application."""

    title: str
    text: str
    link: str


def made(event: SignalCreated) -> Notice:
    """Tell of a new signal: its prices, whose rule it is, and what must stand with it. Nothing of what is earned."""
    signal = event.signal
    verb = "buy" if signal.side is SignalSide.LONG else "sell short"
    prices = [
        f"{name} {_price(price, signal)}"
        for name, price in (("entry near", signal.reference_price), ("stop", signal.stop), ("target", signal.target))
        if price is not None
    ]
    said = f"{', '.join(prices)}. ".capitalize() if prices else ""
    return Notice(
        f"{signal.symbol}: {verb} signal of {signal.strategy}",
        f"{said}{_source(signal)} {event.disclosure}",
        f"/signals/{signal.signal_id}",
    )


def ended(event: SignalClosed) -> Notice:
    """Tell of the end of a signal: how, and at which price."""
    signal = event.signal
    at = "" if signal.exit_price is None else f"At {_price(signal.exit_price, signal)}. "
    return Notice(
        f"{signal.symbol}: the signal of {signal.strategy} {_ENDS.get(signal.status, 'is over')}",
        f"{at}{_source(signal)} {event.disclosure}",
        f"/signals/{signal.signal_id}",
    )


def is_wanted(wish: SignalWish, signal: SignalState) -> bool:
    """Say whether an alert waits for a signal like this one."""
    return wish.strategy_id in (None, signal.strategy_id) and wish.side in (None, signal.side.value)


def after(condition: Condition, state: State, signal: SignalState, edge: Edge, at_ms: int) -> State | None:
    """Say what a signal (fired) or its end (cleared) makes of what an alert remembers; None: it says nothing.

    at_ms: when it was told. The end is said to those who asked for it, of any signal that they would have been told of.
    """
    if condition.signal is None or not is_wanted(condition.signal, signal) or at_ms < state.armed_ms:
        return None
    gate = gate_of(condition.terms, state, at_ms)
    if edge is Edge.CLEARED:
        says = condition.tell_cleared and gate not in (Gate.EXPIRED, Gate.SNOOZED)
        return replace(state, seen=Place(at_ms, at_ms, 0)) if says else None
    return None if gate is not None else replace(state, last_fired_ms=at_ms, seen=Place(at_ms, at_ms, 0))


def _source(signal: SignalState) -> str:
    model = f" {BY_A_MODEL}" if signal.is_ai_generated else ""
    return f"By your strategy {signal.strategy}, version {signal.version_number}.{model} {NOT_ADVICE}"


def _price(price: Decimal, signal: SignalState) -> str:
    return shown(plain(price), signal.currency)
