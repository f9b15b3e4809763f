"""Imports: lists of instruments that operators have, taken in from a file."""
