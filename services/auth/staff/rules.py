"""Whom a member of staff sees, and what may become of an account: pure."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from libs.common.errors import Conflict, PermissionDenied
from libs.common.security.permissions import Role
from services.auth.accounts.rules import AccountStatus

MAX_TERMS = 5

_S = AccountStatus
MOVES: Mapping[AccountStatus, frozenset[AccountStatus]] = {
    _S.ACTIVE: frozenset({_S.LOCKED, _S.SUSPENDED}),
    _S.LOCKED: frozenset({_S.ACTIVE, _S.SUSPENDED}),
    _S.SUSPENDED: frozenset({_S.ACTIVE}),
    _S.CLOSING: frozenset(),  # its owner's own decision, taken back by the owner's link
}
"""Locked: until the owner or we open it again. Suspended: a decision of ours, which only its like takes back."""


def visible_roles(role: str) -> frozenset[Role]:
    """Say the roles of the people whom a member of staff sees and touches: staff are for a SUPER_ADMIN only."""
    return frozenset(Role) if role == Role.SUPER_ADMIN else frozenset({Role.USER})


def terms_of(search: str) -> list[str]:
    """Take a search apart: each of its words must be found, in whatever order."""
    return search.lower().split()[:MAX_TERMS]


def check_status_change(actor_id: UUID, user_id: UUID, *, role: str, status: str, to: AccountStatus) -> None:
    """Refuse a change of status that may not be. Raises PermissionDenied, Conflict."""
    if actor_id == user_id:
        raise PermissionDenied("Nobody changes their own status.")
    if to not in MOVES[AccountStatus(status)]:
        raise Conflict(f"The account is {status}; it cannot become {to}.")
    if role == Role.SUPER_ADMIN and to is not AccountStatus.ACTIVE:
        raise Conflict("A SUPER_ADMIN is not locked or suspended. Have the role taken by two of you first.")
