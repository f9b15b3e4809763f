"""A small GET of the gateway's own to a service, outside any visitor's request."""

from __future__ import annotations

import asyncio

from gateway.proxy.connection import UpstreamFailure
from gateway.proxy.upstream import Upstream

MAX_BYTES = 4 * 1024 * 1024


async def fetch(upstream: Upstream, target: bytes, *, within_s: float) -> tuple[int, bytes] | None:
    """Ask a service on a connection of its own. Gives status and body; None when it is away, slow or says too much.

    The breaker is neither asked nor told: this must see a service come back before anybody else does.
    """
    loop = asyncio.get_running_loop()
    try:
        connection = await upstream.connect()
    except UpstreamFailure:
        return None
    try:
        head = b"GET %b HTTP/1.1\r\nhost: %b\r\naccept: application/json\r\nconnection: close\r\n\r\n"
        connection.begin(head % (target, upstream.authority), head_only=False, deadline=loop.time() + within_s)
        await connection.head()
        body = bytearray()
        last = False
        while not last:
            piece, last = await connection.piece()
            body += piece
            if len(body) > MAX_BYTES:
                return None
        return connection.status, bytes(body)
    except UpstreamFailure:
        return None
    finally:
        upstream.give_back(connection)
