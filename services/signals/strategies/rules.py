"""What a strategy and its versions are. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


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
