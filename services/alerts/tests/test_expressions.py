"""Alerts on expressions: refused where they stand, told at the close of bars, once, whatever happens in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from libs.common.clock import to_ms
from libs.common.events.envelope import ENTRY_FIELD, Envelope
from libs.common.events.relay import Relay
from libs.common.hours import Hours
from libs.common.http import Http, ServiceClient
from libs.common.ids import uuid7
from libs.common.testing import eventually
from libs.contracts.alerts import AlertCreated
from libs.contracts.market import Candle, CandleClosed
from libs.quant.expr import OWN, Bars, Input, parse
from services.alerts.conditions.books import WAIT_MS, Book
from services.alerts.conditions.inputs import as_bars, read_candle
from services.alerts.conditions.operators import Frequency
from services.alerts.conditions.operators import Operator as Op
from services.alerts.conditions.rules import ALWAYS, Rule, State, Terms
from services.alerts.conditions.track import Watched
from services.alerts.engine.runner import Engine
from services.alerts.tests.support import running, triggered_rows

MINUTE = timedelta(minutes=1)
TEXT = "close > sma(close, 3)"


def candle(start: Any, number: int, close: str) -> Candle:
    price = Decimal(close)
    return Candle(at=start + number * MINUTE, open=price, high=price, low=price, close=price, volume=100)


async def expression_alert(client: Any, **members: Any) -> dict[str, Any]:
    body = {"stock_symbol": "AAPL", "alert_type": "expression", "expression": TEXT, **members}
    answer = await client.post("/api/alerts/", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


class TestCalls:
    async def test_an_expression_is_stored_in_its_canonical_form_and_said(self, client, db, published) -> None:
        alert = await expression_alert(client, expression="CLOSE>sma(3)", interval="5m")
        assert alert["expression"] == "close > sma(close, 3)"
        assert alert["words"] == (
            "Tell me once when on 5-minute bars of AAPL on NASDAQ: the close is above the 3-bar average of the close."
        )
        [event] = [event for event in await published(db) if event.type == AlertCreated.type]
        assert event.data["alert"]["candles"] == [{"instrument": "NASDAQ:AAPL", "interval": "5m"}]

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("close >", "expression_syntax"),
            ("clos > 2", "expression_unknown_name"),
            ("close + 1", "expression_wrong_kind"),
            ('close > at("NSE:NOBODY", close)', "symbol_not_found"),
            ('close > at("1d", news_score)', "expression_nested_at"),
        ],
    )
    async def test_what_is_no_condition_is_refused_where_it_stands(self, client, text, code) -> None:
        body = {"stock_symbol": "AAPL", "alert_type": "expression", "expression": text}
        answer = await client.post("/api/alerts/", json=body)
        assert answer.status_code == 422
        [error] = answer.json()["errors"]
        assert (error["field"], error["code"]) == ("/expression", code)

    async def test_it_may_read_other_stocks_which_market_is_asked_to_tell_of(self, client, db, published) -> None:
        text = 'close > at("NSE:RELIANCE", "1d", close) and news_score > 0'
        alert = await expression_alert(client, expression=text, interval="5m")
        assert alert["expression"] == text
        [event] = [event for event in await published(db) if event.type == AlertCreated.type]
        needs = {(need["instrument"], need["interval"]) for need in event.data["alert"]["candles"]}
        assert needs == {("NASDAQ:AAPL", "5m"), ("NSE:RELIANCE", "1d")}
        changed = await client.patch(f"/api/alerts/{alert['id']}/", json={"expression": 'close > at("NSE:NO", close)'})
        assert (changed.status_code, changed.json()["errors"][0]["field"]) == (422, "/expression")

    async def test_a_preview_reads_other_stocks_and_explaining_takes_them_apart(self, client, peers, clock) -> None:
        start = clock.now().replace(second=0, microsecond=0) + MINUTE
        text = 'close > at("NSE:RELIANCE", close) and close > 10'
        alert = await expression_alert(client, expression=text, frequency="every_time")
        for name, closes in (("NASDAQ:AAPL", [10, 12, 13, 9]), ("NSE:RELIANCE", [11, 11, 14, 8])):
            peers.candles[name, "1m"] = [candle(start, n, str(close)) for n, close in enumerate(closes)]
        body = {"stock_symbol": "AAPL", "alert_type": "expression", "expression": text, "days": 1}
        preview = (await client.post("/api/alerts/preview/", json=body)).json()
        assert [(mark["edge"], mark["price"]) for mark in preview["marks"]] == [
            ("fired", "12.00"),
            ("cleared", "13.00"),
        ]
        clock.move(timedelta(minutes=10))
        at = (start + 2.5 * MINUTE).isoformat()
        answer = await client.get(f"/api/alerts/{alert['id']}/explain/", params={"at": at})
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert (told["price"], told["gate"]) == ("12.00", None)
        assert "the expression held" in told["words"]
        assert [(clause["holds"], [value["value"] for value in clause["values"]]) for clause in told["clauses"]] == [
            (True, [12.0, 11.0]),
            (True, [12.0]),
        ]

    async def test_a_preview_tells_when_it_would_have_held(self, client, peers, clock) -> None:
        start = clock.now().replace(second=0, microsecond=0) - 10 * MINUTE
        closes = ["10", "10", "10", "11", "9", "12"]
        peers.candles["NASDAQ:AAPL", "1m"] = [candle(start, n, close) for n, close in enumerate(closes)]
        body = {"stock_symbol": "AAPL", "alert_type": "expression", "expression": TEXT, "days": 1}
        preview = (await client.post("/api/alerts/preview/", json=body)).json()
        assert [mark["price"] for mark in preview["marks"] if mark["edge"] == "fired"] == ["11.00", "12.00"]


class TestEngine:
    async def test_it_fires_at_the_close_of_a_bar_and_once_across_a_restart(
        self, client, db, redis: Redis, settings, peers, tokens, clock
    ) -> None:
        start = clock.now().replace(second=0, microsecond=0) + MINUTE
        past = [candle(start, n - 10, "10") for n in range(10)]
        peers.candles["NASDAQ:AAPL", "1m"] = past
        http = Http("engine", transport=peers.transport(), retries=0)
        market = ServiceClient(http, settings.market_url, "market", tokens.source("alerts"))

        def engine() -> Engine:
            return Engine(db, redis, partitions=1, chunk=64, market=market)

        async def close(number: int, price: str) -> None:
            bar = candle(start, number, price)
            peers.candles["NASDAQ:AAPL", "1m"].append(bar)
            event = CandleClosed(
                instrument="NASDAQ:AAPL",
                interval="1m",
                closed_at=bar.at + MINUTE,
                **bar.model_dump(exclude={"complete"}),
            )
            envelope = Envelope(
                uuid7(), event.type, "market", clock.now(), event.instrument, number + 1, event.model_dump(mode="json")
            )
            await redis.xadd("market.events", {ENTRY_FIELD: envelope.to_json()})

        def fired(*wanted: str) -> Any:
            async def claim() -> bool:
                return [str(row["price"]) for row in await triggered_rows(db) if row["edge"] == "fired"] == list(wanted)

            return claim

        await expression_alert(client, frequency="every_time")
        first = engine()
        async with running(first.run()), running(Relay(db, redis).run()):
            await eventually(_knows(first))
            await close(0, "11")
            await eventually(fired("11.0000"))
        await close(1, "9")  # nobody runs
        await close(2, "12")
        second = engine()
        async with running(second.run()):
            await eventually(fired("11.0000", "12.0000"))
        await http.aclose()


class TestOthers:
    """What an expression reads of other bars: what had closed when ours did, never later, whatever came first."""

    OWN = Input("NSE:X", "1m")
    OTHER = Input("NSE:Y", "1m")
    START = datetime(2026, 1, 15, 4, 0, tzinfo=UTC)

    def closed(self, number: int, close: str) -> Any:
        return read_candle(candle(self.START, number, close), "1m", Hours("NSE"))

    def book(self, text: str, past: Any = None, *, now_ms: int = 0) -> Book:
        book = Book("NSE:X", "1m", lambda _: Hours("NSE"))
        armed_ms = to_ms(self.START) - 1
        alert = Watched(1, 1, Rule(Op.LESS), Terms(frequency=Frequency.EVERY_TIME), State(armed_ms, armed_ms))
        assert book.add(text, alert, past or {}, now_ms) == []
        return book

    def test_a_bar_waits_for_that_of_the_other_and_not_for_ever(self) -> None:
        book = self.book('close > at("NSE:Y", close)')
        assert book.hear(self.OTHER, self.closed(0, "10")) == []
        [fired] = book.hear(self.OWN, self.closed(0, "11"))
        assert fired.edge == "fired"
        assert book.hear(self.OWN, self.closed(1, "11"), 1_000) == []
        assert book.waits
        [cleared] = book.hear(self.OTHER, self.closed(1, "12"), 2_000)
        assert (cleared.edge, cleared.at_ms) == ("cleared", to_ms(self.START + 2 * MINUTE))
        assert book.hear(self.OWN, self.closed(2, "13"), 3_000) == []
        [again] = book.settle(3_000 + WAIT_MS)  # nobody trades in the other one: its last price counts
        assert (again.edge, book.waits) == ("fired", False)

    def test_what_closes_after_ours_is_not_seen(self) -> None:
        book = self.book('close > at("NSE:Y", close)')
        book.hear(self.OTHER, self.closed(0, "10"))
        book.hear(self.OTHER, self.closed(1, "20"))
        [fired] = book.hear(self.OWN, self.closed(0, "11"))
        assert fired.edge == "fired"
        [cleared] = book.hear(self.OWN, self.closed(1, "11"))
        assert cleared.edge == "cleared"

    def test_a_day_is_seen_once_it_is_over(self) -> None:
        days = Input("NSE:X", "1d")
        hours = Hours("NSE")
        past = [
            Candle(at=self.START - timedelta(days=ago, minutes=15), open=price, high=price, low=price, close=price)
            for ago, price in ((2, Decimal(5)), (1, Decimal(10)), (0, Decimal(99)))
        ]
        book = self.book('close > at("1d", close) * 1.05', {days: [read_candle(each, "1d", hours) for each in past]})
        assert [change.edge for change in book.hear(self.OWN, self.closed(0, "10.40"))] == []
        assert [change.edge for change in book.hear(self.OWN, self.closed(1, "10.60"))] == ["fired"]

    def test_a_headline_counts_from_its_arrival_on(self) -> None:
        news = Input("NSE:X", "news")
        book = self.book("news_score < -0.5 and news_age < 5")
        arrived = self.START + timedelta(seconds=90)
        [headline] = as_bars([(arrived, self.START - MINUTE, -0.9)])
        assert book.hear(self.OWN, self.closed(0, "10")) == []
        assert book.hear(news, headline) == []
        changes = [change for number in (1, 2, 3, 4) for change in book.hear(self.OWN, self.closed(number, "10"))]
        assert [(change.edge, change.at_ms) for change in changes] == [
            ("fired", to_ms(self.START + 2 * MINUTE)),
            ("cleared", to_ms(self.START + 5 * MINUTE)),
        ]


@given(st.lists(st.integers(95, 105), min_size=1, max_size=40), st.integers(0, 39), st.integers(-1, 39))
def test_a_book_tells_what_the_columns_tell_wherever_it_begins(closes: list[int], cut: int, armed: int) -> None:
    start = datetime(2026, 1, 15, 4, 0, tzinfo=UTC)
    bars = [candle(start, n, str(close)) for n, close in enumerate(closes)]
    cut = min(cut, len(bars))
    book, own = Book("NSE:X", "1m"), Input("NSE:X", "1m")
    known = [read_candle(bar, "1m", ALWAYS) for bar in bars]
    armed_ms = to_ms(start) + armed * 60_000
    alert = Watched(1, 1, Rule(Op.LESS), Terms(frequency=Frequency.EVERY_TIME), State(armed_ms, armed_ms))
    changes = book.add(TEXT, alert, {own: known[:cut]})
    for closed in known[max(0, cut - 2) :]:  # the last two once more
        changes += book.hear(own, closed)
    columns = Bars.of([closed.bar for closed in known], 60_000)
    held, wanted = False, []
    for bar, value in zip(bars, parse(TEXT).vector({OWN: columns}).tolist(), strict=True):
        end_ms = to_ms(bar.at) + 60_000
        if end_ms <= armed_ms or value < 0:
            continue
        if bool(value) != held:
            wanted.append(("fired" if value else "cleared", end_ms))
            held = bool(value)
    assert [(change.edge.value, change.at_ms) for change in changes] == wanted


def _knows(engine: Engine) -> Any:
    async def claim() -> bool:
        return engine.watched == 1

    return claim
