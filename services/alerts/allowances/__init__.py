"""How many active alerts a user may have: what billing said last, kept here so that a create asks nobody."""
