"""The regular hours of exchanges, for alerts that count in them only. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Hours:
    """The regular hours of an exchange, Monday to Friday. Holidays need no entry: there is no price then."""

    zone: ZoneInfo
    opens: time
    closes: time


_INDIA = Hours(ZoneInfo("Asia/Kolkata"), time(9, 15), time(15, 30))
_NEW_YORK = Hours(ZoneInfo("America/New_York"), time(9, 30), time(16, 0))
HOURS = {"NSE": _INDIA, "BSE": _INDIA, "NASDAQ": _NEW_YORK, "NYSE": _NEW_YORK}


def in_hours(exchange: str, at_ms: int) -> bool:
    """Say whether an instant is within the regular hours of an exchange; of one that we do not know always."""
    hours = HOURS.get(exchange)
    if hours is None:
        return True
    local = datetime.fromtimestamp(at_ms / 1_000, UTC).astimezone(hours.zone)
    return local.weekday() < 5 and hours.opens <= local.time() <= hours.closes
