"""What is traded: `EXCHANGE:SYMBOL`, the one spelling everywhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

# NSE and BSE symbols hold & and -, US classes a dot (BRK.B).
_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9&.\-_]{0,31}")
_EXCHANGE = re.compile(r"[A-Z]{2,10}")


@dataclass(frozen=True, slots=True, order=True)
class Instrument:
    """One listed thing on one exchange, such as `NSE:RELIANCE` or `NASDAQ:AAPL`."""

    exchange: str
    symbol: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `EXCHANGE:SYMBOL`, case ignored. Raises ValueError for anything else, a bare symbol included."""
        exchange, colon, symbol = text.upper().partition(":")
        if not colon or not _EXCHANGE.fullmatch(exchange) or not is_symbol(symbol):
            raise ValueError("An instrument is written EXCHANGE:SYMBOL, such as NSE:RELIANCE.")
        return cls(exchange, symbol)

    def __str__(self) -> str:
        return f"{self.exchange}:{self.symbol}"


def is_symbol(text: str) -> bool:
    """Say whether this could be a symbol on some exchange."""
    return _SYMBOL.fullmatch(text) is not None
