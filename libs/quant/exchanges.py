"""What strategies take for granted of exchanges, live and in a backtest alike."""

from __future__ import annotations

from collections.abc import Mapping

ZONE_MINUTES: Mapping[str, int] = {"NSE": 330, "BSE": 330, "NASDAQ": -300, "NYSE": -300}
"""How far the exchanges' clocks are ahead of UTC, in winter: no session touches a midnight either way."""

TICKS: Mapping[str, float] = {"NSE": 0.05, "BSE": 0.05, "NASDAQ": 0.01, "NYSE": 0.01}
"""The step of prices to which stops and targets are rounded."""


def tick_of(instrument: str) -> float:
    """Give the step of the prices of an instrument, as `NSE:TCS`; 0 where nobody knows it."""
    return TICKS.get(instrument.partition(":")[0], 0.0)
