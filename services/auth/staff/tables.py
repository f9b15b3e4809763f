"""How staff find people."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.security.permissions import Role
from services.auth.accounts.rules import AccountStatus
from services.auth.accounts.tables import User
from services.auth.staff import rules


@dataclass(frozen=True, slots=True)
class Filter:
    """Whom one looks for; None leaves a part open."""

    search: str = ""
    role: Role | None = None
    tier: str | None = None
    status: AccountStatus | None = None
    verified: bool | None = None


def people(visible: Collection[Role], wanted: Filter) -> Select[User]:
    """Select the people of the visible roles whom a filter fits."""
    query = select(User).where(User.role.in_(sorted(visible)))
    for term in rules.terms_of(wanted.search):
        query = query.where(User.search.contains(term, autoescape=True))
    if wanted.role is not None:
        query = query.where(User.role == wanted.role)
    if wanted.tier is not None:
        query = query.where(User.tier == wanted.tier)
    if wanted.status is not None:
        query = query.where(User.status == wanted.status)
    if wanted.verified is not None:
        query = query.where(User.email_verified_at.is_not(None) == wanted.verified)
    return query


async def find(session: AsyncSession, user_id: UUID, visible: Collection[Role], *, lock: bool = False) -> User | None:
    """Find a person of the visible roles."""
    query = select(User).where(User.id == user_id, User.role.in_(sorted(visible)))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(query)).one_or_none()
