"""Well-known strategies to begin with. Each is what its source describes, as far as our language says it. Pure.

They are teaching examples: none is advice, and how any of them does is for a backtest with costs to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Template:
    """`about`: the idea in plain words. `source`: where it was described. `rules`: as `Rules.read` takes them."""

    key: str
    name: str
    about: str
    source: str
    rules: Mapping[str, Any]


TEMPLATES = (
    Template(
        "golden_cross",
        "Golden cross",
        "Follows long moves: in when the 50-day average rises above the 200-day one, out when it falls below.",
        "W. Brock, J. Lakonishok, B. LeBaron: Simple Technical Trading Rules and the Stochastic Properties of Stock "
        "Returns. Journal of Finance 47 (1992), 1731-1764.",
        {
            "interval": "1d",
            "side": "long",
            "entry": "crossover(sma(close, 50), sma(close, 200))",
            "exit": "crossunder(sma(close, 50), sma(close, 200))",
            "size": {"percent": "20"},
            "max_positions": 5,
        },
    ),
    Template(
        "above_200_days",
        "Above the 200-day average",
        "Holds a stock only while it closes above its average of 200 days, near to the ten months of the source.",
        "M. Faber: A Quantitative Approach to Tactical Asset Allocation. Journal of Wealth Management 9 (2007), 69-79.",
        {
            "interval": "1d",
            "side": "long",
            "entry": "crossover(close, sma(close, 200))",
            "exit": "crossunder(close, sma(close, 200))",
            "size": {"percent": "20"},
            "max_positions": 5,
        },
    ),
    Template(
        "turtle_20_10",
        "Turtle breakout, 20 and 10 days",
        "Buys the highest price of 20 days, leaves at the lowest of 10, with a stop of two ATR and a size by risk.",
        "C. Faith: Way of the Turtle. McGraw-Hill 2007 (System 1).",
        {
            "interval": "1d",
            "side": "long",
            "entry": "close > prev(highest(high, 20), 1)",
            "exit": "close < prev(lowest(low, 10), 1)",
            "stop": {"atr": "2", "period": 20},
            "size": {"risk": "1"},
            "max_positions": 10,
        },
    ),
    Template(
        "chandelier",
        "Breakout with a chandelier exit",
        "Buys the highest close of 50 days; a trailing stop hangs three ATR below the best price since.",
        "A. Elder: Come Into My Trading Room. Wiley 2002 (Chandelier Exit, by C. LeBeau).",
        {
            "interval": "1d",
            "side": "long",
            "entry": "close > prev(highest(close, 50), 1)",
            "exit": None,
            "trailing": {"atr": "3", "period": 22},
            "size": {"percent": "20"},
            "max_positions": 5,
        },
    ),
    Template(
        "time_series_momentum",
        "Twelve-month momentum",
        "Holds what stands higher than a year ago, and leaves when it no longer does.",
        "T. Moskowitz, Y. Ooi, L. Pedersen: Time Series Momentum. Journal of Financial Economics 104 (2012), 228-250.",
        {
            "interval": "1d",
            "side": "long",
            "entry": "crossover(roc(close, 252), 0)",
            "exit": "crossunder(roc(close, 252), 0)",
            "size": {"percent": "20"},
            "max_positions": 5,
        },
    ),
    Template(
        "near_52_week_high",
        "Near the 52-week high",
        "Buys what comes within 5 percent of the highest price of a year, leaves when it falls 15 percent below it.",
        "T. George, C. Hwang: The 52-Week High and Momentum Investing. Journal of Finance 59 (2004), 2145-2176.",
        {
            "interval": "1d",
            "side": "long",
            "entry": "crossover(close, 0.95 * highest(high, 252))",
            "exit": "close < 0.85 * highest(high, 252)",
            "size": {"percent": "20"},
            "max_positions": 5,
        },
    ),
    Template(
        "rsi_2",
        "RSI(2) pullback",
        "In a long rise, buys a short and sharp fall, and sells into the first strength.",
        "L. Connors, C. Alvarez: Short Term Trading Strategies That Work. TradingMarkets 2008.",
        {
            "interval": "1d",
            "side": "long",
            "entry": "close > sma(close, 200) and rsi(close, 2) < 10",
            "exit": "close > sma(close, 5)",
            "max_bars": 10,
            "size": {"percent": "20"},
            "max_positions": 5,
        },
    ),
    Template(
        "rsi_14",
        "RSI back from oversold",
        "Buys when the RSI comes back above 30 and leaves when it has been above 70.",
        "J. W. Wilder: New Concepts in Technical Trading Systems. Trend Research 1978.",
        {
            "interval": "1d",
            "side": "long",
            "entry": "crossover(rsi(close, 14), 30)",
            "exit": "crossunder(rsi(close, 14), 70)",
            "stop": {"percent": "8"},
            "size": {"percent": "20"},
            "max_positions": 5,
        },
    ),
    Template(
        "macd_signal",
        "MACD and its signal line",
        "In when the MACD rises above its signal line and the price is above its 200-day average, out on the way back.",
        "G. Appel: Technical Analysis: Power Tools for Active Investors. FT Prentice Hall 2005.",
        {
            "interval": "1d",
            "side": "long",
            "entry": "crossover(macd(close, 12, 26), macd_signal(close, 12, 26, 9)) and close > sma(close, 200)",
            "exit": "crossunder(macd(close, 12, 26), macd_signal(close, 12, 26, 9))",
            "size": {"percent": "20"},
            "max_positions": 5,
        },
    ),
    Template(
        "bollinger_return",
        "Return into the Bollinger bands",
        "Buys when the close comes back above the lower band, and leaves at the middle.",
        "J. Bollinger: Bollinger on Bollinger Bands. McGraw-Hill 2001.",
        {
            "interval": "1d",
            "side": "long",
            "entry": "crossover(close, bb_lower(close, 20, 2))",
            "exit": "close >= bb_middle(close, 20)",
            "stop": {"atr": "2", "period": 14},
            "max_bars": 20,
            "size": {"percent": "20"},
            "max_positions": 5,
        },
    ),
    Template(
        "bollinger_squeeze",
        "Bollinger squeeze",
        "After the bands were narrow, buys the break above the upper one with more volume than usual.",
        "J. Bollinger: Bollinger on Bollinger Bands. McGraw-Hill 2001 (Method I).",
        {
            "interval": "1d",
            "side": "long",
            "entry": "within(bb_upper(close, 20, 2) - bb_lower(close, 20, 2) < 0.08 * close, 10) "
            "and close > bb_upper(close, 20, 2) and volume > sma(volume, 20)",
            "exit": "crossunder(close, bb_middle(close, 20))",
            "stop": {"atr": "2", "period": 14},
            "size": {"percent": "20"},
            "max_positions": 5,
        },
    ),
    Template(
        "stochastic",
        "Stochastic turn",
        "Buys when the fast line crosses above the slow one below 20, and leaves when it turns down above 80.",
        "G. Lane: Lane's Stochastics. Technical Analysis of Stocks & Commodities 2 (1984).",
        {
            "interval": "1d",
            "side": "long",
            "entry": "crossover(stoch_k(14, 3), stoch_d(14, 3, 3)) and stoch_d(14, 3, 3) < 20",
            "exit": "crossunder(stoch_k(14, 3), stoch_d(14, 3, 3)) and stoch_d(14, 3, 3) > 80",
            "stop": {"atr": "2", "period": 14},
            "size": {"percent": "20"},
            "max_positions": 5,
        },
    ),
    Template(
        "adx_pullback",
        "Pullback in a strong trend",
        "Where the ADX shows a strong trend, buys the return from the 20-bar average.",
        "L. Connors, L. Raschke: Street Smarts. M. Gordon 1995 (Holy Grail).",
        {
            "interval": "1d",
            "side": "long",
            "entry": "adx(14) > 30 and low <= ema(close, 20) and close > ema(close, 20)",
            "exit": None,
            "stop": {"atr": "1.5", "period": 14},
            "target": {"atr": "3", "period": 14},
            "max_bars": 20,
            "size": {"risk": "1"},
            "max_positions": 5,
        },
    ),
    Template(
        "narrow_range_7",
        "Narrowest range of seven days",
        "After the smallest daily range of seven, buys the close above that day's high.",
        "T. Crabel: Day Trading with Short Term Price Patterns and Opening Range Breakout. Traders Press 1990.",
        {
            "interval": "1d",
            "side": "long",
            "entry": "prev(high - low, 1) <= prev(lowest(high - low, 7), 1) and close > prev(high, 1)",
            "exit": None,
            "stop": {"atr": "1.5", "period": 14},
            "max_bars": 5,
            "size": {"percent": "20"},
            "max_positions": 5,
        },
    ),
    Template(
        "death_cross_short",
        "Death cross, sold short",
        "The golden cross the other way round: sells short while the 50-day average is below the 200-day one.",
        "W. Brock, J. Lakonishok, B. LeBaron, as for the golden cross.",
        {
            "interval": "1d",
            "side": "short",
            "entry": "crossunder(sma(close, 50), sma(close, 200))",
            "exit": "crossover(sma(close, 50), sma(close, 200))",
            "stop": {"percent": "10"},
            "size": {"percent": "20"},
            "max_positions": 5,
        },
    ),
    Template(
        "opening_minutes",
        "Morning breakout",
        "In India's morning, buys a close half a percent above the open that is the high so far; out before the end.",
        "T. Crabel, as for the narrowest range (Opening Range Breakout).",
        {
            "interval": "15m",
            "side": "long",
            "entry": "time_india < 1200 and crossover(close, session_open * 1.005) and close >= session_high",
            "exit": "time_india >= 1500",
            "stop": {"percent": "1"},
            "target": {"percent": "2"},
            "max_bars": 20,
            "size": {"percent": "20"},
            "max_positions": 5,
        },
    ),
)
