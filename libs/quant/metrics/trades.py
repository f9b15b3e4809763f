"""Figures of closed trades."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from libs.quant.metrics.figures import Figure

STILL_OPEN = "open"
"""The reason of a trade that was closed only because the bars ended."""

# A hundredth of the smallest coin: less is neither a profit nor a stake.
_SMALLEST = 1e-4
# A trade that made a thousand times its stake, and ratios to losses that are next to nothing, are not believed.
_MOST_SHARE, _MOST_RATIO = 1_000.0, 1_000.0
NO_TRADE = "There was no trade."


class ClosedTrade(Protocol):
    """A round trip. `side` is "long" or "short"; `costs` those of both fills; `dividends` what came on the way, below 0
    what a short one owed; `pnl` the profit with both; `bars` how many were held; `mae` and `mfe` the largest loss and
    profit on the way, as fractions of the entry price."""

    @property
    def symbol(self) -> str: ...
    @property
    def side(self) -> str: ...
    @property
    def units(self) -> float: ...
    @property
    def entry_ms(self) -> int: ...
    @property
    def entry_price(self) -> float: ...
    @property
    def exit_ms(self) -> int: ...
    @property
    def exit_price(self) -> float: ...
    @property
    def reason(self) -> str: ...
    @property
    def costs(self) -> float: ...
    @property
    def dividends(self) -> float: ...
    @property
    def pnl(self) -> float: ...
    @property
    def bars(self) -> int: ...
    @property
    def mae(self) -> float: ...
    @property
    def mfe(self) -> float: ...


def of_trades(trades: Sequence[ClosedTrade], refused: int, days: int | None) -> dict[str, Figure]:
    """Compute the figures of closed trades. days: calendar days with bars; None where the times are not known."""
    figures = {
        "trades": Figure(float(len(trades))),
        "refused": Figure(float(refused)),
        "trades_per_day": Figure(len(trades) / days) if days else Figure.without("The bars' times are not known."),
    }
    if not trades:
        return figures | {name: Figure.without(NO_TRADE) for name in _OF_TRADES} | {
            name: Figure(0.0) for name in ("volume", "costs", "dividends", "open_profit")
        }  # fmt: skip
    order = sorted(trades, key=lambda trade: (trade.exit_ms, trade.entry_ms, trade.symbol))
    pnl = np.array([trade.pnl for trade in order], np.float64)
    stake = np.array([trade.units * trade.entry_price for trade in order], np.float64)
    left = np.array([trade.units * trade.exit_price for trade in order], np.float64)
    held = np.array([trade.bars for trade in order], np.float64)
    won, lost = pnl >= _SMALLEST, pnl <= -_SMALLEST
    gains, losses = float(pnl[won].sum()), -float(pnl[lost].sum())
    figures |= {
        "win_rate": Figure(float(won.mean())),
        "draw_trades": Figure(float(len(pnl) - won.sum() - lost.sum())),
        "expectancy": Figure(float(pnl.mean())),
        "average_stake": Figure(float(stake.mean())),
        "volume": Figure(float(stake.sum() + left.sum())),
        "costs": Figure(float(sum(trade.costs for trade in order))),
        "dividends": Figure(float(sum(trade.dividends for trade in order))),
        "longest_wins": Figure(float(_longest(won))),
        "longest_losses": Figure(float(_longest(lost))),
        "open_profit": Figure(float(sum(trade.pnl for trade in order if trade.reason == STILL_OPEN))),
        "holding_winners": _mean(held[won], "No trade was won."),
        "holding_losers": _mean(held[lost], "No trade was lost."),
    }
    if losses > 0:
        figures["profit_factor"] = Figure.believed(gains / losses, _MOST_RATIO, "profit factor")
        figures["expectancy_ratio"] = Figure.believed(
            float(pnl.mean()) / (losses / int(lost.sum())), _MOST_RATIO, "expectancy per unit risked"
        )
    else:
        nothing = Figure.without("No trade was lost: there is nothing to divide by.")
        figures |= {"profit_factor": nothing, "expectancy_ratio": nothing}
    return figures | _spread(pnl) | _shares(order, pnl, stake) | _symbols(order)


_OF_TRADES = (
    "win_rate", "draw_trades", "profit_factor", "expectancy", "expectancy_ratio", "system_quality", "average_trade",
    "average_stake", "best_trade", "worst_trade", "best_symbol", "worst_symbol", "holding_winners", "holding_losers",
    "longest_wins", "longest_losses",
)  # fmt: skip


def _spread(pnl: np.ndarray[tuple[int], np.dtype[np.float64]]) -> dict[str, Figure]:
    spread = float(np.std(pnl, ddof=1)) if len(pnl) > 1 else 0.0
    if spread <= 1e-12 * float(np.abs(pnl).max()):
        return {"system_quality": Figure.without("The profits of the trades do not differ, or there is only one.")}
    value = math.sqrt(len(pnl)) * float(pnl.mean()) / spread
    return {"system_quality": Figure.believed(value, _MOST_RATIO, "system quality number")}


def _shares(
    order: Sequence[ClosedTrade],
    pnl: np.ndarray[tuple[int], np.dtype[np.float64]],
    stake: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> dict[str, Figure]:
    names = ("average_trade", "best_trade", "worst_trade")
    if not (stake >= _SMALLEST).all():
        return dict.fromkeys(names, Figure.without("A trade had no stake: there is nothing to divide by."))
    share = pnl / stake
    best, worst = int(share.argmax()), int(share.argmin())
    return {
        "average_trade": Figure.believed(float(share.mean()), _MOST_SHARE, "mean profit of a trade"),
        "best_trade": Figure.believed(float(share[best]), _MOST_SHARE, "profit of a trade", order[best].symbol),
        "worst_trade": Figure.believed(float(share[worst]), _MOST_SHARE, "loss of a trade", order[worst].symbol),
    }


def _symbols(order: Sequence[ClosedTrade]) -> dict[str, Figure]:
    sums: dict[str, float] = {}
    for trade in order:
        sums[trade.symbol] = sums.get(trade.symbol, 0.0) + trade.pnl
    best = max(sums, key=lambda symbol: (sums[symbol], symbol))
    worst = min(sums, key=lambda symbol: (sums[symbol], symbol))
    return {"best_symbol": Figure(sums[best], of=best), "worst_symbol": Figure(sums[worst], of=worst)}


def _longest(hits: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
    longest = run = 0
    for hit in hits.tolist():
        run = run + 1 if hit else 0
        longest = max(longest, run)
    return longest


def _mean(values: np.ndarray[tuple[int], np.dtype[np.float64]], why_not: str) -> Figure:
    return Figure(float(values.mean())) if len(values) else Figure.without(why_not)
