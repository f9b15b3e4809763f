"""Throttling of what can be guessed or abused (decisions 5), exact in Redis, per process when Redis is away."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.common import telemetry
from libs.common.errors import TooManyRequests
from libs.common.logging import get_logger
from services.auth.limits import rules
from services.auth.limits.visitor import Visitor
from services.auth.settings import AuthSettings

log = get_logger(__name__)

LOCAL_KEYS = 20_000

_refused = telemetry.counter("sharewise_auth_throttled_total", "Calls refused by a limit.", ["limit"])

T = TypeVar("T", rules.Tries, rules.Calls)

# Both take the time from Redis and answer in milliseconds: 0 to go on.
_TRIES = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local limit, first, longest, forget = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local held = redis.call('HMGET', KEYS[1], 'n', 'until')
local blocked = tonumber(held[2] or 0)
if now < blocked then return blocked - now end
local n = tonumber(held[1] or 0) + 1
local lasts = forget
redis.call('HSET', KEYS[1], 'n', n)
if n >= limit then
    local block = math.min(first * 2 ^ math.min(n - limit, 10), longest)
    redis.call('HSET', KEYS[1], 'until', now + block)
    lasts = math.max(forget, block)
end
redis.call('PEXPIRE', KEYS[1], lasts)
return 0
"""

_CALLS = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
if redis.call('ZCARD', KEYS[1]) >= limit then
    local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
    return math.max(1, tonumber(oldest[2]) + window - now)
end
redis.call('ZADD', KEYS[1], now, ARGV[3])
redis.call('PEXPIRE', KEYS[1], window)
return 0
"""


class Limiter:
    """Counts, for the whole process."""

    def __init__(self, redis: Redis, settings: AuthSettings, now: Callable[[], float] = time.monotonic) -> None:
        self._tries_script = redis.register_script(_TRIES)
        self._calls_script = redis.register_script(_CALLS)
        self._redis = redis
        self._settings = settings
        self._now = now
        self._local_tries: OrderedDict[str, rules.Tries] = OrderedDict()
        self._local_calls: OrderedDict[str, rules.Calls] = OrderedDict()

    async def take_address(self, visitor: Visitor) -> None:
        """Count a call of this address. Raises TooManyRequests."""
        await self._call("address", rules.counted_address(visitor.address), self._settings.calls_per_address)

    async def take_mail(self, email_key: str) -> None:
        """Count a call that mails somebody, wherever it comes from. Raises TooManyRequests, known address or not."""
        await self._call("mail", email_key, self._settings.tries_per_account)

    async def take_login(self, login_key: str, visitor: Visitor, *, is_known_device: bool) -> None:
        """Count a try at an account from this network and device. Raises TooManyRequests, existing account or not.

        A device counts by itself only when the account's owner has used it: anybody can send any cookie. The key is the
        name as typed, since counting an address and a username together would tell whose they are.
        """
        key, limit = _tries_key(login_key, visitor, is_known_device), self._settings.tries_per_account
        longest_s = self._settings.longest_block_minutes * 60.0
        try:
            wait_ms = await self._tries_script(
                keys=[key],
                args=[limit, int(rules.FIRST_BLOCK_S * 1000), int(longest_s * 1000), int(rules.FORGET_S * 1000)],
            )
            wait_s = float(wait_ms) / 1000
        except (RedisError, OSError) as error:
            tries = self._local(self._local_tries, key, rules.Tries, error)
            wait_s = tries.take(self._now(), limit=self._own_part(limit), longest_block_s=longest_s)
        _refuse("account", wait_s)

    async def forgive_login(self, login_key: str, visitor: Visitor, *, is_known_device: bool) -> None:
        """Forget the tries from this network and device: the password was right."""
        key = _tries_key(login_key, visitor, is_known_device)
        self._local_tries.pop(key, None)
        try:
            await self._redis.delete(key)
        except (RedisError, OSError) as error:
            log.warning("limits_without_redis", error=type(error).__name__)

    async def _call(self, name: str, what: str, limit: int) -> None:
        key = f"auth.calls:{name}:{_digest(what)}"
        member = f"{time.time_ns()}-{id(what)}"
        try:
            wait_ms = await self._calls_script(keys=[key], args=[limit, int(rules.WINDOW_S * 1000), member])
            wait_s = float(wait_ms) / 1000
        except (RedisError, OSError) as error:
            calls = self._local(self._local_calls, key, rules.Calls, error)
            wait_s = calls.take(self._now(), limit=self._own_part(limit))
        _refuse(name, wait_s)

    def _own_part(self, limit: int) -> int:
        return max(1, limit // self._settings.limiter_processes)

    def _local(self, held: OrderedDict[str, T], key: str, kind: type[T], error: Exception) -> T:
        log.warning("limits_without_redis", error=type(error).__name__)
        if key not in held:
            held[key] = kind()
            if len(held) > LOCAL_KEYS:
                held.popitem(last=False)
        held.move_to_end(key)
        return held[key]


def _refuse(limit: str, wait_s: float) -> None:
    if wait_s > 0:
        _refused.labels(limit).inc()
        raise TooManyRequests("That was too often. Wait a little and try again.", retry_after=wait_s)


def _tries_key(login_key: str, visitor: Visitor, is_known_device: bool) -> str:
    device = visitor.device_print if is_known_device else "-"
    return f"auth.tries:{_digest(login_key)}:{_digest(visitor.network)}:{device}"


def _digest(text: str) -> str:
    # Redis holds no addresses of people.
    return sha256(text.encode()).hexdigest()[:24]
