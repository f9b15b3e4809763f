"""When exchanges trade: regular hours until a calendar was heard, and the bars of its sessions."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from libs.common.calendars import Calendars
from libs.common.clock import from_ms, to_ms
from libs.common.hours import Hours, Session
from libs.common.http import Http, ServiceClient
from libs.contracts.market import SessionDay, Sessions

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000


def ms(iso: str) -> int:
    return to_ms(datetime.fromisoformat(iso + "+00:00"))


def clock(*instants: int) -> tuple[str, ...]:
    return tuple(from_ms(instant).strftime("%d %H:%M") for instant in instants)


@pytest.mark.parametrize(
    ("exchange", "iso", "within"),
    [
        ("NSE", "2026-01-15T03:44:59", False),
        ("NSE", "2026-01-15T03:45:00", True),
        ("NSE", "2026-01-15T10:00:00", True),
        ("NSE", "2026-01-15T10:00:01", False),
        ("NSE", "2026-01-17T06:00:00", False),
        ("NASDAQ", "2026-07-15T13:30:00", True),
        ("NASDAQ", "2026-01-15T13:30:00", False),
        ("XETRA", "2026-01-17T06:00:00", True),
    ],
)
def test_without_a_calendar_the_regular_hours_count(exchange: str, iso: str, within: bool) -> None:
    assert Hours(exchange).is_open(ms(iso)) is within


def test_a_calendar_knows_holidays_and_sunday_sessions_and_where_it_ends() -> None:
    hours = Hours("NSE")
    muhurat = Session(ms("2026-11-08T12:30:00"), ms("2026-11-08T13:30:00"))
    hours.learn([(date(2026, 11, 8), muhurat), (date(2026, 11, 10), None)], until=date(2026, 12, 31), replayed=False)
    assert hours.is_open(ms("2026-11-08T13:00:00"))  # a Sunday
    assert not hours.is_open(ms("2026-11-10T06:00:00"))  # a Tuesday
    assert hours.is_open(ms("2026-11-11T06:00:00"))
    assert not hours.is_open(ms("2027-01-05T06:00:00"))  # nobody knows that day
    hours.learn([], until=date(2026, 12, 31), replayed=True)
    assert hours.is_open(ms("2026-11-10T06:00:00"))


def test_bars_begin_with_the_session_and_end_with_it() -> None:
    hours = Hours("NSE")
    assert clock(*hours.bar(ms("2026-01-15T04:50:00"), HOUR_MS)) == ("15 04:45", "15 05:45")
    assert clock(*hours.bar(ms("2026-01-15T09:59:00"), HOUR_MS)) == ("15 09:45", "15 10:00")
    assert clock(*hours.bar(ms("2026-01-15T03:40:00"), HOUR_MS)) == ("15 02:45", "15 03:45")
    assert clock(*hours.bar(ms("2026-01-15T10:01:00"), HOUR_MS)) == ("15 10:00", "15 11:00")
    assert clock(*hours.bar(ms("2026-01-15T05:00:00"), DAY_MS)) == ("14 18:30", "15 10:00")
    assert clock(*hours.bar(ms("2026-01-15T11:00:00"), DAY_MS)) == ("15 10:00", "15 18:30")
    assert clock(*hours.bar(ms("2026-01-17T05:10:00"), HOUR_MS)) == ("17 05:00", "17 06:00")  # a Saturday


def test_a_recorded_candle_is_over_with_its_session() -> None:
    hours = Hours("NSE")
    assert clock(hours.end_of(ms("2026-01-15T09:45:00"), HOUR_MS)) == ("15 10:00",)
    assert clock(hours.end_of(ms("2026-01-15T03:45:00"), DAY_MS)) == ("15 10:00",)
    assert clock(hours.end_of(ms("2026-01-15T03:45:00"), MINUTE_MS)) == ("15 03:46",)


@pytest.mark.parametrize(
    ("iso", "length_ms", "ended"),
    [
        ("2026-01-15T04:50:30", MINUTE_MS, "15 04:50"),
        ("2026-01-15T04:50:00", HOUR_MS, "15 04:45"),
        ("2026-01-15T04:50:00", DAY_MS, "14 10:00"),
        ("2026-01-15T10:00:00", DAY_MS, "15 10:00"),
        ("2026-01-19T03:50:00", DAY_MS, "16 10:00"),  # a Monday
        ("2026-01-19T03:45:30", MINUTE_MS, "16 10:00"),
    ],
)
def test_the_newest_bar_that_was_over(iso: str, length_ms: int, ended: str) -> None:
    newest = Hours("NSE").newest_end(ms(iso), length_ms)
    assert newest is not None
    assert clock(newest) == (ended,)


def test_nothing_is_expected_of_an_exchange_that_nobody_knows() -> None:
    assert Hours("XETRA").newest_end(ms("2026-01-15T10:00:00"), MINUTE_MS) is None


async def test_calendars_are_asked_of_market_and_held_by_all_who_have_them(settings, peers, tokens) -> None:
    http = Http("alerts", transport=peers.transport(), retries=0)
    calendars = Calendars(ServiceClient(http, settings.market_url, "market", tokens.source("alerts")))
    hours = calendars.of("NSE")
    holiday = SessionDay(day=date(2026, 1, 26), kind="holiday", name="Republic Day")
    peers.sessions["NSE"] = Sessions(
        exchange="NSE", zone="Asia/Kolkata", replayed=False, covered_until=date(2026, 12, 31), days=(holiday,)
    )
    monday = ms("2026-01-26T06:00:00")
    assert hours.is_open(monday)
    await calendars.ask(["NSE", "XETRA"], datetime(2026, 1, 20, tzinfo=UTC).date())
    assert not hours.is_open(monday)
    peers.down.add(peers.MARKET)
    await calendars.ask(["NSE"], date(2026, 1, 20))  # stays as it is
    assert not hours.is_open(monday)
    await http.aclose()
