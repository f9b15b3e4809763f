"""Patterns: what libs/quant finds in a stock's candles, with the corners to draw it by."""
