"""Logging in by more than a password, and proving anew who one is."""
