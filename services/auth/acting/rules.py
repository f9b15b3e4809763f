"""Who may act as whom: pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from libs.common.errors import Conflict, PermissionDenied
from libs.common.security.permissions import Role

LASTS = timedelta(minutes=15)
MAX_CONSENT_HOURS = 7 * 24


def may_see(staff_role: str, role: str) -> bool:
    """Say whether somebody of this role exists for a member of staff: for all but SUPER_ADMIN, other staff do not."""
    return staff_role == Role.SUPER_ADMIN or role == Role.USER


def check_acting(
    staff_id: UUID,
    staff_role: str,
    *,
    user_id: UUID,
    role: str,
    is_usable: bool,
    consent_until: datetime | None,
    now: datetime,
) -> bool:
    """Refuse what may not be; say whether it is the person's consent that allows it (decisions 9).

    A SUPER_ADMIN needs none, and acts as nobody of the same role. Raises PermissionDenied, Conflict.
    """
    if staff_id == user_id:
        raise PermissionDenied("Nobody acts as themselves.")
    if role == Role.SUPER_ADMIN:
        raise PermissionDenied("Nobody acts as a SUPER_ADMIN.")
    if not is_usable:
        raise Conflict("The account is not confirmed or not active, so there is nothing to see.")
    if staff_role == Role.SUPER_ADMIN:
        return False
    if consent_until is None or consent_until <= now:
        raise PermissionDenied("This person has not allowed the support to look. Ask them: it is in their settings.")
    return True
