"""What leaves the house in an export, what stays after a deletion, and when a service is asked again. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

SERVICES = ("market", "alerts", "signals", "broker", "billing", "auth")
"""Who keeps data of people. Auth is asked last: without the account nobody could say whose data the others keep."""

WITHHELD_PREFIX = "aml"
"""Case data of money-laundering law must not become known to whom it is about (decisions 42)."""

LONGEST_WAIT = timedelta(hours=1)
FIRST_WAIT = timedelta(seconds=30)

GIVE_UP_EXPORT_AFTER = timedelta(minutes=10)
"""Until then a service that does not answer is asked again; then the export is made without it, and says so."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that stays after a deletion, by which law and for how long."""

    what: str
    law: str
    until: str


KEPT: tuple[Kept, ...] = (
    Kept(
        "Invoices and payments",
        "Central GST Act, section 36",
        "8 years after the financial year",
    ),
    Kept(
        "Orders, trades and what led to them, if you have traded",
        "SEBI stock broker rules on books and algorithmic trading",
        "8 years after the order",
    ),
    Kept(
        "Identity papers and checks, if you have given any",
        "Prevention of Money-laundering Act, section 12",
        "5 years after the account has ended, at least",
    ),
    Kept(
        "The audit trail of what was done to the account, without your name and address",
        "SEBI cyber security framework; DPDP Rules, rule 6",
        "8 years",
    ),
)
"""What the law says must stay. It is closed to all but who must keep it, and used for nothing else."""


def wait_before_try(tries: int) -> timedelta:
    """Say how long to wait after the try of this number (1 is the first): 30 s, 1, 2, 4 min … at most an hour."""
    return min(LONGEST_WAIT, FIRST_WAIT * int(2 ** min(tries - 1, 10)))


def without_withheld(value: Any) -> Any:
    """Give exported data without what must not be told, at whatever depth a service has put it."""
    if isinstance(value, Mapping):
        return {
            key: without_withheld(inner)
            for key, inner in value.items()
            if not str(key).lower().startswith(WITHHELD_PREFIX)
        }
    if isinstance(value, list):
        return [without_withheld(inner) for inner in value]
    return value


def still_to_answer(answered: Collection[str]) -> list[str]:
    """List the services that have not answered, in the order in which they are asked; auth alone at the end."""
    others = [name for name in SERVICES if name != "auth" and name not in answered]
    return others or [name for name in ("auth",) if name not in answered]
