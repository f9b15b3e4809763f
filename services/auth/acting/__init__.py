"""Acting as another person to see what they see: read-only, fifteen minutes, with a reason, and never unseen."""
