"""How long to wait before a dead process is started again."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_S = 0.25
LONGEST_S = 30.0
STEADY_S = 60.0
"""Who has lived this long has earned a fresh start."""


@dataclass(slots=True)
class Backoff:
    """Doubles with each early death. `deaths` counts those in a row."""

    deaths: int = 0

    def after(self, lived_s: float) -> float:
        """Give the wait after a life of this length, in seconds."""
        self.deaths = 1 if lived_s >= STEADY_S else self.deaths + 1
        return float(min(FIRST_S * 2 ** (self.deaths - 1), LONGEST_S))


def cause_of_death(code: int) -> str:
    """Say an exit code as a person would: `exit 1`, `signal 9`."""
    return f"signal {-code}" if code < 0 else f"exit {code}"
