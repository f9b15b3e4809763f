"""An evaluation of conditions that shares no code with the engine's: every alert alone, every price from the beginning.

It looks at the whole history again for each price, so that there is no state to get wrong.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from libs.contracts.market import Tick


@dataclass(frozen=True)
class Seen:
    """One price: `since` is from when it counts."""

    at: int
    since: int
    price: int
    day_open: int
    previous_close: int | None


def prices_of(ticks: Sequence[Tick]) -> list[Seen]:
    """Every price that the ticks say, in order: a late, repeated or stale tick says none."""
    seen: list[Seen] = []
    newest = (-1, -1)
    opens: dict[int, int] = {}
    close: int | None = None
    for tick in ticks:
        if tick.stale or (tick.at_ms, tick.received_ms) <= newest:
            continue
        day = tick.at_ms // 86_400_000
        if day not in opens:
            opens[day] = tick.price_e4
            close = seen[-1].price if seen else None
        close = tick.previous_close_e4 if tick.previous_close_e4 is not None else close
        way = [tick.price_e4]
        if tick.span_start_ms >= newest[0]:
            start = seen[-1].price if seen else tick.price_e4
            up_first = abs(start - tick.high_e4) + abs(tick.price_e4 - tick.low_e4)
            down_first = abs(start - tick.low_e4) + abs(tick.price_e4 - tick.high_e4)
            extremes = [tick.low_e4, tick.high_e4] if down_first <= up_first else [tick.high_e4, tick.low_e4]
            way = [price for price in extremes if price != tick.price_e4] + way
        day_open = opens[tick.at_ms // 86_400_000]
        for price in way[:-1]:
            seen.append(Seen(tick.at_ms, tick.span_start_ms, price, day_open, close))
        seen.append(Seen(tick.at_ms, tick.at_ms, way[-1], day_open, close))
        newest = (tick.at_ms, tick.received_ms)
    return seen


def closes_of(ticks: Sequence[Tick], interval: int) -> list[Seen]:
    """The close of every bar that a later price has ended, at the bar's end."""
    closes: list[Seen] = []
    seen = prices_of(ticks)
    for earlier, later in itertools.pairwise(seen):
        if earlier.at // interval != later.at // interval:
            end = (earlier.at // interval + 1) * interval
            known = next(item for item in seen if item.at // interval == earlier.at // interval)
            closes.append(Seen(end, earlier.at, earlier.price, known.day_open, earlier.previous_close))
    return closes


def evaluate(rule: dict, terms: dict, armed: int, base: int | None, ticks: Sequence[Tick]) -> list[tuple]:
    """List (edge, at, price) of everything that happens to one alert. Prices in 1/10,000, times in ms."""
    points = closes_of(ticks, terms["interval"]) if terms["frequency"] == "once_per_bar_close" else prices_of(ticks)
    points = [point for point in points if point.since >= armed]
    told: list[tuple] = []
    ready = True
    after, begun = 0, base  # where a trail begins, and the price then
    for place, point in enumerate(points):
        before = points[place - 1].price if place else base
        fired = [at for edge, at, _ in told if edge == "fired"]
        holds = _holds(rule, point, before, points[: place + 1], told, armed, base, after, begun)
        if not ready and not holds and _went_back(rule, terms["band"], point):
            ready = True
            told.append(("cleared", point.at, point.price))
            continue
        if not holds:
            continue
        if terms["expires"] is not None and point.at >= terms["expires"]:
            continue
        if not ready and (terms["band"] or terms["frequency"] in {"once", "every_time"}):
            continue
        if terms["frequency"] not in {"once", "every_time"}:
            length = {"once_per_minute": 60_000, "once_per_day": 86_400_000}.get(terms["frequency"], terms["interval"])
            if fired and fired[-1] // length == point.at // length:
                continue
        if fired and point.at - fired[-1] < terms["cool_down"]:
            continue
        told.append(("fired", point.at, point.price))
        after, begun = place + 1, point.price
        ready = rule["operator"].startswith(("moving", "trailing")) or (
            rule["operator"] == "crossing" and not terms["band"]
        )
        if terms["frequency"] == "once":
            break
    return told


def _holds(rule, point, before, points, told, armed, base, after, begun) -> bool:
    op, price = rule["operator"], point.price
    if op == "greater":
        return price > rule["value"]
    if op == "less":
        return price < rule["value"]
    if op.startswith("crossing"):
        up = before is not None and before < rule["value"] and price >= rule["value"]
        down = before is not None and before > rule["value"] and price <= rule["value"]
        return {"crossing": up or down, "crossing_up": up, "crossing_down": down}[op]
    if op.endswith("channel"):
        inside = rule["low"] <= price <= rule["high"]
        was_inside = None if before is None else rule["low"] <= before <= rule["high"]
        return {
            "inside_channel": inside,
            "outside_channel": not inside,
            "entering_channel": inside and was_inside is False,
            "exiting_channel": not inside and was_inside is True,
        }[op]
    if op.startswith("change"):
        start = point.day_open if rule["base"] == "open" else point.previous_close
        if start is None:
            return False
        # An exact fraction on both sides: change / start >= percent / 100.
        gain = price - start if "up" in op else start - price
        return gain * 1_000_000 >= start * rule["percent"]
    fired = [(at, value) for edge, at, value in told if edge == "fired"]
    if op.startswith("trailing"):
        window = [item.price for item in points[after:]] + [value for value in (begun,) if value is not None]
        return _moved(rule, op, price, min(window), max(window))
    window = [item.price for item in points if item.since >= point.at - rule["window"]]
    begin = (armed, base)
    if fired:
        begin = fired[-1]
        window = [
            item.price for item in points if item.since >= point.at - rule["window"] and item.since > fired[-1][0]
        ]
    if begin[1] is not None and begin[0] + (1 if fired else 0) > point.at - rule["window"]:
        window.append(begin[1])
    window.append(price)
    return _moved(rule, op, price, min(window), max(window))


def _moved(rule, op, price, low, high) -> bool:
    if "percent" in op:
        if "up" in op:
            return (price - low) * 1_000_000 >= low * rule["percent"]
        return (high - price) * 1_000_000 >= high * rule["percent"]
    return price - low >= rule["amount"] if "up" in op else high - price >= rule["amount"]


def _went_back(rule, band, point) -> bool:
    op, price = rule["operator"], point.price
    value, low, high = rule.get("value", 0), rule.get("low", 0), rule.get("high", 0)
    if op == "crossing":
        return abs(price - value) >= band
    if op == "crossing_up":
        return price <= value - band and price != value
    if op == "crossing_down":
        return price >= value + band and price != value
    if op == "greater":
        return price <= value - band
    if op == "less":
        return price >= value + band
    if op in {"entering_channel", "inside_channel"}:
        return price < low - band or price > high + band
    if op in {"exiting_channel", "outside_channel"}:
        return low + band <= price <= high - band
    start = point.day_open if rule["base"] == "open" else point.previous_close
    if start is None:
        return True
    share = -(-start * rule["percent"] // 1_000_000)
    return price <= start + share - band if "up" in op else price >= start - share + band
