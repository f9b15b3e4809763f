"""Does a strategy see the future? Asked of its rules and the backtest itself, with all that they read.

Apart from the package's front, for it needs the compiled loop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from libs.quant.analysis.foresight import Foresight, Seen, look_ahead
from libs.quant.backtest import Setup, run
from libs.quant.bars import Bars
from libs.quant.expr import Input
from libs.quant.strategy import Rules


def look_ahead_of(
    rules: Rules | Sequence[Rules],
    bars: Mapping[str, Bars],
    setup: Setup | None = None,
    others: Mapping[Input, Bars] | None = None,
    *,
    cuts: int = 64,
    most: int = 20,
) -> Foresight:
    """Backtest once more with the history cut off at up to `cuts` bars, and compare every decision until there.

    The arguments are those of `run`, which raises what it raises; all bars are cut at the same instant by when they
    closed. What a cut ends is not called delisted.
    """
    strategies = [rules] if isinstance(rules, Rules) else list(rules)
    interval = strategies[0].interval
    named = {Input(symbol, interval): series for symbol, series in bars.items()}
    every = {**(others or {}), **named}
    keys = {f"{source.instrument} {source.interval}": source for source in every}
    last = max((int(series.at_ms[-1]) for series in bars.values() if len(series)), default=0)

    def decide(cut: Mapping[str, Bars]) -> Iterator[Seen]:
        known = {source: cut[key] for key, source in keys.items()}
        own = {symbol: known[Input(symbol, interval)] for symbol in bars}
        own = {symbol: series for symbol, series in own.items() if len(series)}
        begun = setup or Setup()
        if begun.from_ms is not None and not any(series.at_ms[-1] >= begun.from_ms for series in own.values()):
            return
        if own:
            ended = max(int(series.at_ms[-1]) for series in own.values())
            until = begun.until_ms if ended == last else None
            told = run(strategies, own, replace(begun, until_ms=until, benchmark=None), known)
            for one in told.decisions:
                series = own[one.symbol]
                closed = int(series.closes_ms[np.searchsorted(series.at_ms, one.at_ms)])
                yield Seen(closed, one.symbol, f"{one.action} {one.side} ({one.reason})")

    return look_ahead(decide, {key: every[source] for key, source in keys.items()}, cuts=cuts, most=most)
