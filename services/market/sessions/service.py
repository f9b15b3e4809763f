"""Say when exchanges trade, take staff's changes of their days, and announce each opening and close once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common import telemetry
from libs.common.audit import record
from libs.common.db import Database, Transaction
from libs.common.errors import InvalidInput, NotFound
from libs.common.ids import uuid7
from libs.common.logging import get_logger
from libs.common.pagination import Found, PageRequest, paginate
from libs.common.security.principal import Principal
from libs.contracts.market import MarketClosed, MarketOpened
from services.market.exchanges import EXCHANGES
from services.market.instruments import service as instruments
from services.market.prices.service import Source
from services.market.sessions import rules, seed, tables
from services.market.sessions.rules import (
    BadTimetable,
    Calendar,
    DayKind,
    Moment,
    Phase,
    Span,
    SpecialDay,
    TradingDay,
)
from services.market.sessions.tables import CalendarEditRow, CalendarRow, MarketDayRow

log = get_logger(__name__)

MAX_DAYS = 400
"""Of one question."""
LAST_DAY = date(2099, 12, 31)
LATE = timedelta(hours=24)
"""An edge that is older was missed for good: nobody waits for it any more."""

_SEED = "seed"
_STAFF = "staff"

_days_left = telemetry.gauge(
    "sharewise_market_calendar_days_left", "Days until an exchange's calendar runs out.", ["exchange"]
)


@dataclass(frozen=True, slots=True)
class ExchangeStatus:
    """What an exchange does now. `auction`: what holds for instruments that end their day in a closing auction."""

    exchange: str
    now: Moment
    auction: Moment
    replayed: bool
    covered_until: date
    runs_out: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """An exchange's calendar as somebody asked for it."""

    calendar: Calendar
    days: Sequence[TradingDay]
    auction_days: Sequence[TradingDay]


@dataclass(frozen=True, slots=True)
class DayDraft:
    """How a day shall be. `kind` None: as its weekday says. `spans` None: with the regular hours."""

    kind: DayKind | None
    name: str
    spans: Sequence[Span] | None


class Calendars:
    """The sessions room's use cases."""

    def __init__(self, db: Database, source: Source, *, warn_days: int) -> None:
        self._db = db
        self._warn_days = warn_days
        self.source = source

    @property
    def replayed(self) -> bool:
        """Whether a replay feeds the platform, so that the market counts as open at any time."""
        return self.source.mode == "replay"

    def today(self) -> date:
        """Give the day it is in UTC."""
        return self._db.clock.now().date()

    async def status(self) -> Sequence[ExchangeStatus]:
        """Say what each exchange does now."""
        now = self._db.clock.now()
        async with self._db.read() as session:
            calendars = await tables.load(session, list(EXCHANGES))
        return [self._status(calendar, now) for _, calendar in sorted(calendars.items())]

    async def moment(self, symbol: str) -> tuple[str, Moment]:
        """Say in which phase an instrument is, and which it is. Raises SymbolNotFound, SymbolAmbiguous, NotFound."""
        now = self._db.clock.now()
        async with self._db.read() as session:
            row = await instruments.resolve(session, symbol)
            calendar = await _get(session, row.exchange)
        since = row.has_derivatives_from
        auction = since is not None and since <= now.astimezone(calendar.zone).date()
        moment = calendar.phase(now, closing_auction=auction)
        return row.instrument, self._as_replayed(moment)

    async def show(self, exchange: str, first: date, last: date) -> Shown:
        """Give the days of an exchange, as far as its calendar reaches. Raises NotFound, InvalidInput."""
        if not first <= last < first + timedelta(days=MAX_DAYS):
            raise InvalidInput.of("/query/to", "bad_range", f"Ask for 1 to {MAX_DAYS} days, from before to.")
        async with self._db.read() as session:
            calendar = await _get(session, exchange)
        asked = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        days = [found for day in asked if (found := calendar.day(day)) is not None]
        auction = [found for day in asked if (found := calendar.day(day, closing_auction=True)) is not None]
        return Shown(calendar, days, auction)

    async def set_day(self, caller: Principal, exchange: str, day: date, draft: DayDraft, reason: str) -> TradingDay:
        """Make a day a holiday, a special session, or what its weekday says. Raises NotFound, InvalidInput."""
        try:
            spans = None if draft.spans is None else rules.check_spans(draft.spans)
        except BadTimetable as error:
            raise InvalidInput.of("/phases", "bad_phases", str(error)) from error
        async with self._db.transaction() as tx:
            calendar = await self._take(tx, exchange)
            if not calendar.covered_from <= day <= calendar.covered_until:
                raise InvalidInput.of(
                    "/path/day", "not_covered", f"The calendar ends on {calendar.covered_until}: move its end first."
                )
            row = await tables.find_day(tx.session, exchange, day)
            before = None if row is None else _facts(row)
            if row is not None:
                await tables.remove_day(tx.session, exchange, day)
                tx.session.expunge(row)
            if draft.kind is not None:
                special = SpecialDay(day, draft.kind, draft.name, spans)
                await tables.add_days(tx.session, exchange, [special], _STAFF)
            after = None if draft.kind is None else _facts(await tables.find_day(tx.session, exchange, day))
            self._note(tx, caller, exchange, day, before, after, reason)
            shown = (await _get(tx.session, exchange)).day(day)
        assert shown is not None, "the day is covered"
        return shown

    async def set_end(self, caller: Principal, exchange: str, covered_until: date, reason: str) -> date:
        """Say until when the days of an exchange are known: its holidays until then are entered. Raises NotFound."""
        async with self._db.transaction() as tx:
            calendar = await self._take(tx, exchange)
            if not calendar.covered_from <= covered_until <= LAST_DAY:
                raise InvalidInput.of(
                    "/covered_until", "bad_day", f"Give a day from {calendar.covered_from} to {LAST_DAY}."
                )
            before = {"covered_until": calendar.covered_until.isoformat()}
            calendar.covered_until = covered_until
            after = {"covered_until": covered_until.isoformat()}
            self._note(tx, caller, exchange, None, before, after, reason)
        return covered_until

    async def edits(self, exchange: str, page: PageRequest) -> Found[CalendarEditRow]:
        """List what staff changed, newest first."""
        async with self._db.read() as session:
            return await paginate(
                session,
                tables.edits_of(exchange),
                page,
                key=(CalendarEditRow.edited_at, CalendarEditRow.id),
                scope=f"calendar edits {exchange}",
            )

    async def _take(self, tx: Transaction, exchange: str) -> CalendarRow:
        await tables.lock(tx.session, exchange)
        row = await tables.find_calendar(tx.session, exchange)
        if row is None:
            raise NotFound(f"There is no calendar of {exchange}.")
        return row

    def _note(
        self,
        tx: Transaction,
        caller: Principal,
        exchange: str,
        day: date | None,
        before: dict[str, Any] | None,
        after: dict[str, Any] | None,
        reason: str,
    ) -> None:
        now = self._db.clock.now()
        tx.session.add(
            CalendarEditRow(
                id=uuid7(),
                exchange=exchange,
                day=day,
                before=before,
                after=after,
                reason=reason,
                edited_by=caller.user_id,
                edited_at=now,
            )
        )
        record(
            tx,
            "calendar.changed",
            object_kind="market_calendar",
            object_id=exchange,
            caller=caller,
            reason=reason,
            details={"day": "" if day is None else day.isoformat(), "before": str(before), "after": str(after)},
        )

    def _status(self, calendar: Calendar, now: datetime) -> ExchangeStatus:
        today = now.astimezone(calendar.zone).date()
        return ExchangeStatus(
            calendar.exchange,
            self._as_replayed(calendar.phase(now)),
            self._as_replayed(calendar.phase(now, closing_auction=True)),
            self.replayed,
            calendar.covered_until,
            calendar.days_left(today) < self._warn_days,
        )

    def _as_replayed(self, moment: Moment) -> Moment:
        """Let a replayed market be open: its days follow each other on a clock of its own."""
        if not self.replayed:
            return moment
        return Moment(Phase.OPEN, None, None, moment.next_open, moment.next_close)


