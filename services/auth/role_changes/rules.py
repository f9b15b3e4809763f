"""The decisions of changing a role: pure."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from libs.common.errors import Conflict, PermissionDenied
from libs.common.security.permissions import Role

WAITS_FOR = timedelta(hours=24)
"""How long a change waits for the second word."""


class ChangeState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"


def needs_second_word(from_role: str, to_role: str) -> bool:
    """Say whether another SUPER_ADMIN must approve: when one is made or unmade."""
    return Role.SUPER_ADMIN in (from_role, to_role)


def check_change(actor_id: UUID, user_id: UUID, *, from_role: str, to_role: str, is_usable: bool) -> None:
    """Refuse what nobody may ask for. Raises PermissionDenied, Conflict.

    is_usable: the account is confirmed and active.
    """
    if actor_id == user_id:
        raise PermissionDenied("Nobody changes their own role.")
    if from_role == to_role:
        raise Conflict(f"The role is {to_role} already.")
    if to_role != Role.USER and not is_usable:
        raise Conflict("Only a confirmed and active account can become staff.")


def check_others_remain(from_role: str, others: int) -> None:
    """Refuse to unmake the last SUPER_ADMIN. others: how many more are active. Raises Conflict."""
    if from_role == Role.SUPER_ADMIN and others == 0:
        raise Conflict("This is the last active SUPER_ADMIN. Make another one first.")


def check_decider(decider_id: UUID, *, asked_by: UUID, user_id: UUID, approves: bool) -> None:
    """Refuse a word that is no second one. Who asked may still withdraw. Raises PermissionDenied."""
    if decider_id == user_id:
        raise PermissionDenied("Nobody decides on their own role.")
    if approves and decider_id == asked_by:
        raise PermissionDenied("Who asked for a change cannot approve it.")
