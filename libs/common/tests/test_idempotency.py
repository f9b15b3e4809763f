"""A call repeated with its key: one effect, the same bytes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI, Request
from pydantic import BaseModel

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.errors import Conflict
from libs.common.idempotency import UNKEYED, Once
from libs.common.ids import uuid7
from libs.common.testing.client import ClientFor
from libs.common.tests.sample import SampleSettings, Thing
from libs.common.tests.streams import count
from libs.common.web import CurrentUser, Router, create_app
from libs.common.web.idempotency import IdempotencyKey, RequiredIdempotencyKey

router = Router()


class ThingIn(BaseModel):
    name: str


class ThingOut(BaseModel):
    id: UUID
    name: str

    @classmethod
    def of(cls, thing: Thing) -> ThingOut:
        return cls(id=thing.id, name=thing.name)


class Things:
    """The use case: it refuses one name, and waits where a test wants to look at a call that still runs."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.entered = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def make(self, name: str, once: Once[Thing] = UNKEYED) -> Thing:
        async with self._db.transaction() as tx, once.held(tx) as answer:
            self.entered.set()
            await self.may_go_on.wait()
            if name == "refused":
                raise Conflict()
            thing = Thing(id=uuid7(), name=name)
            tx.session.add(thing)
            answer(thing)
        return thing


@router.post("/api/things/", status_code=201)
async def make_thing(body: ThingIn, user: CurrentUser, key: IdempotencyKey, request: Request) -> ThingOut:
    return ThingOut.of(await request.app.state.things.make(body.name, key.answering(ThingOut.of)))


@router.post("/api/orders/", status_code=201)
async def make_order(body: ThingIn, user: CurrentUser, key: RequiredIdempotencyKey, request: Request) -> ThingOut:
    return ThingOut.of(await request.app.state.things.make(body.name, key.answering(ThingOut.of)))


@pytest.fixture
def app(settings: SampleSettings, db: Database) -> FastAPI:
    async def nothing(_user_id: UUID) -> dict[str, object]:
        return {}

    app = create_app(settings, routers=[router], exporter=nothing, eraser=nothing)
    app.state.db = db
    app.state.things = Things(db)
    return app


async def post(client, name: str, key: str | None, path: str = "/api/things/"):
    headers = {} if key is None else {"Idempotency-Key": key}
    return await client.post(path, json={"name": name}, headers=headers)


async def test_a_repeat_gets_the_same_bytes_and_has_no_second_effect(app, db, client_for: ClientFor) -> None:
    async with client_for(app, user=uuid4()) as client:
        first, second = await post(client, "a", "k1"), await post(client, "a", "k1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["content-type"] == first.headers["content-type"]
    assert await count(db, "things") == 1


async def test_another_body_is_refused(app, client_for: ClientFor) -> None:
    async with client_for(app, user=uuid4()) as client:
        await post(client, "a", "k1")
        answer = await post(client, "b", "k1")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


async def test_keys_of_two_users_and_of_two_routes_are_different_keys(app, db, client_for: ClientFor) -> None:
    async with client_for(app, user=uuid4()) as one, client_for(app, user=uuid4()) as other:
        answers = [
            await post(one, "a", "k1"),
            await post(other, "a", "k1"),
            await post(one, "a", "k1", "/api/orders/"),
        ]
    assert len({answer.content for answer in answers}) == 3
    assert await count(db, "things") == 3


async def test_a_call_that_still_runs_is_told_to_come_back(app, db, client_for: ClientFor) -> None:
    things = app.state.things
    things.may_go_on.clear()
    async with client_for(app, user=uuid4()) as client:
        first = asyncio.create_task(post(client, "a", "k1"))
        await things.entered.wait()
        meanwhile = await post(client, "a", "k1")
        things.may_go_on.set()
        await first
        after = await post(client, "a", "k1")
    assert (meanwhile.status_code, meanwhile.json()["code"]) == (409, "request_in_progress")
    assert int(meanwhile.headers["Retry-After"]) >= 1
    assert after.headers["Idempotent-Replayed"] == "true"


async def test_twenty_at_once_have_one_effect(app, db, client_for: ClientFor) -> None:
    async with client_for(app, user=uuid4()) as client:
        answers = await asyncio.gather(*(post(client, "a", "k1") for _ in range(20)))
    assert {answer.status_code for answer in answers} <= {201, 409, 503}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert await count(db, "things") == 1


async def test_a_refusal_is_not_kept(app, client_for: ClientFor) -> None:
    async with client_for(app, user=uuid4()) as client:
        answers = [await post(client, "refused", "k1") for _ in range(2)]
        invalid = await client.post("/api/things/", json={}, headers={"Idempotency-Key": "k2"})
        valid = await post(client, "a", "k2")
    assert [answer.status_code for answer in answers] == [409, 409]
    assert all("Idempotent-Replayed" not in answer.headers for answer in answers)
    assert (invalid.status_code, valid.status_code) == (422, 201)


async def test_a_key_is_forgotten_after_a_day_and_that_of_an_order_after_seven(
    app, db, clock: FixedClock, client_for: ClientFor
) -> None:
    user = uuid4()
    async with client_for(app, user=user) as client:
        await post(client, "a", "k1")
        await post(client, "a", "k1", "/api/orders/")
        clock.move(timedelta(hours=25))
        thing, order = await post(client, "b", "k1"), await post(client, "a", "k1", "/api/orders/")
    assert "Idempotent-Replayed" not in thing.headers
    assert thing.json()["name"] == "b"
    assert order.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("key", ["", "x" * 65, "a b", "ä"])
async def test_a_key_of_another_form_is_refused(app, client_for: ClientFor, key: str) -> None:
    async with client_for(app, user=uuid4()) as client:
        answer = await client.post("/api/things/", json={"name": "a"}, headers={"Idempotency-Key": key.encode()})
    assert answer.status_code == 422


async def test_an_order_without_a_key_is_refused(app, client_for: ClientFor) -> None:
    async with client_for(app, user=uuid4()) as client:
        answer = await post(client, "a", None, "/api/orders/")
        plain = await post(client, "a", None)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")
    assert plain.status_code == 201
