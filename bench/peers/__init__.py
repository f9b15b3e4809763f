"""What we measure ourselves against: each started here, on loopback, for the length of one run."""
