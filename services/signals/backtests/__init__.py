"""Tries a strategy over recorded prices: asked for, computed in a process of its own, kept with what it rests on."""
