"""Who has which plan, until when, and what they may therefore do."""
