"""Outgoing webhooks: people's endpoints, their secrets, what was sent to them and what they answered."""
