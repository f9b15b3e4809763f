"""Notices when a price reaches an alert, and fires it once."""
