"""A mail server that says not now, never, breaks off or is slow: each mail ends where it belongs, under one id."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta
from typing import Any

import pytest

from libs.common.ids import uuid7
from libs.common.testing import eventually
from services.alerts.tests.mail_server import MailServer
from services.alerts.tests.support import queue, rows_of, triggered, verify

TO = "trader@example.com"
LATER = timedelta(seconds=40)
"""Longer than the first wait of the ladder with its jitter."""


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"smtp_timeout_s": 0.4})


async def row_of(db) -> Any:
    [row] = await rows_of(db, "SELECT status, reason, attempts, due_at FROM deliveries WHERE channel = 'mail'")
    return row


async def deliver(db, clock, notices, user_id, sender_to, server) -> Any:
    """Send one mail to the end: wait for its first answer, and go on to its second try where there is one."""
    await verify(db, notices, user_id, TO)
    await queue(db, notices, triggered(clock, user_id))
    async with sender_to(server, lanes=1):

        async def was_answered() -> bool:
            return (await row_of(db))["reason"] is not None or (await row_of(db))["status"] != "queued"

        async def is_over() -> bool:
            return (await row_of(db))["status"] != "queued"

        await eventually(was_answered)
        first = await row_of(db)
        if first["status"] == "queued":
            clock.move(LATER)
        await eventually(is_over)
    return first, await row_of(db)


@pytest.mark.parametrize(
    ("fault", "why", "tries", "taken"),
    [
        ({"answers": {TO: ["450 4.2.1 mailbox busy"]}}, "the server said not now: 450 4.2.1", 2, 1),
        ({"answers": {TO: ["452 4.3.1 no room"]}}, "the server said not now: 452 4.3.1", 2, 1),
        ({"after_data": {TO: ["451 4.7.1 greylisted"]}}, "the server said not now: 451 4.7.1", 2, 1),
        ({"answers": {TO: ["421 4.3.2 closing"]}}, "the server said not now: 421 4.3.2", 1, 1),
        ({"answers": {TO: ["drop"]}}, "the server broke off", 1, 1),
        ({"cut_in_data": 1}, "no answer after the message: SMTPServerDisconnected", 2, 1),
        ({"after_data": {TO: ["drop"]}}, "no answer after the message: SMTPServerDisconnected", 2, 2),
        ({"answers": {TO: ["slow"]}}, "the server broke off", 1, 1),
        ({"after_data": {TO: ["slow"]}}, "no answer after the message: SMTPReadTimeoutError", 2, 2),
    ],
)
async def test_a_fault_that_passes_costs_a_try_at_most(
    db, clock, notices, user_id, sender_to, fault, why, tries, taken
) -> None:
    async with MailServer(**fault).serving() as server:
        first, last = await deliver(db, clock, notices, user_id, sender_to, server)
    assert (first["status"], first["reason"]) == ("queued", why)
    assert (last["status"], last["attempts"]) == ("sent", tries)
    assert list(server.ids().values()) == [taken], "a repeat carries the same Message-ID"


@pytest.mark.parametrize(
    ("fault", "why", "is_given_up"),
    [
        ({"answers": {TO: ["550 5.1.1 no such user"]}}, "the server refused: 550 5.1.1", True),
        ({"answers": {TO: ["552 5.2.2 full"]}}, "the server refused: 552 5.2.2", False),
        ({"answers": {TO: ["550 5.7.1 policy"]}}, "the server refused: 550 5.7.1", False),
        ({"after_data": {TO: ["554 5.6.0 content"]}}, "the server refused: 554 5.6.0", False),
    ],
)
async def test_a_no_is_final_and_only_a_missing_mailbox_is_given_up(
    db, clock, notices, user_id, sender_to, fault, why, is_given_up
) -> None:
    async with MailServer(**fault).serving() as server:
        _, last = await deliver(db, clock, notices, user_id, sender_to, server)
    assert (last["status"], last["reason"], last["attempts"]) == ("failed", why, 1)
    [row] = await rows_of(db, "SELECT suppressed_reason FROM recipients WHERE user_id = $1", user_id)
    assert (row["suppressed_reason"] is not None) is is_given_up
    assert server.taken == []


async def test_many_mails_over_a_bad_line_all_arrive_and_no_two_differ(db, clock, notices, sender_to) -> None:
    """Every third mail meets a fault of its own; the others do not wait for it."""
    faults = itertools.cycle(["451 4.7.1 wait", "drop", "452 4.3.1 no room"])
    people = {f"p{number}@example.com": uuid7() for number in range(30)}
    server = MailServer(after_data={address: [next(faults)] for address in itertools.islice(people, 0, None, 3)})
    for address, user_id in people.items():
        await verify(db, notices, user_id, address)
        await queue(db, notices, triggered(clock, user_id))

    async def sent() -> int:
        [row] = await rows_of(db, "SELECT count(*) AS n FROM deliveries WHERE status = 'sent'")
        return int(row["n"])

    async def waiting() -> int:
        query = "SELECT count(*) AS n FROM deliveries WHERE status = 'queued' AND reason IS NOT NULL"
        [row] = await rows_of(db, query)
        return int(row["n"])

    async with server.serving(), sender_to(server, lanes=4):

        async def first_round() -> bool:
            return (await sent(), await waiting()) == (20, 10)

        async def all_sent() -> bool:
            return await sent() == 30

        await eventually(first_round)
        clock.move(LATER)
        await eventually(all_sent)
    assert len(server.ids()) == 30
    twice = [mail_id for mail_id, count in server.ids().items() if count == 2]
    assert len(twice) == 3, "those whose answer was lost, and nothing else, came twice"
    bodies: dict[str, set[str]] = {}
    for mail in server.taken:
        body = mail.get_body(("plain",))
        assert body is not None
        bodies.setdefault(str(mail["Message-ID"]), set()).add(str(body.get_content()))
    assert all(len(said) == 1 for said in bodies.values())


async def test_a_slow_server_holds_its_lane_and_no_other(db, clock, notices, sender_to) -> None:
    slow, quick = uuid7(), uuid7()
    server = MailServer(after_data={"slow@example.com": ["slow"] * 3})
    await verify(db, notices, slow, "slow@example.com")
    await verify(db, notices, quick, "quick@example.com")
    await queue(db, notices, triggered(clock, slow))
    await queue(db, notices, triggered(clock, quick))

    async def quick_is_sent() -> bool:
        [row] = await rows_of(db, "SELECT status FROM deliveries WHERE user_id = $1", quick)
        return bool(row["status"] == "sent")

    async with server.serving(), sender_to(server, lanes=2):
        async with asyncio.timeout(10):
            await eventually(quick_is_sent)
        [row] = await rows_of(db, "SELECT status FROM deliveries WHERE user_id = $1", slow)
        assert row["status"] == "queued"
