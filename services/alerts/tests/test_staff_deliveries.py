"""Staff see why a message did not arrive, and have it sent again."""

from __future__ import annotations

import pytest

from libs.common.ids import uuid7
from libs.common.testing import eventually
from services.alerts.tests.support import queue, rows_of, states, triggered, verify

PATH = "/api/deliveries/"


@pytest.fixture
async def staff(app, client_for, tokens):
    token = tokens.user(uuid7(), role="SUPER_ADMIN", amr=["pwd", "otp"])
    async with client_for(app, user=token) as staff:
        yield staff


async def test_what_failed_is_found_with_its_reason_and_sent_again(
    staff, db, clock, notices, server, sender_to, user_id
) -> None:
    server.answers["trader@example.com"] = ["554 5.7.1 not today"]
    await verify(db, notices, user_id)
    event = triggered(clock, user_id)
    await queue(db, notices, event)
    await queue(db, notices, triggered(clock, uuid7()))
    async with sender_to(server, lanes=1):
        await eventually(states(db, "failed", "suppressed"))
        query = {"status": "failed", "channel": "mail", "user_id": str(user_id)}
        [failed] = (await staff.get(PATH, params=query)).json()["items"]
        assert (failed["can_replay"], failed["attempts"]) == (True, 1)
        assert "554" in failed["reason"]
        assert "trader@example.com" not in str(failed)
        assert (await staff.post(f"{PATH}{failed['id']}/replay/")).status_code == 202
        await eventually(states(db, "sent", "suppressed"))
    assert server.ids() == {f"<{event.triggered_id}@sharewise.local>": 1}
    assert (await staff.post(f"{PATH}{failed['id']}/replay/")).status_code == 404


async def test_what_carried_a_secret_is_not_sent_again(staff, db, user_id) -> None:
    delivery_id = uuid7()
    await rows_of(
        db,
        """INSERT INTO deliveries (id, key, channel, purpose, urgency, user_id, message_id, status, attempts,
               created_at, opened_at, due_at)
           VALUES ($1, 'k', 'mail', 'password_reset', 0, $2, '<m@x>', 'failed', 1, now(), now(), now())
           RETURNING id""",
        delivery_id,
        user_id,
    )
    [shown] = (await staff.get(PATH)).json()["items"]
    assert shown["can_replay"] is False
    assert (await staff.post(f"{PATH}{delivery_id}/replay/")).status_code == 404


async def test_people_see_nothing_of_it(client) -> None:
    assert (await client.get(PATH)).status_code == 403
