"""Returns by calendar month and year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from libs.quant.bars import Floats, Longs


@dataclass(frozen=True, slots=True)
class Year:
    """The returns of a year's months, as fractions, None for a month without bars; `total` is that of the year."""

    year: int
    months: tuple[float | None, ...]
    total: float


def monthly(at_ms: Longs, equity: Floats, zone_minutes: int = 0) -> list[Year]:
    """Give the return of each calendar month: last equity in it over the last one before it.

    The first month counts from the first equity. at_ms, equity: shape (n,); zone_minutes: how far the place's clocks
    are ahead of UTC. An account that fell to 0 has no months after that.
    """
    if not len(equity):
        return []
    # Months since the year 0, by way of days, as numpy counts them.
    moment = (np.asarray(at_ms, np.int64) + zone_minutes * 60_000).astype("datetime64[ms]")
    months = moment.astype("datetime64[M]").astype(np.int64) + 1970 * 12
    ends = np.flatnonzero(np.concatenate((months[1:] != months[:-1], [True])))
    before = np.concatenate((equity[:1], equity[ends[:-1]]))
    years: dict[int, list[float | None]] = {}
    first: dict[int, float] = {}
    last: dict[int, float] = {}
    for month, began, ended in zip(months[ends].tolist(), before.tolist(), equity[ends].tolist(), strict=True):
        if began <= 0:
            break
        year, place = divmod(month, 12)
        years.setdefault(year, [None] * 12)[place] = ended / began - 1.0
        first.setdefault(year, began)
        last[year] = ended
    return [Year(year, tuple(row), last[year] / first[year] - 1.0) for year, row in years.items()]
