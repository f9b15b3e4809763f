"""How a backtest trades: the account, the fills, the costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from libs.quant.bars import DAY_MS, Longs
from libs.quant.charges import CostTable
from libs.quant.strategy import Fill

# Given an instrument and the starts of its bars: what a fill costs at each of them.
Costs: TypeAlias = Callable[[str, Longs], CostTable]


class SlippageKind(StrEnum):
    """How a market order's price is worse than the bar's: basis points, ticks, or by its share of the bar's volume."""

    NONE = "none"
    BPS = "bps"
    TICKS = "ticks"
    VOLUME_SHARE = "volume_share"


@dataclass(frozen=True, slots=True)
class Slippage:
    """`amount` is in basis points of the price, in ticks, or the impact: the price moves by impact x share^2 of itself.

    By volume share, an entry is at most `most` of the bar's volume, the rest is not bought. The formula is that of
    zipline's VolumeShareSlippage. Market orders and stops slip, targets are limit orders and do not.
    """

    kind: SlippageKind = SlippageKind.NONE
    amount: float = 0.0
    most: float = 0.025

    def __post_init__(self) -> None:
        if not 0.0 <= self.amount <= 10_000.0 or not 0.0 < self.most <= 1.0:
            raise ValueError("A slippage is between 0 and 10,000, a share of volume above 0 and at most 1.")


@dataclass(frozen=True, slots=True)
class Split:
    """From `at_ms` on, one share is `ratio` shares: 2 for two for one, 0.1 for one for ten."""

    at_ms: int
    ratio: float


@dataclass(frozen=True, slots=True)
class Dividend:
    """Who holds a share when the market opens at `at_ms` without it gets `amount`, in money a share of that time."""

    at_ms: int
    amount: float


@dataclass(frozen=True)
class Setup:
    """How a backtest trades. Money in one currency, the instruments'.

    lot: units are traded in multiples of it, 0 lets any part be traded. tick: the step of prices, to which levels are
    rounded and market fills against the trader, 0 for none. allow_partial: what cash does not pay for is bought in
    part, else refused. costs: None for none. from_ms: bars that begin before only warm up. benchmark: an instrument
    that is bought with all cash at the first bar and held. splits: of instruments whose bars are adjusted for them, so
    that lots and charges by unit count the shares that there were. dividends: into the cash of who holds the share at
    the close before, out of that of who owes it; the bars must not be adjusted for them. until_ms: the end
    that was asked for; an instrument whose bars end more than `gone_after_ms` before it (without it, before the last
    bar of all) has been delisted: what is held is closed at its last close.
    """

    cash: float = 1_000_000.0
    fill: Fill = Fill.NEXT_OPEN
    slippage: Slippage = Slippage()
    costs: Costs | None = None
    lot: float = 1.0
    tick: float = 0.0
    allow_partial: bool = True
    benchmark: str | None = None
    from_ms: int | None = None
    until_ms: int | None = None
    splits: Mapping[str, tuple[Split, ...]] = field(default_factory=dict)
    dividends: Mapping[str, tuple[Dividend, ...]] = field(default_factory=dict)
    gone_after_ms: int = 14 * DAY_MS

    def __post_init__(self) -> None:
        if not 0.0 < self.cash <= 1e15:
            raise ValueError("The cash lies above 0 and is at most 1e15.")
        if not (0.0 <= self.lot <= 1e9 and 0.0 <= self.tick <= 1e6):
            raise ValueError("A lot and a tick are not below 0.")
        if self.slippage.kind is SlippageKind.TICKS and self.tick == 0.0:
            raise ValueError("Slippage in ticks needs a tick.")
        if any(not 1e-6 <= split.ratio <= 1e6 for splits in self.splits.values() for split in splits):
            raise ValueError("A split's ratio lies between 1e-6 and 1e6.")
        if any(not 0.0 < paid.amount <= 1e9 for paids in self.dividends.values() for paid in paids):
            raise ValueError("A dividend lies above 0 and is at most 1e9.")
