"""Jobs that people wait for: rows that a worker takes under a lease, works at, and ends once."""
