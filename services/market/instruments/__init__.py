"""Instruments: what can be priced, and which of it we watch."""
