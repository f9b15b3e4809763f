"""The calendars that the product brings along.

Days: `seed.csv`, made with exchange_calendars 4.13 (XBOM to 2026, XNYS to 2028; `tests/test_sessions.py` compares), and
NSE's list of holidays for 2026 with the two Sunday sessions, which that library lacks. XNSE keeps XBOM's days, Nasdaq
those of New York. The hour of the Muhurat session is announced late: it stays without hours until staff set them.

Timetables: SEBI's circular of 2026-01-16 on the closing auction session, in force for shares with derivatives since
2026-08-03; NSE/CMTR/74466 and NSE's notes on the pre-open of 2026-07-01, in force since 2026-09-07.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path

from services.market.sessions.rules import DayKind, Phase, Span, SpecialDay

MARKETS: Mapping[str, str] = {"NSE": "IN", "BSE": "IN", "NASDAQ": "US", "NYSE": "US"}
COVERED: Mapping[str, tuple[date, date]] = {
    "IN": (date(2015, 1, 1), date(2026, 12, 31)),
    "US": (date(2015, 1, 1), date(2028, 12, 31)),
}

_FILE = Path(__file__).with_name("seed.csv")
_UNSAID = "?"


@dataclass(frozen=True, slots=True)
class Timetable:
    """The phases of regular days from a day on."""

    auction: bool
    valid_from: date
    spans: tuple[Span, ...]
    source: str


def _spans(*lines: str) -> tuple[Span, ...]:
    made = []
    for line in lines:
        phase, begins, ends = line.split()
        made.append(Span(Phase(phase), time.fromisoformat(begins), time.fromisoformat(ends)))
    return tuple(made)


_OLD_PRE_OPEN = ("pre_open 09:00 09:08", "pre_open_match 09:08 09:15")
_NEW_PRE_OPEN = ("pre_open 09:00 09:05", "pre_open_limit 09:05 09:10", "pre_open_match 09:10 09:15")
_CLOSING_AUCTION = (
    "open 09:15 15:15",
    "closing_reference 15:15 15:20",
    "closing_auction 15:20 15:25",
    "closing_auction_limit 15:25 15:30",
    "closing_match 15:30 15:35",
    "post_close 15:50 16:00",
)
_FIRST = date(2015, 1, 1)
_AUCTIONS, _PRE_OPEN = date(2026, 8, 3), date(2026, 9, 7)
_CIRCULAR = "SEBI 2026-01-16, NSE/CMTR/74466"

TIMETABLES: Mapping[str, Sequence[Timetable]] = {
    "IN": (
        Timetable(
            False, _FIRST, _spans(*_OLD_PRE_OPEN, "open 09:15 15:30", "post_close 15:40 16:00"), "NSE, BSE until 2026"
        ),
        Timetable(False, _AUCTIONS, _spans(*_OLD_PRE_OPEN, "open 09:15 15:30", "post_close 15:50 16:00"), _CIRCULAR),
        Timetable(
            False,
            _PRE_OPEN,
            _spans(*_NEW_PRE_OPEN, "open 09:15 15:30", "post_close 15:50 16:00"),
            "NSE pre-open 2026-07-01",
        ),
        Timetable(True, _AUCTIONS, _spans(*_OLD_PRE_OPEN, *_CLOSING_AUCTION), _CIRCULAR),
        Timetable(True, _PRE_OPEN, _spans(*_NEW_PRE_OPEN, *_CLOSING_AUCTION), "NSE pre-open 2026-07-01"),
    ),
    "US": (
        Timetable(
            False,
            _FIRST,
            _spans("pre_open 04:00 09:30", "open 09:30 16:00", "post_close 16:00 20:00"),
            "NYSE and Nasdaq, hours of trading",
        ),
    ),
}


def days(market: str) -> Sequence[SpecialDay]:
    """Read the days of a market, `IN` or `US`, in order."""
    found = []
    with _FILE.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["market"] != market:
                continue
            spans: tuple[Span, ...] | None = None
            if row["opens"] == _UNSAID:
                spans = ()
            elif row["opens"]:
                spans = _spans(f"open {row['opens']} {row['closes']}")
            found.append(SpecialDay(date.fromisoformat(row["day"]), DayKind(row["kind"]), row["name"], spans))
    return found
