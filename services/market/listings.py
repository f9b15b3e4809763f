"""US shares that we can name without asking anyone: exchange and company by symbol."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class UsListing(NamedTuple):
    exchange: str
    name: str


US_LISTINGS: Mapping[str, UsListing] = MappingProxyType(
    {
        "AAPL": UsListing("NASDAQ", "Apple Inc."),
        "ADBE": UsListing("NASDAQ", "Adobe Inc."),
        "AMD": UsListing("NASDAQ", "Advanced Micro Devices, Inc."),
        "AMZN": UsListing("NASDAQ", "Amazon.com, Inc."),
        "BAC": UsListing("NYSE", "Bank of America Corporation"),
        "CRM": UsListing("NYSE", "Salesforce, Inc."),
        "CSCO": UsListing("NASDAQ", "Cisco Systems, Inc."),
        "CVX": UsListing("NYSE", "Chevron Corporation"),
        "DIS": UsListing("NYSE", "The Walt Disney Company"),
        "FB": UsListing("NASDAQ", "Facebook, Inc."),
        "GOOG": UsListing("NASDAQ", "Alphabet Inc. Class C"),
        "GOOGL": UsListing("NASDAQ", "Alphabet Inc. Class A"),
        "HD": UsListing("NYSE", "The Home Depot, Inc."),
        "IBM": UsListing("NYSE", "International Business Machines Corporation"),
        "INTC": UsListing("NASDAQ", "Intel Corporation"),
        "JNJ": UsListing("NYSE", "Johnson & Johnson"),
        "JPM": UsListing("NYSE", "JPMorgan Chase & Co."),
        "KO": UsListing("NYSE", "The Coca-Cola Company"),
        "MA": UsListing("NYSE", "Mastercard Incorporated"),
        "META": UsListing("NASDAQ", "Meta Platforms, Inc."),
        "MSFT": UsListing("NASDAQ", "Microsoft Corporation"),
        "NFLX": UsListing("NASDAQ", "Netflix, Inc."),
        "NVDA": UsListing("NASDAQ", "NVIDIA Corporation"),
        "ORCL": UsListing("NYSE", "Oracle Corporation"),
        "PEP": UsListing("NASDAQ", "PepsiCo, Inc."),
        "PFE": UsListing("NYSE", "Pfizer Inc."),
        "PG": UsListing("NYSE", "The Procter & Gamble Company"),
        "TSLA": UsListing("NASDAQ", "Tesla, Inc."),
        "UNH": UsListing("NYSE", "UnitedHealth Group Incorporated"),
        "V": UsListing("NYSE", "Visa Inc."),
        "WMT": UsListing("NYSE", "Walmart Inc."),
        "XOM": UsListing("NYSE", "Exxon Mobil Corporation"),
    }
)
"""By symbol. All are priced in USD."""
