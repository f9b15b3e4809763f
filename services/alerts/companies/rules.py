"""The words of a notice about a company's day. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from libs.common.instruments import Instrument
from libs.contracts.companies import CompanyEventNear

_NAMES = {
    "results": "results",
    "dividend": "ex-dividend",
    "bonus": "ex-bonus",
    "split": "ex-split",
    "rights": "ex-rights",
    "buyback": "buyback",
    "distribution": "ex-distribution",
    "demerger": "ex-demerger",
    "meeting": "a meeting",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person reads. `link` is a path of the application."""

    title: str
    text: str
    link: str


def notice(event: CompanyEventNear) -> Notice:
    """Write the notice: what is on which day, in the source's own words, and from where it was moved."""
    named = Instrument.parse(event.instrument)
    moved = "" if event.previous_day is None else f" It was on {_day(event.previous_day)} before."
    return Notice(
        title=f"{named.symbol}: {_NAMES.get(event.kind, 'an event')} on {_day(event.day)}",
        text=f"{event.name}: {event.words}.{moved}",
        link=f"/stocks/{named.exchange}/{named.symbol}",
    )


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
