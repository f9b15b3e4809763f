"""Signing in with the operator's own identity provider (OpenID Connect)."""
