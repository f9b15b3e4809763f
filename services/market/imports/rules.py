"""What an entry of a list does to the instruments there are. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.market.imports.formats import Entry, Refused

_FACTS = ("name", "isin", "series", "sector", "lot_size", "tick_size", "kind", "listed_on")


@dataclass(frozen=True, slots=True)
class Known:
    """An instrument as it is stored. `facts` are the members that a list may change, by name."""

    id: int
    instrument: str
    symbol: str
    isin: str | None
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Add:
    """It is new."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Change:
    """It is known, and these members of it are others now. `renamed`: its symbol too; the old one will lead to it."""

    known: Known
    entry: Entry
    values: Mapping[str, Any]
    renamed: bool = False


@dataclass(frozen=True, slots=True)
class Merge:
    """It stands under its old symbol, and the new symbol stands beside it: the old one becomes a name of the new."""

    old: Known
    change: Change


@dataclass(frozen=True, slots=True)
class Same:
    """Nothing about it is new."""


Step = Add | Change | Merge | Same | Refused


class Plan:
    """Decides entry by entry, and sees what the file has said before.

    An instrument is the same by ISIN and exchange, else by symbol and exchange: symbols change, ISINs seldom (by a
    split of the face value), never both in one night.
    """

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}
        self._seen_isins: dict[tuple[str, str], int] = {}

    def decide(self, entry: Entry, by_isin: Known | None, by_name: Known | None) -> Step:
        """Decide about one entry. by_isin, by_name: what is stored with its ISIN or under its name, on its exchange."""
        before = self._before(entry)
        if before is not None:
            return Refused(entry.line, "twice", f"{entry.instrument} stood in line {before} already.")
        if by_isin is None or by_isin.symbol == entry.symbol:
            known = by_isin or by_name
            if known is None:
                return Add(entry)
            values = _differences(entry, known)
            return Change(known, entry, values) if values else Same()
        if by_name is None:
            values = {
                **_differences(entry, by_isin),
                "symbol": entry.symbol,
                "instrument": entry.instrument,
            }
            return Change(by_isin, entry, values, renamed=True)
        if by_name.isin is None:
            return Merge(by_isin, Change(by_name, entry, _differences(entry, by_name)))
        return Refused(
            entry.line,
            "symbol_taken",
            f"{entry.instrument} is stored with ISIN {by_name.isin}, and {entry.isin} as {by_isin.instrument}.",
        )

    def _before(self, entry: Entry) -> int | None:
        line = self._seen.setdefault(entry.instrument, entry.line)
        if entry.isin is not None:
            line = min(line, self._seen_isins.setdefault((entry.exchange, entry.isin), entry.line))
        return None if line == entry.line else line


def _differences(entry: Entry, known: Known) -> dict[str, Any]:
    """Give what a list knows better. What it does not know stays, as does a name that others write in capitals."""
    values = {
        name: value for name in _FACTS if (value := getattr(entry, name)) is not None and value != known.facts.get(name)
    }
    if entry.name.casefold() == str(known.facts.get("name")).casefold():
        values.pop("name", None)
    return values


def batches(items: Sequence[Entry], size: int) -> Sequence[Sequence[Entry]]:
    """Cut entries into batches of one transaction each."""
    return [items[start : start + size] for start in range(0, len(items), size)]
