"""Does a strategy see the future? Its decisions are made again with the later bars cut off, and must be the same.

A decision that only the whole history shows was made with bars that had not come yet (it looks ahead). A decision that
only the cut history shows is taken back later (it repaints).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from libs.quant.bars import Bars


class Seen(NamedTuple):
    """A decision: when its bar closed (milliseconds since 1970, UTC), for what, and what was decided."""

    at_ms: int
    symbol: str
    what: Hashable


Decide = Callable[[Mapping[str, Bars]], Iterable[Seen]]


class Fault(StrEnum):
    """What a difference means."""

    LOOKS_AHEAD = "looks_ahead"
    REPAINTS = "repaints"
    REMEMBERS_ITS_BEGINNING = "remembers_its_beginning"


@dataclass(frozen=True, slots=True)
class Difference:
    """A decision that only one of two histories shows. `known_ms`: where the shorter history ends (or begins)."""

    fault: Fault
    decision: Seen
    known_ms: int


@dataclass(frozen=True, slots=True)
class Foresight:
    """The answer: how many cuts were tried, how many decisions the whole history has, and the differences, oldest
    first, at most as many as asked for."""

    cuts: int
    decisions: int
    differences: tuple[Difference, ...]

    @property
    def honest(self) -> bool:
        return not self.differences


def look_ahead(decide: Decide, bars: Mapping[str, Bars], *, cuts: int = 64, most: int = 20) -> Foresight:
    """Cut the history at up to `cuts` bars and compare the decisions until there.

    decide: makes all decisions over the bars of several symbols; it is called once more than there are cuts. Cuts lie
    at decisions, the bars before them, and evenly between. Stops after `most` differences.
    """
    whole = sorted(set(decide(bars)), key=_order)
    times = np.unique(np.concatenate([series.closes_ms for series in bars.values()])) if bars else np.empty(0, np.int64)
    found: list[Difference] = []
    tried = 0
    for known in _cuts(times, [seen.at_ms for seen in whole], cuts):
        tried += 1
        told = set(decide({symbol: series.where(series.closes_ms <= known) for symbol, series in bars.items()}))
        right = set(whole[: bisect_right(whole, known, key=lambda seen: seen.at_ms)])
        found += [Difference(Fault.LOOKS_AHEAD, seen, known) for seen in right - told]
        found += [Difference(Fault.REPAINTS, seen, known) for seen in told - right]
        if len(found) >= most:
            break
    found.sort(key=lambda each: (_order(each.decision), each.known_ms))
    return Foresight(tried, len(whole), tuple(found[:most]))


def beginnings(decide: Decide, bars: Mapping[str, Bars], history: int, *, cuts: int = 8, most: int = 20) -> Foresight:
    """Let the history begin later and compare the decisions after the `history` bars that the strategy asks for.

    A difference means that a figure depends on where the data begin: more history is needed than it says. It is meant
    for conditions: a strategy that holds a position when the others begin rightly decides otherwise.
    """
    whole = sorted(set(decide(bars)), key=_order)
    found: list[Difference] = []
    tried = 0
    longest = max((len(series) for series in bars.values()), default=0)
    for skip in np.unique(np.linspace(1, longest - history - 1, cuts).astype(np.int64)).tolist():
        if skip < 1 or skip + history >= longest:
            continue
        tried += 1
        later = {symbol: series.where(np.arange(len(series)) >= skip) for symbol, series in bars.items()}
        settled = {symbol: int(series.closes_ms[history]) for symbol, series in later.items() if len(series) > history}
        told = {seen for seen in decide(later) if seen.at_ms >= settled.get(seen.symbol, seen.at_ms + 1)}
        right = {seen for seen in whole if seen.at_ms >= settled.get(seen.symbol, seen.at_ms + 1)}
        for seen in told ^ right:
            found.append(Difference(Fault.REMEMBERS_ITS_BEGINNING, seen, settled[seen.symbol]))
        if len(found) >= most:
            break
    found.sort(key=lambda each: (_order(each.decision), each.known_ms))
    return Foresight(tried, len(whole), tuple(found[:most]))


def _cuts(times: np.ndarray[tuple[int], np.dtype[np.int64]], decided: list[int], cuts: int) -> list[int]:
    """Choose times to cut at: decisions and the bars before them first, the rest evenly."""
    if not len(times):
        return []
    at = np.unique(np.searchsorted(times, np.array(decided, np.int64))) if decided else np.empty(0, np.int64)
    if len(at) > cuts // 3:
        at = at[np.linspace(0, len(at) - 1, max(1, cuts // 3)).astype(np.int64)]
    chosen = set(at.tolist()) | {index - 1 for index in at.tolist() if index > 0}
    rest = np.linspace(0, len(times) - 1, max(1, cuts - len(chosen))).astype(np.int64)
    chosen |= set(rest.tolist())
    return [int(times[index]) for index in sorted(chosen) if index < len(times)]


def _order(seen: Seen) -> tuple[int, str, str]:
    return seen.at_ms, seen.symbol, repr(seen.what)
