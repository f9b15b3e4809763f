"""Patterns: shapes that several bars make together."""

from libs.quant.patterns.candles import PATTERNS, Candles, Pattern

__all__ = ["PATTERNS", "Candles", "Pattern"]
