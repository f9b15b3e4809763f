"""Billing as its callers see it, on a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.events.envelope import Envelope
from libs.common.ids import uuid7
from libs.common.testing.client import ClientFor
from libs.common.testing.plugin import DatabaseFactory, SettingsFactory
from libs.common.testing.statements import statements
from libs.common.testing.tokens import Tokens
from services.billing.app import build_app
from services.billing.settings import BillingSettings
from services.billing.subscriptions.service import Subscriptions

Published = Callable[[Database], Awaitable[list[Envelope]]]


@pytest.fixture
async def db(database_for: DatabaseFactory, settings: BillingSettings) -> Database:
    return await database_for(settings)


@pytest.fixture
def settings(service_settings: SettingsFactory) -> BillingSettings:
    return service_settings(BillingSettings, port=0, worker_port=0)


@pytest.fixture
def subscriptions(db: Database) -> Subscriptions:
    return Subscriptions(db)


@pytest.fixture
def app(settings: BillingSettings, db: Database) -> FastAPI:
    return build_app(settings, db=db)


@pytest.fixture
async def client(app: FastAPI, client_for: ClientFor) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(app) as opened:
        yield opened


@pytest.fixture
async def alerts(app: FastAPI, client_for: ClientFor, tokens: Tokens) -> AsyncIterator[httpx.AsyncClient]:
    """A client that calls as the service alerts."""
    token = tokens.service("alerts", audience="billing", scope="entitlements:read")
    async with client_for(app, user=token) as opened:
        yield opened


async def start_trial(subscriptions: Subscriptions, db: Database, user_id: UUID) -> None:
    async with db.transaction() as tx:
        await subscriptions.start_trial(tx, user_id, db.clock.now())


async def test_the_price_list_is_for_everybody(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/plans/")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    prices = answer.json()
    assert [(plan["code"], plan["price_monthly"], plan["currency"]) for plan in prices["items"]] == [
        ("BASIC", "999.00", "INR"),
        ("PRO", "4999.00", "INR"),
        ("ELITE", "19999.00", "INR"),
    ]
    assert {plan["gst_percent"] for plan in prices["items"]} == {"18"}
    assert (prices["trial_plan"], prices["trial_days"], prices["next_cursor"]) == ("BASIC", 14, None)


# The price list as it was decided: active alerts, signals a day, strategies, studio minutes, calls a minute,
# symbols and ticks a second on the socket. None is no limit.
TABLE = {
    None: (5, 0, 0, 0, 0, 10, 1),
    "BASIC": (50, 10, 3, 0, 60, 50, 4),
    "PRO": (500, 100, 10, 120, 600, 200, 10),
    "ELITE": (5_000, None, None, 1_200, 3_000, 1_000, None),
}


async def test_the_limits_are_those_of_the_price_list(client: httpx.AsyncClient) -> None:
    prices = (await client.get("/api/plans/")).json()
    limits = {plan["code"]: plan["limits"] for plan in prices["items"]} | {None: prices["free_allowance"]["limits"]}
    assert {
        code: (
            its["active_alerts"],
            its["signals_per_day"],
            its["strategies"],
            its["ai_studio_minutes_per_month"],
            its["api_calls_per_minute"],
            its["socket_symbols"],
            its["socket_ticks_per_second"],
        )
        for code, its in limits.items()
    } == TABLE
    assert [code for code, its in limits.items() if its["live_trading"]] == ["PRO", "ELITE"]
    assert [code for code, its in limits.items() if its["custom_indicators"]] == ["ELITE"]
    assert limits[None]["channels"] == ["in_app", "email"]
    assert limits["ELITE"]["channels"] == ["in_app", "email", "push", "telegram", "webhook", "slack", "sms"]


async def test_a_verified_account_has_a_trial_and_services_are_told(
    subscriptions: Subscriptions, db: Database, alerts: httpx.AsyncClient, published: Published
) -> None:
    user_id = uuid7()
    await start_trial(subscriptions, db, user_id)
    answer = (await alerts.get(f"/internal/entitlements/{user_id}")).json()
    assert (answer["tier"], answer["state"], answer["version"], answer["upgrade_to"]) == ("BASIC", "trial", 1, "PRO")
    assert answer["limits"]["active_alerts"] == 50
    (event,) = await published(db)
    assert (event.type, event.subject) == ("billing.entitlements.changed.v1", str(user_id))
    assert event.data["entitlements"] == answer


async def test_a_second_verification_gives_no_second_trial(
    subscriptions: Subscriptions, db: Database, clock: FixedClock, published: Published
) -> None:
    user_id = uuid7()
    await start_trial(subscriptions, db, user_id)
    clock.move(timedelta(days=10))
    await start_trial(subscriptions, db, user_id)
    clock.move(timedelta(days=4))
    assert (await subscriptions.entitlements(user_id)).state == "unpaid"
    assert len(await published(db)) == 1


async def test_the_end_of_a_trial_counts_at_once_and_is_announced_by_the_job(
    subscriptions: Subscriptions, db: Database, clock: FixedClock, published: Published
) -> None:
    ending, running = uuid7(), uuid7()
    await start_trial(subscriptions, db, ending)
    clock.move(timedelta(days=13))
    await start_trial(subscriptions, db, running)
    clock.move(timedelta(days=1))
    at_once = await subscriptions.entitlements(ending)
    assert (at_once.tier, at_once.state, at_once.limits.active_alerts, at_once.version) == ("BASIC", "unpaid", 5, 2)
    assert await subscriptions.end_what_ran_out(batch=1) == 1
    assert (await published(db))[-1].data["entitlements"] == at_once.model_dump(mode="json")
    assert await subscriptions.entitlements(ending) == at_once
    assert (await subscriptions.entitlements(running)).state == "trial"
    assert await subscriptions.end_what_ran_out(batch=1) == 0


async def test_an_unknown_user_has_the_free_allowance(alerts: httpx.AsyncClient) -> None:
    answer = (await alerts.get(f"/internal/entitlements/{uuid7()}")).json()
    assert (answer["tier"], answer["state"], answer["version"], answer["upgrade_to"]) == ("BASIC", "unpaid", 0, "BASIC")


async def test_entitlements_are_for_services_with_the_scope_only(
    app: FastAPI, client_for: ClientFor, tokens: Tokens
) -> None:
    path = f"/internal/entitlements/{uuid7()}"
    callers = {
        None: 401,
        tokens.user(uuid7()): 403,
        tokens.service("alerts", audience="billing", scope="prices:read"): 403,
        tokens.service("alerts", audience="market", scope="entitlements:read"): 401,
    }
    for token, status in callers.items():
        async with client_for(app, user=token) as caller:
            assert (await caller.get(path)).status_code == status


async def test_a_users_data_is_handed_over_and_erased(
    subscriptions: Subscriptions, db: Database, app: FastAPI, client_for: ClientFor, tokens: Tokens
) -> None:
    user_id = uuid7()
    await start_trial(subscriptions, db, user_id)
    async with client_for(app, user=tokens.service("auth", audience="billing")) as auth:
        exported = (await auth.get(f"/internal/users/{user_id}/export")).json()
        assert exported["subscription"]["state"] == "trial"
        for _ in range(2):
            assert (await auth.post(f"/internal/users/{user_id}/erase")).status_code == 204
        assert (await auth.get(f"/internal/users/{user_id}/export")).json() == {}


async def test_the_price_list_takes_the_same_statements_whatever_their_number(
    client: httpx.AsyncClient, db: Database
) -> None:
    with statements() as few:
        await client.get("/api/plans/")
    async with db.transaction() as tx:
        driver = await tx.driver()
        await driver.execute(
            "INSERT INTO plans SELECT code, n, name, price_monthly, currency, limits, portfolio, support_answer_hours,"
            " valid_from + n FROM plans, generate_series(2, 34) n WHERE code <> 'UNPAID'"
        )
    with statements() as many:
        await client.get("/api/plans/")
    assert len(many) == len(few) == 2
