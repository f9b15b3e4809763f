"""The texts of short messages, kept as they are registered."""
