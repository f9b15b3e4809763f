"""Custom indicators: expressions that a person has named, to be used by name in others."""
