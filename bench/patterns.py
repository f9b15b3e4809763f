"""Chart patterns: how often they are right, and what a bar costs. Prints the table of docs/patterns.md.

Seeds of this run chose no number of the definitions. `python -m bench.patterns [--each N] [--file FILE.parquet]`
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from bench.report import Report, finish
from libs.quant.bars import Bars
from libs.quant.patterns import SHAPES, SIGNS, Patterns, find
from libs.quant.tests import planted_signs
from libs.quant.tests.measures import Score, of_planted, of_recorded, of_signs, told
from libs.quant.tests.planted import cases, random_walk, recorded_bars

SEED = 20_261_301
SEEDS = range(SEED, SEED + 5)
DAY_MS = 86_400_000
OF_THE_PACKAGE = ("AAPL", "AMZN", "GOOG", "IBM", "MSFT", "NFLX", "NVDA")
"""Symbols of the package, which are the other recorded windows."""


def table(planted: Score, recorded: Score, walks: Counter[str], bars: int) -> None:
    """Print the figures by pattern, as Markdown."""
    print("| pattern | precision | recall | in 1,000 bars of random walk | recorded: right, unclear, wrong, missed |")
    print("| --- | --- | --- | --- | --- |")
    for name in SHAPES:
        counts = (recorded.right, recorded.unclear, recorded.wrong, recorded.missed)
        seen = ", ".join(str(count[name]) for count in counts) if abs(SHAPES[name].code) < 6 else ""
        often = walks[name] / bars * 1_000
        print(f"| `{name}` | {planted.precision(name):.2f} | {planted.recall(name):.2f} | {often:.2f} | {seen} |")


def held_out(path: Path) -> list[Bars]:
    """Read recorded daily bars (symbol, date, open ... volume): every second symbol; the rest chose numbers."""
    days = pq.read_table(path).sort_by([("symbol", "ascending"), ("date", "ascending")])
    names = days["symbol"].to_numpy(zero_copy_only=False)
    columns = [days[name].to_numpy().astype(float) for name in ("open", "high", "low", "close", "volume")]
    wanted = sorted(set(names.tolist()))[1::2]
    places = [np.flatnonzero(names == name) for name in wanted if name not in OF_THE_PACKAGE]
    return [Bars(np.arange(len(at)) * DAY_MS, *(column[at] for column in columns)) for at in places]


def say_unclear(report: Report, what: str, bars: Sequence[Bars]) -> None:
    """Print what holds where neither the labels nor the detector ask for clarity."""
    score = of_recorded(bars, clear=False)
    counts = [f"{each.total()} {name}" for name, each in vars(score).items() if isinstance(each, Counter)]
    report.note(f"{what}, however unclear, {score.windows} windows: {', '.join(counts)}")
    report.note(f"... precision {score.precision():.2f}, recall {score.recall():.2f}")


def say_seeds(report: Report, by_seed: Sequence[Score]) -> None:
    """Print what holds for each seed, and the least of any pattern over all of them."""
    together = sum(by_seed, Score())
    for seed, score in zip(SEEDS, by_seed, strict=True):
        report.note(f"seed {seed}: precision {score.precision():.3f}, recall {score.recall():.3f}")
    for what, least in ((Score.precision, 0.90), (Score.recall, 0.80)):
        name = what.__name__
        report.at_least(f"{name} over planted windows, of the worst seed", min(map(what, by_seed)), least, "of 1")
        worst = min(SHAPES, key=lambda shape: what(together, shape))
        report.at_least(f"{name} of the worst pattern, {worst}", what(together, worst), least, "of 1")


def say_signs(report: Report, each: int, walks: int, bars: int) -> None:
    """Print how often the signs are right, as Markdown."""
    by_seed = [of_signs(planted_signs.cases(seed, each)) for seed in SEEDS]
    score, often = sum(by_seed, Score()), Counter[str]()
    for number in range(walks):
        series = planted_signs.traded(random_walk(SEED + number, bars), SEED + number)
        often.update(found.name for found in find(series))
    print("| sign | precision | recall | in 1,000 bars of random walk |")
    print("| --- | --- | --- | --- |")
    for name in SIGNS:
        rate = often[name] / walks / bars * 1_000
        print(f"| `{name}` | {score.precision(name):.2f} | {score.recall(name):.2f} | {rate:.2f} |")
    report.note(f"{score.windows} windows with a planted sign or a near miss")
    for seed, one in zip(SEEDS, by_seed, strict=True):
        report.note(f"seed {seed}: precision {one.precision():.3f}, recall {one.recall():.3f}")
    report.at_least("precision over planted signs", score.precision(), 0.90, "of 1")
    report.at_least("recall over planted signs", score.recall(), 0.80, "of 1")


def say_cost(report: Report, bars: Bars) -> None:
    """Print what all patterns cost a bar, and how much of them must be stored."""
    rows = [bars.bar(place) for place in range(len(bars))]
    costs = []
    for _ in range(3):
        patterns, began = Patterns(), time.process_time()
        for bar in rows:
            patterns.update(bar)
        costs.append((time.process_time() - began) / len(rows) * 1e6)
    report.at_most("all patterns of a bar, best of three", min(costs), 40.0, "\u00b5s CPU")
    report.at_most("stored state of all patterns", len(json.dumps(patterns.state())), 8_000, "bytes")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--each", type=int, default=40)
    arguments.add_argument("--walks", type=int, default=20)
    arguments.add_argument("--file", type=Path, help="recorded daily bars of US stocks as Parquet")
    given = arguments.parse_args()
    report = Report(f"chart patterns: {given.each} of each shape, {given.walks} random walks of 5,000 bars")
    by_seed = [of_planted(cases(seed, given.each)) for seed in SEEDS]
    planted, recorded = sum(by_seed, Score()), of_recorded(recorded_bars())
    walks: Counter[str] = Counter()
    for seed in range(given.walks):
        walks.update(found.name for _, found in told(random_walk(SEED + seed, 5_000)))
    table(planted, recorded, walks, given.walks * 5_000)
    together = planted + recorded
    report.note(f"{planted.windows} planted windows and {recorded.windows} recorded ones")
    say_seeds(report, by_seed)
    report.note(f"recorded windows: precision {recorded.precision():.2f}, recall {recorded.recall():.2f}")
    say_unclear(report, "recorded", recorded_bars())
    if given.file is not None:
        say_unclear(report, "held out", held_out(given.file))
    report.at_least("precision over all windows", together.precision(), 0.90, "of 1")
    report.at_least("recall over all windows", together.recall(), 0.80, "of 1")
    report.at_most("patterns told in random walks", walks.total() / given.walks / 5, 1.0, "in 1,000 bars")
    say_signs(report, given.each, given.walks, 2_000)
    say_cost(report, random_walk(1, 5_000))
    finish(report)


if __name__ == "__main__":
    main()
