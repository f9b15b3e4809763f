"""What a strategy is: when it enters and leaves, how far its stop and target lie, how much it buys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from libs.quant.bars import SPANS_MS
from libs.quant.expr import OWN, Expr, Input
from libs.quant.indicators import Atr
from libs.quant.strategy.decisions import Fill, Side

if TYPE_CHECKING:
    from libs.quant.strategy.follower import Follower


class SizeKind(StrEnum):
    """What the amount of a size counts: percent of equity, the currency, units, percent of equity at risk."""

    PERCENT = "percent"
    CASH = "cash"
    UNITS = "units"
    RISK = "risk"


_KINDS = tuple(SizeKind)


@dataclass(frozen=True, slots=True)
class Distance:
    """How far a level lies from a price: `amount` percent of it, or, with a `period`, so many ATR(period)."""

    amount: Decimal
    period: int | None = None
    numbers: tuple[float, float] = field(init=False, repr=False, compare=False)
    """As a part of the price, and as a number of ATR; the one that is not meant is 0. Counted once: loops read them."""

    def __post_init__(self) -> None:
        amount = float(self.amount)
        object.__setattr__(self, "numbers", (0.0, amount) if self.period else (amount / 100.0, 0.0))

    def words(self) -> str:
        """Say it: "5 percent", "2 times ATR(14)"."""
        return f"{_plain(self.amount)} times ATR({self.period})" if self.period else f"{_plain(self.amount)} percent"


@dataclass(frozen=True, slots=True)
class Size:
    """How much one position is: see `SizeKind`. `risk` is what equity loses, in percent, when the stop is met."""

    kind: SizeKind
    amount: Decimal

    def words(self) -> str:
        """Say it."""
        amount = _plain(self.amount)
        match self.kind:
            case SizeKind.PERCENT:
                return f"{amount} percent of equity"
            case SizeKind.CASH:
                return f"{amount} in money"
            case SizeKind.UNITS:
                return f"{amount} units"
            case SizeKind.RISK:
                return f"so much that the stop costs {amount} percent of equity"


@dataclass(frozen=True)
class Rules:
    """The rules of one strategy, the same for every instrument that it trades.

    `stop`, `target` and `trailing` lie from the price of the fill (before slippage), the trailing stop from the best
    price since. ATR is that of the bar whose close decided. `max_bars` is how many bars a position is held at most,
    `max_positions` how many instruments at once.
    """

    interval: str
    side: Side
    entry: Expr
    exit: Expr | None = None
    stop: Distance | None = None
    target: Distance | None = None
    trailing: Distance | None = None
    size: Size = Size(SizeKind.PERCENT, Decimal(100))
    max_bars: int | None = None
    max_positions: int = 1
    numbers: tuple[float, ...] = field(init=False, repr=False, compare=False)
    """What loops read, made once: the side's sign, the numbers of stop, target and trailing stop, the place of the
    size's kind and its amount, `max_bars` or 0, `max_positions`."""

    def __post_init__(self) -> None:
        distances = (self.stop, self.target, self.trailing)
        levels = [number for one in distances for number in ((0.0, 0.0) if one is None else one.numbers)]
        size = (float(_KINDS.index(self.size.kind)), float(self.size.amount))
        most = (float(self.max_bars or 0), float(self.max_positions))
        object.__setattr__(self, "numbers", (self.side.sign, *levels, *size, *most))

    @classmethod
    def read(cls, document: Mapping[str, object]) -> Rules:
        """Read a document (see `document`). Raises RulesError for the first thing that is wrong with it."""
        from libs.quant.strategy.reading import read_rules

        return read_rules(document)

    def document(self) -> dict[str, object]:
        """Return the canonical JSON mapping: `Rules.read(rules.document()) == rules`. Amounts are strings of decimals.

        A distance is `{"percent": "5"}` or `{"atr": "2", "period": 14}`, a size `{"percent" | "cash" | "units" |
        "risk": "10"}`; what a strategy does not have is null.
        """
        return {
            "interval": self.interval,
            "side": self.side.value,
            "entry": str(self.entry),
            "exit": None if self.exit is None else str(self.exit),
            **{name: _document(getattr(self, name)) for name in ("stop", "target", "trailing")},
            "size": {self.size.kind.value: _digits(self.size.amount)},
            "max_bars": self.max_bars,
            "max_positions": self.max_positions,
        }

    def words(self) -> str:
        """Say it in plain English, in whole sentences."""
        opens, closes = ("Buys", "Sells") if self.side is Side.LONG else ("Sells short", "Buys back")
        said = [f"On {_INTERVALS[self.interval]} bars. {opens} when {_lowered(self.entry)}."]
        said.append(
            f"Each position is {self.size.words()}; at most {_counted(self.max_positions, 'position')} at once."
        )
        if self.exit is not None:
            said.append(f"{closes} when {_lowered(self.exit)}.")
        if self.stop is not None:
            said.append(f"Stop loss {self.stop.words()} from the entry.")
        if self.target is not None:
            said.append(f"Target {self.target.words()} from the entry.")
        if self.trailing is not None:
            said.append(f"Trailing stop {self.trailing.words()} from the best price since the entry.")
        if self.max_bars is not None:
            said.append(f"{closes} after {_counted(self.max_bars, 'bar')} at the latest.")
        return " ".join(said)

    def history(self) -> dict[Input, int]:
        """Return what bars it reads, and how many of each to load before the first decision."""
        needs: dict[Input, int] = {OWN: 1}
        for expression in (self.entry, self.exit):
            for source, bars in (expression.history if expression is not None else {}).items():
                needs[source] = max(needs.get(source, 0), bars)
        for period in self.atr_periods:
            needs[OWN] = max(needs[OWN], Atr(period).settle + 1)
        return needs

    @property
    def inputs(self) -> frozenset[Input]:
        """What bars it reads: its own, and those that `at` names."""
        return frozenset(self.history())

    @property
    def atr_periods(self) -> tuple[int, ...]:
        """The periods of the ATR that its levels use, each once, rising."""
        return tuple(sorted({d.period for d in (self.stop, self.target, self.trailing) if d is not None and d.period}))

    def renamed(self, names: Mapping[str, str]) -> Rules:
        """Return them with other names for the instruments that the expressions read, by their old names."""
        leave = None if self.exit is None else self.exit.renamed(names)
        return replace(self, entry=self.entry.renamed(names), exit=leave)

    def follow(self, symbol: str = "", fill: Fill = Fill.NEXT_OPEN, tick: float = 0.0) -> Follower:
        """Return the incremental form, which has seen no bar."""
        from libs.quant.strategy.follower import Follower

        return Follower(self, symbol, fill, tick)


_INTERVALS = {"1m": "1-minute", "5m": "5-minute", "15m": "15-minute", "1h": "hourly", "1d": "daily"}
assert _INTERVALS.keys() == SPANS_MS.keys()


def _lowered(expression: Expr) -> str:
    said = expression.words()
    return said[:1].lower() + said[1:] if said.startswith(("The ", "It ", "A ")) else said


def _counted(number: int, name: str) -> str:
    return f"{number:,} {name}" if number == 1 else f"{number:,} {name}s"


def _digits(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():,f}"


def _document(distance: Distance | None) -> dict[str, object] | None:
    if distance is None:
        return None
    if distance.period is None:
        return {"percent": _digits(distance.amount)}
    return {"atr": _digits(distance.amount), "period": distance.period}
