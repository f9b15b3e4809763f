"""The expression language: bar by bar against TA-Lib over a window, and in columns against plain TA-Lib and numpy.

Both sides must say the same first; the run stops if they do not. `python -m bench.expressions [--bars N] [--symbols N]`
"""

from __future__ import annotations

import argparse
import resource
import time
import tracemalloc
from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt
import talib

from bench.report import Report, finish
from libs.quant.bars import Bar, Bars
from libs.quant.expr import OWN, Hub, Input, parse
from libs.quant.panel import Panel

Floats = npt.NDArray[np.float64]

SIX = ("sma(20)", "ema(20)", "rsi(14)", "macd", "bb_upper(20, 2)", "atr(14)")
WINDOW = 250
NEW = 20
LEVELS = 1_000


def walk(length: int, seed: int = 1) -> Bars:
    """Make a random walk of minute bars. Seeded, so repeatable."""
    draw = np.random.default_rng(seed)
    close = np.round(1_000 + np.cumsum(draw.normal(0, 0.5, length)), 2)
    opened = np.concatenate((close[:1], close[:-1]))
    high = np.maximum(opened, close) + np.round(np.abs(draw.normal(0, 0.3, length)), 2)
    low = np.minimum(opened, close) - np.round(np.abs(draw.normal(0, 0.3, length)), 2)
    volume = draw.integers(1, 10_000, length).astype(np.float64)
    return Bars(1_753_070_400_000 + np.arange(length) * 60_000, opened, high, low, close, volume, 60_000)


def six_by_talib(high: Floats, low: Floats, close: Floats) -> list[Floats]:
    """The six indicators by plain calls."""
    return [
        talib.SMA(close, 20), talib.EMA(close, 20), talib.RSI(close, 14), talib.MACD(close, 12, 26, 1)[0],
        talib.BBANDS(close, 20, 2.0, 2.0)[0], talib.ATR(high, low, close, 14),
    ]  # fmt: skip


BY_TALIB: dict[str, Callable[[Bars], object]] = {
    "sma(20)": lambda b: talib.SMA(b.close, 20),
    "ema(20)": lambda b: talib.EMA(b.close, 20),
    "wma(20)": lambda b: talib.WMA(b.close, 20),
    "rsi(14)": lambda b: talib.RSI(b.close, 14),
    "roc(10)": lambda b: talib.ROC(b.close, 10),
    "stdev(20)": lambda b: talib.STDDEV(b.close, 20),
    "highest(20)": lambda b: talib.MAX(b.high, 20),
    "lowest(20)": lambda b: talib.MIN(b.low, 20),
    "macd": lambda b: talib.MACD(b.close, 12, 26, 1),
    "macd_signal": lambda b: talib.MACD(b.close, 12, 26, 9),
    "macd_hist": lambda b: talib.MACD(b.close, 12, 26, 9),
    "bb_upper(20, 2)": lambda b: talib.BBANDS(b.close, 20, 2.0, 2.0),
    "bb_lower(20, 2)": lambda b: talib.BBANDS(b.close, 20, 2.0, 2.0),
    "atr(14)": lambda b: talib.ATR(b.high, b.low, b.close, 14),
    "adx(14)": lambda b: talib.ADX(b.high, b.low, b.close, 14),
    "cci(20)": lambda b: talib.CCI(b.high, b.low, b.close, 20),
    "mfi(14)": lambda b: talib.MFI(b.high, b.low, b.close, b.volume, 14),
    "stoch_k(14, 3)": lambda b: talib.STOCH(b.high, b.low, b.close, 14, 3, 0, 1, 0),
    "stoch_d(14, 3, 3)": lambda b: talib.STOCH(b.high, b.low, b.close, 14, 3, 0, 3, 0),
    "obv": lambda b: talib.OBV(b.close, b.volume),
    "change(7)": lambda b: talib.MOM(b.close, 7),
    "hlc3": lambda b: talib.TYPPRICE(b.high, b.low, b.close),
    "hl2": lambda b: talib.MEDPRICE(b.high, b.low),
    "ohlc4": lambda b: talib.AVGPRICE(b.open, b.high, b.low, b.close),
}
"""What TA-Lib has of the catalogue. Where a call answers several columns, all are computed to have one."""


