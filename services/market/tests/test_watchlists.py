"""Watchlists as their owners see them, on a real database."""

import asyncio
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.testing.statements import statements
from libs.contracts.market import WatchlistChanged
from services.market.app import build_app
from services.market.instruments import tables as instruments
from services.market.instruments.tables import InstrumentRow
from services.market.watchlists import rules

ONE = UUID("0198c5a4-0000-7000-8000-000000000001")
OTHER = UUID("0198c5a4-0000-7000-8000-000000000002")
NAMES = ["NASDAQ:AAPL", "NASDAQ:MSFT", "NYSE:IBM", "NSE:TCS", "BSE:TCS"]


@pytest.fixture
def app(settings, db):
    return build_app(settings, db=db)


@pytest.fixture
async def known(db):
    """Store instruments that nobody has chosen."""

    async def store(names):
        async with db.transaction() as tx:
            for name in names:
                exchange, symbol = name.split(":")
                currency = "INR" if exchange in {"NSE", "BSE"} else "USD"
                tx.session.add(
                    InstrumentRow(
                        instrument=name, exchange=exchange, symbol=symbol, name=symbol, currency=currency,
                        provider="replay",
                    )
                )  # fmt: skip

    await store(NAMES)
    return store


@pytest.fixture
async def mine(app, client_for, known):
    async with client_for(app, user=ONE) as opened:
        yield opened


@pytest.fixture
async def theirs(app, client_for):
    async with client_for(app, user=OTHER) as opened:
        yield opened


async def create(client, name="Tech", *instruments):
    answer = await client.post("/api/watchlists/", json={"name": name, "instruments": list(instruments)})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def names(client):
    return [each["name"] for each in (await client.get("/api/watchlists/")).json()["items"]]


async def default(client):
    return [each["name"] for each in (await client.get("/api/watchlists/")).json()["items"] if each["is_default"]]


async def content(client, watchlist):
    return (await client.get(f"/api/watchlists/{watchlist['id']}/")).json()["instruments"]


async def test_a_list_keeps_its_order_and_each_instrument_once(mine):
    made = await create(mine, "Tech", "MSFT", "NASDAQ:AAPL", "msft")
    assert made["instruments"] == ["NASDAQ:MSFT", "NASDAQ:AAPL"]
    path = f"/api/watchlists/{made['id']}/instruments/"
    added = await mine.post(path, json={"instruments": ["NSE:TCS", "AAPL"]})
    assert added.json()["instruments"] == ["NASDAQ:MSFT", "NASDAQ:AAPL", "NSE:TCS"]
    put = await mine.put(path, json={"instruments": ["NSE:TCS", "NASDAQ:MSFT", "IBM"]})
    assert put.json()["instruments"] == ["NSE:TCS", "NASDAQ:MSFT", "NYSE:IBM"]
    for _ in range(2):
        assert (await mine.delete(f"{path}MSFT/")).json()["instruments"] == ["NSE:TCS", "NYSE:IBM"]
    assert await content(mine, made) == ["NSE:TCS", "NYSE:IBM"]


async def test_what_is_not_known_is_named_by_its_place(mine):
    answer = await mine.post("/api/watchlists/", json={"name": "A", "instruments": ["AAPL", "NOSUCH", "TCS", "?"]})
    assert answer.status_code == 422
    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [
        ("/instruments/1", "symbol_not_found"),
        ("/instruments/2", "symbol_ambiguous"),
        ("/instruments/3", "symbol_not_found"),
    ]
    assert await names(mine) == []


async def test_there_is_always_one_default_list(mine):
    first, second, third = [await create(mine, name) for name in ("A", "B", "C")]
    assert await default(mine) == ["A"]
    await mine.patch(f"/api/watchlists/{third['id']}/", json={"is_default": True})
    assert await default(mine) == ["C"]
    await mine.delete(f"/api/watchlists/{third['id']}/")
    assert await default(mine) == ["A"]
    for each in (first, second):
        assert (await mine.delete(f"/api/watchlists/{each['id']}/")).status_code == 204
    assert await names(mine) == []


