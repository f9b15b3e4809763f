"""Codes of an authenticator app, and the recovery codes for when it is lost."""
