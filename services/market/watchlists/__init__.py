"""Watchlists: what a person follows, in lists of their own order."""
