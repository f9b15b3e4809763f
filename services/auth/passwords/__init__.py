"""Which passwords are taken: one rule for registering, resetting and changing."""
