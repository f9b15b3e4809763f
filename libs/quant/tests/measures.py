"""How often the chart patterns are right: over planted windows, over recorded ones, and over random walks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from libs.quant.bars import Bars
from libs.quant.patterns import Found, Shapes
from libs.quant.tests.planted import Case


@dataclass
class Score:
    """Counts by pattern: told and right, told and wrong, not told."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)

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


def told(bars: Bars) -> list[tuple[int, Found]]:
    """Run over bars; each pattern with the number of the bar at which it was told."""
    shapes = Shapes()
    hits = ((place, shapes.push(bars.bar(place))) for place in range(len(bars)))
    return [(place, found) for place, found in hits if found is not None]


def of_planted(cases: Iterable[Case]) -> Score:
    """Count over planted windows.

    Right is what is told by its name between the newest corner and `AFTER` bars past the break. All else that is told
    from the window's first planted bar on is wrong, of whichever name, near misses included.
    """
    score = Score()
    for case in cases:
        found = False
        for place, pattern in told(case.bars):
            if pattern.name == case.name and case.last <= place <= case.end and not found:
                found = True
            elif place >= case.begin:
                score.wrong[pattern.name] += 1
        if case.name:
            (score.right if found else score.missed)[case.name] += 1
    return score
