"""When exchanges trade: phases by dated rules, the calendars that come along, staff's changes, openings and closes."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import exchange_calendars
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from libs.common.dated_rules import DatedRule, DatedRules
from libs.common.security.permissions import Role
from libs.common.telemetry import render_metrics
from libs.common.testing.statements import statements
from libs.contracts.market import MarketClosed, MarketOpened, Sessions
from services.market.app import build_app
from services.market.exchanges import EXCHANGES
from services.market.instruments.tables import InstrumentRow
from services.market.sessions import rules, seed
from services.market.sessions.rules import IN_SESSION, TAKES_MARKET_ORDERS, BadTimetable, Calendar, Phase, Span
from services.market.sessions.service import SessionUpkeep
from services.market.settings import MarketSettings

USER, STAFF = UUID("0198c5a4-0000-7000-8000-000000000002"), UUID("0198c5a4-0000-7000-8000-000000000009")
INDIA, NEW_YORK = ZoneInfo("Asia/Kolkata"), ZoneInfo("America/New_York")


def calendar(exchange="NSE"):
    market = seed.MARKETS[exchange]
    tables = seed.TIMETABLES[market]
    rows = {auction: [DatedRule(one.spans, one.valid_from) for one in tables if one.auction is auction]
            for auction in (True, False)}  # fmt: skip
    return Calendar(
        exchange, EXCHANGES[exchange].zone, *seed.COVERED[market], {one.day: one for one in seed.days(market)},
        DatedRules(rows[False]), DatedRules(rows[True]),
    )  # fmt: skip


NSE, NYSE = calendar(), calendar("NYSE")


def at(text, zone=INDIA):
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("instant", "auction", "phase"),
    [
        ("2026-07-31 15:20", True, Phase.OPEN),
        ("2026-08-03 15:14", True, Phase.OPEN),
        ("2026-08-03 15:15", True, Phase.CLOSING_REFERENCE),
        ("2026-08-03 15:20", True, Phase.CLOSING_AUCTION),
        ("2026-08-03 15:26", True, Phase.CLOSING_AUCTION_LIMIT),
        ("2026-08-03 15:34", True, Phase.CLOSING_MATCH),
        ("2026-08-03 15:35", True, Phase.CLOSED),
        ("2026-08-03 15:20", False, Phase.OPEN),
        ("2026-08-03 15:30", False, Phase.CLOSED),
        ("2026-07-31 15:45", False, Phase.POST_CLOSE),
        ("2026-08-03 15:45", False, Phase.CLOSED),
        ("2026-08-03 15:55", False, Phase.POST_CLOSE),
        ("2026-09-04 09:07", False, Phase.PRE_OPEN),
        ("2026-09-07 09:07", False, Phase.PRE_OPEN_LIMIT),
        ("2026-09-07 09:11", True, Phase.PRE_OPEN_MATCH),
        ("2026-02-01 11:00", False, Phase.OPEN),
        ("2026-01-15 11:00", False, Phase.CLOSED),
        ("2026-02-07 11:00", False, Phase.CLOSED),
        ("2026-11-08 18:30", False, Phase.CLOSED),
        ("2026-12-31 11:00", False, Phase.OPEN),
        ("2027-01-01 11:00", False, Phase.UNKNOWN),
    ],
)
def test_the_phase_at_an_instant(instant, auction, phase):
    assert NSE.phase(at(instant), closing_auction=auction).phase is phase


def test_market_orders_are_taken_as_the_phases_say():
    taken = {
        when: NSE.phase(at(when), closing_auction=True).phase in TAKES_MARKET_ORDERS
        for when in ("2026-09-04 09:07", "2026-09-07 09:07", "2026-08-03 15:22", "2026-08-03 15:26")
    }
    assert list(taken.values()) == [True, False, True, False]


def test_next_open_and_close_look_over_nights_weekends_and_holidays():
    moment = NSE.phase(at("2026-01-23 16:30"))  # a Friday before Republic Day on Monday
    assert (moment.next_open, moment.next_close) == (at("2026-01-27 09:15"), at("2026-01-27 15:30"))
    assert (moment.since, moment.until) == (at("2026-01-23 16:00"), at("2026-01-27 09:00"))
    moment = NSE.phase(at("2026-08-03 10:00"), closing_auction=True)
    assert (moment.next_open, moment.next_close) == (at("2026-08-04 09:15"), at("2026-08-03 15:35"))
    last = NSE.phase(at("2026-12-31 16:30"))
    assert (last.phase, last.next_open, last.until) == (Phase.CLOSED, None, None)


def test_new_york_closes_early_and_keeps_its_own_summer_time():
    assert NYSE.phase(at("2026-11-27 12:59", NEW_YORK)).phase is Phase.OPEN
    assert NYSE.phase(at("2026-11-27 13:00", NEW_YORK)).phase is Phase.CLOSED
    assert NYSE.day(date(2026, 3, 6)).opens_at == datetime(2026, 3, 6, 14, 30, tzinfo=UTC)
    assert NYSE.day(date(2026, 3, 9)).opens_at == datetime(2026, 3, 9, 13, 30, tzinfo=UTC)


@pytest.mark.filterwarnings("ignore:Series.values")  # the library with the pandas of today
@pytest.mark.parametrize(("name", "ours", "more"), [
    ("XBOM", NSE, {date(2026, 2, 1), date(2026, 11, 8)}), ("XNYS", NYSE, set()), ("XNAS", NYSE, set()),
])  # fmt: skip
def test_the_days_that_come_along_are_those_of_the_library_and_the_two_sundays_that_it_lacks(name, ours, more):
    first, last = ours.covered_from, ours.covered_until
    theirs = exchange_calendars.get_calendar(name, start=first.isoformat(), end=last.isoformat())
    sessions = {day.date() for day in theirs.sessions}
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    open_days = {day for day in days if ours.day(day).phases or ((found := ours.days.get(day)) and found.spans == ())}
    assert open_days - sessions == more
    assert sessions - open_days == set()
    for day in sorted(sessions)[:: 7 if name == "XNAS" else 1]:
        assert ours.day(day).opens_at == theirs.session_open(day.isoformat()).to_pydatetime(), day
        assert ours.day(day).closes_at == theirs.session_close(day.isoformat()).to_pydatetime(), day


@given(st.integers(0, 363 * 86_400), st.booleans(), st.sampled_from([NSE, NYSE]))
def test_phase_edges_and_what_is_next_agree(seconds, auction, which):
    instant = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    moment = which.phase(instant, closing_auction=auction)
    assert moment.since is None or moment.since <= instant
    assert moment.until is None or instant < moment.until
    if moment.until is not None:
        assert which.phase(moment.until - timedelta(microseconds=1), closing_auction=auction).phase is moment.phase
        assert which.phase(moment.until, closing_auction=auction).phase is not moment.phase
    if moment.next_open is not None:
        assert which.phase(moment.next_open, closing_auction=auction).phase in IN_SESSION
        assert (moment.phase in IN_SESSION) == (moment.next_close < moment.next_open)


@pytest.mark.parametrize("lines", [
    ["open 15:00 09:00"], ["open 09:00 12:00", "post_close 11:00 13:00"], ["pre_open 09:00 09:15"],
])  # fmt: skip
def test_phases_that_cannot_be_a_day_are_refused(lines):
    with pytest.raises(BadTimetable):
        rules.check_spans(seed._spans(*lines))


@pytest.fixture
def upkeep(db):
    return SessionUpkeep(db, replayed=False, warn_days=60)


@pytest.fixture
async def seeded(upkeep):
    await upkeep.bring_along()


@pytest.fixture
def live(service_settings):
    return service_settings(MarketSettings, provider="twelvedata", twelvedata_api_key="key")


@pytest.fixture
async def client(live, db, client_for, seeded):
    async with client_for(build_app(live, db=db), user=USER) as opened:
        yield opened


@pytest.fixture
async def staff(live, db, client_for, seeded, tokens):
    user = tokens.user(STAFF, role=Role.SUPER_ADMIN, amr=("pwd", "otp"))
    async with client_for(build_app(live, db=db), user=user) as opened:
        yield opened


def set_clock(clock, instant):
    clock.move(instant - clock.now())


async def status(client, exchange="NSE"):
    body = (await client.get("/api/market/status/")).json()
    return next(one for one in body["exchanges"] if one["exchange"] == exchange)


async def test_the_status_says_what_each_exchange_does(client, clock):
    set_clock(clock, at("2026-08-03 15:22"))
    body = (await client.get("/api/market/status/")).json()
    assert (body["mode"], body["source"]) == ("live", "twelvedata")
    assert [one["exchange"] for one in body["exchanges"]] == ["BSE", "NASDAQ", "NSE", "NYSE"]
    nse = await status(client)
    assert (nse["phase"], nse["auction_phase"], nse["is_open"], nse["replayed"]) == (
        "open", "closing_auction", True, False,
    )  # fmt: skip
    assert (await status(client, "NYSE"))["phase"] == "pre_open"


async def test_a_replayed_market_is_open_at_any_time(settings, db, client_for, seeded, clock):
    set_clock(clock, at("2026-01-26 03:00"))
    async with client_for(build_app(settings, db=db), user=USER) as client:
        body = (await client.get("/api/market/status/")).json()
        assert (body["mode"], body["source"]) == ("replay", "replay")
        assert {(one["phase"], one["is_open"], one["replayed"]) for one in body["exchanges"]} == {("open", True, True)}
        assert (await status(client))["next_open"] == "2026-01-27T03:45:00Z"


async def test_an_instrument_with_derivatives_is_in_the_auction(client, db, clock):
    set_clock(clock, at("2026-08-03 15:22"))
    async with db.transaction() as tx:
        for symbol, since in (("TCS", date(2026, 8, 3)), ("SMALL", None), ("LATER", date(2026, 8, 4))):
            tx.session.add(
                InstrumentRow(
                    instrument=f"NSE:{symbol}", exchange="NSE", symbol=symbol, name=symbol, currency="INR",
                    provider="replay", has_derivatives_from=since,
                )
            )  # fmt: skip
    phases = [(await client.get(f"/api/instruments/{symbol}/session/")).json()["phase"]
              for symbol in ("TCS", "SMALL", "LATER")]  # fmt: skip
    assert phases == ["closing_auction", "open", "open"]
    assert (await client.get("/api/instruments/NOSUCH/session/")).status_code == 404


async def test_the_calendar_lists_what_is_not_as_its_weekday_says(client, clock):
    set_clock(clock, at("2026-11-22 10:00"))
    shown = (await client.get("/api/market/calendar/NSE/?from=2026-01-01&to=2026-12-31")).json()
    assert (shown["covered_until"], len(shown["items"])) == ("2026-12-31", 18)
    assert [(one["day"], one["kind"], one["name"]) for one in shown["items"]][:3] == [
        ("2026-01-15", "holiday", "Municipal elections in Maharashtra"),
        ("2026-01-26", "holiday", "Republic Day"),
        ("2026-02-01", "special", "Union Budget"),
    ]
    ahead = (await client.get("/api/market/calendar/NSE/")).json()["items"]
    assert [one["day"] for one in ahead] == ["2026-11-24", "2026-12-25"]
    for path in ("LSE/", "nse/"):
        assert (await client.get(f"/api/market/calendar/{path}")).status_code == 404
    for query in ("from=2026-01-02&to=2026-01-01", "from=2026-01-01&to=2027-06-01", "from=9999-12-31", "from=x"):
        assert (await client.get(f"/api/market/calendar/NSE/?{query}")).status_code == 422, query


async def test_staff_change_a_day_and_the_trail_says_why(staff, client, clock, db, published):
    set_clock(clock, at("2026-11-08 18:30"))
    assert (await status(staff))["phase"] == "closed"
    path = "/api/market/calendar/NSE/days/2026-11-08/"
    body = {"kind": "special", "name": "Muhurat trading", "phases": [{"phase": "open", "from": "18:00", "to": "19:00"}],
            "reason": "NSE/CMTR/70001"}  # fmt: skip
    changed = (await staff.put(path, json=body)).json()
    assert (changed["opens_at"], changed["closes_at"]) == ("2026-11-08T12:30:00Z", "2026-11-08T13:30:00Z")
    assert (await status(client))["phase"] == "open"
    again = await staff.put(path, json={"kind": "regular", "reason": "withdrawn"})
    assert (again.json()["kind"], again.json()["phases"]) == (None, [])
    edits = (await staff.get("/api/market/calendar/NSE/edits/")).json()["items"]
    assert [(one["day"], one["reason"], one["edited_by"]) for one in edits] == [
        ("2026-11-08", "withdrawn", str(STAFF)), ("2026-11-08", "NSE/CMTR/70001", str(STAFF)),
    ]  # fmt: skip
    assert (edits[0]["before"]["name"], edits[0]["after"]) == ("Muhurat trading", None)
    trail = [one.data["record"] for one in await published(db) if one.type == "auth.action.recorded.v1"]
    assert [(one["action"], one["object_id"], one["reason"]) for one in trail] == [
        ("calendar.changed", "NSE", "NSE/CMTR/70001"), ("calendar.changed", "NSE", "withdrawn"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [{"kind": "closed"}, {"name": None}, {"reason": ""}, {"more": 1},
     {"phases": [{"phase": "open", "from": "10:00", "to": "11:00"}]},
     {"kind": "special", "phases": [{"phase": "closed", "from": "10:00", "to": "11:00"}]},
     {"kind": "special", "phases": [{"phase": "open", "from": "11:00", "to": "10:00"}]},
     {"kind": "special", "phases": [{"phase": "open", "from": "10:00:30", "to": "11:00"}]}],
)  # fmt: skip
async def test_a_day_that_cannot_be_is_refused(staff, change):
    body = {"kind": "holiday", "name": "Election", "reason": "told so", **change}
    assert (await staff.put("/api/market/calendar/NSE/days/2026-12-01/", json=body)).status_code == 422


async def test_a_day_beyond_the_calendar_waits_until_its_end_is_moved(staff, client, clock):
    set_clock(clock, at("2027-01-04 11:00"))
    path, body = "/api/market/calendar/NSE/days/2027-01-26/", {"kind": "holiday", "name": "R", "reason": "list of 2027"}
    assert (await staff.put(path, json=body)).status_code == 422
    assert (await status(client))["phase"] == "unknown"
    end = await staff.put(
        "/api/market/calendar/NSE/end/", json={"covered_until": "2027-12-31", "reason": "list of 2027"}
    )
    assert end.json() == {"covered_until": "2027-12-31"}
    assert (await staff.put(path, json=body)).status_code == 200
    assert (await status(client))["phase"] == "open"
    bad = await staff.put("/api/market/calendar/NSE/end/", json={"covered_until": "2014-01-01", "reason": "a slip"})
    assert bad.status_code == 422


async def test_only_staff_change_calendars(client):
    body = {"kind": "regular", "reason": "because"}
    assert (await client.put("/api/market/calendar/NSE/days/2026-12-01/", json=body)).status_code == 403
    assert (await client.get("/api/market/calendar/NSE/edits/")).status_code == 403


async def test_what_staff_made_of_a_day_stays_when_the_product_starts_again(staff, client, upkeep):
    await staff.put("/api/market/calendar/NSE/days/2026-12-25/", json={"kind": "regular", "reason": "open after all"})
    await upkeep.bring_along()
    items = (await client.get("/api/market/calendar/NSE/?from=2026-12-01&to=2026-12-31")).json()["items"]
    assert items == []


async def edges(db, published):
    kinds = {MarketOpened.type: "opened", MarketClosed.type: "closed"}
    return [(one.data["exchange"], kinds[one.type], one.data["at"]) for one in await published(db) if one.type in kinds]


async def test_each_opening_and_close_is_announced_once_and_in_order(db, upkeep, seeded, clock, published):
    set_clock(clock, at("2026-08-04 09:14"))
    await upkeep.announce()
    before = len(await edges(db, published))
    for when in ("09:15", "09:16", "15:29", "15:34", "15:35", "16:00"):
        set_clock(clock, at(f"2026-08-04 {when}"))
        await upkeep.announce()
        await SessionUpkeep(db, replayed=False, warn_days=60).announce()
    told = [one for one in (await edges(db, published))[before:] if one[0] == "NSE"]
    assert told == [("NSE", "opened", "2026-08-04T03:45:00Z"), ("NSE", "closed", "2026-08-04T10:05:00Z")]


async def test_what_was_missed_is_announced_late_but_not_after_a_day(db, upkeep, seeded, clock, published):
    set_clock(clock, at("2026-08-05 08:00"))
    await upkeep.announce()
    nse = [one for one in await edges(db, published) if one[0] == "NSE"]
    assert [one[1] for one in nse] == ["opened", "closed"]
    assert all(one[2].startswith("2026-08-04") for one in nse)


async def test_a_replay_announces_no_session(db, seeded, clock, published):
    set_clock(clock, at("2026-08-04 12:00"))
    await SessionUpkeep(db, replayed=True, warn_days=60).announce()
    assert await edges(db, published) == []


async def test_everybody_is_warned_long_before_a_calendar_runs_out(client, upkeep, clock):
    set_clock(clock, at("2026-10-31 10:00"))
    assert (await status(client))["calendar_runs_out"] is False
    clock.move(timedelta(days=10))
    with structlog.testing.capture_logs() as said:
        await upkeep.warn()
    warned = [(one["exchange"], one["days_left"]) for one in said if one["event"] == "calendar_runs_out"]
    assert sorted(warned) == [("BSE", 51), ("NSE", 51)]
    assert b'sharewise_market_calendar_days_left{exchange="NSE"} 51.0' in render_metrics()
    assert (await status(client))["calendar_runs_out"] is True
    assert (await status(client, "NYSE"))["calendar_runs_out"] is False


async def test_services_get_days_with_both_timetables(live, db, client_for, tokens, seeded):
    alerts = tokens.service("alerts", audience="market", scope="prices:read")
    async with client_for(build_app(live, db=db), user=alerts) as client:
        answer = await client.get("/internal/sessions/NSE?from=2026-12-30&to=2027-01-04")
        sessions = Sessions.model_validate(answer.json())
        assert (sessions.replayed, sessions.covered_until) == (False, date(2026, 12, 31))
        assert [one.day for one in sessions.days] == [date(2026, 12, 30), date(2026, 12, 31)]
        (day, _) = sessions.days
        assert [one.phase for one in day.phases][3] == "open"
        assert "closing_auction" in {one.phase for one in day.auction_phases}
        with statements() as seen:
            await client.get("/internal/sessions/NSE?from=2026-01-01&to=2026-12-31")
        assert len(seen) <= 3
        assert (await client.get("/internal/sessions/LSE")).status_code == 404


def test_each_phase_is_a_span_of_its_own():
    assert rules.check_spans(()) == ()
    assert all(isinstance(one, Span) for one in seed.TIMETABLES["IN"][0].spans)
