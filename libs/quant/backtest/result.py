"""What a backtest tells."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from libs.quant.bars import Floats, Longs
from libs.quant.strategy import Decision, Reason, Side


class Refusal(StrEnum):
    """Why an order was not filled."""

    NO_CASH = "no_cash"
    TOO_SMALL = "too_small"
    NO_VOLUME = "no_volume"
    TOO_MANY = "too_many_positions"
    DELISTED = "delisted"


@dataclass(frozen=True, slots=True)
class Trade:
    """One position from entry to exit.

    `strategy` is the place of its rules in the list that was given. Units and prices as in the (adjusted) bars, prices
    after slippage; `costs` of both fills, `dividends` that came on the way, below 0 those that a short position owed;
    `pnl` with both. `bars` counts those at whose close it was still held. `mae`
    and `mfe` are the largest loss and profit on the way, as fractions of the entry price; of the bar inside which it
    ended only the exit counts. With reason `open` it is still held: valued at the last close, no exit costs.
    """

    symbol: str
    side: Side
    units: float
    entry_ms: int
    entry_price: float
    exit_ms: int
    exit_price: float
    reason: Reason
    costs: float
    pnl: float
    bars: int
    mae: float
    mfe: float
    strategy: int = 0
    dividends: float = 0.0


@dataclass(frozen=True, slots=True)
class Refused:
    """An order that was not filled at the bar that began then."""

    symbol: str
    at_ms: int
    reason: Refusal
    strategy: int = 0


@dataclass(frozen=True)
class Result:
    """Columns of the length n, one row for each time at which any instrument had a bar.

    `at_ms` is the start of the bars, `equity` and `cash` are at their close, `drawdown` is the part of the highest
    equity so far that is lost, `benchmark` the equity of who bought it at the beginning. Of `refused` the first 10,000
    are told; `refusals` counts all.
    """

    at_ms: Longs
    equity: Floats
    cash: Floats
    drawdown: Floats
    benchmark: Floats | None
    trades: tuple[Trade, ...]
    decisions: tuple[Decision, ...]
    refused: tuple[Refused, ...]
    refusals: int

    @property
    def final(self) -> float:
        """The equity at the end, in the currency."""
        return float(self.equity[-1])
