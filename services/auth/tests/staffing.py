"""People with roles, for tests of what staff do: rows in the table, and tokens of theirs."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import select, update

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.ids import uuid7
from libs.common.security.permissions import Role
from libs.common.testing.client import ClientFor
from libs.common.testing.tokens import Tokens
from services.auth.accounts.tables import User
from services.auth.sessions.tables import UserSession

BOTH_FACTORS = ("pwd", "otp")


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person of the table, with a client that carries their token."""

    id: UUID
    sid: UUID
    http: httpx.AsyncClient


class Crowd:
    """Makes people."""

    def __init__(
        self,
        app: FastAPI,
        db: Database,
        clock: FixedClock,
        tokens: Tokens,
        client_for: ClientFor,
        stack: AsyncExitStack,
    ) -> None:
        self.app, self.db, self.clock, self.tokens = app, db, clock, tokens.at(clock)
        self._client_for, self._stack = client_for, stack
        self._made = 0

    async def add(self, **columns: Any) -> User:
        """Insert a confirmed person."""
        self._made += 1
        # Apart in time, so that lists have an order.
        now = self.clock.now() + timedelta(milliseconds=self._made)
        email = columns.pop("email", f"person{self._made}@example.com")
        user = User(
            **{
                "id": uuid7(),
                "email": email,
                "email_key": email.lower(),
                "username": f"person_{self._made}",
                "password_hash": "none",
                "first_name": "Person",
                "last_name": f"No{self._made}",
                "role": Role.USER,
                "email_verified_at": now,
                "terms_accepted_at": now,
                "created_at": now,
                "updated_at": now,
                **columns,
            }
        )
        async with self.db.transaction() as tx:
            tx.session.add(user)
        return user

    async def client(
        self,
        user_id: UUID,
        role: str,
        *,
        sid: UUID,
        version: int = 1,
        amr: tuple[str, ...] = BOTH_FACTORS,
        **claims: Any,
    ) -> httpx.AsyncClient:
        """Open a client with a token of a person."""
        token = self.tokens.user(
            user_id,
            role=role,
            sid=sid,
            version=version,
            amr=list(amr),
            auth_time=int(self.clock.now().timestamp()),
            **claims,
        )
        return await self._stack.enter_async_context(self._client_for(self.app, user=token))

    async def one(self, role: str = Role.USER, **columns: Any) -> Somebody:
        """Make a person of a role who is signed in, with a second factor."""
        user, sid = await self.add(role=role, **columns), uuid7()
        return Somebody(user.id, sid, await self.client(user.id, role, sid=sid))

    async def row(self, user_id: UUID) -> User:
        async with self.db.read() as session:
            return (await session.scalars(select(User).where(User.id == user_id))).one()

    async def retire(self, *people: UUID) -> None:
        """Make people plain users who have left, past every rule, so that a test can begin anew."""
        async with self.db.transaction() as tx:
            await tx.session.execute(update(User).where(User.id.in_(people)).values(role=Role.USER, status="closing"))

    async def open_session(self, somebody: Somebody) -> None:
        """Put the session of a person's token into the table."""
        now = self.clock.now()
        held = UserSession(
            id=somebody.sid,
            user_id=somebody.id,
            created_at=now,
            last_seen_at=now,
            ends_at=now + timedelta(days=30),
            auth_time=now,
            amr=list(BOTH_FACTORS),
            by_cookie=False,
            user_agent="tests",
            network="127.0.0.0/24",
        )
        async with self.db.transaction() as tx:
            tx.session.add(held)
