"""Patterns of stored candles."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import insert

from libs.common.testing.statements import statements
from libs.quant.tests.planted import plant
from services.market.app import build_app
from services.market.candles.tables import CandleRow
from services.market.instruments.tables import InstrumentRow

PATH = "/api/stocks/NASDAQ:AAPL/patterns/"


@pytest.fixture
def app(settings, db):
    return build_app(settings, db=db)


@pytest.fixture
async def client(app, client_for):
    async with client_for(app, user=UUID("0198c5a4-0000-7000-8000-000000000002")) as opened:
        yield opened


@pytest.fixture
async def window(db, clock):
    """Store daily candles in which a double bottom is planted, and a running one behind them."""
    draw = np.random.default_rng(5)
    bars = plant(draw, "double_bottom").bars
    async with db.transaction() as tx:
        row = InstrumentRow(
            instrument="NASDAQ:AAPL", exchange="NASDAQ", symbol="AAPL", name="Apple Inc.", currency="USD",
            provider="replay", chosen_by="source",
        )  # fmt: skip
        tx.session.add(row)
        await tx.session.flush()
        first = clock.now() - timedelta(days=len(bars))
        rows = [
            {
                "instrument_id": row.id, "interval": "1d", "at": first + timedelta(days=day),
                "volume": 1_000 + day, "interpolated": False, "complete": day < len(bars) - 1, "source": "replay",
            }
            | {name: Decimal(f"{getattr(bars, name)[day]:.4f}") for name in ("open", "high", "low", "close")}
            for day in range(len(bars))
        ]  # fmt: skip
        await tx.session.execute(insert(CandleRow), rows)
    return rows


async def test_a_double_bottom_is_told_with_its_corners(client, window):
    answer = await client.get(PATH)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["instrument"], told["interval"]) == ("NASDAQ:AAPL", "1d")
    found = next(pattern for pattern in told["patterns"] if pattern["name"] == "double_bottom")
    assert found["points_to"] == "up"
    closes = {row["at"].isoformat().replace("+00:00", "Z"): row["close"] for row in window}
    for point in found["points"]:
        assert Decimal(point["price"]) == pytest.approx(closes[point["at"]], rel=Decimal("0.00001"))
    assert Decimal(found["stop"]) < Decimal(found["line"][0]["price"]) < Decimal(found["close"])
    assert Decimal(found["target"]) > Decimal(found["close"])
    assert 0 < found["confidence"] <= 1


async def test_what_came_before_is_found_again_from_an_earlier_day(client, window):
    whole = (await client.get(PATH)).json()["patterns"]
    until = whole[-1]["at"]
    early = (await client.get(PATH, params={"to": until})).json()["patterns"]
    assert early == [pattern for pattern in whole if pattern["at"] < until]


async def test_bounds_unknown_stocks_and_few_statements(client, window):
    assert (await client.get(PATH, params={"limit": 1_001})).status_code == 422
    assert (await client.get("/api/stocks/NASDAQ:NONE/patterns/")).status_code == 404
    assert (await client.get(PATH, params={"limit": 1})).json()["patterns"] == []
    with statements() as run:
        await client.get(PATH)
    assert len(run) <= 3
