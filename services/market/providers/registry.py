"""Name -> provider: the only file that imports adapters."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from redis.asyncio import Redis

from libs.common.clock import Clock
from libs.common.db import Database
from libs.common.http import Http, Timeouts
from libs.common.instruments import Instrument
from libs.contracts.ingest import FeedVendor
from services.market.budgets.rules import Limits
from services.market.budgets.service import Budget
from services.market.exchanges import EXCHANGES
from services.market.feed.turns import Ahead, Turn
from services.market.listings import US_LISTINGS
from services.market.providers import kite, upstox
from services.market.providers.port import FeedPrice, FileBars, Listing
from services.market.providers.replay import ReplayOptions, ReplayProvider, packaged_eras
from services.market.providers.replay.recordings import Era
from services.market.providers.twelvedata import TwelveDataClient, TwelveDataProvider, TwelveDataStream
from services.market.providers.yahoo import YahooProvider
from services.market.settings import MarketSettings
from services.market.sources.rules import Market
from services.market.sources.service import Configured, SourceRole

_REPLAY_PATIENCE = timedelta(minutes=2)
_PUSH_PATIENCE = timedelta(minutes=5)

NOT_FOR_ORDERS = frozenset({YahooProvider.name})
"""Sources by whose prices no order is placed (decisions 30)."""


async def make_replay(settings: MarketSettings, clock: Clock) -> ReplayProvider:
    """Read the recordings, which takes a moment and happens in a thread, and make the replay of them.

    Raises ValueError when the folder holds nothing playable, FileNotFoundError when a package is missing.
    """
    eras = await asyncio.to_thread(_read_eras, settings)
    options = ReplayOptions(
        session=timedelta(seconds=settings.replay_session_s),
        repeat=settings.replay_repeat,
        past_days=settings.replay_past_days,
        max_bars_per_second=settings.replay_max_bars_per_second,
        max_lag=settings.stream_max_lag,
    )
    return ReplayProvider(eras, options, clock)


def make_twelvedata(
    settings: MarketSettings, db: Database, redis: Redis, *, urgent: bool = False
) -> TwelveDataProvider:
    """Make the provider of the account that the settings name.

    urgent: may use the part of the day's credits that is kept back for what a user waits for.
    """
    key = settings.twelvedata_api_key
    assert key is not None, "the settings refuse this provider without a key"
    per_day = settings.twelvedata_credits_per_day
    kept_back = 0 if urgent else per_day * settings.twelvedata_reserve_percent // 100
    limits = Limits(settings.twelvedata_credits_per_minute, per_day, kept_back)
    timeouts = Timeouts(read=settings.twelvedata_timeout_s, total=settings.twelvedata_timeout_s)
    client = TwelveDataClient(
        # Each try costs credits, so the client counts them and repeats by itself.
        Http("twelvedata", timeouts=timeouts, retries=0),
        settings.twelvedata_base_url,
        key,
        Budget(db, redis, TwelveDataProvider.name, limits),
    )
    return TwelveDataProvider(
        client,
        db.clock,
        listings=[_listing(text) for text in settings.fetch_symbols],
        max_lag=settings.polled_max_lag,
        batch_size=settings.twelvedata_batch_size,
    )


def make_twelvedata_stream(settings: MarketSettings, clock: Clock) -> TwelveDataStream:
    """Make the WebSocket of the account that the settings name."""
    key = settings.twelvedata_api_key
    assert key is not None, "the settings refuse this provider without a key"
    return TwelveDataStream(
        settings.twelvedata_stream_url,
        key,
        clock,
        max_lag=settings.stream_max_lag,
        silence_s=settings.stream_silence_s,
    )


def make_yahoo(settings: MarketSettings, db: Database, redis: Redis) -> YahooProvider:
    """Make the source that needs no key. Its budget is our own: they publish none."""
    return YahooProvider(
        Http("yahoo", retries=0),
        settings.keyless_base_url,
        Budget(db, redis, YahooProvider.name, Limits(settings.keyless_per_minute, settings.keyless_per_day)),
        db.clock,
        listings=[_listing(text) for text in settings.fetch_symbols],
        max_lag=settings.polled_max_lag,
    )


def configured_providers(settings: MarketSettings) -> Sequence[Configured]:
    """Describe the providers of this installation, for the page that shows them."""
    if settings.provider == "replay":
        return [Configured(ReplayProvider.name, SourceRole.REPLAY, 1, _REPLAY_PATIENCE, None, always_open=True)]
    found: list[tuple[str, SourceRole, timedelta, Limits | None]] = []
    if settings.ingest_shared:
        found += [(vendor.value, SourceRole.INGESTED, _PUSH_PATIENCE, None) for vendor in FeedVendor]
    if settings.provider == "twelvedata":
        if settings.twelvedata_stream:
            found.append((TwelveDataStream.name, SourceRole.PUSHED, _PUSH_PATIENCE, None))
        limits = Limits(settings.twelvedata_credits_per_minute, settings.twelvedata_credits_per_day)
        found.append((TwelveDataProvider.name, SourceRole.POLLED, settings.polled_max_lag, limits))
    if settings.keyless:
        limits = Limits(settings.keyless_per_minute, settings.keyless_per_day)
        found.append((YahooProvider.name, SourceRole.POLLED, settings.polled_max_lag, limits))
    return [
        Configured(name, role, place, patience, limits)
        for place, (name, role, patience, limits) in enumerate(found, start=1)
    ]


def market_orders(settings: MarketSettings) -> Mapping[str, Sequence[str]]:
    """Give the list of each market: those of its setting that are set up. A replay prices all markets alone."""
    if settings.provider == "replay":
        return dict.fromkeys(Market, (ReplayProvider.name,))
    names = {one.name for one in configured_providers(settings)}
    lists = {Market.IN: settings.providers_in, Market.US: settings.providers_us}
    return {market: tuple(name for name in listed if name in names) for market, listed in lists.items()}


def turn_of(settings: MarketSettings, provider: str) -> Turn:
    """Give a polled provider's place among the others. The one that the settings name keeps the list of instruments."""
    by_name = {one.name: one for one in configured_providers(settings)}
    interval = timedelta(seconds=settings.fetch_interval_s)
    return Turn(
        settings.provider,
        {
            market: [_ahead(by_name[name], interval) for name in order[: order.index(provider)]]
            for market, order in market_orders(settings).items()
            if provider in order
        },
    )


