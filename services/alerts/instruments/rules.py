"""What an instrument is to alerts: free of storage."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Listing:
    """An instrument as alerts and notices show it."""

    id: int
    instrument: str
    exchange: str
    symbol: str
    name: str
    currency: str
