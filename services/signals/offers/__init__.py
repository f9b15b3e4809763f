"""Offers: one signal to one person, with size, and what the plan and the capital say."""
