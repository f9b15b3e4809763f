"""Machinery that every service uses: the one way for each thing (docs/architecture.md)."""
