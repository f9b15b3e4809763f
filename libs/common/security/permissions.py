"""What a person may do: permissions by name, and roles as sets of them. The one table; every service reads it.

A permission is `<what>:<read|write|manage|...>`. Those in `SCOPES` may also be given to an API key or to an app that
somebody authorises; such a credential holds its scopes and nothing else, and never more than its owner's role.
What differs by plan is no permission: plans limit numbers and features (402), roles limit what one may touch (403).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Permission(StrEnum):
    """What a route asks for."""

    ACCOUNT_READ = "account:read"
    ALERTS_READ = "alerts:read"
    ALERTS_WRITE = "alerts:write"
    BILLING_READ = "billing:read"
    BILLING_WRITE = "billing:write"
    MARKET_READ = "market:read"
    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    PORTFOLIO_READ = "portfolio:read"
    SIGNALS_READ = "signals:read"
    STRATEGIES_READ = "strategies:read"
    STRATEGIES_WRITE = "strategies:write"
    TICKETS_WRITE = "tickets:write"
    WATCHLISTS_READ = "watchlists:read"
    WATCHLISTS_WRITE = "watchlists:write"

    AUDIT_READ = "audit:read"
    INSTRUMENTS_MANAGE = "instruments:manage"
    KYC_REVIEW = "kyc:review"
    LEADS_MANAGE = "leads:manage"
    ROLES_MANAGE = "roles:manage"
    SALES_READ = "sales:read"
    SYSTEM_MANAGE = "system:manage"
    TICKETS_MANAGE = "tickets:manage"
    USERS_ACT_AS = "users:act_as"
    USERS_MANAGE = "users:manage"
    USERS_READ = "users:read"
    USERS_UNLOCK = "users:unlock"


class Role(StrEnum):
    SUPER_ADMIN = "SUPER_ADMIN"
    SUPPORT = "SUPPORT"
    SALES = "SALES"
    USER = "USER"


EVERYONE = frozenset(
    {
        Permission.ACCOUNT_READ,
        Permission.ALERTS_READ,
        Permission.ALERTS_WRITE,
        Permission.BILLING_READ,
        Permission.BILLING_WRITE,
        Permission.MARKET_READ,
        Permission.ORDERS_READ,
        Permission.ORDERS_WRITE,
        Permission.PORTFOLIO_READ,
        Permission.SIGNALS_READ,
        Permission.STRATEGIES_READ,
        Permission.STRATEGIES_WRITE,
        Permission.TICKETS_WRITE,
        Permission.WATCHLISTS_READ,
        Permission.WATCHLISTS_WRITE,
    }
)
"""What a person may do with what is their own."""

STAFF = frozenset(Permission) - EVERYONE
"""What touches others. None of it without a second factor, and none of it by key or app."""

SCOPES = EVERYONE - {Permission.BILLING_WRITE, Permission.TICKETS_WRITE}
"""What a key or an app may be given."""

MONEY = frozenset({Permission.ORDERS_WRITE, Permission.BILLING_WRITE})
"""What moves money. A test key does none of it, unless a route says that it keeps it in a sandbox."""

ROLES: Mapping[Role, frozenset[Permission]] = {
    Role.SUPER_ADMIN: frozenset(Permission),
    Role.SUPPORT: EVERYONE
    | {
        Permission.KYC_REVIEW,
        Permission.TICKETS_MANAGE,
        Permission.USERS_ACT_AS,
        Permission.USERS_READ,
        Permission.USERS_UNLOCK,
    },
    Role.SALES: EVERYONE | {Permission.LEADS_MANAGE, Permission.SALES_READ},
    Role.USER: EVERYONE,
}

HIDDEN_WHILE_ACTING = frozenset(
    {Permission.KYC_REVIEW, Permission.ORDERS_READ, Permission.ORDERS_WRITE, Permission.USERS_ACT_AS}
)
"""What nobody may use in another person's place, not even to look. (`Myself` is the same for whole routes.)"""

NEEDS_SECOND_FACTOR = frozenset({Role.SUPER_ADMIN, Role.SUPPORT})
"""Roles that are forced to set a second factor up."""

SESSION_SCOPE = "user"
"""The scope of a person's own login: everything that the role allows."""


def permissions_of(role: str) -> frozenset[Permission]:
    """Say what a role may do; a role that is not known may do nothing."""
    try:
        return ROLES[Role(role)]
    except ValueError:
        return frozenset()
