"""Throttling of what can be guessed or abused (decisions 5), exact in Redis, per process when Redis is away."""

from __future__ import annotations

import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.common import telemetry
from libs.common.errors import TooManyRequests
from libs.common.http.breaker import Breaker
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
        # One that hangs is not waited for by every call.
        self._breaker = Breaker(failures=1, open_s=1.0, longest_open_s=5.0)
        self._settings = settings
        self._now = now
        self._key = b"limits" + settings.field_key.get_secret_value().encode()
        self._local_tries: OrderedDict[str, rules.Tries] = OrderedDict()
        self._local_calls: OrderedDict[str, rules.Calls] = OrderedDict()

    async def take_address(self, visitor: Visitor) -> None:
        """Count a call of this address. Raises TooManyRequests."""
        await self._call("address", rules.counted_address(visitor.address), self._settings.calls_per_address)

    async def take_mail(self, email_key: str) -> None:
        """Count a call that mails somebody, wherever it comes from. Raises TooManyRequests, known address or not."""
        await self._call("mail", email_key, self._settings.tries_per_account)

    async def take_strength(self, visitor: Visitor) -> None:
        """Count a password that is scored while it is typed. Raises TooManyRequests."""
        await self._call("strength", rules.counted_address(visitor.address), self._settings.calls_per_address * 4)

    async def take_sms(self, phone: str) -> None:
        """Count a code that is sent to a number, whoever asks: each costs money. Raises TooManyRequests."""
        await self._call("code", phone, self._settings.tries_per_account)

    async def take_login(self, login_key: str, visitor: Visitor, *, is_known_device: bool) -> str:
        """Count a try at an account from this network and device. Raises TooManyRequests, existing account or not.

        A device counts by itself only when the account's owner has used it: anybody can send any cookie. The key is the
        name as typed, since counting an address and a username together would tell whose they are. Returns the name of
        the count, for `forgive`.
        """
        key = self._login_count(login_key, visitor, is_known_device)
        await self._try("account", key, self._settings.tries_per_account, rules.FIRST_BLOCK_S)
        return key

    async def take_code(self, user_id: UUID) -> str:
        """Count a try at a person's second factor, wherever it comes from. Raises TooManyRequests.

        A right password forgets none of them: whoever has it tries here. Returns the name of the count, for `forgive`.
        """
        key = f"auth.codes:{self._digest(str(user_id))}"
        await self._try("code", key, self._settings.tries_per_code, rules.FIRST_CODE_BLOCK_S)
        return key

    async def forgive_login(self, login_key: str, visitor: Visitor) -> None:
        """Forget the tries at an account from this network and device: its owner is known to be there."""
        for is_known_device in (True, False):
            await self.forgive(self._login_count(login_key, visitor, is_known_device))

    async def forgive(self, key: str) -> None:
        """Forget the tries of a count: what was tried was right."""
        self._local_tries.pop(key, None)
        await self._ask(lambda: self._redis.delete(key))

    async def _try(self, name: str, key: str, limit: int, first_block_s: float) -> None:
        longest_s = self._settings.longest_block_minutes * 60.0
        first_s = min(first_block_s, longest_s)
        milliseconds = [int(seconds * 1000) for seconds in (first_s, longest_s, rules.FORGET_S)]
        wait_s = await self._ask(lambda: self._tries_script(keys=[key], args=[limit, *milliseconds]))
        if wait_s is None:
            tries = _held(self._local_tries, key, rules.Tries)
            own = self._own_part(limit)
            wait_s = tries.take(self._now(), limit=own, longest_block_s=longest_s, first_block_s=first_s)
        _refuse(name, wait_s)

    async def forgive_everywhere(self, login_key: str) -> None:
        """Forget the tries at an account from all networks and devices: somebody we know has asked for it."""
        prefix = f"auth.tries:{self._digest(login_key)}:"
        for key in [key for key in self._local_tries if key.startswith(prefix)]:
            del self._local_tries[key]
        try:
            found = [key async for key in self._redis.scan_iter(match=f"{prefix}*", count=1_000)]
            if found:
                await self._redis.delete(*found)
        except (RedisError, OSError) as error:
            log.warning("limits_without_redis", error=type(error).__name__)

    async def _call(self, name: str, what: str, limit: int) -> None:
        key = f"auth.calls:{name}:{self._digest(what)}"
        arguments: list[str | int] = [limit, int(rules.WINDOW_S * 1000), secrets.token_hex(8)]
        wait_s = await self._ask(lambda: self._calls_script(keys=[key], args=arguments))
        if wait_s is None:
            calls = _held(self._local_calls, key, rules.Calls)
            wait_s = calls.take(self._now(), limit=self._own_part(limit))
        _refuse(name, wait_s)

    async def _ask(self, question: Callable[[], Awaitable[Any]]) -> float | None:
        """Ask Redis. Gives the seconds of its answer in milliseconds; None while it is away."""
        if not self._breaker.allows():
            return None
        try:
            answer = float(await question()) / 1000
        except (RedisError, OSError) as error:
            self._breaker.failed()
            log.warning("limits_without_redis", error=type(error).__name__)
            return None
        except BaseException:
            self._breaker.abandoned()
            raise
        self._breaker.succeeded()
        return answer

    def _own_part(self, limit: int) -> int:
        return max(1, limit // self._settings.limiter_processes)

    def _login_count(self, login_key: str, visitor: Visitor, is_known_device: bool) -> str:
        device = visitor.device_print if is_known_device else "-"
        return f"auth.tries:{self._digest(login_key)}:{self._digest(visitor.network)}:{device}"

    def _digest(self, text: str) -> str:
        # Redis holds no addresses of people, nor what could be guessed back to them.
        return hmac.new(self._key, text.encode(), sha256).hexdigest()[:24]


def _held(held: OrderedDict[str, T], key: str, kind: type[T]) -> T:
    """Give the count of a key, forgetting the one least lately used when there are too many."""
    count = held.setdefault(key, kind())
    held.move_to_end(key)
    if len(held) > LOCAL_KEYS:
        held.popitem(last=False)
    return count


def _refuse(limit: str, wait_s: float) -> None:
    if wait_s > 0:
        _refused.labels(limit).inc()
        raise TooManyRequests("That was too often. Wait a little and try again.", retry_after=wait_s)
