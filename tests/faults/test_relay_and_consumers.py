"""Relay and consumers killed at random points over 10,000 events, Redis flushed in the middle: nothing lost or doubled.

`SHAREWISE_KILLS` (40) processes forked from a warmed parent and `SHAREWISE_COLD_KILLS` (2) started cold are killed;
`make chaos` takes 200 and 20. `SHAREWISE_SEED` repeats the sizes and lifetimes of a run that printed it.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from sqlalchemy import text

from deploy.local.children import Nursery
from libs.common.db import Database
from libs.common.events.dead_letters import list_letters
from libs.common.provision import MIGRATE_ROLE, provision, role_of
from libs.common.testing import eventually
from libs.common.testing.plugin import PASSWORD, DatabaseFactory, SettingsFactory, Stores
from libs.common.tests.sample import Base as SampleBase
from tests.support.forked_crew import COLD, FORKED, ROOT, WARM, Crew
from tests.support.forked_world import (
    DEADLY,
    POISON,
    SLOW,
    STREAM,
    HearerBase,
    HearerSettings,
    SampleSettings,
    ThingMade,
    ThingMoved,
)

EVENTS = 10_000
SUBJECTS = 400
KILLS = int(os.environ.get("SHAREWISE_KILLS", "40"))
COLD_KILLS = int(os.environ.get("SHAREWISE_COLD_KILLS", "2"))
LEAD = max(4, (KILLS + COLD_KILLS) // 10)
"""By how many kills' worth of events the sender is ahead of the killing, and the killing of the hearing."""

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300 + 6 * (KILLS + COLD_KILLS))]


class TakenBack(Exception):
    """Rolls a transaction back."""


class Sender:
    """Announces numbered events, and knows what it has committed: its own account of what must arrive."""

    def __init__(self, db: Database, seed: int) -> None:
        self._db = db
        self._random = random.Random(seed)
        self.numbers: set[int] = set()
        self.seqs: Counter[str] = Counter()
        self.transactions = 0
        self.taken_back = 0

    async def announce(self, *events: ThingMade | ThingMoved) -> None:
        async with self._db.transaction() as tx:
            for event in events:
                tx.announce(event)
        self.transactions += 1
        self.numbers |= {event.number for event in events}
        self.seqs.update(event.thing for event in events)

    async def announce_some(self, at_most: int) -> None:
        """Announce 1 to 20 events in one transaction; now and then take a transaction back at its end."""
        rng = self._random
        count = min(at_most, rng.randint(1, 20))
        kinds = rng.choices((ThingMade, ThingMoved), weights=(1, 2), k=count)
        number = len(self.numbers)
        await self.announce(
            *(kind(thing=f"t{rng.randrange(SUBJECTS)}", number=number + at) for at, kind in enumerate(kinds))
        )
        if rng.random() < 0.1:
            try:
                async with self._db.transaction() as tx:
                    tx.announce(ThingMade(thing="never", number=-1))
                    await tx._write_announcements(self._db.schema)
                    raise TakenBack
            except TakenBack:
                self.taken_back += 1


@pytest_asyncio.fixture
async def sender_db(service_settings: SettingsFactory, database_for: DatabaseFactory) -> Database:
    return await database_for(service_settings(SampleSettings), metadata=SampleBase.metadata)


@pytest_asyncio.fixture
async def hearer_db(stores: Stores, service_settings: SettingsFactory, database_for: DatabaseFactory) -> Database:
    passwords = dict.fromkeys((MIGRATE_ROLE, role_of("hearer")), PASSWORD)
    await provision(
        stores.admin_dsn, passwords, database=urlsplit(stores.admin_dsn).path.lstrip("/"), services=["hearer"]
    )
    return await database_for(service_settings(HearerSettings), metadata=HearerBase.metadata)


@pytest.fixture
def seed() -> int:
    return int(os.environ.get("SHAREWISE_SEED") or random.SystemRandom().randrange(10**6))


