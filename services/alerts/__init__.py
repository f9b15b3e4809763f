"""Alerts: what people asked to be told of, the engine that notices, and the notices themselves."""
