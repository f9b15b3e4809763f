"""A person who has become another: old tokens are out within a second, by HTTP and in open sockets; new ones are in."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from redis.asyncio import Redis

from gateway.tests.conftest import Running
from gateway.tests.socket_client import socket_to
from libs.common.ids import uuid7
from libs.common.security.revocation import Revocation, RevocationKind, publish
from libs.common.testing.tokens import Tokens
from libs.common.testing.waiting import eventually

UNTIL = 4_000_000_000
WITHIN_S = 1.0


async def status(door: Running, token: str) -> int:
    return (await door.http.get("/api/alerts/", headers={"authorization": f"Bearer {token}"})).status_code


async def is_out(door: Running, token: str) -> bool:
    return await status(door, token) == 401


async def test_an_old_version_is_out_and_the_new_one_in(door: Running, redis: Redis, tokens: Tokens) -> None:
    user, other = uuid7(), tokens.user()
    old, new = tokens.user(user, version=1), tokens.user(user, version=2, tier="ELITE")
    assert [await status(door, token) for token in (old, new)] == [200, 200]
    async with socket_to(door, old) as outdated, socket_to(door, new) as renewed:
        await publish(redis, Revocation(RevocationKind.USER, str(user), UNTIL, 2))
        async with asyncio.timeout(WITHIN_S):
            await asyncio.gather(eventually(lambda: is_out(door, old)), outdated.closed())
        assert (await renewed.answer_to(op="ping"))["op"] == "pong"
    assert [await status(door, token) for token in (new, other)] == [200, 200]


async def test_a_socket_that_was_renewed_in_time_stays(door: Running, redis: Redis, tokens: Tokens) -> None:
    user = uuid7()
    async with socket_to(door, tokens.user(user, version=1)) as client:
        assert (await client.answer_to(op="auth", token=tokens.user(user, version=2)))["op"] == "ack"
        await publish(redis, Revocation(RevocationKind.USER, str(user), UNTIL, 2))
        await eventually(lambda: is_out(door, tokens.user(user, version=1)))
        assert (await client.answer_to(op="ping"))["op"] == "pong"


@pytest.mark.parametrize("kind", [RevocationKind.SID, RevocationKind.USER])
async def test_who_acts_is_out_with_their_own_login(
    door: Running, redis: Redis, tokens: Tokens, kind: RevocationKind
) -> None:
    """Also on an open socket; the person themselves goes on."""
    staff, sid, user = uuid7(), uuid7(), uuid7()
    acting = acting_token(tokens, user, staff, sid)
    own = tokens.user(user)
    ticket = await door.http.post("/api/ws/ticket/", headers={"authorization": f"Bearer {acting}"})
    assert ticket.status_code == 403, "who acts asks for no tickets"
    async with socket_to(door, acting) as looking, socket_to(door, own) as theirs:
        what = str(sid) if kind is RevocationKind.SID else str(staff)
        await publish(redis, Revocation(kind, what, UNTIL, None if kind is RevocationKind.SID else 2))
        async with asyncio.timeout(WITHIN_S):
            await asyncio.gather(eventually(lambda: is_out(door, acting)), looking.closed())
        assert (await theirs.answer_to(op="ping"))["op"] == "pong"
    assert await status(door, own) == 200


def acting_token(tokens: Tokens, user: UUID, staff: UUID, sid: UUID) -> str:
    return tokens.user(user, act=tokens.act(staff, sid=sid), ttl=timedelta(minutes=15))
