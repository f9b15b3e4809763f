"""Does this price fire this alert, and how many partitions are an engine's fair share? Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from libs.contracts.alerts import Condition
from libs.contracts.market import Tick

VERSION_BITS = 24
MAX_VERSION = (1 << VERSION_BITS) - 1
MAX_NUMBER = (1 << (63 - VERSION_BITS)) - 1


def counts_from(armed_at: datetime, snoozed_until: datetime | None) -> datetime:
    """Say from when on prices count for an alert: a snooze arms it, as it were, at its end."""
    return armed_at if snoozed_until is None else max(armed_at, snoozed_until)


def firing_price(
    condition: Condition, threshold_e4: int, armed_at_ms: int, tick: Tick, *, is_newest: bool = False
) -> int | None:
    """Say which price of this tick fires this alert, in 1/10,000; None when none does.

    Reaching counts: "above 230" fires at exactly 230.00 (mission, stock-alert-flow, evaluation). A tick that was stale
    on arrival fires nothing; one that was fresh fires however late we come to it (decisions 27). Low and high count
    only when their span began after the alert was armed, the price itself when it came after (decisions 28).

    is_newest: the tick is the newest price there is, so that it counts although it came before the alert was armed: the
    sweep's question, "is it true now?".
    """
    if tick.stale:
        return None
    above = condition is Condition.ABOVE
    if is_newest or tick.at_ms >= armed_at_ms:
        price = tick.price_e4
        if price >= threshold_e4 if above else price <= threshold_e4:
            return price
    if tick.span_start_ms >= armed_at_ms:
        extreme = tick.high_e4 if above else tick.low_e4
        if extreme >= threshold_e4 if above else extreme <= threshold_e4:
            return extreme
    return None


def fair_share(held: Mapping[int, int], engine: int, partitions: int) -> int:
    """Say how many partitions an engine should hold. `held`: how many each living engine holds now.

    Where they do not come out even, those who hold more have one more, so that none is handed over for nothing.
    """
    order = sorted(held, key=lambda one: (-held[one], one))
    each, rest = divmod(partitions, len(order))
    return each + (order.index(engine) < rest)


def pack_ref(number: int, version: int) -> int:
    """Name one version of one alert by one int64: what the index keeps, so that an edited alert's old entry is void."""
    return number << VERSION_BITS | version


def unpack_ref(ref: int) -> tuple[int, int]:
    """Tell the number and the version that `pack_ref` joined."""
    return ref >> VERSION_BITS, ref & MAX_VERSION