async def test_lists_are_renamed_and_ordered(mine):
    made = [await create(mine, name) for name in ("A", "B", "C")]
    answer = await mine.put("/api/watchlists/order/", json={"watchlists": [made[i]["id"] for i in (2, 0, 1)]})
    assert [each["name"] for each in answer.json()["items"]] == ["C", "A", "B"]
    assert await names(mine) == ["C", "A", "B"]
    short = await mine.put("/api/watchlists/order/", json={"watchlists": [made[0]["id"]] * 3})
    assert (short.status_code, short.json()["errors"][0]["field"]) == (422, "/watchlists")
    renamed = await mine.patch(f"/api/watchlists/{made[0]['id']}/", json={"name": "  Alpha "})
    assert renamed.json()["name"] == "Alpha"
    taken = await mine.patch(f"/api/watchlists/{made[0]['id']}/", json={"name": "b"})
    assert (taken.status_code, taken.json()["code"]) == (409, "conflict")
    assert (await mine.patch(f"/api/watchlists/{made[0]['id']}/", json={"name": "ALPHA"})).status_code == 200


async def test_somebody_elses_list_does_not_exist(mine, theirs):
    made = await create(mine, "Tech", "AAPL")
    path = f"/api/watchlists/{made['id']}/"
    calls = [
        theirs.get(path),
        theirs.patch(path, json={"name": "Mine"}),
        theirs.delete(path),
        theirs.get(f"{path}stocks/"),
        theirs.put(f"{path}instruments/", json={"instruments": []}),
        theirs.post(f"{path}instruments/", json={"instruments": ["IBM"]}),
        theirs.delete(f"{path}instruments/AAPL/"),
    ]
    assert [(await call).status_code for call in calls] == [404] * len(calls)
    assert (await theirs.put("/api/watchlists/order/", json={"watchlists": [made["id"]]})).status_code == 422
    assert await names(theirs) == []
    assert await content(mine, made) == ["NASDAQ:AAPL"]


async def test_there_are_so_many_lists_and_so_much_in_one_even_at_once(mine, known):
    answers = await asyncio.gather(
        *(mine.post("/api/watchlists/", json={"name": f"L{number}"}) for number in range(rules.MAX_LISTS + 3))
    )
    assert sorted(answer.status_code for answer in answers) == [201] * rules.MAX_LISTS + [409] * 3
    many = [f"NYSE:S{number}" for number in range(rules.MAX_INSTRUMENTS)]
    await known(many)
    path = f"/api/watchlists/{(await mine.get('/api/watchlists/')).json()['items'][0]['id']}/instruments/"
    assert (await mine.put(path, json={"instruments": many})).status_code == 200
    assert (await mine.post(path, json={"instruments": ["S5", "S6"]})).status_code == 200
    one_more = await mine.post(path, json={"instruments": ["NYSE:IBM"]})
    assert (one_more.status_code, one_more.json()["code"]) == (409, "conflict")
    assert (await mine.put(path, json={"instruments": ["IBM"] * 201})).status_code == 422


@pytest.mark.parametrize(
    "body",
    [{}, {"name": ""}, {"name": "x" * 61}, {"name": "a\nb"}, {"name": "A", "more": 1}, {"name": "A", "instruments": 3},
     {"name": "A", "instruments": ["x" * 51]}],
)  # fmt: skip
async def test_what_cannot_be_a_list_is_refused(mine, body):
    assert (await mine.post("/api/watchlists/", json=body)).status_code == 422


async def test_a_change_says_what_it_changes(mine):
    path = f"/api/watchlists/{(await create(mine))['id']}/"
    for body in ({}, {"is_default": False}, {"position": 3}):
        assert (await mine.patch(path, json=body)).status_code == 422


async def test_a_list_shows_prices_of_what_has_one_in_its_order(mine):
    made = await create(mine, "Tech", "IBM", "AAPL")
    stocks = (await mine.get(f"/api/watchlists/{made['id']}/stocks/")).json()
    assert [(stock["instrument"], stock["current_price"]) for stock in stocks] == [
        ("NYSE:IBM", None), ("NASDAQ:AAPL", None),
    ]  # fmt: skip


