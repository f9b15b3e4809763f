"""News: headlines with the instruments that they are about and how they sound."""
