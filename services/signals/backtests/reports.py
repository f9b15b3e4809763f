"""The report of a run: figures, curves, months, trades, costs, chance and doubts, as JSON values."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from libs.common.calendars import exchange_of
from libs.quant.analysis import LEVELS, Foresight, MonteCarlo, bootstrap_p, look_ahead, monte_carlo
from libs.quant.analysis import of_run as doubts_of
from libs.quant.backtest import Result
from libs.quant.bars import Floats, Longs
from libs.quant.charges import COUNTRIES, INDIA, Segment, charges
from libs.quant.exchanges import ZONE_MINUTES
from libs.quant.metrics import FIGURES, STILL_OPEN, Figure, monthly
from libs.quant.metrics.returns import drawdowns, period_ends, simple_returns
from services.signals.backtests.trial import LATE_MS, Trial

MOST_TRADES = 5_000
MOST_POINTS = 2_000
MOST_PRICED = 20
"""Prices are drawn of so many instruments, those with the most trades."""

ORDERS = 1_000
CUTS = 16
MOST_CHECKED = 2_000_000
"""Bars times cuts of the look-ahead check: longer histories are cut less often, and at least thrice."""

HEADLINE = ("total_return", "cagr", "sharpe", "max_drawdown", "win_rate", "trades")

Progress = Callable[[float, str], None]


def of_run(trial: Trial, progress: Progress) -> dict[str, Any]:
    """Make the report of a single run."""
    result = trial.run()
    progress(0.4, "measuring")
    figures = trial.figures(result)
    profits = [trade.pnl for trade in result.trades]
    shuffled = monte_carlo(profits, trial.setup.cash, runs=ORDERS)
    drawn = monte_carlo(profits, trial.setup.cash, runs=ORDERS, resample=True)
    progress(0.6, "checking")
    bars = sum(len(series) for series in trial.own.values())
    cuts = int(min(CUTS, max(3, MOST_CHECKED // max(1, bars))))
    foresight = look_ahead(trial.decisions, trial.bars_together(), cuts=cuts)
    doubts = doubts_of(result.equity, result.trades, figures, foresight)
    trades = sorted(result.trades, key=lambda trade: (trade.entry_ms, trade.symbol))
    costs, estimated = _costs(trial, trades)
    late = trial.benchmark_begins(result)
    return {
        **head_of(trial),
        "figures": figures_of(figures),
        "curve": curve_of(result.at_ms, result.equity, result.benchmark, late),
        "months": [asdict(year) for year in monthly(result.at_ms, result.equity, trial.zone_minutes)],
        "trades": [_trade(trial, trade) for trade in trades[:MOST_TRADES]],
        "trade_count": len(trades),
        "by_instrument": parts_of(trades, lambda trade: str(trade.symbol)),
        "by_reason": parts_of(trades, lambda trade: str(trade.reason)),
        "refused": [
            {"reason": reason, "count": count}
            for reason, count in sorted(Counter(str(one.reason) for one in result.refused).items())
        ],
        "costs": costs,
        "prices": _prices(trial, trades),
        "monte_carlo": None if shuffled is None or drawn is None else _spread(shuffled, drawn),
        "bootstrap": _bootstrap(result, trial.zone_minutes),
        "look_ahead": _foresight(foresight),
        "warnings": [
            *({"code": doubt.code, "words": doubt.message} for doubt in doubts),
            *delisted_of(trades),
            *begun_of(trial.from_ms, int(result.at_ms[0])),
            *_late_of(trial, late),
            *held_of(trades, str(trial.parameters["segment"])),
            *estimated,
        ],
    }


def head_of(trial: Trial) -> dict[str, Any]:
    """Say what was tried."""
    parameters = trial.parameters
    return {
        "kind": parameters["kind"],
        "strategy": parameters["strategy"],
        "words": parameters["words"],
        "currency": parameters["currency"],
        "zone_minutes": trial.zone_minutes,
    }


def headline_of(report: Mapping[str, Any]) -> dict[str, Any]:
    """Give the few figures that a list of backtests shows."""
    if report["kind"] == "sweep":
        best = report["best"]
        return {} if best is None else dict(report["points"][best]["figures"])
    values = {one["name"]: one["value"] for one in report["figures"]}
    return {name: values.get(name) for name in HEADLINE}


def figures_of(figures: Mapping[str, Figure]) -> list[dict[str, Any]]:
    """Write figures with what they are."""
    return [
        {
            "name": name,
            "label": FIGURES[name].label,
            "unit": FIGURES[name].unit,
            "group": FIGURES[name].group,
            "formula": FIGURES[name].formula,
            "source": FIGURES[name].source,
            "value": figure.value,
            "why_not": figure.why_not,
            "of": figure.of,
        }
        for name, figure in figures.items()
    ]


def curve_of(at_ms: Longs, equity: Floats, benchmark: Floats | None, late: int | None = None) -> dict[str, Any]:
    """Thin curves out to what can be drawn: of each stretch its last value, and its deepest drawdown.

    late: when the benchmark begins, where that is not at the first bar; before it there is none.
    """
    depth = drawdowns(equity)
    begins = np.unique(np.linspace(0, len(equity), min(MOST_POINTS, len(equity)), endpoint=False).astype(np.int64))
    ends = np.append(begins[1:], len(equity)) - 1
    return {
        "at_ms": at_ms[ends].tolist(),
        "equity": known(equity[ends]),
        "drawdown": known(np.minimum.reduceat(depth, begins)),
        "benchmark": None
        if benchmark is None
        else known(benchmark[ends] if late is None else np.where(at_ms[ends] < late, np.nan, benchmark[ends])),
    }


def known(values: Floats) -> list[float | None]:
    """Write numbers; what is not finite is null."""
    return [value if math.isfinite(value) else None for value in values.tolist()]


def delisted_of(trades: Sequence[Any]) -> list[dict[str, str]]:
    """Warn of positions that ended because the prices did."""
    gone = sorted({trade.symbol for trade in trades if str(trade.reason) == "delisted"})
    if not gone:
        return []
    words = f"The prices of {', '.join(gone[:5])} end before the last day: what was held was sold at the last close."
    return [{"code": "delisted", "words": words}]


def begun_of(asked_ms: int, first_ms: int) -> list[dict[str, str]]:
    """Warn of prices that begin well after the first day that was asked for."""
    if first_ms <= asked_ms + LATE_MS:
        return []
    asked, first = _day(asked_ms, 0), _day(first_ms, 0)
    words = (
        f"Prices begin on {first}, not on the first day that was asked for ({asked}): all figures are of what follows."
    )
    return [{"code": "prices_late", "words": words}]


def held_of(trades: Sequence[Any], segment: str) -> list[dict[str, str]]:
    """Warn of trades in Indian shares that no order of this segment can make, and whose charges are not real then."""
    over_night = [
        trade
        for trade in trades
        if COUNTRIES.get(exchange_of(trade.symbol)) == INDIA
        and _day(int(trade.entry_ms), ZONE_MINUTES[exchange_of(trade.symbol)])
        != _day(int(trade.exit_ms), ZONE_MINUTES[exchange_of(trade.symbol)])
    ]
    short = sum(str(trade.side) == "short" for trade in over_night)
    if segment == Segment.INTRADAY and over_night:
        words = (
            f"{len(over_night):,} of {len(trades):,} trades were held over night, which an intraday order cannot be: "
            "with the charges of delivery or of futures it would look otherwise."
        )
        return [{"code": "held_over_night", "words": words}]
    if segment == Segment.DELIVERY and short:
        words = (
            f"{short:,} of {len(trades):,} trades were short over night: shares cannot be in India. Only futures can, "
            "so choose their charges."
        )
        return [{"code": "short_over_night", "words": words}]
    return []


def _late_of(trial: Trial, late: int | None) -> list[dict[str, str]]:
    if late is None:
        return []
    words = (
        f"The prices of {trial.setup.benchmark} begin on {trial.instants(late)[:10]}, after the first day: it is drawn "
        "from there on, and nothing is compared with it, since the times differ."
    )
    return [{"code": "benchmark_late", "words": words}]


def parts_of(trades: Sequence[Any], name_of: Callable[[Any], str]) -> list[dict[str, Any]]:
    """Sum trades up by a name of theirs, the largest profit first. `average`: mean of profit / stake."""
    parts: dict[str, list[Any]] = {}
    for trade in trades:
        parts.setdefault(name_of(trade), []).append(trade)
    rows = [
        {
            "name": name,
            "trades": len(those),
            "won": sum(trade.pnl > 0 for trade in those),
            "profit": math.fsum(trade.pnl for trade in those),
            "costs": math.fsum(trade.costs for trade in those),
            "average": _number(
                math.fsum(trade.pnl / (trade.units * trade.entry_price) for trade in those) / len(those)
            ),
        }
        for name, those in parts.items()
    ]
    return sorted(rows, key=lambda row: (-row["profit"], row["name"]))


def _trade(trial: Trial, trade: Any) -> dict[str, Any]:
    return {
        "symbol": trade.symbol,
        "side": str(trade.side),
        "units": float(trade.units),
        "entry_at": trial.instants(trade.entry_ms),
        "entry_ms": int(trade.entry_ms),
        "entry_price": float(trade.entry_price),
        "exit_at": trial.instants(trade.exit_ms),
        "exit_ms": int(trade.exit_ms),
        "exit_price": float(trade.exit_price),
        "reason": str(trade.reason),
        "costs": float(trade.costs),
        "dividends": float(trade.dividends),
        "pnl": float(trade.pnl),
        "bars": int(trade.bars),
        "mae": _number(trade.mae),
        "mfe": _number(trade.mfe),
    }


def _costs(trial: Trial, trades: Sequence[Any]) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """Itemise the charges of all fills by the same price lists that the run paid by, and warn of rates not certain."""
    total = math.fsum(trade.costs for trade in trades)
    broker, segment = trial.parameters["broker"], trial.parameters["segment"]
    items: Counter[str] = Counter()
    filled, guessed = 0, list[date]()
    if broker is not None:
        for trade in trades:
            exchange = exchange_of(trade.symbol)
            sides = ("buy", "sell") if str(trade.side) == "long" else ("sell", "buy")
            fills = [(sides[0], trade.entry_ms, trade.entry_price)]
            if str(trade.reason) != STILL_OPEN:
                fills.append((sides[1], trade.exit_ms, trade.exit_price))
            for side, at_ms, price in fills:
                on = _day(int(at_ms), ZONE_MINUTES.get(exchange, 0))
                units = Decimal(str(float(trade.units)))
                bill = charges(segment, exchange, side, units, Decimal(str(float(price))), on, broker)
                items.update({name: float(amount) for name, amount in bill.items().items()})
                filled += 1
                if bill.estimated:
                    guessed.append(on)
    listed = [{"name": name, "amount": amount} for name, amount in items.items() if amount]
    return {"total": total, "items": listed}, _estimated_of(guessed, filled)


def _estimated_of(guessed: Sequence[date], filled: int) -> list[dict[str, str]]:
    if not guessed:
        return []
    words = (
        f"The charges of {len(guessed):,} of {filled:,} fills are estimates: of days from {min(guessed)} to "
        f"{max(guessed)} not every rate is known for certain, and the nearest known one stands in for it."
    )
    return [{"code": "charges_estimated", "words": words}]


def _prices(trial: Trial, trades: Sequence[Any]) -> dict[str, Any]:
    counted = Counter(trade.symbol for trade in trades)
    names = [name for name, _ in sorted(counted.items(), key=lambda one: (-one[1], one[0]))] or sorted(trial.own)
    found = {}
    for name in names[:MOST_PRICED]:
        bars = trial.own[name]
        kept = np.flatnonzero(bars.at_ms >= trial.from_ms)
        if len(kept):
            kept = kept[np.unique(np.linspace(0, len(kept) - 1, min(MOST_POINTS, len(kept))).astype(np.int64))]
            found[name] = {"at_ms": bars.at_ms[kept].tolist(), "close": known(bars.close[kept])}
    return found


def _spread(shuffled: MonteCarlo, drawn: MonteCarlo) -> dict[str, Any]:
    """Give the drawdowns of other orders of the trades, and the ends of as many trades drawn with replacement.

    Another order of the same trades ends at the same equity, so of that only drawing anew says something.
    """
    return {
        "orders": shuffled.runs,
        "shares": list(LEVELS),
        "equity": list(drawn.final),
        "loss": drawn.loss,
        "drawdown": list(shuffled.drawdown),
        "deeper": shuffled.deeper,
    }


def _bootstrap(result: Result, zone_minutes: int) -> dict[str, Any]:
    daily = daily_returns(result.at_ms, result.equity, zone_minutes)
    value = bootstrap_p(daily) if len(daily) >= 20 and np.isfinite(daily).all() and daily.any() else math.nan
    if math.isnan(value):
        return {"p_value": None, "why_not": "There are too few days with a change for an answer."}
    return {"p_value": value, "why_not": None}


def daily_returns(at_ms: Longs, equity: Floats, zone_minutes: int) -> Floats:
    """Give the returns between the ends of days, the first from the capital."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return simple_returns(np.concatenate((equity[:1], equity[period_ends(at_ms, zone_minutes)])))


def _foresight(foresight: Foresight) -> dict[str, Any]:
    clean = not foresight.differences
    if clean:
        words = (
            f"Nothing looks ahead: cut off at {foresight.cuts} bars, the history shows the same decisions until there."
        )
    else:
        words = (
            f"It looks ahead: of {foresight.decisions} decisions at least {len(foresight.differences)} change with "
            "bars that come later."
        )
    return {"clean": clean, "checked": foresight.cuts, "words": words}


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _day(at_ms: int, zone_minutes: int) -> date:
    return (datetime.fromtimestamp(at_ms / 1000, UTC) + timedelta(minutes=zone_minutes)).date()
