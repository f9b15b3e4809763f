"""A recorded year of days of 20 stocks and a week of minutes of 5 close, candle by candle, on a replay's clock: the
signals that the running worker makes of followed strategies are those of the backtest, though it is killed midway.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from deploy.local.children import Nursery
from deploy.local.warm import LIBRARIES
from libs.common.clock import SystemClock, from_ms, to_ms
from libs.common.db import Database
from libs.common.hours import Hours
from libs.common.http import Http
from libs.common.ids import uuid7
from libs.common.money import from_e4
from libs.common.testing import eventually
from libs.contracts.market import Candle
from libs.quant.backtest import Setup, run
from libs.quant.exchanges import tick_of
from libs.quant.expr import Bars, Input
from libs.quant.strategy import Action, Reason, Rules
from services.signals.generation.following import Wish
from services.signals.history import as_bars
from services.signals.settings import SignalsSettings
from services.signals.tests.following import add_version
from services.signals.tests.support import entitlements
from services.signals.wiring import Peers, make_rooms
from tests.support.forked_crew import ROOT
from tests.support.replayed_market import Recording, ReplayedMarket

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif("SHAREWISE_DATA" not in os.environ, reason="SHAREWISE_DATA names no folder"),
    pytest.mark.timeout(400),
]

INDIA = ZoneInfo("Asia/Kolkata")
OPEN = time(9, 15, tzinfo=INDIA)
STOCKS = (
    "ASIANPAINT", "AXISBANK", "BAJFINANCE", "BEL", "BHARTIARTL", "BPCL", "CIPLA", "COALINDIA", "GAIL", "HCLTECH",
    "HDFCBANK", "HINDALCO", "HINDUNILVR", "ICICIBANK", "INDUSINDBK", "INFY", "IOC", "RELIANCE", "SBIN", "TCS",
)  # fmt: skip
BY_MINUTES = ("RELIANCE", "TCS", "INFY", "ICICIBANK", "HDFCBANK")

HELD = "SELECT 1 FROM followed_instruments WHERE due AND held_until > now()"
"""What a worker has claimed and not stored yet."""

SHAPES = (
    "double_bottom or inverse_head_and_shoulders or ascending_triangle or bullish_symmetrical_triangle or falling_wedge"
    " or cup_and_handle or bullish_flag or resistance_breakout or bullish_engulfing"
)
PLAIN: Mapping[str, Mapping[str, Any]] = {
    "crossing averages": {
        "side": "long", "entry": "crossover(ema(close, 5), ema(close, 13))",
        "exit": "crossunder(ema(close, 5), ema(close, 13))", "stop": {"percent": "4"},
    },
    "in again at the close that ended it": {
        "side": "long", "entry": "close > open and volume > sma(volume, 20)", "stop": {"percent": "0.7"},
        "target": {"percent": "0.9"}, "max_bars": 5,
    },
    "trailing": {
        "side": "long", "entry": "crossover(rsi(14), 50)", "stop": {"percent": "6"},
        "trailing": {"atr": "2", "period": 14},
    },
    "chart and candlestick patterns": {
        "side": "long", "entry": SHAPES, "stop": {"atr": "1.5", "period": 20}, "target": {"atr": "3", "period": 20},
        "trailing": {"percent": "5"}, "max_bars": 20,
    },
    "short": {
        "side": "short", "entry": "close < lowest(prev(low, 1), 10)", "exit": "close > sma(close, 5)",
        "stop": {"percent": "2.5"}, "trailing": {"percent": "3"},
    },
}  # fmt: skip
BESIDE: Mapping[str, Mapping[str, Any]] = {
    "beside another stock": {
        "side": "long", "entry": 'crossover(close, sma(close, 10)) and at("NSE:RELIANCE", close > sma(close, 20))',
        "exit": "close < sma(close, 10)", "stop": {"atr": "2", "period": 14},
    },
}  # fmt: skip


def candle(at: datetime, row: Mapping[str, Any]) -> Candle:
    prices = {name: from_e4(round(row[name] * 10_000)) for name in ("open", "high", "low", "close")}
    volume = row["volume"]
    return Candle(at=at, volume=None if volume is None or volume != volume else int(volume), **prices)


def recorded(interval: str, file: str, names: Sequence[str], first: date, begins: date, last: date) -> Recording:
    """Read candles of [first, last]; those before `begins` are past."""
    import pyarrow.parquet

    path = Path(os.environ["SHAREWISE_DATA"]) / "market" / file
    rows = pyarrow.parquet.read_table(path, filters=[("symbol", "in", names)]).to_pylist()
    past: dict[str, list[Candle]] = {f"NSE:{name}": [] for name in names}
    live: dict[str, list[Candle]] = {f"NSE:{name}": [] for name in names}
    for row in sorted(rows, key=lambda one: one.get("ts") or one["date"]):
        at = row["ts"].astimezone(UTC) if "ts" in row else datetime.combine(row["date"], OPEN).astimezone(UTC)
        day = at.astimezone(INDIA).date()
        if first <= day <= last:
            (past if day < begins else live)[f"NSE:{row['symbol']}"].append(candle(at, row))
    return Recording(interval, past, live)


class Worker:
    """The signals worker as a process of its own."""

    def __init__(self, nursery: Nursery, environment: dict[str, str]) -> None:
        self._nursery, self._environment = nursery, environment
        self.lines: list[str] = []

    async def start(self) -> None:
        self._child = await self._nursery.spawn_command(
            "signals-worker",
            "services.signals",
            ("worker",),
            environment=self._environment,
            on_line=self.lines.append,
        )

    async def kill(self) -> None:
        assert self._child.is_alive, self.lines[-20:]
        self._child.send(signal.SIGKILL)
        await self._child.ended


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def nursery() -> AsyncIterator[Nursery]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        made = Nursery((*LIBRARIES, "services.signals.worker"))
    yield made
    await made.close()


@pytest.fixture
def settings(service_settings) -> SignalsSettings:
    return service_settings(SignalsSettings)


@pytest_asyncio.fixture
async def db(settings, database_for) -> Database:
    return await database_for(settings, clock=SystemClock())


async def fetch(db: Database, query: str) -> list[Any]:
    async with db.transaction() as tx:
        return list(await (await tx.driver()).fetch(query))


async def replay(
    market: ReplayedMarket, db: Database, worker: Worker, *, singly: int, in_flight: int, kill_at: Sequence[int]
) -> None:
    """Close candle after candle: at first each when the last was read, then up to `in_flight` ahead of the worker."""
    steps, newest = market.recording.steps(), dict[int, dict[str, int]]()

    async def read(until: int) -> bool:
        rows = await fetch(db, "SELECT instrument, min(seen_ms) AS seen FROM followed_instruments GROUP BY instrument")
        seen = {row["instrument"]: row["seen"] for row in rows}
        return all(seen[name] >= closes_ms for name, closes_ms in newest[until].items())

    last: dict[str, int] = {}
    for number, (closes_ms, candles) in enumerate(steps):
        await market.close(candles)
        last |= {name: closes_ms for name, _ in candles}
        newest[number] = dict(last)
        if number in kill_at:
            await eventually(lambda: fetch(db, HELD), within=30)
            await worker.kill()
            await worker.start()
        if number < singly:
            await eventually(lambda seen=number: read(seen), within=60)
        elif number >= in_flight:
            await eventually(lambda seen=number - in_flight: read(seen), within=60, every=0.03)
    await eventually(lambda: read(len(steps) - 1), within=60)


def expected(document: Mapping[str, Any], recording: Recording) -> tuple[list[Any], list[Any]]:
    """What the backtest decides: entries with their fills, and ends with theirs."""
    hours = {name: Hours(name.partition(":")[0]) for name in recording.names}
    every: dict[str, Bars] = {
        name: as_bars([*recording.past[name], *recording.live[name]], recording.interval, hours[name])
        for name in recording.names
    }
    rules, entries, ends = Rules.read(document), list[Any](), list[Any]()
    others = {Input(name, recording.interval): bars for name, bars in every.items()}
    for name, bars in every.items():
        begins = to_ms(recording.live[name][0].at)
        setup = Setup(cash=1e12, lot=0.0, tick=tick_of(name), from_ms=begins)
        result = run(rules, {name: bars}, setup, others)
        assert not result.refused
        for decision in result.decisions:
            place = int(bars.at_ms.searchsorted(decision.at_ms))
            closes = from_ms(int(bars.closes_ms[place]))
            following = None
            if place + 1 < len(bars):
                following = (from_ms(int(bars.at_ms[place + 1])), price_of(bars.open[place + 1]))
            if decision.action is Action.ENTER:
                entries.append((name, closes, price_of(decision.price), *(following or (None, None))))
            elif decision.reason in (Reason.RULE, Reason.TIME):
                ends.append((name, decision.reason.value, *(following or (closes, price_of(decision.price)))))
            else:
                ends.append((name, decision.reason.value, closes, price_of(decision.price)))
    return sorted(entries, key=repr), sorted(ends, key=repr)


def price_of(price: float) -> Decimal:
    return Decimal(repr(float(price))).quantize(Decimal("0.0001"))


@pytest.mark.parametrize(
    ("recording", "strategies", "singly", "in_flight"),
    [
        pytest.param(
            ("1d", "nse_daily_ohlcv.parquet", STOCKS, date(2020, 8, 1), date(2021, 1, 1), date(2021, 12, 31)),
            PLAIN | BESIDE,
            20,
            8,
            id="a-year-of-days",
        ),
        pytest.param(
            ("1m", "nse_1min_2021-03-26_2021-06-04.parquet", BY_MINUTES, date(2021, 4, 22), date(2021, 4, 26),
             date(2021, 4, 30)),
            PLAIN,
            20,
            15,
            id="a-week-of-minutes",
        ),
    ],
)  # fmt: skip
async def test_what_is_live_is_what_the_backtest_gives(
    nursery, settings, db, redis, tokens, recording, strategies, singly, in_flight
):
    recording = recorded(*recording)
    market = ReplayedMarket(recording, redis)
    http = Http("signals", transport=market.peers.transport(), retries=0)
    rooms = make_rooms(settings, db, Peers.of(settings, http, tokens.source("signals")))
    user_id, versions = uuid7(), dict[str, Any]()
    market.peers.entitlements[user_id] = entitlements(user_id, signals_per_day=None)
    documents = {
        name: {"interval": recording.interval, "size": {"percent": "1"}, "max_positions": 20, **members}
        for name, members in strategies.items()
    }
    for name, document in documents.items():
        versions[name] = await add_version(db, user_id, document, recording.names, name=name)
        await rooms.follows.begin(user_id, Wish(versions[name], (), None))
    async with market.serving() as urls:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "SHAREWISE_ENV": "test",
            "SHAREWISE_REDIS_URL": settings.redis_url,
            "SIGNALS_DATABASE_URL": settings.database_url,
            "SIGNALS_WORKER_PORT": "0",
            **urls,
        }
        worker = Worker(nursery, environment)
        await worker.start()
        begun = "SELECT bool_and(begun_ms IS NOT NULL) AS all_of FROM followed_instruments"
        await eventually(lambda: all_begun(db, begun), within=60)
        await replay(market, db, worker, singly=singly, in_flight=in_flight, kill_at=[len(recording.steps()) // 2])
        await worker.kill()
    reasons: Counter[str] = Counter()
    for name, document in documents.items():
        query = f"SELECT * FROM signals WHERE version_id = '{versions[name]}' ORDER BY instrument, at"
        rows = await fetch(db, query)
        entries, ends = expected(document, recording)
        made = [
            (row["instrument"], row["at"], row["reference_price"], row["entry_at"], row["entry_price"]) for row in rows
        ]
        assert sorted(made, key=repr) == entries, name
        over = [
            (row["instrument"], row["ended_by"], row["exit_at"], row["exit_price"])
            for row in rows
            if row["status"] != "active"
        ]
        assert sorted(over, key=repr) == ends, name
        reasons.update(reason for _, reason, _, _ in ends)
        print(f"{recording.interval} {name}: {len(entries)} signals, {len(ends)} ended, all as in the backtest")
        assert len(entries) >= 10, name
    print(dict(reasons))
    assert set(reasons) >= {Reason.RULE, Reason.STOP, Reason.TARGET, Reason.TRAILING, Reason.TIME}


async def all_begun(db: Database, query: str) -> bool:
    return bool((await fetch(db, query))[0]["all_of"])
