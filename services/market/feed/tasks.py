"""The feed's jobs: the rounds of fetching by the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from libs.common.jobs import Cron, JobContext
from services.market.feed.polling import PollFeed

_HOUR_S = 3_600


class FetchTasks:
    """The crons of polled sources. planned: the one that is asked minute by minute, beside those asked in rounds."""

    def __init__(self, rounds: Sequence[PollFeed], *, interval_s: int, planned: PollFeed | None = None) -> None:
        self._rounds = rounds
        self._planned = planned
        self._interval_s = interval_s

    def crons(self) -> list[Cron]:
        """Give the crons: one closes candles each minute, one fetches every `interval_s` seconds.

        These divide an hour or a day (settings).
        """
        timeout_s = float(max(self._interval_s, 60))
        run, every = self.fetch_all_stock_prices, self._interval_s
        crons = [Cron(self.close_candles, second=5, timeout_s=30)]
        if self._planned is not None:
            crons.append(Cron(self.fetch_planned_stock_prices, timeout_s=55))
        if not self._rounds:
            return crons
        if every < 60:
            fetch = Cron(run, second=frozenset(range(0, 60, every)), timeout_s=timeout_s)
        elif every <= _HOUR_S:
            fetch = Cron(run, minute=frozenset(range(0, 60, every // 60)), timeout_s=timeout_s)
        else:
            fetch = Cron(run, minute=0, hour=frozenset(range(0, 24, every // _HOUR_S)), timeout_s=timeout_s)
        return [*crons, fetch]

    async def fetch_planned_stock_prices(self, _ctx: JobContext) -> None:
        """Fetch the prices that are most worth this minute's credits."""
        assert self._planned is not None, "only a plan makes this cron"
        await self._planned.run_planned()

    async def close_candles(self, _ctx: JobContext) -> None:
        """Close the candles whose time is over."""
        for feed in (*self._rounds, *([] if self._planned is None else [self._planned])):
            await feed.close_candles()

    async def fetch_all_stock_prices(self, _ctx: JobContext) -> None:
        """Fetch the price of every monitored stock (mission, stock-alert-flow, "Every 30 Minutes")."""
        await asyncio.gather(*(feed.run_round() for feed in self._rounds))
