"""The planner of a polled source against the fixed round, same credits, over recorded days of one-minute bars.

Alerts stand at levels that each day reached; the delay of each is from the minute that reached it to the first call
that saw the price at or beyond it. `python -m bench.poll_plan FILE.parquet [--alerts N] [--days N]`
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from services.market.feed.plan import Candidate, Pace, choose

Floats = npt.NDArray[np.float64]
MINUTES = 370  # of a session of 375: some recorded days end a little early
ROUND = 30
PER_MINUTE = 8
START = datetime(2026, 1, 15, 3, 45, tzinfo=UTC)
PACE = Pace(0.0005, timedelta(minutes=60))


@dataclass
class Level:
    """An alert: a row of the day's matrix, a price, the side it is reached from, and the minute that reached it."""

    row: int
    price: float
    rising: bool
    minute: int
    seen: int | None = None


def levels_of(close: Floats, high: Floats, low: Floats, count: int, draw: np.random.Generator) -> list[Level]:
    """Make alerts around the open, between what the day reached."""
    made = []
    for _ in range(count):
        row = int(draw.integers(len(close)))
        rising = bool(draw.integers(2))
        first = close[row, 0]
        reached = float(high[row].max() if rising else low[row].min())
        price = first + (reached - first) * float(draw.uniform(0.2, 1.0))
        hit = np.flatnonzero(high[row, 1:] >= price if rising else low[row, 1:] <= price)
        if len(hit):
            made.append(Level(row, price, rising, int(hit[0]) + 1))
    return made


def play(close: Floats, levels: list[Level], *, planned: bool) -> int:
    """Play a day, noting when each alert is seen. Returns the credits that were used."""
    rows = len(close)
    allowed = rows * (MINUTES // ROUND + 1)
    price, asked = close[:, 0].copy(), np.zeros(rows, dtype=np.int64)
    waiting: dict[int, list[Level]] = {}
    for level in levels:
        level.seen = None
        waiting.setdefault(level.row, []).append(level)
    used, carry = 0, 0.0
    for minute in range(1, MINUTES):
        if planned:
            carry = min(carry + allowed / MINUTES, PER_MINUTE)
            now = START + timedelta(minutes=minute)
            candidates = (
                Candidate(
                    f"{row:04}", float(price[row]), START + timedelta(minutes=int(asked[row])),
                    [level.price for level in waiting.get(row, ()) if level.seen is None],
                )
                for row in range(rows)
            )  # fmt: skip
            chosen = [int(name) for name in choose(candidates, now, int(carry), PACE)]
            carry -= len(chosen)
        else:
            # A round begins on the half hour and takes its minutes, eight stocks in each.
            begin = minute % ROUND * PER_MINUTE
            chosen = list(range(begin, min(begin + PER_MINUTE, rows)))
        for row in chosen:
            used += 1
            price[row], asked[row] = close[row, minute], minute
            for level in waiting.get(row, ()):
                beyond = price[row] >= level.price if level.rising else price[row] <= level.price
                if level.seen is None and minute >= level.minute and beyond:
                    level.seen = minute
    return used


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--alerts", type=int, default=150, help="a day")
    parser.add_argument("--days", type=int, default=20)
    wanted = parser.parse_args()
    frame = pd.read_parquet(wanted.file, columns=["symbol", "ts", "high", "low", "close"])
    frame["day"] = frame["ts"].dt.date
    draw = np.random.default_rng(7)
    found: dict[str, list[int]] = {"rounds": [], "planned": []}
    missed, used, alerts = {"rounds": 0, "planned": 0}, {"rounds": 0, "planned": 0}, 0
    for _, day in list(frame.groupby("day"))[-wanted.days :]:
        tables = [day.pivot(index="symbol", columns="ts", values=name) for name in ("close", "high", "low")]
        if tables[0].shape[1] < MINUTES:
            continue
        close, high, low = (
            table.ffill(axis=1).bfill(axis=1).to_numpy(dtype=np.float64)[:, :MINUTES] for table in tables
        )
        levels = levels_of(close, high, low, wanted.alerts, draw)
        alerts += len(levels)
        for name in found:
            used[name] += play(close, levels, planned=name == "planned")
            found[name] += [level.seen - level.minute for level in levels if level.seen is not None]
            missed[name] += sum(level.seen is None for level in levels)
    print(f"{alerts} alerts; minutes from the true minute to the call that saw it")
    for name, delays in found.items():
        print(
            f"{name:8} mean {np.mean(delays):5.1f}  p95 {np.percentile(delays, 95):5.1f}  never seen {missed[name]:4}  "
            f"credits {used[name]}"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
