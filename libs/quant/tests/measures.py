"""How often the chart patterns are right: over planted windows, over recorded ones, and over random walks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from libs.quant.bars import Bars
from libs.quant.patterns import SIGNS, Found, find
from libs.quant.patterns.chart.shapes import LEAST, Shapes
from libs.quant.patterns.chart.stream import Watch
from libs.quant.patterns.chart.window import Window
from libs.quant.tests.labels import NEAR, labels
from libs.quant.tests.planted import Case
from libs.quant.tests.planted_signs import Case as SignCase

ANY = dict.fromkeys(LEAST, 0.0)


@dataclass
class Score:
    """Counts by pattern: told and right, told and wrong, not told, told where the label is unclear."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    unclear: Counter[str] = field(default_factory=Counter)
    windows: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(
            self.right + other.right, self.wrong + other.wrong, self.missed + other.missed,
            self.unclear + other.unclear, self.windows + other.windows,
        )  # fmt: skip

    def precision(self, name: str | None = None) -> float:
        """Tell which part of what was told is right; of one pattern or of all."""
        right, wrong = _of(self.right, name), _of(self.wrong, name)
        return right / (right + wrong) if right + wrong else 1.0

    def recall(self, name: str | None = None) -> float:
        """Tell which part of what is there was told; of one pattern or of all."""
        right, missed = _of(self.right, name), _of(self.missed, name)
        return right / (right + missed) if right + missed else 1.0


def _of(counts: Counter[str], name: str | None) -> int:
    return counts[name] if name else counts.total()


def told(bars: Bars, least: Mapping[int, float] | None = None) -> list[tuple[int, Found]]:
    """Run over bars; each chart pattern with the number of the bar at which it was told."""
    watch = Watch(Window(), partial(Shapes, least=LEAST if least is None else least))
    return [(place, found) for place in range(len(bars)) for found in watch.push(bars.bar(place))]


def of_planted(cases: Iterable[Case]) -> Score:
    """Count over planted windows.

    Right is what is told by its name between the newest corner and `AFTER` bars past the break. All else that is told
    from the window's first planted bar on is wrong, of whichever name, near misses included.
    """
    score = Score()
    for case in cases:
        score.windows += 1
        found = False
        for place, pattern in told(case.bars):
            if pattern.name == case.name and case.last <= place <= case.end and not found:
                found = True
            elif place >= case.begin:
                score.wrong[pattern.name] += 1
        if case.name:
            (score.right if found else score.missed)[case.name] += 1
    return score


def of_signs(cases: Iterable[SignCase]) -> Score:
    """Count over planted signs: right is the planted one in its bars, wrong all else told from its first knot on."""
    score = Score()
    for case in cases:
        score.windows += 1
        found = False
        times = case.bars.at_ms
        for pattern in find(case.bars):
            place = int(times.searchsorted(pattern.at_ms))
            if pattern.name not in SIGNS or place < case.begin:
                continue
            if pattern.name == case.name and case.first <= place <= case.last:
                found = True  # told anew while it lasts is still right
            else:
                score.wrong[pattern.name] += 1
        if case.name:
            (score.right if found else score.missed)[case.name] += 1
    return score


def of_recorded(series: Iterable[Bars], length: int = 100, *, clear: bool = True) -> Score:
    """Count over recorded bars, cut into windows of `length`, by the labels that hindsight gives.

    Without `clear`, whatever keeps the numbers of the rule counts, and is told, however unclear.

    Right is what is told within `NEAR` bars of a `yes` of its name, unclear within `NEAR` of an unclear bar; a run of
    `yes` bars that is not told is missed. Cups and flags have no label and are not counted.
    """
    score = Score()
    for bars in series:
        score.windows += len(bars) // length
        hits = told(bars, None if clear else ANY)
        for name, (yes, unclear) in labels(bars, clear=clear).items():
            ours = [place for place, found in hits if found.name == name]
            for place in ours:
                near = [(abs(column - place) <= NEAR).any() for column in (yes, unclear)]
                (score.right if near[0] else score.unclear if near[1] else score.wrong)[name] += 1
            runs = np.split(yes, np.flatnonzero(np.diff(yes) > 2 * NEAR) + 1) if len(yes) else []
            heard = (any(run[0] - NEAR <= place <= run[-1] + NEAR for place in ours) for run in runs)
            score.missed[name] += sum(not one for one in heard)
    return score
