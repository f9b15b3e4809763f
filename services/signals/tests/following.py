"""Strategies that are followed in tests: versions, candles that close, and what the backtest says of them."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from libs.common.db import Database
from libs.common.ids import uuid7
from libs.contracts.market import Candle
from libs.quant.exchanges import tick_of
from libs.quant.expr import OWN, Bar
from libs.quant.strategy import Decision, Rules
from services.signals.signals.tables import SignalRow
from services.signals.strategies.tables import StrategyRow, StrategyVersionRow
from services.signals.tests.support import rows_of

CROSS: dict[str, Any] = {
    "interval": "1d",
    "side": "long",
    "entry": "crossover(sma(close, 2), sma(close, 5))",
    "exit": "crossunder(sma(close, 2), sma(close, 5))",
    "stop": {"percent": "2"},
    "target": {"percent": "4"},
    "trailing": None,
    "size": {"percent": "50"},
    "max_bars": 4,
    "max_positions": 10,
}


async def add_version(
    db: Database, user_id: UUID, document: dict[str, Any], instruments: Sequence[str], *, name: str = "Cross"
) -> UUID:
    """Store a strategy with one version. Returns the version's id."""
    document = dict(Rules.read(document).document())
    now = db.clock.now()
    async with db.transaction() as tx:
        strategy = StrategyRow(
            id=uuid7(), user_id=user_id, name=name, about="", status="active", number=1, template=None,
            copied_from=None, created_at=now, updated_at=now,
        )  # fmt: skip
        tx.session.add(strategy)
        await tx.session.flush()
        version = StrategyVersionRow(
            id=uuid7(), strategy_id=strategy.id, number=1, document=document, written=document,
            instruments=list(instruments), words="", note="", created_at=now,
        )  # fmt: skip
        tx.session.add(version)
    return version.id


def walk(seed: int, count: int, *, first: datetime = datetime(2025, 9, 1, 3, 45, tzinfo=UTC)) -> list[Candle]:
    """Make a random walk of daily candles of weekdays in India, with gaps at the open."""
    dice, price, at, made = random.Random(seed), 100.0, first, list[Candle]()
    for number in range(count):
        opened = price * math.exp(dice.gauss(0, 0.006))
        close = opened * math.exp(dice.gauss(0, 0.02) + 0.02 * math.sin(number / 1.5 + seed))
        prices = [round(one, 2) for one in (opened, close)]
        high = round(max(prices) * (1 + abs(dice.gauss(0, 0.006))), 2)
        low = round(min(prices) * (1 - abs(dice.gauss(0, 0.006))), 2)
        o, h, low_price, c = (Decimal(str(one)) for one in (prices[0], high, low, prices[1]))
        made.append(Candle(at=at, open=o, high=h, low=low_price, close=c, volume=1_000 + number))
        price, at = prices[1], at + timedelta(days=3 if at.weekday() == 4 else 1)
    return made


def bar_of(candle: Candle) -> Bar:
    prices = (float(price) for price in (candle.open, candle.high, candle.low, candle.close))
    return Bar(int(candle.at.timestamp() * 1_000), *prices, float(candle.volume or 0))


def decided(document: dict[str, Any], symbol: str, past: Sequence[Candle], live: Sequence[Candle]) -> list[Decision]:
    """Take the backtest's decisions: warmed up by what is past, bar by bar after that."""
    follower = Rules.read(document).follow(symbol, tick=tick_of(symbol))
    for candle in past:
        follower.warm({OWN: bar_of(candle)})
    return [decision for candle in live for decision in follower.update({OWN: bar_of(candle)})]


async def signals_of(db: Database) -> list[Any]:
    """Read all signals, in the order in which they were made."""
    return await rows_of(db, f"SELECT * FROM {SignalRow.__tablename__} ORDER BY instrument, at")
