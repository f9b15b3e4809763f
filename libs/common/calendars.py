"""The exchanges' calendars as market has them, kept for those who evaluate."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from libs.common.clock import to_ms
from libs.common.errors import NotFound
from libs.common.hours import Hours, Session
from libs.common.http import HttpFailure, ServiceClient
from libs.common.logging import get_logger
from libs.contracts.market import SessionDay, Sessions

log = get_logger(__name__)

AHEAD = timedelta(days=30)
BEHIND = timedelta(days=30)
MOST_DAYS = timedelta(days=399)
"""What market answers at once."""
FIRST_DAY = date(2000, 1, 1)
"""Before it the regular hours serve."""


class Calendars:
    """The hours of each exchange; the same object for all who ask, so that what is learnt later holds for them too."""

    def __init__(self, market: ServiceClient | None = None) -> None:
        self._market = market
        self._hours: dict[str, Hours] = {}

    def of(self, exchange: str) -> Hours:
        """Give the hours of an exchange; regular ones until its calendar has been asked for."""
        hours = self._hours.get(exchange)
        if hours is None:
            hours = self._hours[exchange] = Hours(exchange)
        return hours

    @property
    def exchanges(self) -> tuple[str, ...]:
        """Name the exchanges that somebody asked for."""
        return tuple(self._hours)

    async def ask(self, exchanges: Iterable[str], today: date, *, since: date | None = None) -> None:
        """Ask market for calendars around today, from `since` on. What cannot be asked stays as it is."""
        if self._market is None:
            return
        last = today + AHEAD
        first = max(min(since or today, today - BEHIND), last - MOST_DAYS)
        for exchange in exchanges:
            await self._ask(self._market, exchange, first, last)

    async def ask_back(self, exchange: str, today: date, *, since: date) -> bool:
        """Ask market for the calendar of years past, from `since` on to now. Returns whether all of it was answered."""
        if self._market is None:
            return False
        last = today + AHEAD
        while last >= max(since, FIRST_DAY):
            first = max(last - MOST_DAYS, FIRST_DAY)
            if not await self._ask(self._market, exchange, first, last):
                return False
            last = first - timedelta(days=1)
        return True

    async def _ask(self, market: ServiceClient, exchange: str, first: date, last: date) -> bool:
        params = {"from": first.isoformat(), "to": last.isoformat()}
        try:
            told = await market.get(f"/internal/sessions/{exchange}", Sessions, params=params)
        except (HttpFailure, NotFound) as failure:  # not found: an exchange without a calendar
            log.warning("calendar_not_asked", exchange=exchange, reason=str(failure))
            return False
        days = [(day.day, _session(day)) for day in told.days]
        self.of(exchange).learn(days, until=told.covered_until, replayed=told.replayed)
        return True


def exchange_of(instrument: str) -> str:
    """Name the exchange of `NSE:RELIANCE`."""
    return instrument.partition(":")[0]


def _session(day: SessionDay) -> Session | None:
    if day.opens_at is None or day.closes_at is None:
        return None
    return Session(to_ms(day.opens_at), to_ms(day.closes_at))
