"""Alerts follow their stocks to new names."""