def _ahead(one: Configured, interval: timedelta) -> Ahead:
    pushes = one.role is not SourceRole.POLLED
    return Ahead(one.name, pushes, interval if pushes else one.patience)


def max_lags(settings: MarketSettings) -> Mapping[str, timedelta]:
    """Tell of each source of prices how old one may be when it reaches us."""
    pushed = [TwelveDataStream.name, *FeedVendor]
    return {
        ReplayProvider.name: settings.stream_max_lag,
        TwelveDataProvider.name: settings.polled_max_lag,
        YahooProvider.name: settings.polled_max_lag,
        **dict.fromkeys(pushed, settings.stream_max_lag),
    }


def decode_frame(vendor: FeedVendor, frame: bytes) -> Sequence[FeedPrice]:
    """Read a message of a broker's socket. Raises BadFrame."""
    return _DECODERS[vendor](frame)


def read_file_bars(path: Path, default_exchange: str, *, max_bytes: int | None = None) -> FileBars:
    """Read the bars of a file of recorded prices, which takes a while. Raises FileRefused.

    default_exchange: of a file that does not tell its own. max_bytes: the most that it may unpack to.
    """
    from services.market.providers.replay.bars import file_bars  # pandas: a second of imports

    return file_bars(path, default_exchange, max_bytes=max_bytes)


def _read_eras(settings: MarketSettings) -> Sequence[Era]:
    if settings.replay_folder is None:
        return packaged_eras(start=settings.replay_start)
    # pandas: a second of imports and 80 MB that the packaged recordings do without.
    from services.market.providers.replay.folder import FolderOptions, folder_eras

    return folder_eras(
        FolderOptions(
            settings.replay_folder,
            settings.replay_folder_exchange,
            settings.replay_start,
            settings.replay_past_days,
            settings.replay_chosen_limit,
        )
    )


def _listing(text: str) -> Listing:
    """Describe a share to begin with, `AAPL` or `NSE:SBIN`."""
    known = US_LISTINGS.get(text.partition(":")[2] or text)
    if ":" in text:
        instrument = Instrument.parse(text)
    else:
        instrument = Instrument("NASDAQ" if known is None else known.exchange, text)
    name = instrument.symbol if known is None else known.name
    return Listing(instrument, name, EXCHANGES[instrument.exchange].currency, chosen=True)


_DECODERS: Mapping[FeedVendor, Callable[[bytes], Sequence[FeedPrice]]] = {
    FeedVendor.KITE: kite.decode,
    FeedVendor.UPSTOX: upstox.decode,
}