@pytest.fixture
def claim_idle_s() -> float:
    """What production has; a test of waiting for it takes less."""
    return HearerSettings().claim_idle_s


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def nursery() -> AsyncIterator[Nursery]:
    """The warmed parent, which is that of a local run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        made = Nursery(WARM)
    yield made
    await made.close()


@pytest_asyncio.fixture
async def crew(
    nursery: Nursery, sender_db: Database, hearer_db: Database, stores: Stores, seed: int, claim_idle_s: float
) -> AsyncIterator[Crew]:
    made = Crew(
        nursery,
        {
            "SHAREWISE_ENV": "test",
            "SHAREWISE_REDIS_URL": stores.redis_url,
            "SAMPLE_DATABASE_URL": sender_db.url,
            "HEARER_DATABASE_URL": hearer_db.url,
            "HEARER_CLAIM_IDLE_S": str(claim_idle_s),
        },
        seed=seed,
    )
    yield made
    await made.close()


async def value(db: Database, query: str) -> int:
    async with db.read() as session:
        return int((await session.execute(text(query))).scalar_one() or 0)


async def effects(db: Database) -> list[tuple[str, int, int]]:
    """Every effect there is, doubles included: subject, seq, number."""
    async with db.read() as session:
        rows = await session.execute(text("SELECT subject, seq, number FROM effects"))
        return [(row.subject, row.seq, row.number) for row in rows]


async def appended(redis: Redis) -> int:
    """Count what was ever appended to the stream that is there now."""
    return int((await redis.xinfo_stream(STREAM))["entries-added"])


async def all_heard(sender: Sender, hearer_db: Database, redis: Redis, *, within: float) -> None:
    """Wait until every event has its effect and nothing is left to be delivered."""

    async def is_done() -> bool:
        return await value(hearer_db, "SELECT count(DISTINCT number) FROM effects") >= len(sender.numbers)

    async def is_quiet() -> bool:
        (group,) = await redis.xinfo_groups(STREAM)
        return bool(group["pending"] == 0 and group["lag"] == 0)

    await eventually(is_done, within=within)
    await eventually(is_quiet, within=within)


def check_each_once(sender: Sender, found: list[tuple[str, int, int]]) -> None:
    """Claim that there is one effect of each event that was committed, and no other."""
    twice = [item for item, count in Counter(found).items() if count > 1]
    assert twice == []
    assert {number for _, _, number in found} == sender.numbers
    seqs: dict[str, list[int]] = {}
    for subject, seq, _ in found:
        seqs.setdefault(subject, []).append(seq)
    gaps = {subject for subject, count in sender.seqs.items() if sorted(seqs[subject]) != list(range(1, count + 1))}
    assert gaps == set()


async def test_ten_thousand_events_have_their_effect_once_though_everybody_is_killed(
    crew: Crew, sender_db: Database, hearer_db: Database, redis: Redis, seed: int
) -> None:
    deaths = [FORKED] * KILLS + [COLD] * COLD_KILLS
    random.Random(seed).shuffle(deaths)
    total = len(deaths)
    sender = Sender(sender_db, seed)
    at_flush: dict[str, int] = {}
    print(f"SHAREWISE_SEED={seed}")

    heard = 0

    async def enough_was_heard() -> bool:
        """Spread the kills over the hearing of all events. The last processes wait for nobody: they may be alone."""
        return not deaths or heard * total >= EVENTS * (crew.kills - LEAD)

    async def announce_between_kills() -> None:
        while len(sender.numbers) < EVENTS:
            due = EVENTS if not deaths else min(EVENTS, EVENTS * (crew.kills + LEAD) // total)
            if len(sender.numbers) < due:
                await sender.announce_some(due - len(sender.numbers))
            else:
                await asyncio.sleep(0.005)

    async def flush_in_the_middle() -> None:
        """Flush where it hurts: while events stand on the stream that nobody has heard and the outbox has marked."""
        nonlocal heard
        while crew.kills < total:
            heard = await value(hearer_db, "SELECT count(*) FROM effects")
            if not at_flush and crew.kills >= total // 2:
                published = await value(sender_db, "SELECT count(*) FROM outbox WHERE published_at IS NOT NULL")
                if published - heard >= 50 or crew.kills >= total * 3 // 4:
                    await redis.flushall()
                    at_flush.update(announced=len(sender.numbers), published=published, heard=heard)
            await asyncio.sleep(0.01)

    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for role in ("relay", "relay", "consumer", "consumer"):
            group.create_task(crew.kill_again_and_again(role, deaths, enough_was_heard))
        group.create_task(announce_between_kills())
        group.create_task(flush_in_the_middle())
    killed_for = time.monotonic() - began

    for role in ("relay", "relay", "consumer", "consumer"):
        await crew.start(role)
    await all_heard(sender, hearer_db, redis, within=120)
    drained_in = time.monotonic() - began - killed_for

    found = await effects(hearer_db)
    print(
        f"{len(sender.numbers):,} events in {sender.transactions:,} transactions ({sender.taken_back} taken back), "
        f"{crew.kills} kills in {killed_for:.1f} s: {dict(crew.killed)}\n"
        f"Redis flushed after {at_flush['announced']:,} were announced, {at_flush['published']:,} published and "
        f"{at_flush['heard']:,} heard; {await appended(redis):,} appended after it\n"
        f"{heard:,} heard amid the kills, the rest {drained_in:.1f} s later: effects {len(found):,}, "
        f"lost {len(sender.numbers - {number for _, _, number in found})}, twice {len(found) - len(set(found))}"
    )
    check_each_once(sender, found)
    assert crew.kills == total
    assert await list_letters(hearer_db) == []
    assert await value(sender_db, "SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0
    assert await value(hearer_db, "SELECT count(*) FROM inbox") == EVENTS
    assert crew.complaints == []


@pytest.mark.parametrize(
    ("role", "when"), [("relay", "after-append"), ("consumer", "before-commit"), ("consumer", "after-commit")]
)
async def test_a_death_at_the_worst_moment_neither_loses_nor_doubles(
    crew: Crew, sender_db: Database, hearer_db: Database, redis: Redis, seed: int, role: str, when: str
) -> None:
    sender = Sender(sender_db, seed)
    while len(sender.numbers) < 200:
        await sender.announce_some(200 - len(sender.numbers))
    if role == "consumer":
        await crew.start("relay")
    doomed = await crew.start(role, when)
    assert await asyncio.wait_for(doomed.ended, 20) == -signal.SIGKILL
    await crew.start("relay")
    await crew.start("consumer")
    await all_heard(sender, hearer_db, redis, within=30)
    check_each_once(sender, await effects(hearer_db))


@pytest.mark.parametrize("claim_idle_s", [1.0])
async def test_a_consumer_that_was_frozen_and_wakes_up_again_doubles_nothing(
    crew: Crew, sender_db: Database, hearer_db: Database, redis: Redis, seed: int, claim_idle_s: float
) -> None:
    sender = Sender(sender_db, seed)
    handling = asyncio.Event()
    await crew.start("relay")
    frozen = await crew.start("consumer", on_line=lambda line: handling.set() if line == f"handling {SLOW}" else None)
    await sender.announce(*(ThingMade(thing=SLOW if number == 50 else "quick", number=number) for number in range(100)))
    await asyncio.wait_for(handling.wait(), 20)
    os.killpg(frozen.pid, signal.SIGSTOP)  # inside its transaction, with fifty more events in its hands
    await crew.start("consumer")
    await asyncio.sleep(2 * claim_idle_s)

    async def others_are_done() -> bool:
        return await value(hearer_db, "SELECT count(*) FROM effects") >= 99

    await eventually(others_are_done, within=30)
    os.killpg(frozen.pid, signal.SIGCONT)
    await all_heard(sender, hearer_db, redis, within=30)
    check_each_once(sender, await effects(hearer_db))
    assert await list_letters(hearer_db) == []
    assert frozen.is_alive


async def test_poison_is_delivered_five_times_and_delays_no_other(
    crew: Crew, sender_db: Database, hearer_db: Database, redis: Redis, seed: int
) -> None:
    sender = Sender(sender_db, seed)
    await crew.start("relay")
    for _ in range(2):
        await crew.start("consumer")
    await sender.announce(*(ThingMade(thing=POISON if number == 7 else "good", number=number) for number in range(300)))

    async def others_are_done() -> bool:
        return await value(hearer_db, "SELECT count(*) FROM effects") == 299

    await eventually(others_are_done, within=20)
    tries_meanwhile = crew.lines.count(f"handling {POISON}")
    await eventually(lambda: list_letters(hearer_db), within=20)
    (letter,) = await list_letters(hearer_db)
    assert (letter.subject, letter.deliveries, letter.error) == (POISON, 5, "RuntimeError: no good")
    assert crew.lines.count(f"handling {POISON}") == 5
    assert tries_meanwhile < 5, "the others waited for it"


async def test_an_event_that_kills_whoever_handles_it_ends_among_the_dead_letters(
    crew: Crew, sender_db: Database, hearer_db: Database, redis: Redis, seed: int
) -> None:
    sender = Sender(sender_db, seed)
    await crew.start("relay")
    await sender.announce(*(ThingMade(thing=DEADLY if number == 7 else "good", number=number) for number in range(300)))
    consumer = await crew.start("consumer")
    deaths = 0

    async def is_buried() -> bool:
        """Start the next one after each death, as a supervisor does."""
        nonlocal consumer, deaths
        if not consumer.is_alive:
            deaths += 1
            consumer = await crew.start("consumer")
        return bool(await list_letters(hearer_db))

    await eventually(is_buried, within=60)
    assert deaths == 10  # five deliveries, in which it was one of many, and five more when it was looked at closely

    async def others_are_done() -> bool:
        return await value(hearer_db, "SELECT count(*) FROM effects") == 299

    await eventually(others_are_done, within=20)
    (letter,) = await list_letters(hearer_db)
    assert letter.subject == DEADLY
