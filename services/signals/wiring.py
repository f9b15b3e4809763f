"""What the app and the worker of signals are both made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from libs.common.db import Database
from libs.common.http import Http, ServiceClient
from libs.common.http.service_client import TokenSource
from libs.common.listings import Listings
from libs.common.security.service_tokens import ServiceTokens
from libs.contracts.signals import JobKind
from services.signals.allowances.service import Allowances
from services.signals.backtests.inputs import Inputs
from services.signals.backtests.processes import Options, Processes
from services.signals.backtests.rules import Bounds
from services.signals.backtests.service import Backtests
from services.signals.backtests.tables import BacktestRow
from services.signals.generation.following import Follows
from services.signals.generation.service import Generation
from services.signals.history import History
from services.signals.indicators.service import Indicators
from services.signals.jobs.queue import Queue
from services.signals.jobs.runner import Runner
from services.signals.offers.service import Offers
from services.signals.screener.scanning import Scanner
from services.signals.screener.service import Screener
from services.signals.screener.tables import ScreenRow
from services.signals.settings import SignalsSettings
from services.signals.signals.service import Signals
from services.signals.strategies.service import Strategies


@dataclass(frozen=True, slots=True)
class Peers:
    """The services that signals asks."""

    market: ServiceClient
    billing: ServiceClient

    @classmethod
    def of(cls, settings: SignalsSettings, http: Http, tokens: TokenSource | None) -> Peers:
        tokens = tokens or ServiceTokens(
            http, service=settings.service, secret=settings.service_secret, auth_url=settings.auth_url
        )
        return cls(
            market=ServiceClient(http, settings.market_url, "market", tokens),
            billing=ServiceClient(http, settings.billing_url, "billing", tokens),
        )


@dataclass(frozen=True, slots=True)
class Rooms:
    """The rooms, as the app and the worker share them."""

    allowances: Allowances
    history: History
    indicators: Indicators
    screener: Screener
    strategies: Strategies
    offers: Offers
    signals: Signals
    follows: Follows
    generation: Generation
    inputs: Inputs
    backtests: Backtests


def make_rooms(settings: SignalsSettings, db: Database, peers: Peers) -> Rooms:
    allowances = Allowances(db, peers.billing)
    indicators = Indicators(db, allowances)
    listings = Listings(peers.market, keep_s=settings.instrument_cache_s)
    history, strategies = History(peers.market, db.clock), Strategies(db, allowances, indicators, listings)
    offers = Offers(db, allowances)
    signals = Signals(db, offers, broker=settings.charges_broker)
    follows = Follows(db, listings, strategies, allowances, signals, most=settings.most_follows)
    strategies.when_archived(follows.end_of)
    inputs = Inputs(listings, history, most_bars=settings.backtest_max_bars)
    plans = {name: Bounds(**plan.model_dump()) for name, plan in settings.backtest_plans.items()}
    return Rooms(
        allowances=allowances,
        history=history,
        indicators=indicators,
        screener=Screener(db, indicators, listings),
        strategies=strategies,
        offers=offers,
        signals=signals,
        follows=follows,
        generation=Generation(db, history, allowances, signals),
        inputs=inputs,
        backtests=Backtests(db, strategies, allowances, inputs, plans),
    )


def make_backtest_runner(settings: SignalsSettings, db: Database, rooms: Rooms) -> Runner[BacktestRow]:
    lease = timedelta(seconds=settings.job_lease_s)
    queue = Queue(db, BacktestRow, JobKind.BACKTEST, lease=lease, attempts=settings.job_attempts)
    options = Options(
        memory_bytes=settings.backtest_memory_mb * 1024 * 1024,
        seconds=settings.backtest_seconds,
    )
    return Runner(queue, Processes(rooms.inputs.read, options), at_once=settings.backtest_processes)


def make_screen_runner(settings: SignalsSettings, db: Database, rooms: Rooms) -> Runner[ScreenRow]:
    lease = timedelta(seconds=settings.job_lease_s)
    queue = Queue(db, ScreenRow, JobKind.SCREEN, lease=lease, attempts=settings.job_attempts)
    scanner = Scanner(rooms.history, most_instruments=settings.screen_most_instruments, time_s=settings.screen_time_s)
    return Runner(queue, scanner, at_once=settings.screens_at_once)
