"""Random bars for tests."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, datetime
from importlib import resources

import numpy as np

from libs.quant.bars import Bars


def walk(seed: int, length: int, *, ticks: float = 0.05, flat: float = 0.2, span_ms: int = 60_000) -> Bars:
    """Make a random walk on a price grid, with flat stretches and bars without volume."""
    draw = np.random.default_rng(seed)
    steps = np.round(draw.normal(0, 4, length)) * ticks
    steps[draw.random(length) < flat] = 0.0
    close = np.maximum(np.round(100 + np.cumsum(steps), 2), ticks)
    opened = np.concatenate(([close[0]], close[:-1]))
    high = np.maximum(opened, close) + np.round(draw.integers(0, 4, length) * ticks, 2)
    low = np.maximum(np.minimum(opened, close) - np.round(draw.integers(0, 4, length) * ticks, 2), ticks / 5)
    volume = draw.integers(0, 5_000, length) * (draw.random(length) > 0.1)
    at = 1_753_070_400_000 + np.arange(length) * span_ms
    return Bars(at, opened, high, low, close, volume.astype(float), span_ms)


def recorded(symbol: str) -> Bars:
    """Give the recorded daily bars of a US stock: AAPL, GOOG, IBM or MSFT, some 3,000 of each."""
    packed = resources.files("bokeh_sampledata").joinpath("_data/stocks.csv.gz").read_bytes()
    lines = gzip.decompress(packed).decode().splitlines()
    rows = sorted((row for row in csv.DictReader(lines) if row["Ticker"] == symbol), key=lambda row: row["Date"])
    at = [int(datetime.fromisoformat(row["Date"]).replace(tzinfo=UTC).timestamp() * 1_000) for row in rows]
    prices = ([float(row[name]) for row in rows] for name in ("Open", "High", "Low", "Close", "Volume"))
    opened, high, low, close, volume = (np.array(column) for column in prices)
    return Bars(np.array(at), opened, high, low, close, volume)


def candles(seed: int, length: int) -> Bars:
    """Make bars on a grid of 0.05 whose bodies and shadows are often equal, with gaps between them."""
    draw = np.random.default_rng(seed)
    close = np.round(100 + np.cumsum(draw.integers(-4, 5, length)) * 0.05, 2)
    gaps = draw.integers(-2, 3, length) * 0.05 * (draw.random(length) < 0.4)
    opened = np.round(np.concatenate(([close[0]], close[:-1])) + gaps, 2)
    upper = draw.integers(0, 4, length) * 0.05 * (draw.random(length) < 0.6)
    lower = draw.integers(0, 4, length) * 0.05 * (draw.random(length) < 0.6)
    high, low = np.round(np.maximum(opened, close) + upper, 2), np.round(np.minimum(opened, close) - lower, 2)
    return Bars(np.arange(length) * 60_000, opened, high, low, close, np.ones(length), 60_000)
