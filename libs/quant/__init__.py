"""Pure market mathematics: no I/O, no database, no web."""
