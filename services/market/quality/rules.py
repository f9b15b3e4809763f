"""Why a price is put aside, and what may be decided about it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.market.providers.port import Quote


class QuarantineReason(StrEnum):
    """Why a price was put aside. The first five cannot be true, the others may be."""

    NOT_POSITIVE = "not_positive"
    TOO_LARGE = "too_large"
    OUT_OF_ITS_SPAN = "out_of_its_span"
    CROSSED = "crossed"
    FROM_THE_FUTURE = "from_the_future"
    JUMP = "jump"
    STALE = "stale"
    OUT_OF_ORDER = "out_of_order"
    DUPLICATE = "duplicate"


class QuarantineState(StrEnum):
    OPEN = "open"
    RELEASED = "released"
    DISMISSED = "dismissed"


RELEASABLE = frozenset({QuarantineReason.JUMP})
"""What was left out of the candles for a doubt. The rest cannot be true, or counts already where it should."""

MOVES: Mapping[QuarantineState, frozenset[QuarantineState]] = {
    QuarantineState.OPEN: frozenset({QuarantineState.RELEASED, QuarantineState.DISMISSED}),
    QuarantineState.RELEASED: frozenset(),
    QuarantineState.DISMISSED: frozenset(),
}


def may_become(state: QuarantineState, reason: QuarantineReason, to: QuarantineState) -> bool:
    """Say whether staff may decide so."""
    return to in MOVES[state] and (to is not QuarantineState.RELEASED or reason in RELEASABLE)


@dataclass(frozen=True, slots=True)
class PutAside:
    """A price that fires nothing, with its reason. `before_e4`: the price before it, where one is known."""

    quote: Quote
    reason: QuarantineReason
    before_e4: int | None = None
