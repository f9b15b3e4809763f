"""Looks back: when a condition would have fired, why an alert did or did not fire, and what has happened to it."""