async def test_what_is_in_a_list_is_monitored_and_fetched(mine, db):
    async def monitored():
        async with db.read() as session:
            fetched = sorted(str(one) for one in await instruments.list_monitored(session, "replay"))
        assert sorted(stock["instrument"] for stock in (await mine.get("/api/stocks/")).json()) == fetched
        return fetched

    assert await monitored() == []
    made = await create(mine, "Tech", "IBM", "AAPL")
    await create(mine, "More", "AAPL")
    assert await monitored() == ["NASDAQ:AAPL", "NYSE:IBM"]
    await mine.delete(f"/api/watchlists/{made['id']}/")
    assert await monitored() == ["NASDAQ:AAPL"]


async def test_each_change_is_announced_with_what_is_in_the_list(mine, db, published):
    made = await create(mine, "Tech", "IBM")
    await mine.post(f"/api/watchlists/{made['id']}/instruments/", json={"instruments": ["AAPL"]})
    await mine.delete(f"/api/watchlists/{made['id']}/")
    events = [WatchlistChanged.model_validate(one.data) for one in await published(db)]
    assert [(event.instruments, event.deleted) for event in events] == [
        (("NYSE:IBM",), False), (("NYSE:IBM", "NASDAQ:AAPL"), False), ((), True),
    ]  # fmt: skip
    assert {(str(event.watchlist_id), event.user_id) for event in events} == {(made["id"], ONE)}


async def test_a_repeated_call_makes_one_list(mine):
    for _ in range(2):
        answer = await mine.post("/api/watchlists/", json={"name": "Tech"}, headers={"Idempotency-Key": "once"})
        assert answer.status_code == 201
    assert await names(mine) == ["Tech"]


async def test_what_is_kept_is_handed_over_and_erased(app, mine, theirs, client_for, tokens):
    await create(mine, "Tech", "IBM", "AAPL")
    await create(theirs, "Other", "IBM")
    async with client_for(app, user=tokens.service("auth", audience="market")) as auth:
        (kept,) = (await auth.get(f"/internal/users/{ONE}/export")).json()["watchlists"]
        assert (kept["name"], kept["instruments"]) == ("Tech", ["NYSE:IBM", "NASDAQ:AAPL"])
        for _ in range(2):
            assert (await auth.post(f"/internal/users/{ONE}/erase")).status_code == 204
        assert (await auth.get(f"/internal/users/{ONE}/export")).json() == {}
    assert await names(mine) == []
    assert await names(theirs) == ["Other"]


async def test_a_service_sees_a_list_for_its_owner_only(app, mine, client_for, tokens):
    made = await create(mine, "Tech", "IBM")
    path = f"/internal/watchlists/{made['id']}"
    async with client_for(app, user=tokens.service("alerts", audience="market", scope="prices:read")) as alerts:
        own = await alerts.get(path, headers={"X-On-Behalf-Of": tokens.user(ONE)})
        assert own.json() == {"watchlist_id": made["id"], "name": "Tech", "instruments": ["NYSE:IBM"]}
        assert (await alerts.get(path, headers={"X-On-Behalf-Of": tokens.user(OTHER)})).status_code == 404
        assert (await alerts.get(path)).status_code == 403
        narrow = tokens.user(ONE, scope="alerts:read")
        assert (await alerts.get(path, headers={"X-On-Behalf-Of": narrow})).status_code == 403
    assert (await mine.get(path)).status_code == 403


async def test_lists_cost_the_same_statements_for_few_and_for_many(mine, known):
    await known([f"NYSE:S{number}" for number in range(100)])
    made = await create(mine, "L", "AAPL")

    async def cost():
        counts = []
        for path in ("/api/watchlists/", f"/api/watchlists/{made['id']}/", f"/api/watchlists/{made['id']}/stocks/"):
            with statements() as seen:
                assert (await mine.get(path)).status_code == 200
            counts.append(len(seen))
        return counts

    before = await cost()
    for number in range(10):
        await create(mine, f"L{number}", "AAPL", "IBM")
    await mine.put(
        f"/api/watchlists/{made['id']}/instruments/", json={"instruments": [f"S{number}" for number in range(100)]}
    )
    assert await cost() == before
    assert max(before) <= 4


@given(st.lists(st.integers(0, 9), unique=True), st.lists(st.integers(0, 9)))
def test_adding_keeps_what_was_there_in_its_place(existing, more):
    result = rules.added(existing, more)
    assert result[: len(existing)] == existing
    assert set(result) == set(existing) | set(more)
    assert len(set(result)) == len(result)
