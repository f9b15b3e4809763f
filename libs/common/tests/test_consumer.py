"""Hearing: every event has its effect once, whatever fails."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from libs.common.db import Database, Transaction
from libs.common.errors import UpstreamUnavailable
from libs.common.events.consumer import Consumer, ConsumerOptions, Subscription
from libs.common.events.dead_letters import NoSuchLetter, drop_letter, get_letter, list_letters, replay_letter
from libs.common.events.envelope import ENTRY_FIELD, Envelope
from libs.common.events.group import GroupMember
from libs.common.events.relay import Relay
from libs.common.events.streams import EntryId, RefillRequest, refill_requests
from libs.common.testing import eventually
from libs.common.tests.sample import OtherThingMade, ThingMade
from libs.common.tests.streams import STREAM, announce, count, on_stream, running

QUICK = ConsumerOptions(block_ms=50, claim_idle_s=0.6, retry_delays_s=(0.01,))


async def make_thing(tx: Transaction, event: ThingMade, envelope: Envelope) -> None:
    """The effect of an event: a row. A second effect of the same event would break the primary key."""
    await tx.session.execute(
        text("INSERT INTO things (id, name) VALUES (:id, :name)"), {"id": envelope.id, "name": event.thing}
    )


async def make_things(tx: Transaction, heard: Sequence[tuple[ThingMade, Envelope]]) -> None:
    driver = await tx.driver()
    await driver.execute(
        "INSERT INTO things (id, name) SELECT * FROM unnest($1::uuid[], $2::text[])",
        [envelope.id for _, envelope in heard],
        [event.thing for event, _ in heard],
    )


def hearing(db: Database, redis: Redis, handler=make_thing, options: ConsumerOptions = QUICK) -> Consumer:
    return Consumer(db, redis, [Subscription(STREAM, {ThingMade: handler})], options=options)


def hearing_batches(db: Database, redis: Redis, handler=make_things, options: ConsumerOptions = QUICK) -> Consumer:
    subscription = Subscription(STREAM, batch_handler=handler, batch_types=(ThingMade,))
    return Consumer(db, redis, [subscription], options=options)


def there_are(db: Database, number: int, of: str = "things") -> Callable[[], Awaitable[bool]]:
    async def claim() -> bool:
        return await count(db, of) == number

    return claim


def all_acknowledged(redis: Redis, stream: str = STREAM) -> Callable[[], Awaitable[bool]]:
    async def claim() -> bool:
        (group,) = await redis.xinfo_groups(stream)
        return bool(
            group["pending"] == 0
            and group["last-delivered-id"] == (await redis.xinfo_stream(stream))["last-generated-id"]
        )

    return claim


@pytest.fixture
def names(db: Database):
    async def list_names() -> list[str]:
        async with db.read() as session:
            return sorted((await session.execute(text("SELECT name FROM things"))).scalars())

    return list_names


@pytest.mark.parametrize("make", [hearing, hearing_batches])
async def test_each_event_has_its_effect_once_although_it_is_published_twice(db: Database, redis: Redis, make) -> None:
    async with running(Relay(db, redis), make(db, redis)):
        await announce(db, "a", "b", "c")
        await eventually(there_are(db, 3))
        for _, fields in await redis.xrange(STREAM):
            await redis.xadd(STREAM, {**fields})
            await redis.xadd(STREAM, {**fields})
        await eventually(all_acknowledged(redis))
    assert await count(db, "things") == 3
    assert len(await on_stream(redis)) == 9


async def test_events_of_other_types_are_passed_over(db: Database, redis: Redis, names) -> None:
    async with running(Relay(db, redis), hearing(db, redis)):
        async with db.transaction() as tx:
            tx.announce(OtherThingMade(thing="other"))
            tx.announce(ThingMade(thing="a"))
        await eventually(there_are(db, 1))
        await eventually(all_acknowledged(redis))
    assert await names() == ["a"]
    assert await count(db, "inbox") == 1


async def test_a_thousand_events_are_handled_in_batches(db: Database, redis: Redis) -> None:
    sizes: list[int] = []

    async def handler(tx: Transaction, heard: Sequence[tuple[ThingMade, Envelope]]) -> None:
        sizes.append(len(heard))
        await make_things(tx, heard)

    async with running(Relay(db, redis)):
        await announce(db, *["a"] * 1000)
        async with running(hearing_batches(db, redis, handler)):
            await eventually(there_are(db, 1000))
    assert len(sizes) < 50


@pytest.mark.parametrize("in_batches", [False, True])
async def test_poison_dies_after_exactly_five_deliveries_and_delays_no_other(
    db: Database, redis: Redis, names, in_batches: bool
) -> None:
    tries: Counter[str] = Counter()

    async def single(tx: Transaction, event: ThingMade, envelope: Envelope) -> None:
        tries[event.thing] += 1
        if event.thing == "poison":
            raise RuntimeError("no good")
        await make_thing(tx, event, envelope)

    async def batch(tx: Transaction, heard: Sequence[tuple[ThingMade, Envelope]]) -> None:
        for event, envelope in heard:
            await make_thing(tx, event, envelope)
        if any(event.thing == "poison" for event, _ in heard):
            if len(heard) == 1:
                tries["poison"] += 1
            raise RuntimeError("no good")

    consumer = hearing_batches(db, redis, batch) if in_batches else hearing(db, redis, single)
    async with running(Relay(db, redis), consumer):
        await announce(db, "a", "poison", "b")
        await eventually(there_are(db, 2))
        await eventually(lambda: list_letters(db))
        await eventually(all_acknowledged(redis))
    assert tries["poison"] == 5
    assert await names() == ["a", "b"]
    (letter,) = await list_letters(db)
    assert (letter.type, letter.subject, letter.deliveries) == (ThingMade.type, "poison", 5)
    assert letter.error == "RuntimeError: no good"
    assert await redis.xlen("sample.dead") == 1


@pytest.mark.parametrize("fields", [{"x": b"y"}, {ENTRY_FIELD: b"no json"}, {ENTRY_FIELD: b'{"id": 1}'}])
async def test_what_is_no_envelope_dies_and_delays_no_other(db: Database, redis: Redis, fields) -> None:
    async with running(hearing(db, redis)):
        await redis.xadd(STREAM, fields)
        await eventually(lambda: list_letters(db))
        await eventually(all_acknowledged(redis))
    (letter,) = await list_letters(db)
    assert letter.event_id is None


async def test_data_of_another_form_dies_and_its_values_are_not_written_down(db: Database, redis: Redis) -> None:
    async with db.transaction() as tx:
        tx.announce(ThingMade(thing="a", number=1))
        await tx._write_announcements(db.schema)
        tx._announced.clear()
        await tx.session.execute(text("""UPDATE outbox SET data = '{"thing": "a", "number": "private"}'"""))
    async with running(Relay(db, redis), hearing(db, redis)):
        (letter,) = await eventually(lambda: list_letters(db))
    assert "int_parsing" in letter.error
    assert "private" not in letter.error


async def test_a_dead_letter_is_replayed_to_this_service_with_new_tries(db: Database, redis: Redis, names) -> None:
    mended = False

    async def handler(tx: Transaction, event: ThingMade, envelope: Envelope) -> None:
        if not mended:
            raise RuntimeError("not yet")
        await make_thing(tx, event, envelope)

    async with running(Relay(db, redis), hearing(db, redis, handler)):
        await announce(db, "a")
        (letter,) = await eventually(lambda: list_letters(db))
        mended = True
        await replay_letter(db, redis, letter.id)
        await replay_letter(db, redis, letter.id)
        await eventually(there_are(db, 1))
        await eventually(all_acknowledged(redis, "sample.replays"))
    assert await names() == ["a"]
    assert await list_letters(db) == []
    assert (await get_letter(db, letter.id)).replayed_at is not None
    assert await redis.xlen("sample.replays") == 0
    await drop_letter(db, letter.id)
    with pytest.raises(NoSuchLetter):
        await get_letter(db, letter.id)


async def test_a_handler_that_cannot_reach_another_service_is_not_counted(db: Database, redis: Redis, names) -> None:
    tries: list[int] = []

    async def handler(tx: Transaction, event: ThingMade, envelope: Envelope) -> None:
        tries.append(1)
        if len(tries) < 12:
            raise UpstreamUnavailable()
        await make_thing(tx, event, envelope)

    async with running(Relay(db, redis), hearing(db, redis, handler)):
        await announce(db, "a")
        await eventually(there_are(db, 1))
    assert await list_letters(db) == []


async def test_a_handler_without_end_is_cut_and_its_event_dies(db: Database, redis: Redis, names) -> None:
    async def handler(tx: Transaction, event: ThingMade, envelope: Envelope) -> None:
        if event.thing == "endless":
            await asyncio.Event().wait()
        await make_thing(tx, event, envelope)

    options = ConsumerOptions(
        block_ms=50, claim_idle_s=0.6, retry_delays_s=(0.01,), handler_timeout_s=0.5, max_deliveries=2
    )
    async with running(Relay(db, redis), hearing(db, redis, handler, options)):
        await announce(db, "endless", "b")
        (letter,) = await eventually(lambda: list_letters(db))
        await eventually(there_are(db, 1))
    assert letter.error.startswith("TimeoutError")
    assert await names() == ["b"]


async def test_a_flush_in_the_middle_loses_nothing_and_doubles_nothing(db: Database, redis: Redis) -> None:
    async with running(Relay(db, redis), hearing(db, redis)):
        for number in range(6):
            await announce(db, *[f"{number}-{n}" for n in range(30)])
            if number in (1, 3):
                await redis.flushall()
        await eventually(there_are(db, 180), within=30)
        await eventually(all_acknowledged(redis))


async def test_what_a_member_took_and_left_is_claimed_after_its_silence(db: Database, redis: Redis) -> None:
    await _leave_lying(db, redis, "a", "b")
    async with running(hearing(db, redis)):
        await eventually(there_are(db, 2))
        await eventually(all_acknowledged(redis))


async def _leave_lying(db: Database, redis: Redis, *things: str, name: str | None = None) -> GroupMember:
    """Publish events and let a member take them that does nothing about them."""
    member = GroupMember(redis, STREAM, "sample", claim_idle_s=100)
    if name is not None:
        member.name = name
    await member.join()
    async with running(Relay(db, redis)):
        await announce(db, *things)
        taken = 0

        async def took_all() -> bool:
            nonlocal taken
            taken += len(await member.read(100, 10))
            return taken == len(things)

        await eventually(took_all)
    return member


async def test_what_a_dead_process_of_this_host_took_is_claimed_at_once(db: Database, redis: Redis) -> None:
    process = await asyncio.create_subprocess_exec("true")
    await process.wait()
    host = GroupMember(redis, STREAM, "sample", claim_idle_s=1).name.partition(":")[0]
    await _leave_lying(db, redis, "a", "b", name=f"{host}:{process.pid}:x")
    patient = ConsumerOptions(block_ms=50, claim_idle_s=600)
    async with running(hearing(db, redis, options=patient)):
        await eventually(there_are(db, 2), within=3)


async def test_a_member_that_wakes_up_late_does_nothing_twice(db: Database, redis: Redis, names) -> None:
    """As after SIGSTOP and SIGCONT: the first still handles what a second has claimed meanwhile."""
    stopped, go_on = asyncio.Event(), asyncio.Event()

    async def slow(tx: Transaction, event: ThingMade, envelope: Envelope) -> None:
        stopped.set()
        await go_on.wait()
        await make_thing(tx, event, envelope)

    zombie = hearing(db, redis, slow)
    for listener in zombie._listeners:
        listener._hold = lambda: asyncio.sleep(0)  # type: ignore[method-assign]  # a stopped process gives no sign of life
    async with running(Relay(db, redis), zombie):
        await announce(db, "a")
        await stopped.wait()
        async with running(hearing(db, redis)):
            await asyncio.sleep(2 * QUICK.claim_idle_s)
            go_on.set()
            await eventually(there_are(db, 1))
            await eventually(all_acknowledged(redis))
    assert await names() == ["a"]


async def test_a_slow_handler_keeps_its_event_for_itself(db: Database, redis: Redis) -> None:
    tries: list[str] = []

    def slow(name: str):
        async def handler(tx: Transaction, event: ThingMade, envelope: Envelope) -> None:
            tries.append(name)
            await asyncio.sleep(3 * QUICK.claim_idle_s)
            await make_thing(tx, event, envelope)

        return handler

    async with running(Relay(db, redis), hearing(db, redis, slow("one")), hearing(db, redis, slow("other"))):
        await announce(db, "a")
        await eventually(there_are(db, 1))
        await eventually(all_acknowledged(redis))
    assert len(tries) == 1


async def test_events_that_were_only_in_the_way_of_a_crash_are_not_taken_for_poison(
    db: Database, redis: Redis, names
) -> None:
    member = await _leave_lying(db, redis, "a", "b")
    for _ in range(9):  # process after process claimed these and died before it came to them
        ids = [entry_id for entry_id, _ in await redis.xrange(STREAM)]
        await redis.xclaim(STREAM, "sample", member.name, 0, ids)
    async with running(hearing(db, redis)):
        await eventually(there_are(db, 2))
        await eventually(all_acknowledged(redis))
    assert await list_letters(db) == []


async def test_an_event_over_which_process_after_process_dies_is_buried(db: Database, redis: Redis) -> None:
    member = await _leave_lying(db, redis, "deadly")
    ((entry_id, _),) = await redis.xrange(STREAM)
    for _ in range(5):
        await redis.xclaim(STREAM, "sample", member.name, 0, [entry_id])
        await member.note_start(entry_id)
    async with running(hearing(db, redis)):
        (letter,) = await eventually(lambda: list_letters(db))
    assert letter.error.startswith("ProcessDied")
    assert await count(db, "things") == 0


async def test_entries_that_were_deleted_unread_are_asked_for_again(db: Database, redis: Redis, names) -> None:
    await _leave_lying(db, redis, "a", "b")
    ids = [entry_id for entry_id, _ in await redis.xrange(STREAM)]
    await redis.xdel(STREAM, ids[0])
    async with running(Relay(db, redis), hearing(db, redis)):
        await eventually(there_are(db, 2))
    assert await names() == ["a", "b"]


async def test_a_group_that_comes_late_gets_what_was_trimmed(
    db: Database, redis: Redis, names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.common.events.relay.KEEP_S", 0)
    async with running(Relay(db, redis)):
        await announce(db, "a", "b")
        await eventually(there_are(db, 2, "outbox WHERE published_at IS NOT NULL"))
        await redis.xtrim(STREAM, maxlen=0, approximate=False)
        async with running(hearing(db, redis)):
            await eventually(there_are(db, 2))
    assert await names() == ["a", "b"]


async def test_a_refill_request_survives_its_journey() -> None:
    request = RefillRequest(ids=(EntryId(5, 1), EntryId(6, 0)), since_ms=7)
    assert RefillRequest.from_json(request.to_json()) == request
    assert refill_requests(STREAM) == "sample.events.refill"


async def test_members_that_left_long_ago_are_forgotten_unless_they_hold_something(
    db: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.common.events.group.FORGOTTEN_AFTER_MS", -1)
    holder = await _leave_lying(db, redis, "a")
    await redis.xgroup_createconsumer(STREAM, "sample", "gone")
    member = GroupMember(redis, STREAM, "sample", claim_idle_s=100)
    await member.forget_the_dead()
    assert [about["name"].decode() for about in await redis.xinfo_consumers(STREAM, "sample")] == [holder.name]


def test_a_stream_has_one_subscription_and_a_type_one_handler(db: Database, redis: Redis) -> None:
    with pytest.raises(ValueError, match="one subscription"):
        Consumer(db, redis, [Subscription(STREAM, {ThingMade: make_thing})] * 2)
    with pytest.raises(ValueError, match="one handler"):
        Subscription(STREAM, {ThingMade: make_thing}, make_things, (ThingMade,))
    with pytest.raises(ValueError, match="together"):
        Subscription(STREAM, batch_handler=make_things)


async def test_the_event_ids_of_the_inbox_are_those_of_the_envelopes(db: Database, redis: Redis) -> None:
    async with running(Relay(db, redis), hearing(db, redis)):
        await announce(db, "a")
        await eventually(there_are(db, 1))
        (envelope,) = await on_stream(redis)
    async with db.read() as session:
        ids = (await session.execute(text("SELECT event_id FROM inbox"))).scalars().all()
    assert [UUID(int=each.int) for each in ids] == [envelope.id]
