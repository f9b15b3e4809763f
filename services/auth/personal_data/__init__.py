"""One's own data, from every service: to take away, and to have deleted."""
