"""Keep people's notices: added once each, listed, read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database, Transaction
from libs.common.errors import NotFound
from libs.common.idempotency import UNKEYED, Once
from libs.common.pagination import Found, PageRequest, paginate
from libs.contracts.alerts import NoticeCreated, NoticesRead
from services.alerts.inbox import tables
from services.alerts.inbox.tables import NewNotice, NoticeRow

CHUNK = 5_000
"""Notices removed in one transaction."""


class Inbox:
    """The use cases."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, tx: Transaction, new: Sequence[NewNotice]) -> set[UUID]:
        """Store notices and announce those that are new; one whose key is there is left out. Returns the new ids."""
        now = self._db.clock.now()
        added = await tables.add(await tx.driver(), new, now)
        for notice in new:
            if notice.id in added:
                tx.announce(
                    NoticeCreated(
                        notice_id=notice.id,
                        user_id=notice.user_id,
                        kind=notice.kind,
                        title=notice.title,
                        text=notice.text,
                        link=notice.link,
                        created_at=now,
                    )
                )
        return added

    async def list_for(
        self, session: AsyncSession, user_id: UUID, page: PageRequest, *, unread: bool, kind: str | None
    ) -> Found[NoticeRow]:
        """List a person's notices, newest first."""
        return await paginate(
            session,
            tables.listed_for(user_id, unread=unread, kind=kind),
            page,
            key=(NoticeRow.created_at, NoticeRow.id),
            scope=f"notices {user_id} {unread} {kind}",
        )

    async def words_of(self, session: AsyncSession, notice_ids: Collection[UUID]) -> list[dict[str, str]]:
        """Tell what notices say (`title`, `text`, `link`, `at`), oldest first."""
        return [
            {"title": row.title, "text": row.text, "link": row.link, "at": row.created_at.isoformat()}
            for row in await tables.listed_by_id(session, notice_ids)
        ]

    async def ids_of(self, session: AsyncSession, keys: Collection[str]) -> Mapping[str, UUID]:
        """Tell the ids of notices by their keys."""
        return await tables.ids_of(session, keys) if keys else {}

    async def count_unread(self, user_id: UUID) -> int:
        """Count what a person has not read."""
        async with self._db.read() as session:
            return await tables.count_unread(session, user_id)

    async def read(self, user_id: UUID, notice_id: UUID) -> None:
        """Mark one notice as read; doing it twice is doing it once. Raises NotFound."""
        async with self._db.transaction() as tx:
            if not await tables.exists(tx.session, user_id, notice_id):
                raise NotFound("There is no such notice here.")
            await self._mark(tx, user_id, notice_id)

    async def read_all(self, user_id: UUID, once: Once[int] = UNKEYED) -> int:
        """Mark everything as read. Returns how many were not."""
        async with self._db.transaction() as tx, once.held(tx) as answer:
            marked = await self._mark(tx, user_id, None)
            answer(marked)
        return marked

    async def _mark(self, tx: Transaction, user_id: UUID, notice_id: UUID | None) -> int:
        marked = await tables.mark_read(tx.session, user_id, notice_id, self._db.clock.now())
        if marked:
            tx.announce(NoticesRead(user_id=user_id, unread=await tables.count_unread(tx.session, user_id)))
        return marked

    async def purge(self, keep: timedelta) -> int:
        """Remove what is older than `keep`, in several transactions. Returns how many."""
        removed = 0
        while True:
            async with self._db.transaction() as tx:
                gone = await tables.remove_before(tx.session, self._db.clock.now() - keep, limit=CHUNK)
            removed += gone
            if gone < CHUNK:
                return removed

    async def export(self, session: AsyncSession, user_id: UUID) -> list[Mapping[str, Any]]:
        """Hand over a person's notices."""
        rows = await session.scalars(tables.listed_for(user_id, unread=False, kind=None).order_by(NoticeRow.created_at))
        return [
            {"kind": row.kind, "title": row.title, "text": row.text, "created_at": row.created_at, "read": row.read_at}
            for row in rows
        ]

    async def erase(self, tx: Transaction, user_id: UUID) -> None:
        """Forget a person's notices."""
        await tables.remove_all_of(tx.session, user_id)
