"""Sources: how the providers of prices are doing, and what staff see of it."""
