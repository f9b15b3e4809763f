"""People: who registers, whose address is confirmed, who they are."""
