"""The jobs of exports and deletions. What is due stands in the database, so a job that is lost loses nothing."""

from __future__ import annotations

from libs.common.jobs import JobContext
from services.auth.personal_data.service import Erasing, Gathering


class PersonalDataJobs:
    def __init__(self, gathering: Gathering, erasing: Erasing) -> None:
        self._gathering = gathering
        self._erasing = erasing

    async def make_due_exports(self, _context: JobContext) -> None:
        """Gather the exports that were asked for."""
        await self._gathering.make_due()

    async def erase_due_accounts(self, _context: JobContext) -> None:
        """Go on with the deletions whose grace time is over."""
        await self._erasing.erase_due()

    async def drop_ended(self) -> None:
        """Drop what was not fetched in time, and the memory of old deletions."""
        await self._gathering.drop_ended()
        await self._erasing.drop_old()
