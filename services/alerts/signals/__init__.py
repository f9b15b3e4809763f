"""Signals: telling of what followed strategies say, and of its end."""
