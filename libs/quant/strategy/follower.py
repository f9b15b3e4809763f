"""The incremental form of a strategy: the same decisions, bar by bar, as the backtest takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, cast

from libs.quant.bars import NAN, Bar
from libs.quant.expr import OWN, Evaluator, Input
from libs.quant.indicators import Atr, StateError
from libs.quant.strategy.decisions import Action, Decision, Fill, Reason
from libs.quant.strategy.errors import RulesError
from libs.quant.strategy.levels import NONE, STOP, TARGET, level, touched

if TYPE_CHECKING:
    from libs.quant.strategy.rules import Distance, Rules

_NO_ATR = (NAN, NAN, NAN)


@dataclass(slots=True)
class _Held:
    """An open position: the market's price at its fill, its levels, the best price since, the bars it was held."""

    price: float
    stop: float
    target: float
    best: float
    bars: int = 0


class Follower:
    """Follows one strategy on one instrument. Work per bar does not grow with the bars seen.

    It takes every fill for done, at the price that the bars show; `forget` tells it that an order was not executed.
    What a bar does, in this order: a decision that waits for its open is carried out; a position meets its stop,
    target or trailing stop (`touched`); a decision that waits for its close is carried out; at the close the exit rule
    and the number of bars, or for who holds nothing the entry rule, decide anew. An entry is not decided where the exit
    rule holds too, nor where an ATR that it needs is unknown. A bar with an unknown price is passed over.
    """

    def __init__(self, rules: Rules, symbol: str = "", fill: Fill = Fill.NEXT_OPEN, tick: float = 0.0) -> None:
        self.rules, self.symbol, self.fill, self.tick = rules, symbol, fill, tick
        self._entry = rules.entry.incremental()
        self._exit = None if rules.exit is None else rules.exit.incremental()
        self._atrs = {period: Atr(period) for period in rules.atr_periods}
        self._atr_now = dict.fromkeys(self._atrs, NAN)
        self._sign = rules.side.sign
        self._pending: Action | None = None
        self._decided_atr = _NO_ATR
        self._held: _Held | None = None

    @property
    def in_position(self) -> bool:
        """Whether a position is held."""
        return self._held is not None

    @property
    def pending(self) -> Action | None:
        """What was decided and is not carried out yet."""
        return self._pending

    @property
    def levels(self) -> tuple[float | None, float | None, float | None]:
        """The held position's stop, target and trailing stop, as they count for the next bar; None where missing."""
        if self._held is None:
            return None, None, None
        return _known(self._held.stop), _known(self._held.target), _known(self._trail(self._held))

    def levels_from(self, price: float) -> tuple[float | None, float | None, float | None]:
        """The same for a position that is entered at a price by the newest decision to enter."""
        stop, target, trailing = self._reckon(price, self._decided_atr)
        return _known(stop), _known(target), _known(trailing)

    def plots(self) -> dict[str, float | None]:
        """The numbers that the rules look at, by their canonical texts: the reasons of the newest decision."""
        return {**self._entry.plots, **({} if self._exit is None else self._exit.plots)}

    def forget(self) -> None:
        """Hold nothing and wait for nothing: the entry was not executed, or the position was closed by hand."""
        self._held = self._pending = None

    def warm(self, bars: Mapping[Input, Bar]) -> None:
        """Take closed bars in without deciding anything: what came before the strategy began."""
        self._learn(bars)

    def update(self, bars: Mapping[Input, Bar]) -> list[Decision]:
        """Take in the bars that closed now, at most one of each input (`Evaluator.update`), and return what follows.

        A call without a bar of our own decides nothing. There are at most two decisions, in the order of time: the end
        of one position inside the bar, and at its close the begin of the next.
        """
        self._learn(bars)
        if OWN not in bars:
            return []
        bar = bars[OWN].clean()
        if bar.open + bar.high + bar.low + bar.close != bar.open + bar.high + bar.low + bar.close:
            return []
        decisions: list[Decision] = []
        at_open = self._held is not None
        if self.fill is Fill.NEXT_OPEN:
            self._carry_out(bar.open)
        if self._held is not None:
            ended = self._inside(self._held, bar, at_open)
            if ended is not None:
                decisions.append(ended)
                self._held = self._pending = None
            else:
                self._held.bars += 1
                self._held.best = max(self._held.best, bar.high) if self._sign > 0 else min(self._held.best, bar.low)
        if self.fill is Fill.NEXT_CLOSE:
            self._carry_out(bar.close)
        decided = self._decide(bar)
        if decided is not None:
            decisions.append(decided)
            self._pending = decided.action
            if self.fill is Fill.SAME_CLOSE:
                self._carry_out(bar.close)
        return decisions

    def _learn(self, bars: Mapping[Input, Bar]) -> None:
        self._entry.update({source: bars[source] for source in bars if source in self.rules.entry.inputs})
        if self._exit is not None:
            self._exit.update({source: bars[source] for source in bars if source in self._exit.expression.inputs})
        if OWN in bars:
            for period, atr in self._atrs.items():
                self._atr_now[period] = atr.update(bars[OWN].clean())

    def _carry_out(self, price: float) -> None:
        if self._pending is Action.ENTER:
            stop, target, _ = self._reckon(price, self._decided_atr)
            self._held = _Held(price, stop, target, price)
        elif self._pending is Action.EXIT:
            self._held = None
        self._pending = None

    def _inside(self, held: _Held, bar: Bar, at_open: bool) -> Decision | None:
        met, price = touched(
            self._sign, bar.open, bar.high, bar.low, held.stop, held.target, self._trail(held), at_open
        )
        if met == NONE:
            return None
        reason = Reason.STOP if met == STOP else Reason.TARGET if met == TARGET else Reason.TRAILING
        return Decision(Action.EXIT, self.symbol, bar.at_ms, self.rules.side, price, reason)

    def _decide(self, bar: Bar) -> Decision | None:
        if self._pending is not None:
            return None
        leaves = self._exit is not None and self._exit.value is True
        if self._held is not None:
            late = self.rules.max_bars is not None and self._held.bars >= self.rules.max_bars
            if not leaves and not late:
                return None
            reason = Reason.RULE if leaves else Reason.TIME
            return Decision(Action.EXIT, self.symbol, bar.at_ms, self.rules.side, bar.close, reason)
        if leaves or self._entry.value is not True:
            return None
        rules = self.rules
        atr = cast(tuple[float, float, float], tuple(self._atr(d) for d in (rules.stop, rules.target, rules.trailing)))
        if any(value != value for value in atr):
            return None
        self._decided_atr = atr
        stop, target, trail = self._reckon(bar.close, atr)
        return Decision(
            Action.ENTER, self.symbol, bar.at_ms, rules.side, bar.close, Reason.RULE,
            _known(stop), _known(target), _known(trail),
        )  # fmt: skip

    def _atr(self, distance: Distance | None) -> float:
        return 0.0 if distance is None or distance.period is None else self._atr_now[distance.period]

    def _reckon(self, price: float, atr: tuple[float, float, float]) -> tuple[float, float, float]:
        rules, sign = self.rules, self._sign
        return (
            self._level(price, -sign, rules.stop, atr[0]),
            self._level(price, sign, rules.target, atr[1]),
            self._level(price, -sign, rules.trailing, atr[2]),
        )

    def _trail(self, held: _Held) -> float:
        return self._level(held.best, -self._sign, self.rules.trailing, self._decided_atr[2])

    def _level(self, price: float, away: float, distance: Distance | None, atr: float) -> float:
        return NAN if distance is None else level(price, away, *distance.numbers, atr, self.tick)

    def state(self) -> bytes:
        """Return all that it has learnt, with the rules themselves, as UTF-8 JSON."""
        return json.dumps(
            {
                "v": 1,
                "of": self.rules.document(),
                "symbol": self.symbol,
                "fill": self.fill.value,
                "tick": self.tick,
                "entry": self._entry.state().decode(),
                "exit": None if self._exit is None else self._exit.state().decode(),
                "atr": [[atr.state(), self._atr_now[period]] for period, atr in self._atrs.items()],
                "pending": self._pending,
                "decided_atr": self._decided_atr,
                "held": None if self._held is None else asdict(self._held),
            },
            separators=(",", ":"),
        ).encode()

    @classmethod
    def restore(cls, state: bytes) -> Follower:
        """Go on from a stored state. Raises StateError when it is damaged or of another version."""
        from libs.quant.strategy.rules import Rules

        try:
            stored = json.loads(state)
            if not isinstance(stored, dict) or stored.get("v") != 1:
                raise StateError("The stored state is not of this version.")
            rules = Rules.read(stored["of"])
            follower = cls(rules, str(stored["symbol"]), Fill(stored["fill"]), float(stored["tick"]))
            follower._entry = _restored(stored["entry"], follower._entry)
            if follower._exit is not None:
                follower._exit = _restored(stored["exit"], follower._exit)
            for (period, atr), (saved, now) in zip(follower._atrs.items(), stored["atr"], strict=True):
                atr.restore(saved)
                follower._atr_now[period] = float(now)
            follower._pending = None if stored["pending"] is None else Action(stored["pending"])
            stop, target, trailing = stored["decided_atr"]
            follower._decided_atr = (float(stop), float(target), float(trailing))
            follower._held = None if stored["held"] is None else _held(stored["held"])
        except (RulesError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise (
                error if isinstance(error, StateError) else StateError(f"The stored state cannot be read: {error}")
            ) from error
        return follower


def _restored(saved: str, fresh: Evaluator) -> Evaluator:
    evaluator = Evaluator.restore(saved.encode())
    if evaluator.expression != fresh.expression:
        raise StateError("The stored state is of another expression.")
    return evaluator


def _held(saved: Mapping[str, float]) -> _Held:
    prices = [float(saved[name]) for name in ("price", "stop", "target", "best")]
    return _Held(prices[0], prices[1], prices[2], prices[3], int(saved["bars"]))


def _known(price: float) -> float | None:
    return None if price != price else price
