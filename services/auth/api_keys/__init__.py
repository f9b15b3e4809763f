"""API keys: made by a person, swapped at the gateway for a short access token."""
