"""Chart patterns: how often they are right, and what a bar costs. Prints the table of docs/patterns.md.

Seeds of this run were not used to choose any number of the definitions. `python -m bench.patterns [--each N]`
"""

from __future__ import annotations

import argparse
import time
from collections import Counter

from bench.report import Report, finish
from libs.quant.patterns import SHAPES, Shapes
from libs.quant.tests.measures import Score, of_planted, of_recorded, told
from libs.quant.tests.planted import cases, random_walk, recorded_bars

SEED = 4_107


def table(planted: Score, recorded: Score, walks: Counter[str], bars: int) -> None:
    """Print the figures by pattern, as Markdown."""
    print("| pattern | precision | recall | in 1,000 bars of random walk | recorded: right, unclear, wrong, missed |")
    print("| --- | --- | --- | --- | --- |")
    for name in SHAPES:
        counts = (recorded.right, recorded.unclear, recorded.wrong, recorded.missed)
        seen = ", ".join(str(count[name]) for count in counts) if abs(SHAPES[name].code) < 6 else ""
        often = walks[name] / bars * 1_000
        print(f"| `{name}` | {planted.precision(name):.2f} | {planted.recall(name):.2f} | {often:.2f} | {seen} |")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--each", type=int, default=40)
    arguments.add_argument("--walks", type=int, default=20)
    given = arguments.parse_args()
    report = Report(f"chart patterns: {given.each} of each shape, {given.walks} random walks of 5,000 bars")
    planted, recorded = of_planted(cases(SEED, given.each)), of_recorded(recorded_bars())
    walks: Counter[str] = Counter()
    for seed in range(given.walks):
        walks.update(found.name for _, found in told(random_walk(SEED + seed, 5_000)))
    table(planted, recorded, walks, given.walks * 5_000)
    together = planted + recorded
    report.note(f"{planted.windows} planted windows and {recorded.windows} recorded ones")
    report.at_least("precision over planted windows", planted.precision(), 0.90, "of 1")
    report.at_least("recall over planted windows", planted.recall(), 0.80, "of 1")
    report.note(f"recorded windows: precision {recorded.precision():.2f}, recall {recorded.recall():.2f}")
    whole = of_recorded(recorded_bars(), clear=False)
    counts = [f"{each.total()} {name}" for name, each in vars(whole).items() if isinstance(each, Counter)]
    report.note(f"recorded windows, however unclear: {', '.join(counts)}")
    report.note(f"... however unclear: precision {whole.precision():.2f}, recall {whole.recall():.2f}")
    report.at_least("precision over all windows", together.precision(), 0.90, "of 1")
    report.at_least("recall over all windows", together.recall(), 0.80, "of 1")
    report.at_most("patterns told in random walks", walks.total() / given.walks / 5, 1.0, "in 1,000 bars")
    bars, shapes = random_walk(1, 5_000), Shapes()
    began = time.perf_counter()
    for place in range(len(bars)):
        shapes.push(bars.bar(place))
    report.note(f"{(time.perf_counter() - began) / len(bars) * 1e6:,.0f} \u00b5s a bar")
    finish(report)


if __name__ == "__main__":
    main()
