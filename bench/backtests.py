"""Backtests against vectorbt and backtesting: the same equity first, then CPU time and memory.

The peers' licences keep them out of our environment: `--peers` names an interpreter that has them (`python -m venv`,
`pip install vectorbt backtesting`). Without it only our own figures are printed. `python -m bench.backtests`
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.report import Report, finish
from libs.quant.backtest import Setup, run, run_variants
from libs.quant.bars import DAY_MS, Bars, Longs
from libs.quant.charges import CostTable
from libs.quant.strategy import Fill, Rules

FEE, CASH, STOP = 0.001, 1_000_000.0, 0.05
PAIRS = list(itertools.product(range(5, 45), range(50, 175, 5)))
PEER = Path(__file__).parent / "peers" / "portfolios.py"


def days(length: int = 2_500, seed: int = 1, span_ms: int = DAY_MS) -> Bars:
    """Make a random walk of ten years. Seeded, so repeatable."""
    draw = np.random.default_rng(seed)
    scale = 1.0 if span_ms == DAY_MS else 0.05
    close = 100 * np.exp(np.cumsum(draw.normal(0.0004 * scale, 0.015 * scale, length)))
    opened = np.concatenate(([100.0], close[:-1])) * (1 + draw.normal(0, 0.003 * scale, length))
    high = np.maximum(opened, close) * (1 + np.abs(draw.normal(0, 0.004 * scale, length)))
    low = np.minimum(opened, close) * (1 - np.abs(draw.normal(0, 0.004 * scale, length)))
    at = 1_451_606_400_000 + np.arange(length) * span_ms
    return Bars(at, opened, high, low, close, np.full(length, 1e6), span_ms)


def cross(fast: int, slow: int, stop: bool, interval: str = "1d", **more: object) -> Rules:
    """The strategy that all engines can express."""
    return Rules.read(
        {
            "interval": interval, "side": "long", "entry": f"crossover(sma({fast}), sma({slow}))",
            "exit": f"crossunder(sma({fast}), sma({slow}))", "stop": {"percent": STOP * 100} if stop else None, **more,
        }
    )  # fmt: skip


def fees(symbol: str, at_ms: Longs) -> CostTable:
    """The same fee on both sides."""
    return CostTable.flat(FEE, len(at_ms))


def seconds(work: Callable[[], object], runs: int = 5) -> float:
    """Return the CPU seconds of the fastest of some runs: others on the machine take no part in them."""
    taken = []
    for _ in range(runs):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


class Peers:
    """The other engines, each call in a process of its own."""

    def __init__(self, interpreter: str, folder: Path) -> None:
        self._interpreter, self._folder = interpreter, folder

    def ask(self, task: str, bars: Bars, pairs: list[tuple[int, int]], stop: bool, fill: Fill) -> dict[str, object]:
        file = self._folder / "data.npz"
        fast, slow = np.array(pairs).T
        np.savez(
            file, open=bars.open, high=bars.high, low=bars.low, close=bars.close, fast=fast, slow=slow, fee=FEE,
            cash=CASH, stop=STOP if stop else 0.0, shift=fill is Fill.NEXT_OPEN,
        )  # fmt: skip
        told = subprocess.run([self._interpreter, PEER, file, task], check=True, capture_output=True, text=True)
        answer: dict[str, object] = json.loads(told.stdout.splitlines()[-1])
        return answer


def one(report: Report, bars: Bars, peers: Peers | None) -> None:
    """One strategy, ten years of one instrument."""
    rules, setup = cross(20, 50, stop=False), Setup(cash=CASH, lot=0.0, costs=fees)
    final = run(rules, {"A": bars}, setup).final
    ours = seconds(lambda: run(rules, {"A": bars}, setup), 50)
    report.note(f"one strategy, {len(bars):,} daily bars: {ours * 1e6:,.0f} µs CPU, equity {final:,.2f}")
    many = {str(seed): days(seed=seed) for seed in range(100)}
    alone = seconds(lambda: [run(rules, {name: one}, setup) for name, one in many.items()], 3)
    report.note(f"100 instruments, one after another: {alone * 1e4:,.0f} µs CPU each")
    if peers is None:
        return
    theirs = peers.ask("vectorbt", bars, [(20, 50)], False, Fill.NEXT_OPEN)
    same(report, "one strategy", np.array([final]), theirs)
    report.at_least("one strategy, against vectorbt", float(str(theirs["seconds"])) / ours, 2)
    theirs = peers.ask("backtesting", bars, [(20, 50)], False, Fill.NEXT_OPEN)
    whole = run(rules, {"A": bars}, Setup(cash=CASH, lot=1.0, costs=fees)).final
    apart = abs(whole - float(theirs["final"][0])) / whole
    report.at_most("whole shares: the equity is apart from backtesting's by", apart * 1e4, 5, "parts of 10,000")
    report.at_least("one strategy, against backtesting", float(str(theirs["seconds"])) / ours, 5)


def same(report: Report, name: str, ours: np.ndarray, theirs: dict[str, object]) -> None:
    """Stop the run where the equities differ: a faster wrong answer is worth nothing."""
    apart = float(np.abs(ours / np.array(theirs["final"]) - 1).max())
    report.at_most(f"{name}: the equity is apart from vectorbt's by", apart, 1e-9, "of it")


def many(report: Report, bars: Bars, peers: Peers | None) -> None:
    """A thousand pairs of averages; with a stop, and the drawdown of each."""
    for stop, fill in ((False, Fill.NEXT_OPEN), (True, Fill.SAME_CLOSE)):
        variants = [cross(fast, slow, stop) for fast, slow in PAIRS]
        setup = Setup(cash=CASH, lot=0.0, costs=fees, fill=fill)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        found = run_variants(variants, "A", bars, setup)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        ours = seconds(lambda v=variants, s=setup: run_variants(v, "A", bars, s), 50)
        name = f"{len(PAIRS):,} pairs{', stops' if stop else ''}"
        report.note(
            f"{name}: {ours * 1e3:,.1f} ms CPU, peak {peak / 1024:,.0f} MB ({(peak - before) / 1024:,.0f} more)"
        )
        if peers is None:
            continue
        theirs = peers.ask("vectorbt", bars, PAIRS, stop, fill)
        same(report, name, found.final, theirs)
        taken, whole = float(str(theirs["seconds"])), float(str(theirs["peak_kb"]))
        report.note(f"vectorbt: {taken * 1e3:,.0f} ms CPU, peak {whole / 1024:,.0f} MB")
        report.at_least(f"{name}, drawdown: against vectorbt", taken / ours, 50)
        report.at_least(f"{name}: vectorbt's peak memory against ours", whole / peak, 1)


def minutes(report: Report, symbols: int, length: int) -> None:
    """Many instruments of minute bars that share one account."""
    bars = {f"S{seed}": days(length, seed, 60_000) for seed in range(symbols)}
    rules = cross(20, 50, True, "1m", size={"percent": "10"}, max_positions=10, target={"atr": "5", "period": 14})
    setup = Setup(cash=CASH, costs=fees)
    result = run(rules, bars, setup)
    taken = seconds(lambda: run(rules, bars, setup), 2)
    report.note(
        f"{symbols} instruments, {length:,} minutes, one account: {taken:,.2f} s CPU, {len(result.trades):,} trades"
    )
    report.at_least("bars a second of one account", symbols * length / taken, 1e6, "bars/s")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--peers", default=os.environ.get("BENCH_PEERS"), help="an interpreter that has the peers")
    arguments.add_argument("--symbols", type=int, default=100)
    arguments.add_argument("--minutes", type=int, default=22_500, help="bars of each instrument: 60 sessions of NSE")
    given = arguments.parse_args()
    report = Report(f"backtests ({'with' if given.peers else 'without'} peers; {sys.version.split()[0]})")
    with tempfile.TemporaryDirectory() as folder:
        peers = Peers(given.peers, Path(folder)) if given.peers else None
        bars = days()
        many(report, bars, peers)
        one(report, bars, peers)
        minutes(report, given.symbols, given.minutes)
    finish(report)


if __name__ == "__main__":
    main()
