"""Notices in the application: each thing that happened to a person, once, read or unread."""
