"""Plans, subscriptions and what they entitle to (README.md)."""
