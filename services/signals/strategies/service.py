"""Write, version, copy and share strategies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database, Transaction
from services.signals.allowances.service import Allowances
from services.signals.strategies import tables
from services.signals.strategies.rules import Version


class Strategies:
    """The use cases of people's strategies."""

    def __init__(self, db: Database, allowances: Allowances) -> None:
        self._db = db
        self._allowances = allowances

    async def version(self, version_id: UUID, *, user_id: UUID | None = None) -> Version:
        """Get a version, of this person if one is named. Raises NotFound, also for another's."""
        async with self._db.read() as session:
            return await tables.version(session, version_id, user_id=user_id)

    async def export(self, session: AsyncSession, user_id: UUID) -> list[Mapping[str, Any]]:
        """Hand over a person's strategies with all their versions."""
        return [
            {
                "id": strategy.id,
                "name": strategy.name,
                "about": strategy.about,
                "status": strategy.status,
                "created_at": strategy.created_at,
                "versions": [
                    {
                        "id": version.id,
                        "number": version.number,
                        "rules": version.written,
                        "instruments": list(version.instruments),
                        "words": version.words,
                        "note": version.note,
                        "created_at": version.created_at,
                    }
                    for version in versions
                ],
            }
            for strategy, versions in await tables.all_of(session, user_id)
        ]

    async def erase(self, tx: Transaction, user_id: UUID) -> None:
        """Delete all strategies of a person, archived ones too."""
        await tables.remove_all_of(tx.session, user_id)
