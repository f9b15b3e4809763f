"""What a user's plan allows here: what billing said last, kept so that work asks nobody."""
