"""The decisions of logging in and staying in: pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from uuid import UUID

from libs.common.security.passwords import Verdict
from services.auth.accounts.rules import AccountStatus

_REFRESH_TOKEN = re.compile(r"rt_([0-9a-f]{32})\.([A-Za-z0-9_-]{43})")


class LoginOutcome(Enum):
    WELCOME = auto()
    WRONG = auto()
    UNVERIFIED = auto()
    LOCKED = auto()


def judge_login(verdict: Verdict, *, is_verified: bool, status: str) -> LoginOutcome:
    """Say how a login ends. Only the right password is told more than that something was wrong (decisions 5)."""
    if not verdict.is_right:
        return LoginOutcome.WRONG
    if status != AccountStatus.ACTIVE:
        return LoginOutcome.LOCKED
    return LoginOutcome.WELCOME if is_verified else LoginOutcome.UNVERIFIED


WHY_LOCKED: Mapping[AccountStatus, str] = {
    AccountStatus.LOCKED: "This account is locked. Write to the support to have it opened.",
    AccountStatus.SUSPENDED: "This account is suspended. Write to the support.",
    AccountStatus.CLOSING: "This account is being deleted. The link in our mail takes that back.",
}
"""What whoever has the right password is told."""


class RefreshOutcome(Enum):
    ROTATE = auto()
    SAME_SUCCESSOR = auto()
    REUSED = auto()
    ENDED = auto()


@dataclass(frozen=True, slots=True)
class RefreshState:
    """What is known of a refresh token whose secret is right, and of its session."""

    expires_at: datetime
    used_at: datetime | None
    used_by: bytes | None
    session_ends_at: datetime
    session_revoked: bool


def judge_refresh(state: RefreshState, client_print: bytes, now: datetime, *, grace: timedelta) -> RefreshOutcome:
    """Say what using a refresh token leads to (decisions 6).

    A used token is a theft, except within the grace time by the same client: two tabs that woke together get the same
    successor.
    """
    if state.session_revoked or now >= state.session_ends_at:
        return RefreshOutcome.ENDED
    if state.used_at is None:
        return RefreshOutcome.ROTATE if now < state.expires_at else RefreshOutcome.ENDED
    if now - state.used_at <= grace and state.used_by == client_print:
        return RefreshOutcome.SAME_SUCCESSOR
    return RefreshOutcome.REUSED


def is_idle(last_seen_at: datetime, now: datetime, limit: timedelta | None) -> bool:
    """Say whether nobody was there for longer than the limit; None is no limit."""
    return limit is not None and now - last_seen_at > limit


def write_refresh_token(token_id: UUID, secret: str) -> str:
    return f"rt_{token_id.hex}.{secret}"


def read_refresh_token(text: str) -> tuple[UUID, str] | None:
    """Take a refresh token apart into its id and its secret; None for what is none."""
    match = _REFRESH_TOKEN.fullmatch(text)
    return None if match is None else (UUID(match[1]), match[2])
