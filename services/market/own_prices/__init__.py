"""Prices that came over people's own broker connections: each is seen by its owner only."""
