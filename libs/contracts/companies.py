"""What market announces of companies."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from libs.contracts.base import Event


class CompanyEventNear(Event):
    """A dated event of a company lies days ahead: results, an ex-day. Told once for each event.

    `user_ids` are people who have the instrument in a watchlist, at most 500; where there are more, the event comes
    several times with the same `event_id`. `previous_day`: the day was another before. `words` are the source's own.
    """

    type: ClassVar[str] = "market.company.event_near.v1"
    event_id: UUID
    instrument: str
    name: str
    kind: str
    day: date
    previous_day: date | None = None
    words: str
    user_ids: tuple[UUID, ...] = ()

    def subject(self) -> str:
        return self.instrument
