"""Every knob of market."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from libs.common.settings import ServiceSettings
from libs.contracts.market import TICK_PARTITIONS
from services.market.exchanges import EXCHANGES
from services.market.news.rules import web_link

_HOUR_S = 3_600
_DAY_S = 86_400

# The ten shares that a poll asks for until staff or users choose others (mission, stock-alert-flow: 10 stocks).
_FIRST_SYMBOLS = ("AAPL", "TSLA", "GOOGL", "MSFT", "AMZN", "NVDA", "META", "NFLX", "IBM", "JPM")


_PROVIDERS = ("kite", "upstox", "twelvedata_stream", "twelvedata", "yahoo")


class MarketSettings(ServiceSettings):
    """Read from MARKET_<FIELD>, else SHAREWISE_<FIELD>."""

    service: ClassVar[str] = "market"

    port: int = 8002
    worker_port: int = 8102

    provider: Literal["replay", "twelvedata", "yahoo"] = "replay"
    providers_in: Annotated[tuple[str, ...], NoDecode] = ("kite", "upstox", "twelvedata_stream", "twelvedata", "yahoo")
    """Who prices India's exchanges, comma-separated in the environment: the first of them that is set up and well."""
    providers_us: Annotated[tuple[str, ...], NoDecode] = ("twelvedata_stream", "twelvedata", "yahoo")
    """The same for the United States."""

    # The replay. Without a folder it plays the recordings that come with Python packages.
    replay_folder: Path | None = None
    replay_folder_exchange: str = "NSE"
    """The exchange of files that do not tell theirs."""
    replay_start: date | None = None
    replay_session_s: float = Field(default=20.0, ge=1, le=_DAY_S)
    """How long a recorded session takes: 20 s is about 1,170 times as fast as it was."""
    replay_tick_ms: int = Field(default=500, ge=50, le=5_000)
    replay_repeat: bool = True
    replay_past_days: int = Field(default=750, ge=0)
    """Daily candles from before the start, for charts."""
    replay_chosen_limit: int = Field(default=100, ge=1, le=200)
    replay_price_row_every_s: int = Field(default=60, ge=1)
    """One StockPrice row per instrument in this time; every tick would fill the disk."""
    replay_max_bars_per_second: int = Field(default=2_000, ge=1)

    # TwelveData (providers/twelvedata/README.md). The free plan's numbers.
    twelvedata_base_url: str = "https://api.twelvedata.com"
    twelvedata_api_key: SecretStr | None = None
    twelvedata_credits_per_minute: int = Field(default=8, ge=1)
    twelvedata_credits_per_day: int = Field(default=800, ge=1)
    twelvedata_reserve_percent: int = Field(default=10, ge=0, le=90)
    """The part of the day's credits that rounds and back-fills leave for what users ask for."""
    twelvedata_batch_size: int = Field(default=8, ge=1, le=120)
    twelvedata_timeout_s: float = Field(default=10.0, gt=0)
    twelvedata_stream: bool = False
    """Listen to TwelveData's WebSocket too (full access from their Pro plan; below it 8 trial symbols)."""
    twelvedata_stream_url: str = "wss://ws.twelvedata.com/v1/quotes/price"
    twelvedata_stream_symbols: int = Field(default=8, ge=1, le=1_000)
    stream_silence_s: float = Field(default=30.0, gt=0)
    """A connection over which nothing comes for so long, not even an answer to a heartbeat, is opened anew."""
    candle_grace_s: float = Field(default=3.0, ge=0)
    """A candle made of pushed prices closes so long after its end; what comes later corrects it."""
    degraded_after: int = Field(default=3, ge=1)
    """So many failures in a row make a provider degraded."""
    fetch_plan: Literal["rounds", "planned"] = "rounds"
    """rounds: everything each interval. planned: a few each minute while a market is open, nearest to alerts first."""
    fetch_volatility_percent: float = Field(default=0.05, gt=0)
    """By how much a price usually changes in a minute: with it the plan tells how far an alert may be away."""
    fetch_interval_s: int = Field(default=1_800, ge=10)
    fetch_spacing_s: float = Field(default=10.0, ge=0)
    fetch_symbols: Annotated[tuple[str, ...], NoDecode] = _FIRST_SYMBOLS
    """The shares to begin with, bare or EXCHANGE:SYMBOL, comma-separated in the environment."""

    # The keyless source (providers/yahoo/README.md): a last resort, for own use only by its terms.
    keyless: bool = False
    keyless_base_url: str = "https://query2.finance.yahoo.com"
    keyless_per_minute: int = Field(default=20, ge=1)
    keyless_per_day: int = Field(default=2_000, ge=1)
    keyless_spacing_s: float = Field(default=2.0, ge=0)

    ingest_shared: bool = False
    """Show prices of the operator's own broker connection to everybody: set it only with a licence that allows it
    (decisions 30). A user's own connection is seen by that user only, whatever is set here."""

    stream_max_lag_s: float = Field(default=15.0, gt=0)
    gap_percent: float = Field(default=25.0, gt=0)
    """A step of more than this between two prices needs an explanation: until then it fires nothing."""
    gap_hold_s: float = Field(default=10.0, ge=0)
    """How long a stream's prices fire nothing after an unexplained step."""
    tick_partitions: int = Field(default=TICK_PARTITIONS, ge=1, le=64)
    tick_stream_max_entries: int = Field(default=20_000, ge=100)
    feed_lease_s: float = Field(default=5.0, ge=1)

    calendar_warn_days: int = Field(default=60, ge=1)
    """So many days before an exchange's calendar runs out, everybody who can do something about it is told."""

    news_feeds: Annotated[tuple[str, ...], NoDecode] = ()
    """Addresses of RSS or Atom feeds, comma-separated in the environment. Only those that you may use."""
    news_feed_interval_s: int = Field(default=900, ge=60)
    news_feed_max_bytes: int = Field(default=2_097_152, ge=10_000)
    news_fresh_hours: int = Field(default=24, ge=1)
    """Of headlines that are older when they come nobody is told; they are stored."""
    news_days: int = Field(default=365, ge=1)
    """Days after its publication for which a headline is kept."""

    company_event_notice_days: int = Field(default=3, ge=0, le=30)
    """So many days before results or an ex-day those who follow the company are told."""

    price_row_days: int = Field(default=90, ge=1)
    own_price_days: int = Field(default=7, ge=1)
    """Days for which a person's own price is kept after the connection has brought no newer one."""
    failover_days: int = Field(default=365, ge=1)
    quarantine_days: int = Field(default=90, ge=1)
    """Days for which staff see what was put aside."""
    # Days of market time for which candles are kept; those of a day, and what was imported, for good.
    candle_1m_days: int = Field(default=5, ge=1)
    candle_5m_days: int = Field(default=60, ge=1)
    candle_15m_days: int = Field(default=60, ge=1)
    candle_1h_days: int | None = Field(default=None, ge=1)
    """None: for good."""
    candle_months_ahead: int = Field(default=2, ge=1, le=12)
    """Partitions of the candles are made for so many months before they are needed."""

    @property
    def stream_max_lag(self) -> timedelta:
        return timedelta(seconds=self.stream_max_lag_s)

    @property
    def news_fresh(self) -> timedelta:
        return timedelta(hours=self.news_fresh_hours)

    @property
    def news_keep(self) -> timedelta:
        return timedelta(days=self.news_days)

    @property
    def company_event_notice(self) -> timedelta:
        return timedelta(days=self.company_event_notice_days)

    @property
    def polled_max_lag(self) -> timedelta:
        """Twice the interval (decisions 27)."""
        return timedelta(seconds=2 * self.fetch_interval_s)

    @field_validator("providers_in", "providers_us", mode="before")
    @classmethod
    def _split_providers(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("providers_in", "providers_us")
    @classmethod
    def _know_the_providers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in _PROVIDERS:
                raise ValueError(f"{name} is none of {', '.join(_PROVIDERS)}.")
        if len(set(value)) < len(value):
            raise ValueError("Each provider stands once in a list.")
        return value

    @field_validator("fetch_symbols", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(part.strip().upper() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("news_feeds", mode="before")
    @classmethod
    def _split_feeds(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("news_feeds")
    @classmethod
    def _be_web_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for url in value:
            if web_link(url) is None:
                raise ValueError("A feed's address must be http or https, with a host and without a password.")
        return value

    @field_validator("replay_folder_exchange")
    @classmethod
    def _know_the_exchange(cls, value: str) -> str:
        if value not in EXCHANGES:
            raise ValueError(f"{value} is none of {', '.join(EXCHANGES)}.")
        return value

    @field_validator("fetch_interval_s")
    @classmethod
    def _fit_the_clock(cls, value: int) -> int:
        if (_HOUR_S % value if value <= _HOUR_S else _DAY_S % value) or (value > 60 and value % 60):
            raise ValueError("The interval must divide an hour or a day, in whole minutes above one.")
        return value

    @model_validator(mode="after")
    def _have_a_key(self) -> Self:
        if self.provider == "twelvedata" and self.twelvedata_api_key is None:
            raise ValueError("MARKET_TWELVEDATA_API_KEY is needed for MARKET_PROVIDER=twelvedata.")
        if self.provider == "yahoo" and not self.keyless:
            raise ValueError("MARKET_PROVIDER=yahoo needs MARKET_KEYLESS=true: read providers/yahoo/README.md first.")
        if self.provider == "replay" and self.ingest_shared:
            raise ValueError("MARKET_INGEST_SHARED does not go with a replay, which has a clock of its own.")
        return self
