"""A backtest in plain Python, written for being read: the judge of the compiled loop.

It shares no code with it. Every time of the grid is walked with dicts, sizes and costs are found by search, and levels
are compared directly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from libs.quant.backtest import Setup, SlippageKind
from libs.quant.bars import Bar, Bars
from libs.quant.expr import OWN
from libs.quant.indicators import Atr
from libs.quant.strategy import Distance, Fill, Rules, Side, SizeKind


@dataclass
class Position:
    units: float
    paid: float
    cost: float
    stop: float | None
    target: float | None
    best: float
    atr: dict[str, float]
    begun: int
    bars: int = 0
    dividends: float = 0.0


@dataclass
class Lane:
    symbol: str
    rules: Rules
    enters: dict[int, bool]
    leaves: dict[int, bool]
    atrs: dict[int, dict[str, float]]
    position: Position | None = None
    waits: str | None = None
    why: str = ""
    decided: dict[str, float] = field(default_factory=dict)
    left: int = -1


def distance(rules: Distance | None, price: float, atr: float) -> float | None:
    if rules is None:
        return None
    return float(rules.amount) * atr if rules.period else price * float(rules.amount) / 100


class Slow:
    """Runs it. `rate` is the part of each fill's worth that it costs, `fixed` what it costs besides."""

    def __init__(self, rules: Rules, bars: dict[str, Bars], setup: Setup, rate: float, fixed: float) -> None:
        self.setup, self.rate, self.fixed, self.cash = setup, rate, fixed, setup.cash
        self.bars = {name: {int(at): one.bar(i) for i, at in enumerate(one.at_ms)} for name, one in bars.items()}
        self.lanes = [self._lane(rules, name, one) for name, one in bars.items()]
        self.marks: dict[str, float] = {}
        self.trades: list[tuple] = []
        self.refused: list[tuple[str, int, str]] = []
        self.equity: list[float] = []

    def _lane(self, rules: Rules, name: str, bars: Bars) -> Lane:
        entry = rules.entry.vector({OWN: bars})
        leave = rules.exit.vector({OWN: bars}) if rules.exit else [0] * len(bars)
        times = bars.at_ms.tolist()
        columns = {p: Atr(p).over(bars) for p in rules.atr_periods}
        atrs = {}
        for i, at in enumerate(times):
            parts = {"stop": rules.stop, "target": rules.target, "trailing": rules.trailing}
            atrs[at] = {k: float(columns[d.period][i]) for k, d in parts.items() if d is not None and d.period}
        return Lane(
            name, rules, dict(zip(times, (x == 1 for x in entry), strict=True)),
            dict(zip(times, (x == 1 for x in leave), strict=True)), atrs,
        )  # fmt: skip

    def worth(self) -> float:
        held = [(lane.rules.side.sign, lane.position, lane.symbol) for lane in self.lanes if lane.position]
        return self.cash + sum(sign * position.units * self.marks[name] for sign, position, name in held)

    def slip(self, price: float, buys: bool, share: float = 1.0) -> float:
        slippage, tick, way = self.setup.slippage, self.setup.tick, 1 if buys else -1
        if slippage.kind is SlippageKind.NONE:
            return price
        if slippage.kind is SlippageKind.BPS:
            price *= 1 + way * slippage.amount / 10_000
        elif slippage.kind is SlippageKind.TICKS:
            price += way * slippage.amount * tick
        else:
            price *= 1 + way * slippage.amount * share**2
        if tick:
            steps = round(price / tick, 7)
            price = (math.ceil(steps) if buys else math.floor(steps)) * tick
        return max(price, 0.0)

    def cost(self, units: float, price: float) -> float:
        return self.rate * units * price + self.fixed

    def enter(self, lane: Lane, at: int, bar: Bar, price: float) -> None:
        lane.waits, setup, side = None, self.setup, lane.rules.side
        held = [other for other in self.lanes if other.position]
        if len(held) >= lane.rules.max_positions:
            return self.refuse(lane, at, "too_many_positions")
        away = distance(lane.rules.stop, price, lane.decided.get("stop", 0.0))
        kind, amount = lane.rules.size.kind, float(lane.rules.size.amount)
        units = {
            SizeKind.PERCENT: lambda: amount / 100 * self.worth() / price,
            SizeKind.CASH: lambda: amount / price,
            SizeKind.UNITS: lambda: amount,
            SizeKind.RISK: lambda: amount / 100 * self.worth() / max(away or 0.0, 1e-9 * price),
        }[kind]()
        share = 0.0
        if setup.slippage.kind is SlippageKind.VOLUME_SHARE:
            if not bar.volume > 0:
                return self.refuse(lane, at, "no_volume")
            units = min(units, setup.slippage.most * bar.volume)
            share = units / bar.volume
        paid = self.slip(price, side is Side.LONG, share)
        units = self.whole(units)
        if units <= 0:
            return self.refuse(lane, at, "too_small")
        free = self.cash - sum(2 * o.position.units * o.position.paid for o in held if o.rules.side is Side.SHORT)
        if units * paid + self.cost(units, paid) > free * (1 + 1e-12):
            # The most that free cash pays for: with costs in proportion that is a plain division.
            fits = self.whole((free - self.fixed) / (paid * (1 + self.rate))) if setup.allow_partial else 0.0
            if fits <= units * 1e-9:
                return self.refuse(lane, at, "no_cash")
            units = fits
        cost = self.cost(units, paid)
        self.cash -= side.sign * units * paid + cost
        gain = distance(lane.rules.target, price, lane.decided.get("target", 0.0))
        lane.position = Position(
            units, paid, cost, None if away is None else price - side.sign * away,
            None if gain is None else price + side.sign * gain, price, lane.decided, at,
        )  # fmt: skip
        return None

    def whole(self, units: float) -> float:
        lot = self.setup.lot
        return math.floor(units / lot + 1e-9) * lot if lot else units

    def refuse(self, lane: Lane, at: int, why: str) -> None:
        self.refused.append((lane.symbol, at, why))

    def close(self, lane: Lane, at: int, bar: Bar | None, price: float, why: str) -> None:
        position, side = lane.position, lane.rules.side
        assert position is not None
        share = 1.0 if bar is None or not bar.volume > 0 else min(position.units / bar.volume, 1.0)
        paid = price if why in ("target", "open", "delisted") else self.slip(price, side is Side.SHORT, share)
        cost = 0.0 if why == "open" else self.cost(position.units, paid)
        pnl = side.sign * position.units * (paid - position.paid) - position.cost - cost + position.dividends
        self.trades.append(
            (lane.symbol, position.begun, at, position.units, position.paid, paid, why, pnl, position.bars)
        )
        if why != "open":
            self.cash += side.sign * position.units * paid - cost
            lane.position = lane.waits = None

    def inside(self, lane: Lane, at: int, bar: Bar) -> None:
        position, sign = lane.position, lane.rules.side.sign
        if position is None:
            return
        trail = distance(lane.rules.trailing, position.best, position.atr.get("trailing", 0.0))
        stops = [(position.stop, "stop")] if position.stop is not None else []
        stops += [(position.best - sign * trail, "trailing")] if trail is not None else []
        # The stop that is met first is the highest of a long position, the lowest of a short one.
        stop = max(stops, key=lambda pair: (sign * pair[0], pair[1] == "stop")) if stops else None
        worst, best = (bar.low, bar.high) if sign > 0 else (bar.high, bar.low)
        met = None
        before = position.begun < at
        if before and stop and sign * bar.open <= sign * stop[0] + 1e-7:
            met = bar.open, stop[1]
        elif before and position.target is not None and sign * bar.open >= sign * position.target - 1e-7:
            met = bar.open, "target"
        elif stop and sign * worst <= sign * stop[0] + 1e-7:
            met = stop
        elif position.target is not None and sign * best >= sign * position.target - 1e-7:
            met = position.target, "target"
        if met:
            self.close(lane, at, bar, *met)
        else:
            position.bars += 1
            position.best = max(position.best, bar.high) if sign > 0 else min(position.best, bar.low)

    def fill(self, now: list[tuple[Lane, Bar]], at: int, column: str, waits: str) -> None:
        for lane, bar in now:
            if lane.waits == waits and waits == "leave":
                self.close(lane, at, bar, getattr(bar, column), lane.why)
            elif lane.waits == waits:
                self.enter(lane, at, bar, getattr(bar, column))

    def pay(self, since: float, until: int) -> None:
        for name, told in self.setup.dividends.items():
            amounts = [
                one.amount for one in told if since < one.at_ms <= until and one.amount < self.marks.get(name, 0)
            ]
            for lane in self.lanes:
                if lane.symbol == name and lane.position:
                    paid = lane.rules.side.sign * lane.position.units * sum(amounts)
                    lane.position.dividends += paid
                    self.cash += paid

    def run(self) -> Slow:
        times = sorted({at for one in self.bars.values() for at in one})
        fill = self.setup.fill
        for before, at in zip([-math.inf, *times], times, strict=False):
            self.pay(before, at)
            now = [(lane, self.bars[lane.symbol][at]) for lane in self.lanes if at in self.bars[lane.symbol]]
            now = [(lane, bar) for lane, bar in now if not math.isnan(bar.open + bar.high + bar.low + bar.close)]
            self.marks.update({lane.symbol: bar.open for lane, bar in now})
            if fill is Fill.NEXT_OPEN:
                self.fill(now, at, "open", "leave")
                self.fill(now, at, "open", "enter")
            for lane, bar in now:
                self.inside(lane, at, bar)
            self.marks.update({lane.symbol: bar.close for lane, bar in now})
            if fill is Fill.NEXT_CLOSE:
                self.fill(now, at, "close", "leave")
                self.fill(now, at, "close", "enter")
            for lane, _ in now:
                late = lane.rules.max_bars and lane.position and lane.position.bars >= lane.rules.max_bars
                if lane.position and not lane.waits and (lane.leaves[at] or late):
                    lane.waits, lane.why, lane.left = "leave", "rule" if lane.leaves[at] else "time", at
            if fill is Fill.SAME_CLOSE:
                self.fill(now, at, "close", "leave")
            for lane, _ in now:
                ready = not any(math.isnan(atr) for atr in lane.atrs[at].values())
                if (
                    lane.position
                    or lane.waits
                    or lane.left == at
                    or lane.leaves[at]
                    or not lane.enters[at]
                    or not ready
                ):
                    continue
                taken = [o for o in self.lanes if o.waits == "enter" or (o.position and o.waits != "leave")]
                if len(taken) >= lane.rules.max_positions:
                    self.refuse(lane, at, "too_many_positions")
                    continue
                lane.waits, lane.decided = "enter", lane.atrs[at]
            if fill is Fill.SAME_CLOSE:
                self.fill(now, at, "close", "enter")
            self.equity.append(self.worth())
        for lane in self.lanes:
            if lane.position:
                self.close(lane, times[-1], None, self.marks[lane.symbol], "open")
        return self
