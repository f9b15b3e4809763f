"""Splits that staff confirmed: they adjust the history and are announced."""
