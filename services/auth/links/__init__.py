"""Links that are mailed, and work once."""
