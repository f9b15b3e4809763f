"""Upstox' market feed v3, as bytes: the connection and its token are the broker service's."""

from services.market.providers.upstox.frames import decode

__all__ = ["decode"]
