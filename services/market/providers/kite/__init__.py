"""Kite's market feed (Zerodha), as bytes: the connection and its token are the broker service's."""

from services.market.providers.kite.frames import decode

__all__ = ["decode"]
