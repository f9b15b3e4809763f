"""Splits: what a confirmed one does to the thresholds of alerts."""
