"""What broker keeps about a person: nothing, until it has rooms of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID


async def export(_user_id: UUID) -> Mapping[str, Any]:
    return {}


async def erase(_user_id: UUID) -> None:
    return None
