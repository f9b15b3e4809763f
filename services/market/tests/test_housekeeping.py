"""What is deleted, and what stays."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import insert, select

from services.market.candles.tables import CandleRow
from services.market.housekeeping import Housekeeping
from services.market.instruments.tables import InstrumentRow
from services.market.prices.tables import NewestPriceRow, StockPriceRow

PLAYED_TO = datetime(2010, 3, 24, 20, 0, tzinfo=UTC)


@pytest.fixture
async def instrument(db, clock):
    """A stock whose replay stands in 2010."""
    async with db.transaction() as tx:
        row = InstrumentRow(
            instrument="NASDAQ:AAPL",
            exchange="NASDAQ",
            symbol="AAPL",
            name="Apple Inc.",
            currency="USD",
            provider="replay",
        )
        tx.session.add(row)
        await tx.session.flush()
        price, now = Decimal("229.37"), clock.now()
        tx.session.add(
            NewestPriceRow(
                instrument_id=row.id, price=price, span_low=price, span_high=price, span_start=now, at=now,
                received_at=now, recorded_at=PLAYED_TO, source="replay", stale=False,
            )
        )  # fmt: skip
    return row.id


async def add_candles(db, number, interval, *times):
    ohlc = dict.fromkeys(("open", "high", "low", "close"), Decimal("229.37"))
    common = {"instrument_id": number, "interval": interval, "interpolated": True, "complete": True, "source": "replay"}
    async with db.transaction() as tx:
        await tx.session.execute(insert(CandleRow), [{"at": at, **common, **ohlc} for at in times])


async def left(db, interval):
    async with db.read() as session:
        rows = await session.scalars(select(CandleRow.at).where(CandleRow.interval == interval).order_by(CandleRow.at))
        return [PLAYED_TO - at for at in rows]


async def test_short_candles_go_by_market_time(db, settings, instrument):
    days = [timedelta(days=n) for n in (0, 4, 6, 59, 61, 400)]
    for interval in ("1m", "5m", "1h", "1d"):
        await add_candles(db, instrument, interval, *(PLAYED_TO - age for age in days))
    await Housekeeping(db, settings).forget_old_candles(None)
    assert await left(db, "1m") == [timedelta(days=n) for n in (4, 0)]
    assert await left(db, "5m") == [timedelta(days=n) for n in (59, 6, 4, 0)]
    assert len(await left(db, "1h")) == len(await left(db, "1d")) == 6


async def test_candles_that_the_last_turn_of_a_replay_left_go_too(db, settings, instrument):
    await add_candles(db, instrument, "1m", PLAYED_TO, PLAYED_TO + timedelta(days=300))
    await Housekeeping(db, settings).forget_old_candles(None)
    assert await left(db, "1m") == [timedelta()]


async def test_kept_prices_go_after_their_days(db, settings, instrument, clock):
    async with db.transaction() as tx:
        common = {"instrument_id": instrument, "price": Decimal("229.37"), "source": "replay", "stale": False}
        times = [clock.now() - timedelta(days=days) for days in (0, 89, 91)]
        await tx.session.execute(insert(StockPriceRow), [{"at": at, "received_at": at, **common} for at in times])
    await Housekeeping(db, settings).forget_old_prices(None)
    async with db.read() as session:
        assert len((await session.scalars(select(StockPriceRow))).all()) == 2
