"""What comes by the clock: reading the feeds, forgetting old headlines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from libs.common.http import Http
from libs.common.jobs import Cron, JobContext
from libs.common.logging import get_logger
from services.market.news.service import Newsroom

log = get_logger(__name__)


class NewsTasks:
    """urls: the feeds that operators chose; each is asked once in an interval."""

    def __init__(self, newsroom: Newsroom, http: Http, urls: Sequence[str], interval: timedelta) -> None:
        self._newsroom = newsroom
        self._http = http
        self._urls = urls
        self._interval = interval

    def crons(self) -> list[Cron]:
        reading = [Cron(self.read_news_feeds, second=40, timeout_s=300)] if self._urls else []
        return [*reading, Cron(self.forget_old_news, minute=37, timeout_s=600)]

    async def read_news_feeds(self, _ctx: JobContext) -> None:
        await self._newsroom.read_feeds(self._http, self._urls, self._interval)

    async def forget_old_news(self, _ctx: JobContext) -> None:
        gone = await self._newsroom.forget_old()
        log.info("old_news_forgotten", headlines=gone)
