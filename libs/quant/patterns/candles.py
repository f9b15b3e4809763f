"""Candlestick patterns: TA-Lib's 61, each known at the close of its last bar.

Prices are counted in 1/10,000 of the currency before TA-Lib sees them. A pattern compares bodies and shadows with their
averages, and on a price grid they are often equal: counted in whole numbers the sums are exact, so the answer does not
tell how many bars came before, and both forms agree.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import talib
from talib import abstract

from libs.quant.bars import NAN, Bar, Bars, Floats
from libs.quant.indicators.base import OfBars, StateError, talib_column

# Hikkake waits three bars for its confirmation, and a new one may stand within them.
_MORE = 12


@dataclass(frozen=True, slots=True)
class Pattern:
    """One of TA-Lib's patterns. `name` is ours; what it points to: up, down, both, or nothing ("")."""

    name: str
    talib: str
    words: str
    points: str


def _rows(table: str) -> dict[str, Pattern]:
    rows = [tuple(part.strip() for part in line.split("|")) for line in table.strip().splitlines()]
    return {name: Pattern(name, f"CDL{suffix}", words, points) for name, suffix, words, points in rows}


# Source of the directions: the remarks at the head of each of TA-Lib's functions.
PATTERNS = _rows("""
abandoned_baby            | ABANDONEDBABY       | abandoned baby             | both
advance_block             | ADVANCEBLOCK        | advance block              | down
belt_hold                 | BELTHOLD            | belt hold                  | both
breakaway                 | BREAKAWAY           | breakaway                  | both
closing_marubozu          | CLOSINGMARUBOZU     | closing marubozu           | both
concealing_baby_swallow   | CONCEALBABYSWALL    | concealing baby swallow    | up
counterattack             | COUNTERATTACK       | counterattack              | both
dark_cloud_cover          | DARKCLOUDCOVER      | dark cloud cover           | down
doji                      | DOJI                | doji                       |
doji_star                 | DOJISTAR            | doji star                  | both
dragonfly_doji            | DRAGONFLYDOJI       | dragonfly doji             |
engulfing                 | ENGULFING           | engulfing                  | both
evening_doji_star         | EVENINGDOJISTAR     | evening doji star          | down
evening_star              | EVENINGSTAR         | evening star               | down
gap_side_by_side_white    | GAPSIDESIDEWHITE    | gap with two white candles | both
gravestone_doji           | GRAVESTONEDOJI      | gravestone doji            |
hammer                    | HAMMER              | hammer                     | up
hanging_man               | HANGINGMAN          | hanging man                | down
harami                    | HARAMI              | harami                     | both
harami_cross              | HARAMICROSS         | harami cross               | both
high_wave                 | HIGHWAVE            | high wave                  | both
hikkake                   | HIKKAKE             | hikkake                    | both
hikkake_modified          | HIKKAKEMOD          | modified hikkake           | both
homing_pigeon             | HOMINGPIGEON        | homing pigeon              | up
identical_three_crows     | IDENTICAL3CROWS     | identical three crows      | down
in_neck                   | INNECK              | in-neck                    | down
inverted_hammer           | INVERTEDHAMMER      | inverted hammer            | up
kicking                   | KICKING             | kicking                    | both
kicking_by_length         | KICKINGBYLENGTH     | kicking by length          | both
ladder_bottom             | LADDERBOTTOM        | ladder bottom              | up
long_legged_doji          | LONGLEGGEDDOJI      | long-legged doji           |
long_line                 | LONGLINE            | long line                  | both
marubozu                  | MARUBOZU            | marubozu                   | both
mat_hold                  | MATHOLD             | mat hold                   | up
matching_low              | MATCHINGLOW         | matching low               | up
morning_doji_star         | MORNINGDOJISTAR     | morning doji star          | up
morning_star              | MORNINGSTAR         | morning star               | up
on_neck                   | ONNECK              | on-neck                    | down
piercing                  | PIERCING            | piercing                   | up
rickshaw_man              | RICKSHAWMAN         | rickshaw man               |
separating_lines          | SEPARATINGLINES     | separating lines           | both
shooting_star             | SHOOTINGSTAR        | shooting star              | down
short_line                | SHORTLINE           | short line                 | both
spinning_top              | SPINNINGTOP         | spinning top               | both
stalled_pattern           | STALLEDPATTERN      | stalled pattern            | down
stick_sandwich            | STICKSANDWICH       | stick sandwich             | up
takuri                    | TAKURI              | takuri                     |
tasuki_gap                | TASUKIGAP           | tasuki gap                 | both
three_black_crows         | 3BLACKCROWS         | three black crows          | down
three_inside              | 3INSIDE             | three inside               | both
three_line_strike         | 3LINESTRIKE         | three-line strike          | both
three_methods             | RISEFALL3METHODS    | three methods              | both
three_outside             | 3OUTSIDE            | three outside              | both
three_stars_in_the_south  | 3STARSINSOUTH       | three stars in the south   | up
three_white_soldiers      | 3WHITESOLDIERS      | three white soldiers       | up
thrusting                 | THRUSTING           | thrusting                  | down
tristar                   | TRISTAR             | tristar                    | both
two_crows                 | 2CROWS              | two crows                  | down
unique_three_river        | UNIQUE3RIVER        | unique three river         | up
upside_gap_two_crows      | UPSIDEGAP2CROWS     | upside gap with two crows  | down
x_side_gap_three_methods  | XSIDEGAP3METHODS    | gap three methods          | both
""")


def _e4(prices: Floats) -> Floats:
    return np.rint(prices * 10_000.0)


class Candles(OfBars):
    """TA-Lib's answer for one pattern: 100 bullish, -100 bearish (200 and -200 a confirmed hikkake), 0 none.

    Unknown until as many bars have come as the averages that it compares with need. Bar by bar it looks at a window of
    fixed length.
    """

    __slots__ = ("closes", "highs", "lookback", "lows", "opens", "pattern", "settle")
    STATE = ("opens", "highs", "lows", "closes")

    def __init__(self, pattern: Pattern) -> None:
        self.pattern = pattern
        self.lookback = int(abstract.Function(pattern.talib).lookback)  # type: ignore[attr-defined]
        self.settle = self.lookback + _MORE
        self.opens, self.highs, self.lows, self.closes = (
            deque[float](maxlen=self.lookback + _MORE - 1) for _ in range(4)
        )

    def peek(self, bar: Bar) -> float:
        if len(self.opens) < self.lookback:
            return NAN
        window = np.array(
            (
                (*self.opens, bar.open),
                (*self.highs, bar.high),
                (*self.lows, bar.low),
                (*self.closes, bar.close),
            )
        )
        return float(self._run(*_e4(window))[-1])

    def push(self, bar: Bar) -> None:
        self.opens.append(bar.open)
        self.highs.append(bar.high)
        self.lows.append(bar.low)
        self.closes.append(bar.close)

    def _run(self, opened: Floats, high: Floats, low: Floats, close: Floats) -> Floats:
        return talib_column(getattr(talib, self.pattern.talib)(opened, high, low, close))

    def batch(self, bars: Bars) -> Floats:
        answer = self._run(_e4(bars.open), _e4(bars.high), _e4(bars.low), _e4(bars.close)).astype(np.float64)
        answer[: self.lookback] = np.nan
        return answer

    def restore(self, saved: object) -> None:
        super().restore(saved)
        if len({len(column) for column in (self.opens, self.highs, self.lows, self.closes)}) != 1:
            raise StateError("The stored bars of a pattern are of different lengths.")
