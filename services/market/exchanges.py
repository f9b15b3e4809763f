"""What does not change from day to day about an exchange: its zone, currency and regular session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Exchange:
    """An exchange. `opens` and `closes` are the regular session in its own zone; special sessions are not in here.

    `tick_e4` is the smallest price step in 1/10,000, for prices of 1.00 and more.
    """

    code: str
    name: str
    mic: str
    country: str
    currency: str
    zone: ZoneInfo
    opens: time
    closes: time
    tick_e4: int

    @property
    def session_minutes(self) -> int:
        """The length of the regular session."""
        return (self.closes.hour * 60 + self.closes.minute) - (self.opens.hour * 60 + self.opens.minute)

    def opens_at(self, day: date) -> datetime:
        """Tell the instant (UTC) at which the regular session of a trading day begins."""
        return datetime.combine(day, self.opens, tzinfo=self.zone).astimezone(UTC)

    def closes_at(self, day: date) -> datetime:
        """Tell the instant (UTC) at which the regular session of a trading day ends."""
        return self.opens_at(day) + timedelta(minutes=self.session_minutes)


_NEW_YORK = ZoneInfo("America/New_York")
_KOLKATA = ZoneInfo("Asia/Kolkata")


def _us(code: str, name: str, mic: str) -> Exchange:
    return Exchange(code, name, mic, "US", "USD", _NEW_YORK, opens=time(9, 30), closes=time(16), tick_e4=100)


def _indian(code: str, name: str, mic: str) -> Exchange:
    return Exchange(code, name, mic, "IN", "INR", _KOLKATA, opens=time(9, 15), closes=time(15, 30), tick_e4=500)


EXCHANGES: Mapping[str, Exchange] = MappingProxyType(
    {
        exchange.code: exchange
        for exchange in (
            _us("NASDAQ", "Nasdaq", "XNAS"),
            _us("NYSE", "New York Stock Exchange", "XNYS"),
            _indian("NSE", "National Stock Exchange of India", "XNSE"),
            _indian("BSE", "BSE", "XBOM"),
        )
    }
)
"""The exchanges whose instruments we can hold, by code."""

MIC_TO_EXCHANGE: Mapping[str, str] = MappingProxyType(
    {
        **{exchange.mic: exchange.code for exchange in EXCHANGES.values()},
        # Nasdaq's market tiers: providers name the tier, listings name the exchange.
        "XNGS": "NASDAQ",
        "XNMS": "NASDAQ",
        "XNCM": "NASDAQ",
    }
)
"""Exchange codes by ISO 10383 market identifier code."""
