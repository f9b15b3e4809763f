"""A source of last resort that needs no key: the answers of Yahoo's chart pages."""

from services.market.providers.yahoo.provider import YahooProvider

__all__ = ["YahooProvider"]