def golden_by_hand(bars: Bars) -> npt.NDArray[np.bool_]:
    """What `crossover(ema(20), ema(50)) and rsi(14) < 70 and volume > sma(volume, 20)` is, written by hand."""
    fast, slow = talib.EMA(bars.close, 20), talib.EMA(bars.close, 50)
    over = fast > slow
    crossed = over & ~np.concatenate(([True], over[:-1]))
    crossed[:50] = False
    return crossed & (talib.RSI(bars.close, 14) < 70) & (bars.volume > talib.SMA(bars.volume, 20))


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds that it takes: others on the machine take no part in them."""
    began = time.process_time()
    work()
    return time.process_time() - began


def both(one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds of the fastest run of each; they take turns, so that a busy moment meets both."""
    runs = [(seconds(one), seconds(other)) for _ in range(15)]
    return min(run[0] for run in runs), min(run[1] for run in runs)


def columns(report: Report, length: int) -> None:
    """The vector form against plain calls over the same columns."""
    bars = walk(length)
    expressions = [parse(text) for text in SIX]
    for expression, right in zip(expressions, six_by_talib(bars.high, bars.low, bars.close), strict=True):
        if not np.allclose(expression.vector({OWN: bars}), right, rtol=1e-9, atol=1e-9, equal_nan=True):
            raise SystemExit(f"{expression} is not what TA-Lib says.")
    rule = parse("crossover(ema(20), ema(50)) and rsi(14) < 70 and volume > sma(volume, 20)")
    if ((rule.vector({OWN: bars}) == 1) != golden_by_hand(bars)).sum() > length // 100_000:
        raise SystemExit("The rule and the rule written by hand fire at different bars.")

    plain, ours = both(
        lambda: six_by_talib(bars.high, bars.low, bars.close),
        lambda: [expression.vector({OWN: bars}) for expression in expressions],
    )
    report.note(f"six indicators over {length:,} bars: TA-Lib {plain * 1e3:,.1f} ms, ours {ours * 1e3:,.1f} ms")
    report.at_most("six indicators in columns, against plain TA-Lib", ours / plain, 1, "x")
    told = []
    for text, plainly in BY_TALIB.items():
        expression = parse(text)
        plain, ours = both(partial(plainly, bars), partial(expression.vector, {OWN: bars}))
        told.append(f"{text} {ours / plain:.2f}")
    report.note(f"each against TA-Lib: {', '.join(told)}")
    plain, ours = both(lambda: golden_by_hand(bars), lambda: rule.vector({OWN: bars}))
    report.note(f"a rule over {length:,} bars: by hand {plain * 1e3:,.1f} ms, ours {ours * 1e3:,.1f} ms")
    report.at_most("a rule in columns, against TA-Lib and numpy by hand", ours / plain, 2, "x")
    tracemalloc.start()
    rule.vector({OWN: bars})
    peak = tracemalloc.get_traced_memory()[1] / length
    tracemalloc.stop()
    report.note(f"a rule in columns takes at most {peak:,.0f} bytes a bar beside the bars")


