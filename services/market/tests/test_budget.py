"""Credits: what may be spent, and that nothing makes us forget what was spent."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from services.market.budgets import rules
from services.market.budgets.rules import Denied, Limits, Usage
from services.market.budgets.service import Budget
from services.market.providers.port import RateLimited

FREE = Limits(per_minute=8, per_day=800)


@pytest.fixture
def budget(db, redis):
    return Budget(db, redis, "twelvedata", FREE)


async def spend(budget, credits, times=1):
    for _ in range(times):
        await budget.reserve(credits)
        await budget.settle(credits, used_of_minute=None)


async def test_a_minute_holds_no_more_than_its_credits(budget, clock):
    await spend(budget, 1, times=8)
    with pytest.raises(RateLimited) as limited:
        await budget.reserve(1)
    assert not limited.value.whole_day
    assert limited.value.retry_at == datetime(2026, 1, 15, 20, 1, 1, tzinfo=UTC)
    clock.move(timedelta(seconds=60))
    await spend(budget, 8)


async def test_a_batch_is_granted_whole_or_not_at_all(budget):
    await spend(budget, 5)
    with pytest.raises(RateLimited):
        await budget.reserve(4)
    await spend(budget, 3)


async def test_the_day_ends_at_midnight_utc(db, redis, clock):
    budget = Budget(db, redis, "twelvedata", Limits(per_minute=1_000, per_day=10))
    await spend(budget, 10)
    with pytest.raises(RateLimited) as limited:
        await budget.reserve(1)
    assert limited.value.whole_day
    clock.move(limited.value.retry_at - clock.now())
    await spend(budget, 10)


async def test_a_part_of_the_day_is_kept_back(db, redis):
    rounds = Budget(db, redis, "twelvedata", Limits(per_minute=1_000, per_day=10, kept_back=2))
    await spend(rounds, 8)
    with pytest.raises(RateLimited):
        await rounds.reserve(1)
    await spend(Budget(db, redis, "twelvedata", Limits(per_minute=1_000, per_day=10)), 2)


async def test_a_restart_forgets_nothing(budget, db, redis):
    await spend(budget, 8)
    with pytest.raises(RateLimited):
        await Budget(db, redis, "twelvedata", FREE).reserve(1)


async def test_an_emptied_redis_forgets_nothing(budget, redis):
    await spend(budget, 8)
    await redis.flushall()
    with pytest.raises(RateLimited):
        await budget.reserve(1)


async def test_without_redis_the_database_counts(db):
    away: Redis = Redis.from_url("redis://127.0.0.1:9", retry=None)
    budget = Budget(db, away, "twelvedata", FREE)
    await spend(budget, 8)
    with pytest.raises(RateLimited):
        await budget.reserve(1)
    await away.aclose()


async def test_what_the_provider_counts_comes_before_what_we_count(budget):
    await budget.reserve(1)
    await budget.settle(1, used_of_minute=7)
    await budget.reserve(1)
    await budget.settle(1, used_of_minute=None)
    with pytest.raises(RateLimited):
        await budget.reserve(1)


async def test_what_is_on_its_way_is_counted_on_top_of_the_providers_word(budget):
    await budget.reserve(4)
    await budget.reserve(1)
    await budget.settle(1, used_of_minute=1)
    with pytest.raises(RateLimited):
        await budget.reserve(4)
    await budget.reserve(3)


async def test_credits_of_a_call_that_was_not_sent_come_back(budget, redis):
    for _ in range(20):
        await budget.reserve(8)
        await budget.give_back(8)
    await redis.flushall()
    await budget.reserve(8)


async def test_the_providers_no_lasts_until_the_minute_is_over(budget, clock):
    limited = await budget.exhaust(whole_day=False)
    with pytest.raises(RateLimited):
        await budget.reserve(1)
    clock.move(limited.retry_at - clock.now())
    await budget.reserve(1)


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(1, 8)), max_size=60))
def test_no_sequence_of_calls_spends_more_than_the_plan_has(calls):
    """calls: seconds since the call before, and credits asked for."""
    limits = Limits(per_minute=8, per_day=50)
    now, usage = datetime(2026, 1, 15, 23, 30, tzinfo=UTC), None
    spent: dict[object, int] = {}
    for seconds, credits in calls:
        now += timedelta(seconds=seconds)
        usage = rules.at(now, usage)
        taken = rules.take(usage, credits, limits)
        if isinstance(taken, Denied):
            assert taken.retry_at > now
            continue
        assert isinstance(taken, Usage)
        usage = taken
        for window in (rules.minute_of(now), now.date()):
            spent[window] = spent.get(window, 0) + credits
    assert all(used <= (8 if isinstance(window, datetime) else 50) for window, used in spent.items())
