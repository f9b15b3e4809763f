"""What members of staff see of people, and do for them."""
