"""The limiter: one exact GCRA in Redis for all gateway processes, and a share of it here while Redis is away."""

from __future__ import annotations

import time
from collections.abc import Callable

from gateway.limits.rules import Policy, Verdict, spend, verdict
from gateway.links.resp import CommandFailed, LinkDown, RespLink, Wire
from libs.common import telemetry

# One key a call, so that it serves on a cluster; Redis' own clock, so that processes need not agree on the time.
# Returns rules.verdict's number. Times are in microseconds and below 2^53, so Lua's doubles hold them exactly.
SCRIPT = b"""local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local tat = tonumber(redis.call('GET', KEYS[1]) or '0')
if tat < now then tat = now end
local new = tat + ARGV[1]
local over = new - now - ARGV[2]
if over > 0 then return -over end
redis.call('SET', KEYS[1], string.format('%.0f', new), 'PX', math.ceil((new - now) / 1000))
return new - now"""

MAX_LOCAL_KEYS = 100_000

_local_calls = telemetry.counter("sharewise_limits_local_total", "Calls limited locally while Redis was away.")


class Limiter:
    """Counts calls. `share` is this process's part of a limit while Redis is away (1 / all gateway processes)."""

    def __init__(self, link: RespLink, *, share: float, clock_us: Callable[[], int] | None = None) -> None:
        self._link = link
        self._local = LocalLimiter(share, clock_us or (lambda: time.monotonic_ns() // 1_000))
        self._prefix = b""
        self._arguments: dict[Policy, bytes] = {}

    @property
    def is_exact(self) -> bool:
        """Whether Redis counts, and not this process alone."""
        return self._link.up

    async def load(self, link: Wire) -> None:
        """Give Redis the script. The link's hello."""
        sha: bytes = await link.ask("SCRIPT", "LOAD", SCRIPT)
        self._prefix = b"*6\r\n$7\r\nEVALSHA\r\n$%d\r\n%b\r\n$1\r\n1\r\n" % (len(sha), sha)

    async def spend(self, policy: Policy, key: bytes) -> Verdict:
        """Take one call of `key` from its limit. Never raises: without Redis the local share decides."""
        arguments = self._arguments.get(policy)
        if arguments is None:
            arguments = self._arguments[policy] = b"".join(
                b"$%d\r\n%d\r\n" % (len(b"%d" % number), number) for number in (policy.emission_us, policy.capacity_us)
            )
        try:
            answer = await self._link.send(b"%b$%d\r\n%b\r\n%b" % (self._prefix, len(key), key, arguments))
        except LinkDown:
            return self._local.spend(policy, key)
        except CommandFailed as error:
            if not str(error).startswith("NOSCRIPT"):
                return self._local.spend(policy, key)
            answer = await self._spend_unloaded(policy, key)
            if answer is None:
                return self._local.spend(policy, key)
        return verdict(policy, answer)

    async def _spend_unloaded(self, policy: Policy, key: bytes) -> int | None:
        """Somebody flushed the scripts: EVAL runs ours and loads it in one."""
        try:
            answer: int = await self._link.ask("EVAL", SCRIPT, 1, key, policy.emission_us, policy.capacity_us)
        except (LinkDown, CommandFailed):
            return None
        return answer


class LocalLimiter:
    """The same arithmetic in this process's memory, on a share of each policy."""

    def __init__(self, share: float, clock_us: Callable[[], int]) -> None:
        self._share = share
        self._clock_us = clock_us
        self._tats: dict[tuple[str, bytes], int] = {}
        self._shares: dict[Policy, Policy] = {}

    def spend(self, policy: Policy, key: bytes) -> Verdict:
        _local_calls.inc()
        scaled = self._shares.get(policy)
        if scaled is None:
            scaled = self._shares[policy] = policy.scaled(self._share)
        now = self._clock_us()
        held = (policy.name, key)
        self._tats[held], answer = spend(self._tats.get(held, 0), now, scaled)
        if len(self._tats) > MAX_LOCAL_KEYS:
            self._forget(now)
        return verdict(scaled, answer)

    def _forget(self, now: int) -> None:
        """Drop who owes nothing; when all do, drop all: a flood of addresses must not cost us the memory."""
        self._tats = {held: tat for held, tat in self._tats.items() if tat > now}
        if len(self._tats) > MAX_LOCAL_KEYS // 2:
            self._tats.clear()