def together(report: Report, symbols: int) -> None:
    """One new bar of all symbols at once, by one compiled call; each bar's numbers are compared with TA-Lib's."""
    length, expressions = WINDOW + 500, [parse(text) for text in SIX]
    every = [walk(length, seed) for seed in range(symbols)]
    fields = ("open", "high", "low", "close", "volume")
    bars = np.array([[getattr(one, name) for one in every] for name in fields]).transpose(2, 0, 1).copy()
    panel, taken = Panel(expressions, symbols), list[float]()
    told = np.empty((length, len(SIX), symbols))
    for at in range(length):
        taken.append(seconds(partial(panel.update, bars[at])))
        told[at] = panel.values
        if at == length // 2:
            panel = Panel.restore(panel.state())
    for place, one in enumerate(every):
        for row, right in enumerate(six_by_talib(one.high, one.low, one.close)):
            if not np.allclose(told[:, row, place], right, rtol=1e-9, atol=1e-9, equal_nan=True):
                raise SystemExit(f"{SIX[row]} of symbol {place} is not what TA-Lib says.")
    report.at_most(f"a bar of {symbols:,} symbols, six indicators each", min(taken) * 1e6, 10, "µs")

    screen = [parse("crossover(ema(20), ema(50)) and rsi(14) < 70")]
    many = every * (3_000 // symbols)
    alone = min(seconds(lambda: [screen[0].vector({OWN: one})[-1] for one in many]) for _ in range(3))
    ours = min(seconds(lambda: Panel.newest(screen, many)) for _ in range(3))
    same = [one.vector({OWN: bars})[-1] for one in screen for bars in every]
    if Panel.newest(screen, every).values[0].tolist() != same:
        raise SystemExit("The panel and the columns say different things.")
    report.note(f"a scan of {len(many):,} by {length} bars: {ours * 1e3:,.0f} ms, in columns {alone * 1e3:,.0f} ms")
    report.at_least("a scan, against one instrument after another", alone / ours, 1)


def bar_by_bar(report: Report, symbols: int) -> None:
    """One new bar for many symbols with six indicators each, against TA-Lib over the last 250 bars of each."""
    past = walk(WINDOW + NEW)
    expressions = [parse(text) for text in SIX]
    tracemalloc.start()
    hubs: list[tuple[Input, Hub[str]]] = []
    for number in range(symbols):
        hub: Hub[str] = Hub(f"NSE:S{number}", "1m")
        for expression in expressions:
            hub.add(str(expression), expression)
        hubs.append((Input(f"NSE:S{number}", "1m"), hub))
    held = tracemalloc.get_traced_memory()[0] / symbols
    tracemalloc.stop()
    for at in range(WINDOW):
        bar = past.bar(at)
        for name, hub in hubs:
            hub.update({name: bar})

    def ours(at: int) -> None:
        bar = past.bar(at)
        for name, hub in hubs:
            hub.update({name: bar})

    def window_again(at: int) -> None:
        part = slice(at + 1 - WINDOW, at + 1)
        high, low, close = past.high[part].copy(), past.low[part].copy(), past.close[part].copy()
        for _ in hubs:
            six_by_talib(high, low, close)

    at = range(WINDOW, WINDOW + NEW)
    our_us = min(seconds(partial(ours, bar)) for bar in at) / symbols * 1e6
    plain_us = min(seconds(partial(window_again, bar)) for bar in at) / symbols * 1e6
    report.note(
        f"a bar of a symbol, six indicators: TA-Lib over {WINDOW} bars {plain_us:,.1f} µs, ours {our_us:,.1f} µs"
    )
    report.note(f"{6e6 / our_us:,.0f} indicator updates a second; {held / 1024:,.1f} kB a symbol with its six states")
    report.at_least("bar by bar, against TA-Lib over a window", plain_us / our_us, 1)


def shared(report: Report) -> None:
    """A thousand alerts on one indicator of one stock: the indicator is computed once."""
    bars, name = walk(600, seed=2), Input("NSE:HOT", "1m")
    hub: Hub[int] = Hub("NSE:HOT", "1m")
    texts = [f"crossover(rsi(14), {level / 10})" for level in range(LEVELS)]
    for level, text in enumerate(texts):
        hub.add(level, parse(text))
    alone = [parse(text).incremental() for text in texts]
    for at in range(300):
        hub.update({name: bars.bar(at)})
    for at in range(300):
        for one in alone:
            one.update({OWN: bars.bar(at)})
    taken: list[tuple[float, float]] = []
    for at in range(300, 320):
        bar: Bar = bars.bar(at)
        began = time.perf_counter()
        together = list(hub.update({name: bar}).values())
        middle = time.perf_counter()
        by_themselves = [one.update({OWN: bar}) for one in alone]
        taken.append((middle - began, time.perf_counter() - middle))
        if together != by_themselves:
            raise SystemExit("The hub and the single expressions say different things.")
    ours, each = (min(column) / LEVELS * 1e6 for column in zip(*taken, strict=True))
    report.note(f"{LEVELS:,} crossings of one RSI: {ours:,.2f} µs an alert together, {each:,.2f} µs each by itself")
    report.at_least("what is shared is computed once", each / ours, 1.5)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--bars", type=int, default=500_000)
    arguments.add_argument("--symbols", type=int, default=500)
    given = arguments.parse_args()
    # Else the allocator gives columns' pages back between two calls, and half of what is measured is fetching them.
    np.empty(3_500_000).fill(0.0)
    report = Report(f"expressions: {given.bars:,} bars in columns, {given.symbols:,} symbols bar by bar")
    columns(report, given.bars)
    together(report, given.symbols)
    bar_by_bar(report, given.symbols)
    shared(report)
    report.note(f"peak memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")
    finish(report)


if __name__ == "__main__":
    main()
