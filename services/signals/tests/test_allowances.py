"""What billing said last is kept, and asked for where nobody told."""

from __future__ import annotations

import pytest

from libs.common.entitlements import AllowanceUnknown
from libs.common.errors import PlanLimit, UpstreamUnavailable
from services.signals.tests.support import entitlements


async def test_who_is_not_known_is_asked_for_once(rooms, peers, user_id) -> None:
    peers.entitlements[user_id] = entitlements(user_id, strategies=10)
    assert (await rooms.allowances.get(user_id)).limits.strategies == 10
    assert (await rooms.allowances.get(user_id)).limits.strategies == 10
    assert peers.calls == [f"/internal/entitlements/{user_id}"]


async def test_what_is_older_changes_nothing(rooms, db, user_id) -> None:
    async with db.transaction() as tx:
        assert await rooms.allowances.hear(tx, entitlements(user_id, version=2, strategies=None))
        assert not await rooms.allowances.hear(tx, entitlements(user_id, version=1, strategies=0))
        assert (await rooms.allowances.hold(tx, user_id)).limits.strategies is None


async def test_a_plan_that_says_no_is_asked_again_before_the_refusal(rooms, db, peers, user_id) -> None:
    async with db.transaction() as tx:
        await rooms.allowances.hear(tx, entitlements(user_id, version=1, strategies=0))

    async def work() -> int:
        async with db.transaction() as tx:
            limit = (await rooms.allowances.hold(tx, user_id)).limits.strategies
        if not limit:
            raise PlanLimit(limit=0, used=0, upgrade_to="PRO")
        return limit

    peers.down.add(peers.BILLING)
    with pytest.raises(PlanLimit):
        await rooms.allowances.asking(user_id, work)
    peers.down.clear()
    peers.entitlements[user_id] = entitlements(user_id, version=2, strategies=3)
    assert await rooms.allowances.asking(user_id, work) == 3


async def test_nobody_guesses_while_billing_is_away(rooms, db, peers, user_id) -> None:
    peers.down.add(peers.BILLING)
    with pytest.raises(UpstreamUnavailable):
        await rooms.allowances.get(user_id)
    async with db.transaction() as tx:
        with pytest.raises(AllowanceUnknown):
            await rooms.allowances.hold(tx, user_id)
