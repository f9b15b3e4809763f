"""What a child process does: run a strategy over its bars and write the report, the same bytes for the same inputs.

Nothing here reads a clock, a database or the network, and every draw of chance has a fixed seed.
"""

from __future__ import annotations

import hashlib
import sys
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from libs.quant.bars import Bars
from libs.quant.strategy import RulesError
from services.signals.backtests import reports, searches
from services.signals.backtests.bars_file import Key, hash_of
from services.signals.backtests.trial import Trial, Unfit

Progress = Callable[[float, str], None]
"""Told how far it is, as a part of 1, and at which stage."""

PACKAGES = ("numpy", "numba", "TA-Lib")
_ROOT = Path(__file__).resolve().parents[3]
_SOURCES = ("libs/quant", "services/signals/backtests")
_COMPRESSION = 6


class Refused(Exception):
    """There is no result, in words for the person who asked."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code, self.words = code, words


@dataclass(frozen=True, slots=True)
class Found:
    """A finished report: its JSON compressed, and what is told of it."""

    body: bytes
    size: int
    report_hash: str
    data_hash: str
    code_version: str
    headline: Mapping[str, Any]

    def told(self) -> dict[str, Any]:
        """Give all but the body."""
        return {
            "size": self.size,
            "report_hash": self.report_hash,
            "data_hash": self.data_hash,
            "code_version": self.code_version,
            "headline": dict(self.headline),
        }


def compute(parameters: Mapping[str, Any], bars: Mapping[Key, Bars], progress: Progress) -> Found:
    """Compute a backtest. Raises Refused for one that has no result."""
    data_hash, code = hash_of(bars), code_version()
    progress(0.0, "running")
    try:
        trial = Trial.of(parameters, bars)
        match parameters["kind"]:
            case "run":
                report = reports.of_run(trial, progress)
            case "sweep":
                report = searches.of_sweep(trial, progress)
            case _:
                report = searches.of_walk(trial, progress)
    except RulesError as error:
        raise Refused(error.code, f"The strategy's rules: {error.message}") from error
    except Unfit as unfit:
        raise Refused("unfit", str(unfit)) from unfit
    whole = {**report, "parameters": dict(parameters), "data_hash": data_hash, "code_version": code}
    text = orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)
    headline = reports.headline_of(report)
    return Found(zlib.compress(text, _COMPRESSION), len(text), _sha(text), data_hash, code, headline)


def code_version() -> str:
    """Give a hash of all code that a report follows from: our mathematics, this room, and what both stand on."""
    digest = hashlib.sha256(sys.version.encode())
    for folder in _SOURCES:
        for path in sorted((_ROOT / folder).rglob("*.py")):
            if "tests" not in path.parts:
                digest.update(path.relative_to(_ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    for package in PACKAGES:
        digest.update(f"{package} {version(package)}\0".encode())
    return digest.hexdigest()


def _sha(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
