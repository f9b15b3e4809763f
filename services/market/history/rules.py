"""How an import goes on, and what of its bars a person should look at. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from services.market.providers.port import Bar


class ImportState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Step:
    """A step from one bar's close to the next one's open that no market makes: a split, or a mistake of the file."""

    instrument: str
    at_ms: int
    before_e4: int
    price_e4: int


def find_steps(bars: Iterable[Bar], fraction: float, limit: int) -> Sequence[Step]:
    """Find the steps of more than `fraction` between bars, which are sorted by instrument and time; at most `limit`."""
    found: list[Step] = []
    for instrument, group in groupby(bars, key=lambda bar: bar.instrument):
        before: Bar | None = None
        for bar in group:
            if before is not None and abs(bar.open_e4 - before.close_e4) > before.close_e4 * fraction:
                found.append(Step(str(instrument), bar.at_ms, before.close_e4, bar.open_e4))
                if len(found) == limit:
                    return found
            before = bar
    return found
