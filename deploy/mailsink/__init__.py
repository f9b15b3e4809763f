"""A mail server for development and tests: takes every mail, delivers none, shows them (README.md)."""