class SessionUpkeep:
    """The worker's part: bring the calendars along, announce what opens and closes, warn before one runs out."""

    def __init__(self, db: Database, *, replayed: bool, warn_days: int) -> None:
        self._db = db
        self._replayed = replayed
        self._warn_days = warn_days

    async def bring_along(self) -> None:
        """Store the calendars that the product brings, where they reach further than what is stored. Safe to repeat.

        A day within what is stored is left alone, whatever staff made of it.
        """
        for exchange, market in seed.MARKETS.items():
            first, last = seed.COVERED[market]
            async with self._db.transaction() as tx:
                await tables.lock(tx.session, exchange)
                row = await tables.find_calendar(tx.session, exchange)
                known = seed.days(market)
                if row is None:
                    tx.session.add(CalendarRow(exchange=exchange, covered_from=first, covered_until=last))
                elif row.covered_until < last:
                    known = [one for one in known if one.day > row.covered_until]
                    row.covered_until = last
                else:
                    known = []
                await tables.add_days(tx.session, exchange, known, _SEED)
                await tables.add_timetables(tx.session, exchange, seed.TIMETABLES[market])

    async def announce(self) -> None:
        """Announce each opening and close of the last day that has not been, in order. A replay announces none."""
        if self._replayed:
            return
        now = self._db.clock.now()
        async with self._db.read() as session:
            calendars = await tables.load(session, list(EXCHANGES))
        for exchange, calendar in calendars.items():
            for edge in calendar.edges_between(now - LATE, now):
                kind = MarketOpened if edge.opened else MarketClosed
                async with self._db.transaction() as tx:
                    if await tables.mark(tx.session, exchange, edge.day, kind.type, now):
                        tx.announce(kind(exchange=exchange, day=edge.day, at=edge.at))

    async def warn(self) -> None:
        """Say how far each calendar reaches, aloud where that is not far."""
        now = self._db.clock.now()
        async with self._db.read() as session:
            calendars = await tables.load(session, list(EXCHANGES))
        for exchange, calendar in calendars.items():
            left = calendar.days_left(now.astimezone(calendar.zone).date())
            _days_left.labels(exchange).set(left)
            if left < self._warn_days:
                log.warning(
                    "calendar_runs_out", exchange=exchange, covered_until=calendar.covered_until, days_left=left
                )


async def _get(session: AsyncSession, exchange: str) -> Calendar:
    found: Mapping[str, Calendar] = await tables.load(session, [exchange]) if exchange in EXCHANGES else {}
    if exchange not in found:
        raise NotFound(f"There is no calendar of {exchange!r}. There are {', '.join(EXCHANGES)}.")
    return found[exchange]


def _facts(row: MarketDayRow | None) -> dict[str, Any] | None:
    return None if row is None else {"kind": row.kind, "name": row.name, "phases": row.phases}
