"""Every table of the service in one place, for migrations: importing this registers them all on `Base`."""

from services.market.budgets import tables as budgets
from services.market.candles import tables as candles
from services.market.companies import tables as companies
from services.market.economics import tables as economics
from services.market.feed import tables as feed
from services.market.feed_keys import tables as feed_keys
from services.market.history import tables as history
from services.market.imports import tables as imports
from services.market.instruments import tables as instruments
from services.market.news import tables as news
from services.market.own_prices import tables as own_prices
from services.market.prices import tables as prices
from services.market.quality import tables as quality
from services.market.schema import Base
from services.market.sessions import tables as sessions
from services.market.sources import tables as sources
from services.market.splits import tables as splits
from services.market.watchlists import tables as watchlists

__all__ = [
    "Base",
    "budgets",
    "candles",
    "companies",
    "economics",
    "feed",
    "feed_keys",
    "history",
    "imports",
    "instruments",
    "news",
    "own_prices",
    "prices",
    "quality",
    "sessions",
    "sources",
    "splits",
    "watchlists",
]
