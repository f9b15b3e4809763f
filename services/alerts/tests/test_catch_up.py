"""After ten minutes without an engine every kind of alert is made up for, once, as of the time of its price."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from libs.common.clock import to_ms
from libs.common.http import Http, ServiceClient
from libs.common.testing import eventually
from services.alerts.conditions.operators import Operator
from services.alerts.definitions.rules import AlertType
from services.alerts.engine.runner import Engine
from services.alerts.tests.support import RELIANCE, create, running, triggered_rows
from services.alerts.tests.test_condition_engine import price_alert
from services.alerts.tests.test_expressions import candle, expression_alert

PRICES = ("220", "222", "235", "221", "200", "219")
"""One a minute, while no engine runs."""

RULES: dict[Operator, dict[str, Any]] = {
    Operator.CROSSING: {"value": "230"},
    Operator.CROSSING_UP: {"value": "230"},
    Operator.CROSSING_DOWN: {"value": "210"},
    Operator.GREATER: {"value": "230"},
    Operator.LESS: {"value": "210"},
    Operator.ENTERING_CHANNEL: {"low": "230", "high": "240"},
    Operator.EXITING_CHANNEL: {"low": "215", "high": "225"},
    Operator.INSIDE_CHANNEL: {"low": "230", "high": "240"},
    Operator.OUTSIDE_CHANNEL: {"low": "215", "high": "225"},
    Operator.MOVING_UP: {"amount": "10", "window_s": 300},
    Operator.MOVING_DOWN: {"amount": "10", "window_s": 300},
    Operator.MOVING_UP_PERCENT: {"percent": "5", "window_s": 300},
    Operator.MOVING_DOWN_PERCENT: {"percent": "5", "window_s": 300},
    Operator.CHANGE_UP_PERCENT: {"percent": "5", "base": "open"},
    Operator.CHANGE_DOWN_PERCENT: {"percent": "5", "base": "previous_close"},
    Operator.TRAILING_UP: {"amount": "10"},
    Operator.TRAILING_DOWN: {"amount": "10"},
    Operator.TRAILING_UP_PERCENT: {"percent": "5"},
    Operator.TRAILING_DOWN_PERCENT: {"percent": "5"},
}


async def test_every_kind_is_made_up_for(
    client, db, redis, peers, settings, tokens, clock, make_tick, make_alert, send_ticks
) -> None:
    assert set(RULES) == set(Operator)
    made = {
        AlertType.THRESHOLD: [await create(client, threshold_price="230")],
        AlertType.PRICE: [await price_alert(client, {"operator": name, **rule}) for name, rule in RULES.items()],
        AlertType.EXPRESSION: [await expression_alert(client, expression="close > 234 or close < 205")],
    }
    assert made.keys() == set(AlertType) - {AlertType.SIGNAL}, "signals wait for the worker in the stream of events"
    start = clock.now().replace(second=0, microsecond=0) + timedelta(minutes=1)
    for minute, price in enumerate(PRICES):
        at_ms = to_ms(start + timedelta(minutes=minute, seconds=30))
        await send_ticks(make_tick(price, at_ms=at_ms, previous_close_e4=2_200_000))
    peers.candles["NASDAQ:AAPL", "1m"] = [candle(start, minute, price) for minute, price in enumerate(PRICES)]
    clock.move(timedelta(minutes=10))
    http = Http("engine", transport=peers.transport(), retries=0)
    market = ServiceClient(http, settings.market_url, "market", tokens.source("alerts"))
    wanted = {one["id"] for alerts in made.values() for one in alerts}

    def engine() -> Engine:
        return Engine(db, redis, partitions=1, chunk=64, lease_s=1, market=market)

    async def all_fired() -> bool:
        return {str(row["alert_id"]) for row in await triggered_rows(db)} >= wanted

    async with running(engine().run()):
        await eventually(all_fired, within=10)
    # Once more from the beginning: nothing is told twice.
    mark = await make_alert("above", "10.00", of=RELIANCE)
    await send_ticks(make_tick("11.00", of=RELIANCE))
    async with running(engine().run()):

        async def is_read() -> bool:
            return str(mark.id) in {str(row["alert_id"]) for row in await triggered_rows(db)}

        await eventually(is_read)
    await http.aclose()
    rows = [row for row in await triggered_rows(db) if row["alert_id"] != mark.id]
    assert len(rows) == len(wanted)
    assert all(start <= row["reached_at"] <= start + timedelta(minutes=len(PRICES)) for row in rows)
