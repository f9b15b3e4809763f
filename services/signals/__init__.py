"""Strategies, signals, models and backtests (README.md)."""
