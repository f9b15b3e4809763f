"""TwelveData: polled quotes and daily bars of US shares, Indian ones with a paid plan (README.md)."""

from services.market.providers.twelvedata.client import TwelveDataClient
from services.market.providers.twelvedata.provider import TwelveDataProvider
from services.market.providers.twelvedata.stream import TwelveDataStream

__all__ = ["TwelveDataClient", "TwelveDataProvider", "TwelveDataStream"]
