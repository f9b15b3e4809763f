"""Signals: what a strategy said, what became of it, and how often it was right."""
