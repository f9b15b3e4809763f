"""What a person is to us: role, tier and status; a change of any of them reaches every part within a second."""
