"""What a strategy and its versions are, how rules are read, and what one version changed of another. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from libs.quant.expr import ExprError, names_in, parse_with
from libs.quant.strategy import Distance, Rules, RulesError

MOST_INSTRUMENTS = 100
MOST_VERSIONS = 500
MOST_KEPT = 1_000
"""Strategies of one person, archived ones among them."""
MOST_SHARES = 20
"""Links to one strategy."""


class StrategyStatus(StrEnum):
    """An archived strategy is no longer listed or counted; its versions stay with what was made of them."""

    ACTIVE = "active"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class Strategy:
    """A person's strategy. `number`: of its newest version. `template`: what it began as. `copied_from`: a version."""

    id: UUID
    user_id: UUID
    name: str
    about: str
    status: StrategyStatus
    number: int
    template: str | None
    copied_from: UUID | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a strategy. It never changes, so that what was made of it can be made again.

    `document`: the rules in full, as `libs.quant.strategy.Rules.read` takes them. `written`: the same as its author
    wrote them, with the names of custom indicators. `instruments`: on which it trades.
    """

    id: UUID
    strategy_id: UUID
    user_id: UUID
    name: str
    number: int
    document: Mapping[str, Any]
    written: Mapping[str, Any]
    instruments: tuple[str, ...]
    words: str
    note: str
    created_at: datetime
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A strategy that is to be made, as its author wrote it."""

    name: str
    about: str
    rules: Mapping[str, Any]
    instruments: tuple[str, ...]
    note: str = ""
    template: str | None = None
    copied_from: UUID | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A link to one version of a strategy. Its secret is shown once."""

    id: UUID
    version_id: UUID
    number: int
    created_at: datetime
    expires_at: datetime | None


def read(written: Mapping[str, Any], defined: Mapping[str, str]) -> Rules:
    """Read rules that may use one's own names. defined: their expressions. Raises RulesError."""
    document = dict(written)
    for field in ("entry", "exit"):
        text = written.get(field)
        if isinstance(text, str) and names_in(text, defined):
            try:
                document[field] = str(parse_with(text, defined))
            except ExprError as error:
                raise RulesError(error.code, f"/{field}", error.message, error.column) from error
    return Rules.read(document)


def uses_names(written: Mapping[str, Any], defined: Mapping[str, str]) -> bool:
    """Tell whether rules use names of one's own."""
    return any(names_in(str(written.get(field) or ""), defined) for field in ("entry", "exit"))


def instruments_read(rules: Rules) -> list[str]:
    """Name the instruments that the expressions read beside the one that is traded."""
    return sorted({source.instrument for source in rules.inputs if source.instrument is not None})


def changes(before: Version, after: Version) -> list[str]:
    """Say in words what a version changed of an earlier one, a sentence for each part."""
    old, new = Rules.read(before.document), Rules.read(after.document)
    said = [
        f"{label}: {now}; before: {then}."
        for label, then, now in (
            ("Bars", old.interval, new.interval),
            ("Side", old.side.value, new.side.value),
            ("Enters when", _lowered(old.entry.words()), _lowered(new.entry.words())),
            (
                "Leaves when",
                "no rule" if old.exit is None else _lowered(old.exit.words()),
                "no rule" if new.exit is None else _lowered(new.exit.words()),
            ),
            ("Stop loss", _distance(old.stop), _distance(new.stop)),
            ("Target", _distance(old.target), _distance(new.target)),
            ("Trailing stop", _distance(old.trailing), _distance(new.trailing)),
            ("Size", old.size.words(), new.size.words()),
            ("Longest hold", _bars(old.max_bars), _bars(new.max_bars)),
            ("Positions at once", str(old.max_positions), str(new.max_positions)),
        )
        if then != now
    ]
    for label, these, others in (
        ("Added", after.instruments, before.instruments),
        ("Removed", before.instruments, after.instruments),
    ):
        some = [name for name in these if name not in others]
        if some:
            said.append(f"{label}: {', '.join(some)}.")
    if not said and before.instruments != after.instruments:
        said.append("The same instruments in another order.")
    return said


def _distance(distance: Distance | None) -> str:
    return "none" if distance is None else distance.words()


def _bars(count: int | None) -> str:
    return "no limit" if count is None else f"{count:,} {'bar' if count == 1 else 'bars'}"


def _lowered(said: str) -> str:
    return said[:1].lower() + said[1:] if said.startswith(("The ", "It ", "A ")) else said
