"""What providers tell of messages after they took them: delivered, come back, not wanted."""
