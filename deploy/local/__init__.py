"""The whole platform on one machine by one command: `python -m deploy.local` (README.md)."""
