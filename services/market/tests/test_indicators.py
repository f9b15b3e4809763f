"""Indicators over stored candles."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np
import pytest
import talib
from sqlalchemy import insert

from libs.common.testing.statements import statements
from services.market.app import build_app
from services.market.candles.tables import CandleRow
from services.market.companies.service import CompanyEvents
from services.market.instruments.tables import InstrumentRow

USER = UUID("0198c5a4-0000-7000-8000-000000000002")
PATH = "/api/stocks/NASDAQ:AAPL/indicators/"


@pytest.fixture
def app(settings, db):
    return build_app(settings, db=db)


@pytest.fixture
async def client(app, client_for):
    async with client_for(app, user=USER) as opened:
        yield opened


@pytest.fixture
async def closes(db, clock) -> list[float]:
    """Store 400 daily candles of a stock, the last one running; give their closes, oldest first."""
    draw = np.random.default_rng(3)
    closes = np.round(200 + np.cumsum(draw.normal(0, 2, 400)), 2).tolist()
    async with db.transaction() as tx:
        row = InstrumentRow(
            instrument="NASDAQ:AAPL", exchange="NASDAQ", symbol="AAPL", name="Apple Inc.", currency="USD",
            provider="replay", chosen_by="source",
        )  # fmt: skip
        tx.session.add(row)
        await tx.session.flush()
        first = clock.now() - timedelta(days=len(closes))
        rows = [
            {
                "instrument_id": row.id, "interval": "1d", "at": first + timedelta(days=day),
                "open": Decimal(str(close)),
                "high": Decimal(str(close)) + 1, "low": Decimal(str(close)) - 1, "close": Decimal(str(close)),
                "volume": 1_000 + day, "interpolated": False, "complete": day < len(closes) - 1, "source": "replay",
            }
            for day, close in enumerate(closes)
        ]  # fmt: skip
        await tx.session.execute(insert(CandleRow), rows)
    return closes


async def test_indicators_are_talibs_at_the_newest_candles(client, closes, clock):
    answer = await client.get(PATH, params={"names": ["sma(20)", "RSI", "bb_upper"], "limit": 100})
    assert answer.status_code == 200
    told = answer.json()
    assert (told["instrument"], told["interval"], told["running"], told["more"]) == ("NASDAQ:AAPL", "1d", True, True)
    assert len(told["at"]) == 100
    assert told["at"][-1] == "2026-01-14T20:00:00Z"
    series = np.array(closes)
    right = {
        "sma(close, 20)": talib.SMA(series, 20),
        "rsi(close, 14)": talib.RSI(series, 14),
        "bb_upper(close, 20, 2)": talib.BBANDS(series, 20, 2.0, 2.0)[0],
    }
    assert [column["name"] for column in told["indicators"]] == list(right)
    for column in told["indicators"]:
        # RSI began elsewhere: what is left of that is far below what a chart shows.
        assert column["values"] == pytest.approx(right[column["name"]][-100:].tolist(), abs=1e-5)
    assert told["indicators"][0]["words"] == "The 20-bar average of the close"


async def test_pages_of_the_past_join_without_a_seam(client, closes):
    whole = (await client.get(PATH, params={"names": "ema(10)", "limit": 400})).json()
    newest = (await client.get(PATH, params={"names": "ema(10)", "limit": 50})).json()
    older = (await client.get(PATH, params={"names": "ema(10)", "limit": 50, "to": newest["at"][0]})).json()
    assert older["at"] + newest["at"] == whole["at"][-100:]
    joined = older["indicators"][0]["values"] + newest["indicators"][0]["values"]
    assert joined == pytest.approx(whole["indicators"][0]["values"][-100:], abs=1e-5)
    assert whole["indicators"][0]["values"][:10] == [None] * 9 + [pytest.approx(np.mean(closes[:10]), abs=1e-6)]
    assert not whole["more"]


async def test_a_condition_is_true_false_or_not_known(client, closes):
    answer = await client.get(PATH, params={"names": "close > sma(close, 399)", "limit": 3})
    (column,) = answer.json()["indicators"]
    means = [np.mean(closes[:399]), np.mean(closes[1:400])]
    assert column["kind"] == "boolean"
    assert column["values"] == [None, closes[398] > means[0], closes[399] > means[1]]


@pytest.mark.parametrize(
    ("names", "code", "field"),
    [
        (["sma(20)", "smaa(20)"], "unknown_name", "/names/1"),
        (["close >"], "syntax", "/names/0"),
        (['at("NSE:TCS", close)'], "other_bars", "/names/0"),
        (["sma(sma(close, 900), 900)"], "too_much_history", "/names/0"),
        (["1 + 1"], "no_series", "/names/0"),
        ([" "], "syntax", "/names/0"),
    ],
)
async def test_a_mistake_is_told_with_its_place(client, closes, names, code, field):
    answer = await client.get(PATH, params={"names": names})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == (field, code)
    assert "(column " in error["message"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?names=",
        f"?names={'x' * 301}",
        "?" + "names=close&" * 11,
        "?names=rsi&limit=1001",
        "?names=rsi&interval=2h",
        "?names=rsi&to=yesterday",
    ],
)
async def test_what_is_out_of_bounds_is_refused(client, closes, query):
    assert (await client.get(PATH + query)).status_code == 422


async def test_an_unknown_stock_and_a_stranger(app, client, client_for):
    assert (await client.get("/api/stocks/NASDAQ:NONE/indicators/?names=rsi")).status_code == 404
    async with client_for(app) as stranger:
        assert (await stranger.get(f"{PATH}?names=rsi")).status_code == 401


async def test_a_stock_without_candles_has_no_values(client, closes):
    told = (await client.get(PATH, params={"names": "rsi", "interval": "5m"})).json()
    assert (told["at"], told["running"], told["more"], told["indicators"][0]["values"]) == ([], False, False, [])


async def test_ten_indicators_cost_the_statements_of_one(client, closes):
    counts = []
    for names in (["rsi"], [f"ema({n})" for n in range(5, 15)]):
        with statements() as seen:
            assert (await client.get(PATH, params={"names": names})).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


async def test_they_are_computed_of_prices_adjusted_for_dividends_and_of_volumes_that_are_not(
    client, closes, db, clock
):
    day = (clock.now() - timedelta(days=10)).date()
    dividend = f"symbol,date,dividend,split_ratio\nAAPL,{day},20,0\n"
    await CompanyEvents(db).import_file(dividend.encode(), "NASDAQ", by=None)
    asked = {"names": ["sma(close, 1)", "sma(volume, 1)"], "limit": 20}
    close, volume = (await client.get(PATH, params={**asked, "adjusted": True, "dividends": True})).json()["indicators"]
    plain, traded = (await client.get(PATH, params={**asked, "adjusted": True})).json()["indicators"]
    assert close["values"][-1] == plain["values"][-1]
    assert close["values"][0] < plain["values"][0] - 15
    assert volume["values"] == traded["values"]
