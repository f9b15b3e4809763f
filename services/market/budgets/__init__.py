"""Budgets: how many calls we may make to a provider, kept over restarts."""
