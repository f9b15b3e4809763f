"""How many sockets a user has, over all gateway processes."""

from __future__ import annotations

from gateway.links.resp import CommandFailed, LinkDown, RespLink

LEASE_S = 60
"""A place is held this long after its last renewal: a process that died gives its users' places back."""

# KEYS[1]: the user's places by their end. ARGV: this socket, the greatest number, the length of a lease in ms.
_TAKE = """local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1"""


class Presence:
    """Places for a user's sockets. Without Redis nobody is turned away: the process's own count then holds alone."""

    def __init__(self, link: RespLink, *, most: int) -> None:
        self._link = link
        self._most = most

    async def take(self, user: str, socket_id: str) -> bool:
        """Take a place, or renew it. False when all are taken."""
        try:
            taken = await self._link.ask("EVAL", _TAKE, 1, _key(user), socket_id, self._most, LEASE_S * 1_000)
        except (LinkDown, CommandFailed):
            return True
        return bool(taken)

    async def leave(self, user: str, socket_id: str) -> None:
        """Give a place back."""
        try:
            await self._link.ask("ZREM", _key(user), socket_id)
        except (LinkDown, CommandFailed):
            return  # the lease ends by itself


def _key(user: str) -> str:
    return f"ws:places:{user}"
