"""Economics: series of an economy's figures, from imported files."""
