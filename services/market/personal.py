"""What market keeps about a person: the rooms that keep something, as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID


class Keeper(Protocol):
    """A room that keeps something about people."""

    async def export(self, user_id: UUID) -> Mapping[str, Any]: ...

    async def erase(self, user_id: UUID) -> None: ...


class PersonalData:
    """All that market keeps about a person."""

    def __init__(self, keepers: Sequence[Keeper]) -> None:
        self._keepers = keepers

    async def export(self, user_id: UUID) -> Mapping[str, Any]:
        """Give it, by kind."""
        kept: dict[str, Any] = {}
        for keeper in self._keepers:
            kept |= await keeper.export(user_id)
        return kept

    async def erase(self, user_id: UUID) -> None:
        """Delete it. Safe to repeat."""
        for keeper in self._keepers:
            await keeper.erase(user_id)
