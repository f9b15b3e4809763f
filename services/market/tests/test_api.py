"""Market as its callers see it, on a real database."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import insert

from libs.common.ids import uuid7
from libs.common.testing.statements import statements
from libs.contracts.market import InstrumentInfo, NewestPrices
from services.market.app import build_app
from services.market.candles.tables import CandleRow
from services.market.instruments.tables import AlertWatchRow, InstrumentRow
from services.market.prices.tables import NewestPriceRow, StockPriceRow

USER = UUID("0198c5a4-0000-7000-8000-000000000002")


@pytest.fixture
def app(settings, db):
    return build_app(settings, db=db)


@pytest.fixture
async def client(app, client_for):
    async with client_for(app, user=USER) as opened:
        yield opened


@pytest.fixture
async def alerts(app, client_for, tokens):
    """A client that calls as the service alerts."""
    async with client_for(app, user=tokens.service("alerts", audience="market", scope="prices:read")) as opened:
        yield opened


@pytest.fixture
def add(db, clock):
    """Store an instrument, by default a chosen one with a price, and give its number."""

    async def store(
        name="NASDAQ:AAPL", *, title="Apple Inc.", chosen=True, price="227.25", kept=0, candles=0, **columns
    ):
        exchange, symbol = name.split(":")
        currency = "INR" if exchange in {"NSE", "BSE"} else "USD"
        async with db.transaction() as tx:
            row = InstrumentRow(
                instrument=name, exchange=exchange, symbol=symbol, name=title, currency=currency,
                provider="replay", chosen_by="source" if chosen else None,
            )  # fmt: skip
            tx.session.add(row)
            await tx.session.flush()
            now = clock.now()
            seen = {"at": now, "received_at": now, "recorded_at": None, "source": "replay", "stale": False, **columns}
            if price is not None:
                tx.session.add(
                    NewestPriceRow(
                        instrument_id=row.id, price=Decimal(price), previous_close=Decimal("226.80"),
                        day_open=Decimal("228"), day_high=Decimal("230.1"), day_low=Decimal("226.5"), day_volume=None,
                        span_low=Decimal("227"), span_high=Decimal("227.5"), span_start=now - timedelta(seconds=1),
                        **seen,
                    )
                )  # fmt: skip
            ages = [timedelta(minutes=minute) for minute in range(max(kept, candles))]
            if kept:
                rows = [
                    {"instrument_id": row.id, "price": Decimal(price) + i, **seen, "at": now - ages[i]}
                    for i in range(kept)
                ]
                await tx.session.execute(insert(StockPriceRow), rows)
            if candles:
                ohlc = dict.fromkeys(("open", "high", "low", "close"), Decimal(price))
                common = {
                    "interval": "1m",
                    "interpolated": True,
                    "complete": True,
                    "source": "replay",
                    "volume": 5,
                    **ohlc,
                }
                rows = [{"instrument_id": row.id, "at": now - ages[i], **common} for i in range(candles)]
                await tx.session.execute(insert(CandleRow), rows)
        return row.id

    return store


async def test_stocks_are_a_bare_list_of_what_the_mission_names(client, add):
    await add()
    answer = await client.get("/api/stocks/")
    assert answer.status_code == 200
    (stock,) = answer.json()
    assert {name: stock[name] for name in ("symbol", "name", "current_price", "exchange")} == {
        "symbol": "AAPL",
        "name": "Apple Inc.",
        "current_price": "227.25",
        "exchange": "NASDAQ",
    }
    assert (stock["change"], stock["change_percent"], stock["currency"]) == ("0.45", "0.20", "USD")
    assert (stock["day_open"], stock["day_high"], stock["day_low"]) == ("228.00", "230.10", "226.50")
    assert stock["as_of"] == "2026-01-15T20:00:00Z"
    assert stock["stale"] is False


async def test_only_a_signed_in_person_sees_stocks(app, client_for, add):
    async with client_for(app) as stranger:
        for path in ("/api/stocks/", "/api/stocks/AAPL/", "/api/stocks/AAPL/candles/", "/api/instruments/"):
            assert (await stranger.get(path)).status_code == 401


async def test_a_stock_without_a_price_has_nulls(client, add):
    await add(price=None)
    (stock,) = (await client.get("/api/stocks/")).json()
    assert (stock["current_price"], stock["change"], stock["as_of"], stock["stale"]) == (None, None, None, False)


async def test_stocks_are_those_that_are_chosen_or_in_an_active_alert(client, add, db, clock):
    await add("NASDAQ:AAPL")
    watched, silent = await add("NYSE:IBM", chosen=False), await add("NYSE:KO", chosen=False)
    async with db.transaction() as tx:
        for number, active in ((watched, True), (silent, False)):
            tx.session.add(
                AlertWatchRow(alert_id=uuid7(), instrument_id=number, version=1, active=active, changed_at=clock.now())
            )
    assert [stock["symbol"] for stock in (await client.get("/api/stocks/")).json()] == ["AAPL", "IBM"]


async def test_a_longer_list_is_linked(client, add):
    for letter in "ABCDE":
        await add(f"NYSE:{letter}")
    first = await client.get("/api/stocks/?limit=3")
    assert [stock["symbol"] for stock in first.json()] == ["A", "B", "C"]
    link = first.headers["link"]
    assert link.endswith('; rel="next"')
    second = await client.get(link.split(">")[0].removeprefix("<"))
    assert [stock["symbol"] for stock in second.json()] == ["D", "E"]
    assert "link" not in second.headers


async def test_a_price_that_should_have_been_replaced_is_shown_as_stale(client, add, clock):
    await add()
    clock.move(timedelta(seconds=16))
    assert (await client.get("/api/stocks/AAPL/")).json()["stale"] is True


async def test_a_price_that_was_stale_on_arrival_is_shown_as_stale(client, add):
    await add(stale=True)
    assert (await client.get("/api/stocks/AAPL/")).json()["stale"] is True


@pytest.mark.parametrize("written", ["AAPL", "aapl", "NASDAQ:AAPL", "nasdaq:aapl"])
async def test_a_symbol_may_be_bare_where_it_is_one_stock(client, add, written):
    await add()
    assert (await client.get(f"/api/stocks/{written}/")).json()["instrument"] == "NASDAQ:AAPL"


async def test_a_bare_symbol_of_several_exchanges_lists_the_choices(client, add):
    await add("NSE:RELIANCE")
    await add("BSE:RELIANCE")
    answer = await client.get("/api/stocks/RELIANCE/")
    assert answer.status_code == 409
    assert answer.json()["code"] == "symbol_ambiguous"
    assert answer.json()["choices"] == ["BSE:RELIANCE", "NSE:RELIANCE"]
    assert (await client.get("/api/stocks/NSE:RELIANCE/")).status_code == 200


@pytest.mark.parametrize(
    "written", ["NOSUCH", "NASDAQ:NOSUCH", "%00", "a b", "::", "'; DROP", "%F0%9F%9A%80", "X" * 200]
)
@pytest.mark.parametrize("rest", ["", "candles/", "prices/"])
async def test_an_unknown_symbol_is_not_found(client, written, rest):
    answer = await client.get(f"/api/stocks/{written}/{rest}")
    assert answer.status_code == (422 if written == "%00" else 404)
    assert answer.json()["code"] == ("validation_failed" if written == "%00" else "symbol_not_found")


async def test_symbols_with_an_ampersand_are_found(client, add):
    await add("NSE:M&M")
    assert (await client.get("/api/stocks/NSE:M%26M/")).json()["symbol"] == "M&M"


async def test_candles_come_newest_first_in_pages(client, add):
    await add(candles=5)
    first = (await client.get("/api/stocks/AAPL/candles/?interval=1m&limit=3")).json()
    assert [candle["at"] for candle in first["items"]] == [f"2026-01-15T{t}:00Z" for t in ("20:00", "19:59", "19:58")]
    assert first["items"][0] | {"at": ""} == {
        "at": "", "open": "227.25", "high": "227.25", "low": "227.25", "close": "227.25", "volume": 5,
        "interpolated": True, "complete": True,
    }  # fmt: skip
    path = f"/api/stocks/AAPL/candles/?interval=1m&limit=3&cursor={first['next_cursor']}"
    second = (await client.get(path)).json()
    assert [len(second["items"]), second["next_cursor"]] == [2, None]


async def test_candles_of_a_span(client, add):
    await add(candles=10)
    span = {"interval": "1m", "from": "2026-01-15T19:55:00Z", "to": "2026-01-15T19:58:00Z"}
    items = (await client.get("/api/stocks/AAPL/candles/", params=span)).json()["items"]
    assert [candle["at"][11:16] for candle in items] == ["19:57", "19:56", "19:55"]


BAD_QUESTIONS = (
    "interval=2m",
    "from=yesterday",
    "from=2026-01-15T19:55:00",
    "from=1e400",
    "from=0001-01-01T00:00:00%2B14:00",
    "to=9999-12-31T23:59:59-12:00",
    "from=2026-01-16T00:00:00Z&to=2026-01-15T00:00:00Z",
    "limit=0",
    "limit=201",
    "limit=x",
    "cursor=forged",
)


@pytest.mark.parametrize("query", BAD_QUESTIONS)
async def test_a_bad_question_for_candles_is_refused(client, add, query):
    await add()
    answer = await client.get(f"/api/stocks/AAPL/candles/?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


async def test_kept_prices_come_newest_first(client, add):
    await add(kept=3)
    page = (await client.get("/api/stocks/AAPL/prices/")).json()
    assert [row["price"] for row in page["items"]] == ["227.25", "228.25", "229.25"]
    assert page["items"][0]["as_of"] > page["items"][1]["as_of"]


async def test_instruments_are_found_by_symbol_or_name(client, add):
    await add()
    await add("NASDAQ:AMZN", title="Amazon.com, Inc.", chosen=False)
    await add("NSE:AXISBANK", title="Axis Bank Ltd.", chosen=False)

    async def found(query):
        return [item["symbol"] for item in (await client.get(f"/api/instruments/?{query}")).json()["items"]]

    assert await found("q=am") == ["AMZN"]
    assert await found("q=BANK") == ["AXISBANK"]
    assert await found("q=a&exchange=NSE") == ["AXISBANK"]
    assert await found("") == ["AAPL", "AMZN", "AXISBANK"]
    assert await found("q=%25") == [], "a percent sign is a percent sign"


async def test_services_get_an_instrument_with_the_span_of_its_price(alerts, add, clock):
    await add()
    info = InstrumentInfo.model_validate((await alerts.get("/internal/instruments/AAPL")).json())
    assert (info.instrument, info.name, info.price) == ("NASDAQ:AAPL", "Apple Inc.", Decimal("227.25"))
    assert (info.low, info.high, info.span_start) == (
        Decimal("227"),
        Decimal("227.5"),
        clock.now() - timedelta(seconds=1),
    )
    assert info.stale is False
    assert (await alerts.get("/internal/instruments/NOSUCH")).json()["code"] == "symbol_not_found"


async def test_services_get_newest_prices_of_those_that_have_one(alerts, add):
    await add("NASDAQ:AAPL")
    await add("NYSE:IBM", price=None)
    body = {"instruments": ["NASDAQ:AAPL", "NYSE:IBM", "NSE:NOSUCH", "nonsense"]}
    answer = await alerts.post("/internal/prices", json=body)
    assert [info.instrument for info in NewestPrices.model_validate(answer.json()).items] == ["NASDAQ:AAPL"]
    assert (await alerts.post("/internal/prices", json={"instruments": ["X"] * 1_001})).status_code == 422


async def test_internal_routes_are_for_services(client):
    assert (await client.get("/internal/instruments/AAPL")).status_code == 403
    assert (await client.post("/internal/prices", json={"instruments": []})).status_code == 403


async def test_lists_cost_the_same_statements_for_one_row_and_for_a_hundred(client, add):
    paths = ("/api/stocks/?limit=200", "/api/stocks/S0/candles/?limit=200", "/api/stocks/S0/prices/?limit=200",
             "/api/instruments/?limit=200")  # fmt: skip

    async def count(path, rows):
        with statements() as seen:
            answer = (await client.get(path)).json()
        assert len(answer if isinstance(answer, list) else answer["items"]) == rows
        return len(seen)

    await add("NYSE:S0", kept=1, candles=1)
    one = [await count(path, 1) for path in paths]
    for number in range(1, 100):
        await add(f"NYSE:S{number}")
    await add("NASDAQ:T0", chosen=False, price="1.00", kept=100, candles=100)
    hundred = [
        await count("/api/stocks/?limit=200", 100),
        await count("/api/stocks/T0/candles/?limit=200", 100),
        await count("/api/stocks/T0/prices/?limit=200", 100),
        await count("/api/instruments/?limit=200", 101),
    ]
    assert one == hundred
    assert max(one) <= 2
