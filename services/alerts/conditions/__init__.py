"""Conditions beyond a plain threshold: what they mean, and how they are evaluated as prices come."""
