"""Candles: open, high, low, close per interval."""
