"""Spend a provider's credits: reserved before a call is sent, settled by what the answer says."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from redis.asyncio import Redis

from libs.common import telemetry
from libs.common.clock import to_ms
from libs.common.db import Database
from libs.common.logging import get_logger
from libs.common.redis import RedisAway
from services.market.budgets import rules, tables
from services.market.budgets.rules import Denied, Limits, Usage
from services.market.providers.port import RateLimited

log = get_logger(__name__)

_used = telemetry.gauge("sharewise_provider_credits_used", "Credits used of the day.", ["provider"])

# One key per provider. What the database remembers comes in as a floor, so that an emptied Redis forgets nothing.
# Returns 0 granted, 1 denied for the minute, 2 denied for the day; then what is used of both.
_RESERVE = """
local key, minute, day = KEYS[1], ARGV[1], ARGV[2]
local credits, per_minute, per_day = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local stored = redis.call('HMGET', key, 'minute', 'minute_used', 'in_flight', 'day', 'day_used')
local same_minute = stored[1] == minute
local minute_used = math.max(same_minute and tonumber(stored[2]) or 0, tonumber(ARGV[6]))
local in_flight = same_minute and tonumber(stored[3]) or 0
local day_used = math.max(stored[4] == day and tonumber(stored[5]) or 0, tonumber(ARGV[7]))
local answer = 0
if day_used + credits > per_day then answer = 2
elseif minute_used + credits > per_minute then answer = 1
else minute_used, day_used, in_flight = minute_used + credits, day_used + credits, in_flight + credits end
redis.call('HSET', key, 'minute', minute, 'minute_used', minute_used, 'in_flight', in_flight, 'day', day, 'day_used',
day_used) redis.call('EXPIRE', key, 172800) return {answer, minute_used, day_used}
"""

# The provider counts what it has answered; what we sent and it has not answered yet comes on top. Returns what is used
# of the minute, or -1 when that minute is over.
_SETTLE = """
local key, minute, credits, used = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
if redis.call('HGET', key, 'minute') ~= minute then return -1 end
local in_flight = math.max(0, redis.call('HINCRBY', key, 'in_flight', -credits))
if used >= 0 then redis.call('HSET', key, 'minute_used', used + in_flight) end
return tonumber(redis.call('HGET', key, 'minute_used'))
"""

_GIVE_BACK = """
local key, minute, day, credits = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local stored = redis.call('HMGET', key, 'minute', 'minute_used', 'in_flight', 'day', 'day_used')
if stored[1] == minute then
    redis.call('HSET', key, 'minute_used', math.max(0, stored[2] - credits), 'in_flight', math.max(0, stored[3] -
    credits))
end
if stored[4] == day then redis.call('HSET', key, 'day_used', math.max(0, stored[5] - credits)) end
return 0
"""


class Budget:
    """The credits of one provider, shared by all processes: counted in Redis, remembered in the database.

    While Redis is away the database alone counts: slower, and as exact for the one process that fetches.
    """

    def __init__(self, db: Database, redis: Redis, provider: str, limits: Limits) -> None:
        self._db = db
        self._provider = provider
        self._limits = limits
        self._key = f"market:budget:{provider}"
        self._redis = redis
        self._reserve = redis.register_script(_RESERVE)
        self._give_back = redis.register_script(_GIVE_BACK)
        self._settle = redis.register_script(_SETTLE)

    @property
    def per_minute(self) -> int:
        return self._limits.per_minute

    async def reserve(self, credits: int) -> None:
        """Use credits for a call that is about to be sent. Raises RateLimited when there are not enough."""
        now = self._db.clock.now()
        async with self._db.transaction() as tx:
            known = rules.at(now, await tables.find_for_update(tx.session, self._provider))
            outcome = await self._count(known, credits)
            if isinstance(outcome, Usage):
                await tables.write(tx.session, self._provider, outcome)
        if isinstance(outcome, Denied):
            span = "day" if outcome.whole_day else "minute"
            raise RateLimited(
                f"Our credits of the {span} are used up.", retry_at=outcome.retry_at, whole_day=outcome.whole_day
            )
        _used.labels(self._provider).set(outcome.day_used)

    async def settle(self, credits: int, *, used_of_minute: int | None) -> None:
        """Say that a call has ended. used_of_minute: what the provider says is used; None where it said nothing."""
        async with self._db.transaction() as tx:
            known = rules.at(self._db.clock.now(), await tables.find_for_update(tx.session, self._provider))
            reported = -1 if used_of_minute is None else used_of_minute
            try:
                args = [to_ms(known.minute), credits, reported]
                counted = cast(int, await self._settle(keys=[self._key], args=args))
            except RedisAway as error:
                log.warning("budget_settled_without_redis", provider=self._provider, error=str(error))
                counted = reported
            if counted >= 0:
                await tables.write(tx.session, self._provider, replace(known, minute_used=counted))

    async def give_back(self, credits: int) -> None:
        """Undo a reservation: the call certainly was not sent."""
        async with self._db.transaction() as tx:
            known = rules.at(self._db.clock.now(), await tables.find_for_update(tx.session, self._provider))
            less = rules.without(known, credits)
            try:
                args: list[int | str] = [to_ms(known.minute), known.day.isoformat(), credits]
                await self._give_back(keys=[self._key], args=args)
            except RedisAway as error:
                log.warning("budget_settled_without_redis", provider=self._provider, error=str(error))
            await tables.write(tx.session, self._provider, less)

    async def exhaust(self, *, whole_day: bool) -> RateLimited:
        """Take the provider's word that nothing is left, and give the error that tells till when."""
        now = self._db.clock.now()
        async with self._db.transaction() as tx:
            known = rules.at(now, await tables.find_for_update(tx.session, self._provider))
            usage = Usage(
                known.minute,
                max(known.minute_used, self._limits.per_minute),
                known.day,
                self._limits.per_day if whole_day else known.day_used,
            )
            await tables.write(tx.session, self._provider, usage)
        retry_at = rules.next_day(usage) if whole_day else rules.next_minute(usage)
        span = "day" if whole_day else "minute"
        return RateLimited(
            f"The provider says that the credits of the {span} are used up.", retry_at=retry_at, whole_day=whole_day
        )

    async def _count(self, known: Usage, credits: int) -> Usage | Denied:
        try:
            args: list[int | str] = [
                to_ms(known.minute),
                known.day.isoformat(),
                credits,
                self._limits.per_minute,
                self._limits.per_day - self._limits.kept_back,
                known.minute_used,
                known.day_used,
            ]
            answer, minute_used, day_used = cast(list[int], await self._reserve(keys=[self._key], args=args))
        except RedisAway as error:
            log.warning("budget_counted_without_redis", provider=self._provider, error=str(error))
            return rules.take(known, credits, self._limits)
        usage = Usage(known.minute, minute_used, known.day, day_used)
        if answer == 0:
            return usage
        whole_day = answer == 2
        return Denied(rules.next_day(usage) if whole_day else rules.next_minute(usage), whole_day=whole_day)
