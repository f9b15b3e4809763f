"""Indicators: what the formulas of libs/quant say about a stock's candles."""
