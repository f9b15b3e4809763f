"""Prices: the newest of each instrument, and the rows of those that were kept."""
