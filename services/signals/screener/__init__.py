"""The screener: which of all instruments an expression holds for, now or on a past day."""
