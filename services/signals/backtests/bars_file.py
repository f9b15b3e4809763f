"""Bars on their way into a child process: columns in one file, and their hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from libs.quant.bars import Bars

Key = tuple[str, str]
"""An instrument, and an interval, `NEWS`, `SPLITS` or `DIVIDENDS`."""

SPLITS, DIVIDENDS = "splits", "dividends"
"""The columns of an instrument's splits and dividends: since when, and as every price how many shares one became, or
how much money one was paid."""

ACTIONS = frozenset({SPLITS, DIVIDENDS})

COLUMNS = ("at_ms", "open", "high", "low", "close", "volume", "closes_ms")


def write_bars(path: Path, bars: Mapping[Key, Bars]) -> None:
    """Write bars by name."""
    columns = {
        f"{place}/{column}": getattr(one, column) for place, one in enumerate(bars.values()) for column in COLUMNS
    }
    keys = np.array(list(bars), dtype=np.str_)
    spans = np.array([one.span_ms for one in bars.values()], dtype=np.int64)
    with path.open("wb") as file:
        np.savez(file, keys=keys, spans=spans, **columns)


def read_bars(path: Path) -> dict[Key, Bars]:
    """Read what `write_bars` wrote."""
    with np.load(path, allow_pickle=False) as file:
        found = {}
        for place, ((name, interval), span) in enumerate(zip(file["keys"], file["spans"], strict=True)):
            at_ms, opens, high, low, close, volume, closes_ms = (file[f"{place}/{column}"] for column in COLUMNS)
            found[str(name), str(interval)] = Bars(at_ms, opens, high, low, close, volume, int(span), closes_ms)
        return found


def hash_of(bars: Mapping[Key, Bars]) -> str:
    """Give the SHA-256 of all columns, in the order of names."""
    digest = hashlib.sha256()
    for key in sorted(bars):
        one = bars[key]
        digest.update("\0".join([*key, str(len(one)), str(one.span_ms), ""]).encode())
        for column in COLUMNS:
            digest.update(np.ascontiguousarray(getattr(one, column)).tobytes())
    return digest.hexdigest()


def actions_as_bars(actions: Sequence[tuple[int, float]]) -> Bars:
    """Write splits or dividends as columns, so that they travel and are hashed as bars are."""
    at_ms, value = np.array(actions, np.float64).reshape(len(actions), 2).T
    return Bars(at_ms.astype(np.int64), value, value, value, value, np.ones(len(actions)))
