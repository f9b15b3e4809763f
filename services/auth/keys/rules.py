"""When a signing key comes, signs, and goes: pure.

A key is published before it signs, for longer than anybody keeps the key set, and stays published after its successor
signs, until the last token that it signed has ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

PUBLISHED_BEFORE_USE = timedelta(minutes=10)
"""Twice what a verifier keeps the key set (5 minutes)."""

PREPARED_BEFORE_USE = timedelta(days=1)
"""When the rotation makes the next key: long before it is needed, so that a worker that was down misses nothing."""


@dataclass(frozen=True, slots=True)
class KeyTimes:
    """When a key begins to sign."""

    kid: str
    active_from: datetime


@dataclass(frozen=True, slots=True)
class Rotation:
    """What to do now: make a key that signs from `add_from` (None: make none), and drop the keys of `drop`."""

    add_from: datetime | None
    drop: tuple[str, ...]


def signing_key(keys: Sequence[KeyTimes], now: datetime) -> KeyTimes | None:
    """Pick the key that signs now: the one that began last."""
    begun = [key for key in keys if key.active_from <= now]
    return max(begun, key=lambda key: key.active_from, default=None)


def plan_rotation(
    keys: Sequence[KeyTimes], now: datetime, *, lifetime: timedelta, longest_token: timedelta, forced: bool = False
) -> Rotation:
    """Say what the rotation does now.

    lifetime: how long a key signs. longest_token: the life of a token with all leeway. forced: an operator wants a new
    key as soon as everybody can know it.
    """
    current = signing_key(keys, now)
    if current is None:
        return Rotation(add_from=now, drop=())
    has_next = any(key.active_from > now for key in keys)
    add_from: datetime | None = None
    if forced and not has_next:
        add_from = now + PUBLISHED_BEFORE_USE
    elif not has_next and now >= current.active_from + lifetime - PREPARED_BEFORE_USE:
        add_from = max(current.active_from + lifetime, now + PUBLISHED_BEFORE_USE)
    return Rotation(add_from, _ended(keys, now, longest_token))


def _ended(keys: Sequence[KeyTimes], now: datetime, longest_token: timedelta) -> tuple[str, ...]:
    """List the keys whose successor began so long ago that no token of theirs lives."""
    in_order = sorted(keys, key=lambda key: key.active_from)
    return tuple(key.kid for key, successor in pairwise(in_order) if successor.active_from + longest_token < now)
