"""Noting what happens to the safety of an account, and showing it to its owner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from libs.common.clock import Clock
from libs.common.db import Database, Transaction
from libs.common.ids import uuid7
from libs.common.pagination import Found, PageRequest, paginate
from libs.contracts.auth import SecurityKind, SecurityNoticed
from services.auth.limits.visitor import Visitor
from services.auth.security_log import tables
from services.auth.security_log.tables import SecurityEventRow

KEPT = timedelta(days=400)


class SecurityLog:
    """`note` goes into the transaction of what happened, so that nothing happens unseen."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def note(
        self,
        tx: Transaction,
        user_id: UUID,
        kind: SecurityKind,
        visitor: Visitor | None = None,
        *,
        actor_id: UUID | None = None,
        details: Mapping[str, str] | None = None,
        by_mail: bool = True,
    ) -> None:
        """Note what happened; the owner is told by mail too unless `by_mail` is off.

        visitor: where it came from, None for what no request did. actor_id: who did it, when it was another person.
        details: words for people, never a secret.
        """
        now, words = self._clock.now(), dict(details or {})
        row = SecurityEventRow(
            id=uuid7(),
            user_id=user_id,
            kind=kind,
            at=now,
            network="" if visitor is None else visitor.network,
            user_agent="" if visitor is None else visitor.user_agent,
            actor_id=actor_id,
            details=words,
        )
        tx.session.add(row)
        if by_mail:
            tx.announce(
                SecurityNoticed(
                    event_id=row.id,
                    user_id=user_id,
                    kind=kind,
                    at=now,
                    network=row.network,
                    device="" if visitor is None else visitor.device,
                    details=words,
                )
            )

    async def list_for(self, user_id: UUID, page: PageRequest) -> Found[SecurityEventRow]:
        """List what happened to an account, newest first."""
        async with self._db.read() as session:
            return await paginate(
                session,
                tables.listed_for(user_id),
                page,
                key=(SecurityEventRow.at, SecurityEventRow.id),
                scope=f"security {user_id}",
            )

    async def export(self, user_id: UUID) -> Sequence[Mapping[str, Any]]:
        """Give what is kept about an account's safety."""
        async with self._db.read() as session:
            rows = await tables.list_all(session, user_id)
        return [
            {
                "kind": row.kind,
                "at": row.at,
                "network": row.network,
                "user_agent": row.user_agent,
                "details": row.details,
            }
            for row in rows
        ]


async def purge_old(db: Database, clock: Clock) -> None:
    """Drop what happened long ago."""
    async with db.transaction() as tx:
        await tables.drop_before(tx.session, clock.now() - KEPT)
