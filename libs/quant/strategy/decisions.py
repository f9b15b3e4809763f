"""What a strategy decides, and when a decision is carried out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """Whether a strategy buys first or sells first."""

    LONG = "long"
    SHORT = "short"

    @property
    def sign(self) -> float:
        """1 for long, -1 for short."""
        return 1.0 if self is Side.LONG else -1.0


class Action(StrEnum):
    """Whether a position is opened or closed."""

    ENTER = "enter"
    EXIT = "exit"


class Reason(StrEnum):
    """Why a position is opened or closed. `delisted` and `open` are given by a backtest only."""

    RULE = "rule"
    STOP = "stop"
    TARGET = "target"
    TRAILING = "trailing"
    TIME = "time"
    DELISTED = "delisted"
    OPEN = "open"


class Fill(StrEnum):
    """At which price a decision at the close of a bar is carried out."""

    NEXT_OPEN = "next_open"
    NEXT_CLOSE = "next_close"
    SAME_CLOSE = "same_close"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of one strategy on one instrument.

    `at_ms` is the start of the bar at whose close it is known. `price` is the reference: of an entry and of an exit by
    rule or time that bar's close, of a stop, target or trailing stop the price at which it was met. Prices in the
    instrument's currency. An entry's `stop`, `target` and `trailing` are reckoned from the reference; the true ones
    follow from the fill. They are None where the rules have none.
    """

    action: Action
    symbol: str
    at_ms: int
    side: Side
    price: float
    reason: Reason
    stop: float | None = None
    target: float | None = None
    trailing: float | None = None
