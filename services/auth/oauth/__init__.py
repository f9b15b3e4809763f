"""Apps of others: registered by their developers, let in by people, kept to what they were given (OAuth 2.1)."""
