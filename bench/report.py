"""How every yardstick prints: one line a figure, with its goal and whether it was met."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field


@dataclass
class Report:
    """Collects the lines of one yardstick. `missed` counts the goals that were not met."""

    title: str
    missed: int = 0
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._print(f"\n== {self.title}")

    def note(self, text: str) -> None:
        """Print what is seen without a goal."""
        self._print(f"   {text}")

    def at_least(self, name: str, value: float, goal: float, unit: str = "x") -> None:
        """Print a figure that wants to be high."""
        self._verdict(name, value, goal, unit, value >= goal, "at least")

    def at_most(self, name: str, value: float, goal: float, unit: str) -> None:
        """Print a figure that wants to be low."""
        self._verdict(name, value, goal, unit, value <= goal, "at most")

    def _verdict(self, name: str, value: float, goal: float, unit: str, met: bool, word: str) -> None:
        self.missed += not met
        self._print(f"   {'ok    ' if met else 'MISSED'} {name}: {value:,.3g} {unit} (goal: {word} {goal:,g} {unit})")

    def _print(self, line: str) -> None:
        self.lines.append(line)
        print(line, flush=True)


def finish(*reports: Report) -> None:
    """End the process: 0 when every goal was met, else 1."""
    sys.exit(1 if any(report.missed for report in reports) else 0)
