"""What happened to the safety of an account, for its owner to see."""
