"""The connection budget."""

from __future__ import annotations

import pytest

from libs.common.db_budget import OverBudget, Share, check_budget, read_max_connections
from libs.common.testing.plugin import Stores


def test_the_sum_may_reach_the_budget_and_not_pass_it() -> None:
    shares = {"api": Share(5, processes=4), "worker": Share(4, own=1)}
    assert check_budget(shares, 35) == 25
    with pytest.raises(OverBudget, match=r"25 connections, the budget is 24 .*: api 20, worker 5"):
        check_budget(shares, 34)


async def test_the_server_says_how_many_it_takes(stores: Stores) -> None:
    assert await read_max_connections(stores.admin_dsn) == 100
