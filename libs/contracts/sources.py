"""What market announces of its sources of prices: how they are doing, and what of them it did not believe."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from libs.contracts.base import Event, Price


class PriceQuarantined(Event):
    """A price was put aside: not believed, or not in time. It is shown to staff and fires nothing.

    Told for the first one of an instrument, source and reason in a minute. reason: as in services/market/quality.
    """

    type: ClassVar[str] = "market.price.quarantined.v1"
    quarantine_id: UUID
    instrument: str
    price: Price
    reason: str
    source: str
    at: datetime

    def subject(self) -> str:
        return self.instrument


class ProviderDegraded(Event):
    """A provider failed several times in a row; the next one by priority prices its stocks meanwhile."""

    type: ClassVar[str] = "market.provider.degraded.v1"
    provider: str
    since: datetime
    reason: str

    def subject(self) -> str:
        return self.provider


class ProviderRecovered(Event):
    """A provider that was degraded answers again."""

    type: ClassVar[str] = "market.provider.recovered.v1"
    provider: str
    since: datetime

    def subject(self) -> str:
        return self.provider
