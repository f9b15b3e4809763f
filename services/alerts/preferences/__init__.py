"""How people want to be told: channels by kind, quiet hours, digest."""
