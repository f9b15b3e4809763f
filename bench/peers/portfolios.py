"""vectorbt and backtesting on the columns of a file. Run by an interpreter of their own: their licences keep them out.

`python bench/peers/portfolios.py FILE TASK` prints one line of JSON: final equities, CPU seconds, peak memory in kB.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

warnings.filterwarnings("ignore")
RUNS = 3


def vectorbt(data: Any) -> Callable[[], list[float]]:
    """All pairs at once, as its manual has it; crossings from its own averages, drawdown asked for."""
    import pandas as pd
    import vectorbt as vbt

    index = pd.date_range("2016-01-01", periods=len(data["close"]), freq="D")
    o, h, low, c = (pd.Series(data[name], index) for name in ("open", "high", "low", "close"))
    fast, slow, stop, shift = data["fast"], data["slow"], float(data["stop"]), int(data["shift"])

    def run() -> list[float]:
        quick = vbt.MA.run(c, window=fast, short_name="fast")
        calm = vbt.MA.run(c, window=slow, short_name="slow")
        enters = quick.ma_crossed_above(calm).values
        leaves = quick.ma_crossed_below(calm).values
        if shift:
            enters, leaves = (np.concatenate([np.zeros_like(x[:1]), x[:-1]]) for x in (enters, leaves))
        stops = {"sl_stop": stop, "open": o, "high": h, "low": low, "stop_entry_price": "fillprice"} if stop else {}
        portfolio = vbt.Portfolio.from_signals(
            c, pd.DataFrame(enters, index), pd.DataFrame(leaves, index), price=o if shift else c,
            fees=float(data["fee"]), init_cash=float(data["cash"]), freq="1D", **stops,
        )  # fmt: skip
        portfolio.max_drawdown()
        return [float(value) for value in np.atleast_1d(portfolio.final_value())]

    return run


def backtesting(data: Any) -> Callable[[], list[float]]:
    """One pair: the first."""
    import backtesting as library
    import pandas as pd
    from backtesting.lib import crossover

    library.backtesting._tqdm = lambda x, *a, **k: x
    index = pd.date_range("2016-01-01", periods=len(data["close"]), freq="D")
    columns = {name.title(): data[name] for name in ("open", "high", "low", "close")}
    frame = pd.DataFrame({**columns, "Volume": 1_000}, index)
    fast, slow = int(data["fast"][0]), int(data["slow"][0])

    class Cross(library.Strategy):
        def init(self) -> None:
            mean = lambda x, n: pd.Series(x).rolling(n).mean()  # noqa: E731
            self.fast, self.slow = self.I(mean, self.data.Close, fast), self.I(mean, self.data.Close, slow)

        def next(self) -> None:
            if crossover(self.fast, self.slow):
                self.buy()
            elif crossover(self.slow, self.fast):
                self.position.close()

    test = library.Backtest(frame, Cross, cash=float(data["cash"]), commission=float(data["fee"]))
    return lambda: [float(test.run()["Equity Final [$]"])]


def main() -> None:
    data = np.load(sys.argv[1])
    run = {"vectorbt": vectorbt, "backtesting": backtesting}[sys.argv[2]](data)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer, taken = run(), []  # the first run compiles
    for _ in range(RUNS):
        began = time.process_time()
        run()
        taken.append(time.process_time() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"final": answer, "seconds": min(taken), "peak_kb": peak, "before_kb": before}))


if __name__ == "__main__":
    main()
